//! Keywords on how the vrrp worker listens: to adverts, to the kernel, to links.

use super::check;
use super::root::Draft;
use crate::code;
use crate::context::Context;
use crate::draft::InstanceDraft;
use crate::listening_draft::{HabitsDraft, Policy};
use crate::value::number;
use holdfast_model::{Beat, Buffer};
use holdfast_syntax::Item;

/// `vrrp_rx_bufs_policy`.
pub(super) fn policy(context: &mut Context<'_>, item: Item<'_, '_>, habits: &mut HabitsDraft) {
    let word = item.bytes(1).unwrap_or_default();
    let policy = match word {
        b"MTU" => Some(Policy::Mtu),
        b"ADVERT" => Some(Policy::Advert),
        _ => number::number(word, 1..=u32::MAX).map(Policy::Bytes),
    };
    if policy.is_none() {
        let expected = "`MTU`, `ADVERT` or a number of bytes";
        context.bad_value(code::CHOICE, item, 1, expected, "the line is ignored");
    }
    super::keep(policy, &mut habits.policy);
}

/// `timer_expired_backup [PRIORITY]`: every master does so that was silent for K intervals, which is
/// sooner than any backup takes over.
pub(super) fn late(context: &mut Context<'_>, item: Item<'_, '_>, draft: &mut InstanceDraft) {
    if item.keyword() == b"thread_timer_expired" {
        check::deprecated(context, item, "`timer_expired_backup`");
    }
    if item.len() == 1 || check::whole_number(context, item, 1..=254).is_some() {
        draft.wire.habits.late = Some(item.head());
    }
}

/// `*_rcv_bufs`: which of them, by the keyword.
fn buffer<'b>(draft: &'b mut Draft, keyword: &[u8]) -> &'b mut Option<Buffer> {
    let buffers = &mut draft.listening.model.buffers;
    if keyword.starts_with(b"process_") {
        &mut draft.tracked.room
    } else if keyword.starts_with(b"vrrp_netlink_cmd") {
        &mut buffers.requests
    } else {
        &mut buffers.news
    }
}

/// `*_rcv_bufs BYTES`.
pub(super) fn bytes(context: &mut Context<'_>, item: Item<'_, '_>, draft: &mut Draft) {
    let bytes = check::whole_number(context, item, 0..=i32::MAX.unsigned_abs());
    if let Some(bytes) = bytes {
        let buffer = buffer(draft, item.keyword());
        buffer.get_or_insert_default().bytes = bytes;
    }
}

/// `*_rcv_bufs_force [BOOLEAN]`.
pub(super) fn force(context: &mut Context<'_>, item: Item<'_, '_>, draft: &mut Draft) {
    if let Some(force) = check::truth(context, item) {
        let buffer = buffer(draft, item.keyword());
        buffer.get_or_insert_default().force = force;
    }
}

/// A line of `linkbeat_interfaces`: its second word.
pub(super) fn beat(context: &mut Context<'_>, line: Item<'_, '_>) -> Beat {
    match line.bytes(1) {
        None | Some(b"MII") => Beat::Mii,
        Some(b"ETHTOOL") => Beat::Ethtool,
        Some(b"IOCTL") => Beat::Flags,
        Some(_) => {
            let expected = "MII, ETHTOOL, IOCTL or nothing";
            context.bad_value(code::CHOICE, line, 1, expected, "the word is ignored");
            Beat::Mii
        }
    }
}
