//! Keywords of `virtual_server` that are read, and have no effect yet.

use super::check;
use super::check::COMMAND;
use super::script;
use super::virtual_server_values::method;
use crate::code;
use crate::context::Context;
use crate::draft::VirtualServerDraft;
use crate::table::{Arity, Row};
use holdfast_model::Scheduler;
use holdfast_syntax::{Finding, Item};

pub(super) const FURTHER: &[Row<VirtualServerDraft>] = &[
    Row::parsed(
        "ip_family",
        Arity::Value("inet or inet6"),
        "The family of a firewall mark.",
        ip_family,
    )
    .decisive(),
    Row::parsed(
        "hashed",
        Arity::Free,
        "Has no effect in keepalived either.",
        |c, i, d| scheduler_flag(c, i, d, Scheduler::Sh),
    ),
    Row::parsed(
        "ops",
        Arity::Switch,
        "Each datagram for itself.",
        |_, i, draft: &mut VirtualServerDraft| draft.ops = Some(i.head()),
    )
    .decisive(),
    Row::parsed(
        "flag-1",
        Arity::Free,
        "The scheduler's first flag.",
        check::nothing,
    ),
    Row::parsed(
        "flag-2",
        Arity::Free,
        "The scheduler's second flag.",
        check::nothing,
    ),
    Row::parsed(
        "flag-3",
        Arity::Free,
        "The scheduler's third flag.",
        check::nothing,
    ),
    Row::parsed(
        "sh-port",
        Arity::Free,
        "Source hashing with the port.",
        |c, i, d| scheduler_flag(c, i, d, Scheduler::Sh),
    ),
    Row::parsed(
        "sh-fallback",
        Arity::Free,
        "Source hashing goes on to the next.",
        |c, i, d| scheduler_flag(c, i, d, Scheduler::Sh),
    ),
    Row::parsed(
        "mh-port",
        Arity::Free,
        "Maglev hashing with the port.",
        |c, i, d| scheduler_flag(c, i, d, Scheduler::Mh),
    ),
    Row::parsed(
        "mh-fallback",
        Arity::Free,
        "Maglev hashing goes on to the next.",
        |c, i, d| scheduler_flag(c, i, d, Scheduler::Mh),
    ),
    Row::parsed(
        "persistence_engine",
        Arity::Value("an engine"),
        "How clients are told apart; sip.",
        check::nothing,
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
    Row::parsed(
        "sorry_server_inhibit",
        Arity::Switch,
        "The sorry server stays with weight 0.",
        sorry_option,
    ),
    Row::parsed(
        "sorry_server_lvs_method",
        Arity::Needed("`NAT`, `DR` or `TUN`"),
        "How packets reach the sorry server.",
        |c, i, d| {
            sorry_option(c, i, d);
            let _method = method(c, i, "the virtual server's is used");
        },
    )
    .decisive(),
];

fn ip_family(context: &mut Context<'_>, item: Item<'_, '_>, _: &mut VirtualServerDraft) {
    check::choice(context, item, &["inet", "inet6"]);
}

/// A flag of a scheduler that has to be set above.
fn scheduler_flag(
    context: &mut Context<'_>,
    item: Item<'_, '_>,
    draft: &mut VirtualServerDraft,
    scheduler: Scheduler,
) {
    if draft.scheduler != Some(scheduler) {
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
