//! `global_defs`: LVS and notices.

use super::super::root::Draft;
use super::super::{check, script};
use super::vrrp::priority;
use crate::code;
use crate::context::Context;
use crate::table::{Arity, Row};
use crate::value::{address, number};
use holdfast_syntax::{Finding, Item};

const FIFO: Arity = Arity::Needed("a path, and perhaps a user and a group");
/// LVS and notices.
pub(super) const LVS: &[Row<Draft>] = &[
    Row::works(
        "notify_fifo",
        FIFO,
        "A FIFO that is told of every change.",
        |c, i, d| d.notices.all.fifo = script::fifo(c, i),
    ),
    Row::works(
        "vrrp_notify_fifo",
        FIFO,
        "A FIFO that is told of changes of instances.",
        |c, i, d| d.notices.vrrp.fifo = script::fifo(c, i),
    ),
    Row::works(
        "lvs_notify_fifo",
        FIFO,
        "A FIFO that is told of changes of servers.",
        |c, i, d| d.notices.lvs.fifo = script::fifo(c, i),
    ),
    Row::works(
        "notify_fifo_script",
        Arity::Free,
        "Reads notify_fifo.",
        |c, i, d| d.notices.all.reader = script::read(c, i),
    ),
    Row::works(
        "vrrp_notify_fifo_script",
        Arity::Free,
        "Reads vrrp_notify_fifo.",
        |c, i, d| d.notices.vrrp.reader = script::read(c, i),
    ),
    Row::works(
        "lvs_notify_fifo_script",
        Arity::Free,
        "Reads lvs_notify_fifo.",
        |c, i, d| d.notices.lvs.reader = script::read(c, i),
    ),
    Row::works(
        "vrrp_notify_priority_changes",
        Arity::Free,
        "Tells FIFOs of changed priorities.",
        |c, i, d| d.notices.priority_changes = check::truth(c, i).unwrap_or(false),
    ),
    Row::works(
        "fifo_write_vrrp_states_on_reload",
        Arity::Free,
        "Tells FIFOs every state after a reload.",
        |_, _, d| d.notices.states_on_reload = true,
    ),
    Row::parsed(
        "lvs_timeouts",
        Arity::Needed("`tcp`, `tcpfin` or `udp` and seconds"),
        "The kernel's connection timeouts.",
        timeouts,
    ),
    Row::parsed(
        "lvs_flush",
        Arity::Switch,
        "Empties the table at the start.",
        check::nothing,
    ),
    Row::parsed(
        "lvs_flush_on_stop",
        Arity::Free,
        "Empties the table at the stop.",
        |c, i, _| {
            if item_is_not(i, b"VS") {
                let expected = "`VS` or nothing";
                c.bad_value(code::CHOICE, i, 1, expected, "the word is ignored");
            }
        },
    )
    .alias(&["lvs_flush_onstop"]),
    Row::parsed(
        "lvs_sync_daemon",
        Arity::Needed("an interface, and more"),
        "Connection synchronisation between directors.",
        sync_daemon,
    )
    .repeated(),
    Row::parsed(
        "nftables_ipvs",
        Arity::Free,
        "The nftables table of virtual_server_group.",
        check::nothing,
    ),
    Row::parsed(
        "nftables_ipvs_priority",
        Arity::Value("a priority"),
        "The priority of its chains; -1.",
        priority,
    ),
    Row::parsed(
        "nftables_ipvs_start_fwmark",
        Arity::Value("a mark"),
        "The first mark that it gives; 1000.",
        |c, i, _| check::number(c, i, 1..=u32::MAX),
    ),
    Row::works(
        "checker_log_all_failures",
        Arity::Free,
        "Logs failures of checks that are forgiven too.",
        |c, i, d| d.log_all_failures = check::truth(c, i).unwrap_or(d.log_all_failures),
    ),
    Row::works(
        "rs_init_notifies",
        Arity::Free,
        "Tells of real servers at the start too: notify_up, FIFOs.",
        |c, i, d| d.servers.at_start = check::truth(c, i).unwrap_or(false),
    ),
];

fn item_is_not(item: Item<'_, '_>, word: &[u8]) -> bool {
    item.bytes(1).is_some_and(|found| found != word)
}

fn timeouts(context: &mut Context<'_>, item: Item<'_, '_>, _: &mut Draft) {
    let mut index = 1;
    while let Some(word) = item.bytes(index) {
        if !matches!(word, b"tcp" | b"tcpfin" | b"udp") {
            let expected = "`tcp`, `tcpfin` or `udp`";
            context.bad_value(code::CHOICE, item, index, expected, "the word is ignored");
            index += 1;
            continue;
        }
        let seconds = item.bytes(index + 1);
        if seconds
            .and_then(|word| number::number(word, 1..=i32::MAX.unsigned_abs()))
            .is_none()
        {
            let expected = "whole seconds above 0";
            let skipped = matches!(seconds, None | Some(b"tcp" | b"tcpfin" | b"udp"));
            let at = if skipped { index } else { index + 1 };
            let otherwise = "the kernel's stays";
            if skipped {
                let message = format!(
                    "`{}` is missing its value: expected {expected}; {otherwise}",
                    String::from_utf8_lossy(word)
                );
                let finding = Finding::error(code::NUMBER, item.word_span(at), message);
                context.push(finding.help("write the seconds after the word"));
                index += 1;
                continue;
            }
            context.bad_value(code::NUMBER, item, at, expected, otherwise);
        }
        index += 2;
    }
}

/// `IF [[inst] INSTANCE] [id N] [maxlen N] [port N] [ttl N] [group A]`, or `IF INSTANCE ID`.
fn sync_daemon(context: &mut Context<'_>, item: Item<'_, '_>, draft: &mut Draft) {
    if let Some(first) = draft.sync_daemon {
        let finding = Finding::error(
            code::GIVEN_TWICE,
            item.head(),
            "`lvs_sync_daemon` stands here a second time: this line is ignored",
        )
        .also(first, "first given here")
        .help("remove one of the two");
        context.push(finding);
        return;
    }
    draft.sync_daemon = Some(item.head());
    let mut index = 2;
    while let Some(word) = item.bytes(index) {
        let (low, high) = match word {
            b"id" => (0, 255),
            b"maxlen" => (1, 65_507),
            b"port" => (1, 65_535),
            b"ttl" => (1, 255),
            b"inst" => {
                index += 2;
                continue;
            }
            b"group" => {
                let group = item.bytes(index + 1).and_then(address::address);
                if !group.is_some_and(|group| group.is_multicast()) {
                    let expected = "a multicast address after `group`";
                    context.bad_value(code::ADDRESS, item, index, expected, "it is ignored");
                }
                index += 2;
                continue;
            }
            // the old form: an instance's name, an id
            _ => {
                index += 1;
                continue;
            }
        };
        let value = item.bytes(index + 1);
        if value
            .and_then(|value| number::number(value, low..=high))
            .is_none()
        {
            let expected = format!("a whole number from {low} to {high}");
            let at = if value.is_some() { index + 1 } else { index };
            context.bad_value(code::NUMBER, item, at, &expected, "the default is used");
        }
        index += 2;
    }
}
