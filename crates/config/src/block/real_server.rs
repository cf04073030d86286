//! `real_server`.

use super::check::COMMAND;
use super::method::reach;
use super::virtual_server_values::server_port;
use super::{check, checker, needed, script, timing, weight, whole};
use crate::code;
use crate::context::Context;
use crate::draft::{RealServerDraft, TimingDraft, VirtualServerDraft};
use crate::table::{Arity, Built, Row, Table, walk};
use crate::value::{address as ip, words};
use holdfast_model::{SlowStart, Thresholds};
use holdfast_syntax::Item;

pub(super) fn apply(context: &mut Context<'_>, item: Item<'_, '_>, draft: &mut VirtualServerDraft) {
    let consequence = "the real server is left out";
    let Some(address) = item.bytes(1).and_then(ip::server_address) else {
        let expected = "an IP address and a port, separated by a blank";
        context.bad_value(code::ADDRESS, item, 1, expected, consequence);
        draft.refused.real_server = true;
        return;
    };
    let Some(port) = item.bytes(2).map_or(Some(0), server_port) else {
        let expected = "a port from 0 to 65535";
        context.bad_value(code::NUMBER, item, 2, expected, consequence);
        draft.refused.real_server = true;
        return;
    };
    let mut server = RealServerDraft {
        address,
        port,
        head: item.head(),
        weight: None,
        forwarding: None,
        inhibit_on_failure: None,
        alpha: None,
        virtualhost: None,
        timing: TimingDraft::default(),
        checkers: Vec::new(),
        watches: Vec::new(),
        scripts: None,
        thresholds: Thresholds::default(),
        slow_start: SlowStart::NONE,
        full_nat: None,
    };
    walk(context, item.items(), &TABLE, &mut server);
    draft.watches.append(&mut server.watches);
    draft.real_servers.push(server);
}

pub(super) const TABLE: Table<RealServerDraft> = Table {
    block: "real_server",
    parts: &[WORKS, FURTHER, checker::others::ROWS],
};

const WORKS: &[Row<RealServerDraft>] = &[
    Row {
        name: "weight",
        aliases: &[],
        arity: Arity::Value("a whole number"),
        repeats: false,
        built: Built::Works,
        doc: "Its share of the work; 1 by default, 0: no new connections.",
        apply: |context, item, draft| {
            draft.weight = weight(context, item).or(draft.weight);
        },
    },
    Row {
        name: "TCP_CHECK",
        aliases: &[],
        arity: Arity::Block,
        repeats: true,
        built: Built::Works,
        doc: "Up while a TCP connection succeeds.",
        apply: checker::tcp::apply,
    },
    Row {
        name: "HTTP_GET",
        aliases: &[],
        arity: Arity::Block,
        repeats: true,
        built: Built::Works,
        doc: "Up while all its urls are answered as expected.",
        apply: checker::http::apply,
    },
    Row::works(
        "MISC_CHECK",
        Arity::Block,
        "Up while a program exits with 0.",
        checker::misc::apply,
    )
    .repeated(),
    Row::works(
        "SMTP_CHECK",
        Arity::Block,
        "Up while a mail server greets.",
        checker::smtp::apply,
    )
    .repeated(),
    Row::works(
        "DNS_CHECK",
        Arity::Block,
        "Up while a name server answers.",
        checker::dns::apply,
    )
    .repeated(),
    Row::works(
        "UDP_CHECK",
        Arity::Block,
        "Up while a datagram is not refused.",
        checker::udp::apply,
    )
    .repeated(),
    Row::works(
        "PING_CHECK",
        Arity::Block,
        "Up while ping is answered.",
        checker::ping::apply,
    )
    .repeated(),
    Row {
        name: "SSL_GET",
        aliases: &[],
        arity: Arity::Block,
        repeats: true,
        built: Built::Works,
        doc: "HTTP_GET over TLS. Nobody's certificate is looked at without `tls_verify`.",
        apply: checker::http::apply_tls,
    },
    Row {
        name: "lvs_method",
        aliases: &[],
        arity: Arity::Value("`NAT`, `DR` or `TUN` with `type`"),
        repeats: false,
        built: Built::Works,
        doc: "How packets reach this real server; as the virtual server says by default. Holdfast's own: `@holdfast lvs_method FULLNAT`.",
        apply: |context, item, draft| {
            let otherwise = "the virtual server's is used";
            (draft.forwarding, draft.full_nat) = reach(context, item, otherwise);
        },
    },
    Row {
        name: "inhibit_on_failure",
        aliases: &[],
        arity: Arity::Free,
        repeats: false,
        built: Built::Works,
        doc: "It stays in the table with weight 0 when it fails.",
        apply: |context, item, draft| match item.bytes(1) {
            None => draft.inhibit_on_failure = Some(true),
            Some(word) => match words::boolean(word) {
                Some(value) => draft.inhibit_on_failure = Some(value),
                None => {
                    let expected = "true, on, yes, false, off, no or nothing";
                    context.bad_value(code::CHOICE, item, 1, expected, "ignored");
                }
            },
        },
    },
    Row {
        name: "virtualhost",
        aliases: &[],
        arity: Arity::Free,
        repeats: false,
        built: Built::Works,
        doc: "The Host header of its HTTP checks that name none.",
        apply: |context, item, draft| {
            draft.virtualhost = needed(context, item).or(draft.virtualhost.take());
        },
    },
    Row {
        name: "delay_loop",
        aliases: &[],
        arity: Arity::Value("seconds"),
        repeats: false,
        built: Built::Works,
        doc: "As in virtual_server, for this real server.",
        apply: |c, i, d| timing::delay_loop(c, i, &mut d.timing, timing::INHERITED),
    },
    Row {
        name: "retry",
        aliases: &[],
        arity: Arity::Value("a whole number above 0"),
        repeats: false,
        built: Built::Works,
        doc: "As in virtual_server, for this real server.",
        apply: |c, i, d| timing::retry(c, i, 1, &mut d.timing, "the inherited number is used"),
    },
    Row {
        name: "delay_before_retry",
        aliases: &[],
        arity: Arity::Value("seconds"),
        repeats: false,
        built: Built::Works,
        doc: "As in virtual_server, for this real server.",
        apply: |c, i, d| timing::delay_before_retry(c, i, &mut d.timing, timing::INHERITED),
    },
    Row {
        name: "warmup",
        aliases: &[],
        arity: Arity::Value("seconds"),
        repeats: false,
        built: Built::Works,
        doc: "As in virtual_server, for this real server.",
        apply: |c, i, d| timing::warmup(c, i, &mut d.timing, timing::INHERITED),
    },
    Row {
        name: "connect_timeout",
        aliases: &[],
        arity: Arity::Value("seconds"),
        repeats: false,
        built: Built::Works,
        doc: "As in virtual_server, for this real server.",
        apply: |c, i, d| timing::connect_timeout(c, i, &mut d.timing, timing::INHERITED),
    },
];

