//! Keywords of `vrrp_instance`: how it behaves, what it watches, who is told.

use super::check::COMMAND;
use super::virtual_ipaddress;
use super::{auth_hmac, check, down_adverts, keep, lease, listening, routes, script, track};
use crate::context::Context;
use crate::draft::{InstanceDraft, Spanned, TrackKind};
use crate::table::{Arity, Row};
use holdfast_syntax::Item;

/// How it behaves, and who is told.
pub(super) const BEHAVIOUR: &[Row<InstanceDraft>] = &[
    Row::works(
        "virtual_ipaddress_excluded",
        Arity::Block,
        "Addresses that go with the others and are in no advert; of any family.",
        virtual_ipaddress::excluded,
    )
    .repeated(),
    Row::works(
        "virtual_routes",
        Arity::Block,
        "Routes that the master has.",
        |c, i, d: &mut InstanceDraft| routes::routes(c, i, &mut d.kernel.routes, None),
    )
    .repeated(),
    Row::works(
        "virtual_rules",
        Arity::Block,
        "Rules that the master has.",
        |c, i, d: &mut InstanceDraft| routes::rules(c, i, &mut d.kernel.rules, None),
    )
    .repeated(),
    Row::works(
        "down_timer_adverts",
        Arity::Value("1 to 100"),
        "Missed adverts until the master counts as gone; 3.",
        |c, i, draft| down_adverts(c, i, &mut draft.wire.down_adverts),
    ),
    Row::works(
        "accept",
        Arity::Switch,
        "A master takes what is sent to the addresses; the default, but in strict mode.",
        |_, _, d| d.kernel.accept = Some(true),
    ),
    Row::works(
        "no_accept",
        Arity::Switch,
        "A master that does not own the addresses (priority 255) drops what is sent to them, or from them.",
        |_, _, d| d.kernel.accept = Some(false),
    ),
    Row::works(
        "skip_check_adv_addr",
        Arity::Free,
        "Of a master's adverts, looks at the addresses of the first only.",
        |c, i, d| keep(check::truth(c, i), &mut d.wire.habits.trusts_list),
    ),
    Row::works(
        "strict_mode",
        Arity::Free,
        "Keeps to the RFC to the letter; `accept` and its like have to be written out.",
        strict,
    ),
    Row::works(
        "lower_prio_no_advert",
        Arity::Free,
        "A master does not answer adverts of lower priority.",
        |c, i, draft| keep(check::truth(c, i), &mut draft.wire.lower_unanswered),
    ),
    Row::works(
        "higher_prio_send_advert",
        Arity::Free,
        "A master that gives way sends a last advert. Not said: only to one that had fallen silent without resigning.",
        |c, i, draft| keep(check::truth(c, i), &mut draft.wire.higher_answered),
    ),
    Row::works(
        "owner_ignore_adverts",
        Arity::Free,
        "The address owner obeys nobody.",
        |c, i, draft| keep(check::truth(c, i), &mut draft.wire.owner_deaf),
    ),
    Row::works(
        "on_vip_loss",
        Arity::Value("`restore` or `backup`"),
        lease::LOSS_OF_ONE,
        |c, i, d| keep(lease::on_loss(c, i), &mut d.wire.habits.on_loss),
    ),
    Row::works(
        "vip_lease",
        Arity::Free,
        lease::OF_ONE,
        |c, i, d| keep(lease::wish(c, i), &mut d.wire.habits.lease),
    ),
    Row::works(
        "timer_expired_backup",
        Arity::Free,
        "A master that was silent for longer than a backup of this priority (254) waits becomes backup, and says nothing (keepalived since 2.3, with `nopreempt`). Holdfast's do so in any case, after `down_timer_adverts` intervals and 0.1 s at least.",
        listening::late,
    )
    .alias(&["thread_timer_expired"]),
    Row::works(
        "dont_track_primary",
        Arity::Switch,
        "Its own interface being down is no fault.",
        |_, _, d| d.not_own_interface = true,
    ),
    Row::works(
        "track_interface",
        Arity::Block,
        "Interfaces that have to be up, or decide on its priority: `NAME [weight W [reverse]]`.",
        |c, i, d| read(c, i, d, TrackKind::Interface),
    )
    .repeated(),
    Row::works(
        "track_script",
        Arity::Block,
        "Scripts that decide on its priority or fault.",
        |c, i, d| read(c, i, d, TrackKind::Script),
    )
    .repeated(),
    Row::works(
        "track_file",
        Arity::Block,
        "Files that decide on its priority or fault.",
        |c, i, d| read(c, i, d, TrackKind::File),
    )
    .repeated(),
    Row::works(
        "track_process",
        Arity::Block,
        "Processes that decide on its priority or fault.",
        |c, i, d| read(c, i, d, TrackKind::Process),
    )
    .repeated(),
    Row::works(
        "track_bfd",
        Arity::Block,
        "BFD sessions that decide on its priority or fault.",
        |c, i, d| read(c, i, d, TrackKind::Bfd),
    )
    .repeated(),
    Row::works(
        "garp_extra_if",
        Arity::Needed("seconds, perhaps after `all`"),
        "How often a master announces one address on each further VMAC, with `all` on each further interface; 0: never.",
        extra,
    )
    .alias(&["vmac_garp_intvl"]),
    Row::works(
        "notify_master",
        COMMAND,
        "Runs when it becomes master.",
        |c, i, d| script::notify(c, i, &mut d.notify),
    ),
    Row::works(
        "notify_backup",
        COMMAND,
        "Runs when it becomes backup.",
        |c, i, d| script::notify(c, i, &mut d.notify),
    ),
    Row::works(
        "notify_fault",
        COMMAND,
        "Runs when it goes to FAULT.",
        |c, i, d| script::notify(c, i, &mut d.notify),
    ),
    Row::works(
        "notify_stop",
        COMMAND,
        "Runs when the daemon stops.",
        |c, i, d| script::notify(c, i, &mut d.notify),
    ),
    Row::works(
        "notify",
        COMMAND,
        "Runs at each change, with what has changed.",
        |c, i, d| script::notify(c, i, &mut d.notify),
    ),
    Row::works(
        "notify_deleted",
        Arity::Free,
        "Runs when a reload takes the instance away.",
        |c, i, d| script::notify(c, i, &mut d.notify),
    ),
    Row::works(
        "notify_master_rx_lower_pri",
        COMMAND,
        "Runs when a master hears a lower priority.",
        |c, i, d| script::notify(c, i, &mut d.notify),
    ),
    Row::works(
        "smtp_alert",
        Arity::Free,
        "Mails about its changes.",
        |c, i, d| {
            d.notify.alert = check::truth(c, i);
        },
    ),
    Row::works(
        "notify_priority_changes",
        Arity::Free,
        "Tells FIFOs of changed priorities.",
        priority_changes,
    ),
    Row::works(
        "auth_hmac",
        Arity::Block,
        "Signs its adverts with a key (HMAC-SHA256; keepalived since 2.4).",
        auth_hmac::apply,
    ),
];

fn read(context: &mut Context<'_>, item: Item<'_, '_>, draft: &mut InstanceDraft, kind: TrackKind) {
    track::lines(context, item, kind, &draft.objects, &mut draft.tracks);
}

fn priority_changes(context: &mut Context<'_>, item: Item<'_, '_>, draft: &mut InstanceDraft) {
    if let Some(value) = check::truth(context, item) {
        draft.notify.priority_changes = Some(value);
    }
}

fn strict(context: &mut Context<'_>, item: Item<'_, '_>, draft: &mut InstanceDraft) {
    if let Some(value) = check::truth(context, item) {
        let span = item.head();
        draft.strict = Some(Spanned { value, span });
    }
}

fn extra(context: &mut Context<'_>, item: Item<'_, '_>, draft: &mut InstanceDraft) {
    if item.keyword() == b"vmac_garp_intvl" {
        check::deprecated(context, item, "`garp_extra_if`");
    }
    draft.garp.extra = check::extra_seconds(context, item, 0);
}
