//! Keywords of `virtual_server` beyond the common ones.

use super::check;
use super::check::COMMAND;
use super::method::method;
use super::script;
use crate::code;
use crate::context::Context;
use crate::draft::{ServiceDraft, VirtualServerDraft};
use crate::table::{Arity, Row};
use holdfast_model::{AddressFamily, Name, Scheduler};
use holdfast_syntax::{Finding, Item};

pub(super) const FURTHER: &[Row<VirtualServerDraft>] = &[
    Row::works(
        "ip_family",
        Arity::Value("inet or inet6"),
        "The family of a firewall mark whose servers are all reached by tunnels.",
        ip_family,
    ),
    Row::parsed(
        "hashed",
        Arity::Free,
        "Has no effect in keepalived either.",
        |c, i, d| _ = scheduler_flag(c, i, d.scheduler, Scheduler::Sh),
    ),
    Row::works(
        "ops",
        Arity::Switch,
        "UDP: each datagram is scheduled for itself.",
        |_, i, draft| draft.options.ops = Some(i.head()),
    ),
    Row::works(
        "flag-1",
        Arity::Free,
        "The scheduler's first flag.",
        |_, _, d| d.options.flags[0] = true,
    ),
    Row::works(
        "flag-2",
        Arity::Free,
        "The scheduler's second flag.",
        |_, _, d| d.options.flags[1] = true,
    ),
    Row::works(
        "flag-3",
        Arity::Free,
        "The scheduler's third flag.",
        |_, _, d| d.options.flags[2] = true,
    ),
    Row::works(
        "sh-fallback",
        Arity::Free,
        "Source hashing passes over servers that take nothing.",
        |c, i, d| d.options.flags[0] |= scheduler_flag(c, i, d.scheduler, Scheduler::Sh),
    ),
    Row::works(
        "sh-port",
        Arity::Free,
        "Source hashing by port too.",
        |c, i, d| d.options.flags[1] |= scheduler_flag(c, i, d.scheduler, Scheduler::Sh),
    ),
    Row::works(
        "mh-fallback",
        Arity::Free,
        "Maglev hashing passes over servers that take nothing.",
        |c, i, d| d.options.flags[0] |= scheduler_flag(c, i, d.scheduler, Scheduler::Mh),
    ),
    Row::works(
        "mh-port",
        Arity::Free,
        "Maglev hashing by port too.",
        |c, i, d| d.options.flags[1] |= scheduler_flag(c, i, d.scheduler, Scheduler::Mh),
    ),
    Row::works(
        "persistence_engine",
        Arity::Value("an engine"),
        "How clients are told apart: `sip`, by call; by address when nothing is said.",
        engine,
    ),
    Row::works(
        "ha_suspend",
        Arity::Switch,
        "No checks while the address is elsewhere.",
        |_, _, d| d.ha_suspend = true,
    ),
    Row::parsed(
        "snmp_name",
        Arity::Needed("a name"),
        "Its name in SNMP.",
        check::nothing,
    ),
    Row::works(
        "smtp_alert",
        Arity::Free,
        "Mails about its changes.",
        |c, i, d| {
            d.scripts.alert = check::truth(c, i);
        },
    ),
    Row::works(
        "alpha",
        Arity::Switch,
        "Real servers count as failed until their checks have succeeded.",
        |_, _, d| d.alpha = true,
    ),
    Row::works(
        "omega",
        Arity::Switch,
        "Runs notify_down and quorum_down at the stop.",
        |_, _, d| d.scripts.omega = true,
    ),
    Row::works(
        "quorum_up",
        COMMAND,
        "Runs when the quorum is gained.",
        |c, i, d| {
            d.scripts.up = script::read(c, i);
        },
    ),
    Row::works(
        "quorum_down",
        COMMAND,
        "Runs when the quorum is lost.",
        |c, i, d| {
            d.scripts.down = script::read(c, i);
        },
    ),
    Row::works(
        "sorry_server_inhibit",
        Arity::Switch,
        "The sorry server stays in the table with weight 0 while it is not needed.",
        |c, i, d| {
            sorry_option(c, i, d);
            if let Some(sorry) = &mut d.sorry_server {
                sorry.value.inhibit = true;
            }
        },
    ),
    Row::works(
        "sorry_server_lvs_method",
        Arity::Needed("`NAT`, `DR` or `TUN` with `type`"),
        "How packets reach the sorry server; as the virtual server says by default.",
        |c, i, d| {
            sorry_option(c, i, d);
            d.options.sorry_forwarding = method(c, i, "the virtual server's is used");
        },
    ),
];

fn ip_family(context: &mut Context<'_>, item: Item<'_, '_>, draft: &mut VirtualServerDraft) {
    let family = match item.bytes(1) {
        Some(b"inet") => AddressFamily::V4,
        Some(b"inet6") => AddressFamily::V6,
        _ => return check::choice(context, item, &["inet", "inet6"]),
    };
    if let ServiceDraft::Address { address, .. } = draft.service
        && AddressFamily::of(address) != family
    {
        let finding = Finding::error(
            code::FAMILY,
            item.word_span(1),
            format!("the virtual server's address {address} is of another family: ignored"),
        );
        context.push(finding.help("remove the line: it is for firewall marks"));
        return;
    }
    draft.options.family = Some(family);
}

fn engine(context: &mut Context<'_>, item: Item<'_, '_>, draft: &mut VirtualServerDraft) {
    check::name_within(context, item, 15);
    let text = item.text(1).unwrap_or_default();
    let end = text.char_indices().map(|(at, c)| at + c.len_utf8());
    let end = end.take_while(|end| *end <= 15).last().unwrap_or(0);
    draft.options.engine = text.get(..end).map(Name::from);
}

/// A flag of a scheduler that has to be set above.
fn scheduler_flag(
    context: &mut Context<'_>,
    item: Item<'_, '_>,
    chosen: Option<Scheduler>,
    scheduler: Scheduler,
) -> bool {
    let fits = chosen == Some(scheduler);
    if !fits {
        let (keyword, word) = (String::from_utf8_lossy(item.keyword()), scheduler.word());
        let finding = Finding::error(
            code::CHOICE,
            item.word_span(0),
            format!("`{keyword}` is for the scheduler {word} only: it is ignored"),
        )
        .help(format!(
            "write `lb_algo {word}` above it, or remove the line"
        ));
        context.push(finding);
    }
    fits
}

fn sorry_option(context: &mut Context<'_>, item: Item<'_, '_>, draft: &mut VirtualServerDraft) {
    if draft.sorry_server.is_none() {
        let keyword = String::from_utf8_lossy(item.keyword());
        let finding = Finding::error(
            code::NOT_DEFINED,
            item.word_span(0),
            format!("`{keyword}` stands before or without `sorry_server`: it is ignored"),
        )
        .help("write it below `sorry_server`");
        context.push(finding);
    }
}
