//! `global_defs`: the IPVS table as a whole.

use super::super::check;
use super::super::root::Draft;
use crate::code;
use crate::context::Context;
use crate::table::{Arity, Row};
use crate::value::{address, number};
use holdfast_model::{FlushAtStop, IfName, InstanceKey, Name, SyncDaemon, TableTimeouts};
use holdfast_syntax::{Finding, Item};

/// The IPVS table.
pub(super) const TABLE_ROWS: &[Row<Draft>] = &[
    Row::works(
        "lvs_timeouts",
        Arity::Needed("`tcp`, `tcpfin` or `udp` and seconds"),
        "The kernel's connection timeouts while the daemon runs.",
        |c, i, d| timeouts(c, i, &mut d.table.settings.timeouts),
    ),
    Row::works(
        "lvs_flush",
        Arity::Switch,
        "Empties the table at the start, of others' services too.",
        |_, _, d| d.table.settings.flush = true,
    ),
    Row::works(
        "lvs_flush_on_stop",
        Arity::Free,
        "Empties the table at the stop, of others' services too; with `VS` of its own only, as it does anyway.",
        |c, i, d: &mut Draft| {
            d.table.settings.flush_at_stop = Some(match i.bytes(1) {
                None => FlushAtStop::All,
                Some(b"VS") => FlushAtStop::Own,
                Some(_) => {
                    let expected = "`VS` or nothing";
                    c.bad_value(code::CHOICE, i, 1, expected, "the word is ignored");
                    FlushAtStop::All
                }
            });
        },
    )
    .alias(&["lvs_flush_onstop"]),
    Row::works(
        "lvs_sync_daemon",
        Arity::Needed("an interface, and more"),
        "Tells other directors of connections: `IF [[inst] INSTANCE] [id N] [maxlen N] [port N] [ttl N] [group A]`.",
        sync_daemon,
    )
    .repeated(),
    Row::works(
        "nftables_ipvs",
        Arity::Free,
        "All addresses of a virtual_server_group that has no mark of its own are one service, by a mark that an nftables table gives; its name, holdfast_ipvs.",
        |c, i, d| {
            check::name_within(c, i, 31);
            d.table.marks = true;
            if let Some(name) = i.text(1).filter(|name| name.len() <= 31) {
                d.table.marking.table = Name::from(&*name);
            }
        },
    ),
    Row::works(
        "nftables_ipvs_priority",
        Arity::Value("a priority"),
        "The priority of its chain; -1.",
        |c, i, d| {
            if let Some(value) = check::signed(c, i, 1, i32::MIN + 1..=i32::MAX) {
                d.table.marking.priority = value;
            }
        },
    ),
    Row::works(
        "nftables_ipvs_start_fwmark",
        Arity::Value("a mark"),
        "The first mark that it gives; 1000. Marks that the file names itself are left out.",
        |c, i, d| {
            if let Some(value) = check::whole_number(c, i, 1..=u32::MAX) {
                d.table.marking.first = value;
            }
        },
    ),
];

fn timeouts(context: &mut Context<'_>, item: Item<'_, '_>, timeouts: &mut TableTimeouts) {
    let mut index = 1;
    while let Some(word) = item.bytes(index) {
        let place = match word {
            b"tcp" => &mut timeouts.tcp,
            b"tcpfin" => &mut timeouts.tcp_fin,
            b"udp" => &mut timeouts.udp,
            _ => {
                let expected = "`tcp`, `tcpfin` or `udp`";
                context.bad_value(code::CHOICE, item, index, expected, "the word is ignored");
                index += 1;
                continue;
            }
        };
        let seconds = item.bytes(index + 1);
        let value = seconds.and_then(|word| number::number(word, 1..=i32::MAX.unsigned_abs()));
        *place = value.or(*place);
        if value.is_none() {
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
    if let Some(first) = draft.table.sync {
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
    draft.table.sync = Some(item.head());
    let Some(interface) = item.text(1).and_then(|text| IfName::new(&text)) else {
        let expected = "an interface's name, at most 15 characters";
        context.bad_value(code::NO_INTERFACE, item, 1, expected, "the line is ignored");
        return;
    };
    let mut sync = SyncDaemon {
        interface,
        instance: None,
        id: 0,
        max_length: None,
        port: None,
        ttl: None,
        group: None,
    };
    let mut index = 2;
    while let Some(word) = item.bytes(index) {
        index += match word {
            b"id" => {
                let id = value(context, item, index, 0..=255);
                draft.table.sync_id = id.and_then(|id| u8::try_from(id).ok());
                2
            }
            b"maxlen" => {
                sync.max_length = value(context, item, index, 1..=65_507);
                2
            }
            b"port" => {
                sync.port = value(context, item, index, 1..=65_535);
                2
            }
            b"ttl" => {
                let ttl = value(context, item, index, 1..=255);
                sync.ttl = ttl.and_then(|ttl| u8::try_from(ttl).ok());
                2
            }
            b"inst" => {
                sync.instance = item.text(index + 1).map(instance);
                2
            }
            b"group" => {
                let group = item.bytes(index + 1).and_then(address::address);
                sync.group = group.filter(core::net::IpAddr::is_multicast);
                if sync.group.is_none() {
                    let expected = "a multicast address after `group`";
                    context.bad_value(code::ADDRESS, item, index, expected, "it is ignored");
                }
                2
            }
            // the old form: an instance's name, an id
            _ if sync.instance.is_none() => {
                sync.instance = item.text(index).map(instance);
                1
            }
            _ => {
                let id = number::number(word, 0..=255);
                draft.table.sync_id = id.and_then(|id| u8::try_from(id).ok());
                1
            }
        };
    }
    draft.table.settings.sync = Some(sync);
}

fn instance(name: std::borrow::Cow<'_, str>) -> InstanceKey {
    InstanceKey(Name::from(name.as_ref()))
}

fn value(
    context: &mut Context<'_>,
    item: Item<'_, '_>,
    index: usize,
    range: core::ops::RangeInclusive<u32>,
) -> Option<u16> {
    let (low, high) = (*range.start(), *range.end());
    let word = item.bytes(index + 1);
    let value = word.and_then(|word| number::number(word, range));
    if value.is_none() {
        let expected = format!("a whole number from {low} to {high}");
        let at = if word.is_some() { index + 1 } else { index };
        context.bad_value(code::NUMBER, item, at, &expected, "the default is used");
    }
    value.and_then(|value| u16::try_from(value).ok())
}
