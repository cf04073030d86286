//! `vip_lease`: addresses that can be used only while adverts leave. `on_vip_loss`: and those that somebody
//! takes away.

use super::check;
use crate::code;
use crate::context::Context;
use crate::draft::Spanned;
use crate::listening_draft::LeaseWish;
use crate::value::number;
use holdfast_model::OnLoss;
use holdfast_syntax::Item;

/// For an instance.
pub(super) const OF_ONE: &str = "Holdfast's own (`@holdfast vip_lease on`): vip_lease of this instance, whatever the file says.";

/// For the file.
pub(super) const OF_THE_FILE: &str = "`on [ADVERTS]`: a VIP can be used for `down_timer_adverts` intervals less 0.1 s after each advert and no longer, so that a director that is killed or stands still ends serving before its peer begins. An nftables table of ours guards VIPs (packets, ARP, neighbour discovery). ADVERTS: the `down_timer_adverts` of the peers, where it is less. off.";

/// For an instance.
pub(super) const LOSS_OF_ONE: &str = "Holdfast's own (`@holdfast on_vip_loss backup`): on_vip_loss of this instance, whatever the file says.";

/// For the file.
pub(super) const LOSS_OF_THE_FILE: &str = "What a master does when somebody else removes a VIP. `restore`, the default: puts it back at once and announces it, without giving up mastership; after 5 times within 10 s it waits 1, 2, 4 s, and gives way (FAULT for 5 s) only if a peer was heard within the master-down time. `backup`: as keepalived, resigns with priority 0 and is master again after the skew time if nobody else is.";

/// `restore` or `backup`.
pub(super) fn on_loss(context: &mut Context<'_>, item: Item<'_, '_>) -> Option<OnLoss> {
    match item.bytes(1) {
        Some(b"restore") => Some(OnLoss::Restore),
        Some(b"backup") => Some(OnLoss::Backup),
        _ => {
            check::choice(context, item, &["restore", "backup"]);
            None
        }
    }
}

/// `on`, `on ADVERTS` or `off`.
pub(super) fn wish(context: &mut Context<'_>, item: Item<'_, '_>) -> Option<Spanned<LeaseWish>> {
    let span = item.head();
    let value = match (item.bytes(1), item.bytes(2)) {
        (None, _) | (Some(b"on"), None) => LeaseWish::On(None),
        (Some(b"off"), None) => LeaseWish::Off,
        (Some(b"on"), Some(adverts)) => {
            let adverts = number::number(adverts, 1..=100);
            if adverts.is_none() {
                let expected = "the `down_timer_adverts` of the peers, 2 to 100";
                context.bad_value(code::NUMBER, item, 2, expected, "ours is used");
            }
            LeaseWish::On(adverts.and_then(|adverts| u8::try_from(adverts).ok()))
        }
        _ => {
            check::choice(context, item, &["on", "off"]);
            return None;
        }
    };
    Some(Spanned { value, span })
}
