//! `virtual_server`.

use super::method::reach;
use super::root::Draft;
use super::virtual_server_further::FURTHER;
use super::virtual_server_values::{granularity, server_port, sorry_server};
use super::{block_span, needed, real_server, timing, weight, whole};
use crate::code;
use crate::context::Context;
use crate::draft::{
    OptionsOfService, Refused, ServerScripts, ServiceDraft, Spanned, TimingDraft,
    VirtualServerDraft,
};
use crate::finish;
use crate::suggest;
use crate::table::{Arity, Built, Row, Table, walk};
use crate::value::{address as ip, number, words};
use core::time::Duration;
use holdfast_syntax::{Finding, Item};

/// What `persistence_timeout` without a number means, and what port 0 and granularity imply.
pub(crate) const DEFAULT_PERSISTENCE: Duration = Duration::from_secs(360);
/// 31 days, the most that keepalived takes.
const MAX_PERSISTENCE: u32 = 31 * 86_400;

pub(super) fn apply(context: &mut Context<'_>, item: Item<'_, '_>, draft: &mut Draft) {
    if let Some(ready) = context.ahead.take(item.index()) {
        ready.add_to(draft, &mut context.programs);
        return;
    }
    let Some(mut server) = read(context, item) else {
        return;
    };
    let block = server.block;
    watched(context, draft, &server);
    for real in &mut server.real_servers {
        super::checker::others::resolve(&draft.objects, real);
    }
    if matches!(server.service, ServiceDraft::Group(_)) {
        // its group may stand below
        draft.grouped.push(server);
        return;
    }
    if let Some((server, own)) = finish::lvs::finish(context, server) {
        draft.servers.keep(&server.key, own);
        draft.virtual_servers.push((server, block));
    }
}

/// What stands in the block.
pub(crate) fn read(context: &mut Context<'_>, item: Item<'_, '_>) -> Option<VirtualServerDraft> {
    let mut server = VirtualServerDraft {
        service: service(context, item)?,
        head: item.head(),
        block: block_span(context, item),
        protocol: None,
        scheduler: None,
        forwarding: None,
        full_nat: None,
        persistence_timeout: None,
        persistence_prefix: None,
        quorum: None,
        hysteresis: None,
        sorry_server: None,
        virtualhost: None,
        weight: None,
        inhibit_on_failure: false,
        alpha: false,
        ha_suspend: false,
        timing: TimingDraft::default(),
        real_servers: Vec::new(),
        watches: Vec::new(),
        refused: Refused::default(),
        scripts: ServerScripts::default(),
        options: OptionsOfService::default(),
    };
    walk(context, item.items(), &TABLE, &mut server);
    Some(server)
}

/// What FILE_CHECK and BFD_CHECK name has to stand above.
fn watched(context: &mut Context<'_>, draft: &Draft, server: &VirtualServerDraft) {
    for (kind, name, span) in &server.watches {
        let key = (*kind, name.clone());
        if draft.objects.deaf(&key, |listeners| listeners.checkers) {
            let message =
                format!("`bfd_instance {name}` is for instances only: this check is left out");
            let finding = Finding::error(code::NOT_DEFINED, *span, message);
            context.push(finding.help("put `checker` beside its `vrrp`, or remove both"));
        }
        if !draft.objects.defined(*kind, name) {
            let word = kind.block();
            let finding = Finding::error(
                code::NOT_DEFINED,
                *span,
                format!("no `{word} {name}` stands above this check: it is left out"),
            )
            .help(
                match suggest::nearest(name.as_str(), draft.objects.names(*kind)) {
                    Some(near) => format!("did you mean `{near}`?"),
                    None => format!("define `{word} {name} {{` above, or correct the name"),
                },
            );
            context.push(finding);
        }
    }
}