const FURTHER: &[Row<RealServerDraft>] = &[
    Row::works(
        "uthreshold",
        Arity::Value("connections"),
        "So many connections, and it gets no new ones; 0: no limit.",
        |c, i, d| {
            let value = check::whole_number(c, i, 0..=u32::MAX);
            d.thresholds.upper = value.unwrap_or(d.thresholds.upper);
        },
    ),
    Row::works(
        "lthreshold",
        Arity::Value("connections"),
        "Below it, it gets new ones again; 0: three quarters of `uthreshold`.",
        |c, i, d| {
            let value = check::whole_number(c, i, 0..=u32::MAX);
            d.thresholds.lower = value.unwrap_or(d.thresholds.lower);
        },
    ),
    Row::works(
        "slow_start",
        Arity::Value("seconds from 1 to 86400"),
        "Holdfast's own (`@holdfast slow_start 30`): when it comes back, its weight grows from 1 to its own in that time, once a second. For the quorum it counts in full.",
        |c, i, d| {
            let seconds = whole(c, i, 1..=86_400, "it has its whole weight at once");
            d.slow_start = seconds.map_or(d.slow_start, SlowStart::new);
        },
    ),
    Row::works(
        "alpha",
        Arity::Free,
        "Counts as failed until its checks have succeeded.",
        |c, i, d| d.alpha = check::truth(c, i).or(d.alpha),
    ),
    Row::works(
        "smtp_alert",
        Arity::Free,
        "Mails about its changes.",
        |c, i, d| {
            d.scripts.get_or_insert_default().alert = check::truth(c, i);
        },
    ),
    Row::parsed(
        "snmp_name",
        Arity::Needed("a name"),
        "Its name in SNMP.",
        check::nothing,
    ),
    Row::works(
        "notify_up",
        COMMAND,
        "Runs when it comes back.",
        |c, i, d| {
            d.scripts.get_or_insert_default().up = script::read(c, i);
        },
    ),
    Row::works("notify_down", COMMAND, "Runs when it fails.", |c, i, d| {
        d.scripts.get_or_insert_default().down = script::read(c, i);
    }),
];