/// `IP [PORT]`, `fwmark N` or `group NAME`.
fn service(context: &mut Context<'_>, item: Item<'_, '_>) -> Option<ServiceDraft> {
    let consequence = "the virtual server is left out";
    if item.bytes(1) == Some(b"group") {
        let Some(name) = item.text(2) else {
            context.missing_parameter(item, "the group's name after `group`", false);
            return None;
        };
        return Some(ServiceDraft::Group(name.into_owned()));
    }
    if item.bytes(1) == Some(b"fwmark") {
        let Some(word) = item.bytes(2) else {
            context.missing_parameter(item, "the mark's number after `fwmark`", false);
            return None;
        };
        let mark = number::number(word, 1..=u32::MAX);
        if mark.is_none() {
            let expected = "a firewall mark, a whole number above 0";
            context.bad_value(code::NUMBER, item, 2, expected, consequence);
        }
        return mark.map(ServiceDraft::Fwmark);
    }
    let Some(address) = item.bytes(1).and_then(ip::server_address) else {
        let expected = "an IP address and a port, separated by a blank";
        context.bad_value(code::ADDRESS, item, 1, expected, consequence);
        return None;
    };
    let port = item.bytes(2).map_or(Some(0), server_port);
    if port.is_none() {
        let expected = "a port from 0 to 65535";
        context.bad_value(code::NUMBER, item, 2, expected, consequence);
    }
    port.map(|port| ServiceDraft::Address { address, port })
}

pub(super) const TABLE: Table<VirtualServerDraft> = Table {
    block: "virtual_server",
    parts: &[WORKS, FURTHER],
};

const WORKS: &[Row<VirtualServerDraft>] = &[
    Row {
        name: "real_server",
        aliases: &[],
        arity: Arity::NamedBlock("an address and a port"),
        repeats: true,
        built: Built::Works,
        doc: "A destination: `real_server IP PORT {`.",
        apply: real_server::apply,
    },
    Row {
        name: "delay_loop",
        aliases: &[],
        arity: Arity::Value("seconds"),
        repeats: false,
        built: Built::Works,
        doc: "Seconds from one check to the next; 60 by default.",
        apply: |c, i, d| timing::delay_loop(c, i, &mut d.timing, "the default of 60 is used"),
    },
    Row {
        name: "lb_algo",
        aliases: &["lvs_sched"],
        arity: Arity::Value("a scheduler"),
        repeats: false,
        built: Built::Works,
        doc: "The kernel's scheduler; wlc by default.",
        apply: |context, item, draft| match item.bytes(1).and_then(words::scheduler) {
            Some(value) => draft.scheduler = Some(value),
            None => {
                let expected =
                    "one of rr, wrr, lc, wlc, lblc, lblcr, dh, sh, sed, nq, fo, ovf, mh, twos";
                let otherwise = draft
                    .scheduler
                    .map_or("wlc is used", |_| "the one above counts");
                context.bad_value(code::CHOICE, item, 1, expected, otherwise);
                draft.refused.scheduler = true;
            }
        },
    },
    Row {
        name: "lb_kind",
        aliases: &["lvs_method"],
        arity: Arity::Value("`NAT`, `DR` or `TUN` with `type`"),
        repeats: false,
        built: Built::Works,
        doc: "How packets reach the real servers: NAT (default), DR or TUN. Holdfast's own: `@holdfast lb_kind FULLNAT [ADDRESS]...`: as NAT, and connections leave with these addresses of this host in turn, or with that of the interface, so that real servers need no way back through it.",
        apply: |context, item, draft| {
            (draft.forwarding, draft.full_nat) = reach(context, item, "NAT is used");
            draft.refused.forwarding = draft.forwarding.is_none();
        },
    },
    Row {
        name: "persistence_timeout",
        aliases: &[],
        arity: Arity::Free,
        repeats: false,
        built: Built::Works,
        doc: "Seconds that a client keeps its real server; 360 when no number follows.",
        apply: |context, item, draft| {
            draft.persistence_timeout = match item.len() {
                0 | 1 => Some(DEFAULT_PERSISTENCE),
                _ => whole(
                    context,
                    item,
                    1..=MAX_PERSISTENCE,
                    "clients keep no real server",
                )
                .map(|value| Duration::from_secs(u64::from(value))),
            };
        },
    },
    Row {
        name: "persistence_granularity",
        aliases: &[],
        arity: Arity::Value("a mask"),
        repeats: false,
        built: Built::Works,
        doc: "The mask (IPv4) or prefix length (IPv6) of what counts as one client.",
        apply: granularity,
    },
    Row {
        name: "protocol",
        aliases: &[],
        arity: Arity::Value("`TCP`, `UDP` or `SCTP`"),
        repeats: false,
        built: Built::Works,
        doc: "TCP, UDP or SCTP.",
        apply: |context, item, draft| match item.bytes(1).and_then(words::protocol) {
            Some(value) => {
                let span = item.head();
                draft.protocol = Some(Spanned { value, span });
            }
            None => {
                let expected = "`TCP`, `UDP` or `SCTP`";
                let otherwise = match draft.protocol {
                    Some(_) => "the one above counts",
                    None => "UDP is used, as keepalived does",
                };
                context.bad_value(code::CHOICE, item, 1, expected, otherwise);
                draft.refused.protocol = true;
            }
        },
    },
    Row {
        name: "quorum",
        aliases: &[],
        arity: Arity::Value("a whole number above 0"),
        repeats: false,
        built: Built::Works,
        doc: "The weights of living real servers must reach it; 1 by default.",
        apply: |context, item, draft| {
            let value = whole(context, item, 1..=u32::MAX, "1 is used").unwrap_or(1);
            let span = item.head();
            draft.quorum = Some(Spanned { value, span });
        },
    },
    Row {
        name: "hysteresis",
        aliases: &[],
        arity: Arity::Value("a whole number"),
        repeats: false,
        built: Built::Works,
        doc: "How far above and below the quorum it is gained and lost; 0 by default.",
        apply: |context, item, draft| {
            if let Some(value) = whole(context, item, 0..=u32::MAX, "0 is used") {
                let span = item.head();
                draft.hysteresis = Some(Spanned { value, span });
            }
        },
    },
    Row {
        name: "sorry_server",
        aliases: &[],
        arity: Arity::Value("an address and a port"),
        repeats: false,
        built: Built::Works,
        doc: "Where clients go when the quorum is lost: `sorry_server IP [PORT]`.",
        apply: sorry_server,
    },
    Row {
        name: "virtualhost",
        aliases: &[],
        arity: Arity::Free,
        repeats: false,
        built: Built::Works,
        doc: "The Host header of HTTP checks that name none.",
        apply: |context, item, draft| {
            draft.virtualhost = needed(context, item).or(draft.virtualhost.take());
        },
    },
    Row {
        name: "weight",
        aliases: &[],
        arity: Arity::Value("a whole number"),
        repeats: false,
        built: Built::Works,
        doc: "The weight of real servers that name none; 1 by default.",
        apply: |context, item, draft| {
            draft.weight = weight(context, item).or(draft.weight);
        },
    },
    Row {
        name: "inhibit_on_failure",
        aliases: &[],
        arity: Arity::Switch,
        repeats: false,
        built: Built::Works,
        doc: "A failed real server stays in the table with weight 0.",
        apply: |_, _, draft| draft.inhibit_on_failure = true,
    },
    Row {
        name: "retry",
        aliases: &[],
        arity: Arity::Value("a whole number above 0"),
        repeats: false,
        built: Built::Works,
        doc: "Failures that a check forgives while the server is up.",
        apply: |c, i, d| timing::retry(c, i, 1, &mut d.timing, "the default is used"),
    },
    Row {
        name: "delay_before_retry",
        aliases: &[],
        arity: Arity::Value("seconds"),
        repeats: false,
        built: Built::Works,
        doc: "Seconds until a failed check is repeated.",
        apply: |c, i, d| timing::delay_before_retry(c, i, &mut d.timing, "the default is used"),
    },
    Row {
        name: "warmup",
        aliases: &[],
        arity: Arity::Value("seconds"),
        repeats: false,
        built: Built::Works,
        doc: "The first check comes at random within this time; delay_loop by default.",
        apply: |c, i, d| timing::warmup(c, i, &mut d.timing, "delay_loop is used"),
    },
    Row {
        name: "connect_timeout",
        aliases: &[],
        arity: Arity::Value("seconds"),
        repeats: false,
        built: Built::Works,
        doc: "Seconds to wait for a connection and for bytes; 5 by default.",
        apply: |c, i, d| timing::connect_timeout(c, i, &mut d.timing, "the default of 5 is used"),
    },
];
