//! Strict mode: what an instance says against the RFCs is taken back, with a word.

use crate::auth_draft::AuthDraft;
use crate::code;
use crate::context::Context;
use crate::draft::{InstanceDraft, WireDraft};
use core::time::Duration;
use holdfast_model::{AddressFamily, Priority};
use holdfast_syntax::{Finding, Span};

/// RFC 9568 s6.1: the master down interval is three adverts and the skew.
const DOWN_ADVERTS: u8 = 3;

/// Whether nobody reaches the addresses of a master: Accept_Mode (RFC 9568 s6.1) is off. An owner's
/// are its own. keepalived: it is on unless the file says otherwise, and off in strict mode.
pub(super) fn refuses(draft: &InstanceDraft, priority: Priority, strict: bool) -> bool {
    !priority.is_owner() && !draft.kernel.accept.unwrap_or(!strict)
}

/// The version that an instance runs: strict mode has version 2 for IPv4 only (RFC 3768 s1).
pub(super) fn version(
    context: &mut Context<'_>,
    draft: &InstanceDraft,
    asked: u32,
    family: AddressFamily,
    strict: bool,
) -> u32 {
    if !strict || asked == 3 || family == AddressFamily::V4 {
        return asked;
    }
    let span = draft.version.as_ref().map_or(draft.head, |own| own.span);
    let message = "strict mode: version 2 has no IPv6: version 3 is used";
    complain(context, span, message, "write `version 3`");
    3
}

/// Takes back what does not go with strict mode.
pub(super) fn enforce(
    context: &mut Context<'_>,
    draft: &mut InstanceDraft,
    version: u32,
    file: &WireDraft,
) {
    // said where the block is judged
    draft.auth = AuthDraft::default();
    let owner = match (draft.priority, draft.wants_master) {
        (Some(priority), _) => priority.is_owner(),
        // `state MASTER` without a priority is the owner's
        (None, wanted) => wanted == Some(true),
    };
    draft.wants_master = draft.wants_master.map(|_| owner);
    if let Some(delay) = draft.preempt_delay.take_if(|delay| !delay.value.is_zero()) {
        let message = "strict mode: `preempt_delay` is ignored";
        complain(context, delay.span, message, "remove the line");
    }
    let down = draft.wire.down_adverts.or(file.down_adverts);
    if down.is_some_and(|down| down != DOWN_ADVERTS) {
        ignored(
            context,
            draft.head,
            "any other `down_timer_adverts` than 3 is ignored",
        );
    }
    if draft.wire.lower_unanswered == Some(false) {
        let what = "`lower_prio_no_advert off` is ignored";
        ignored(context, draft.head, what);
    }
    if draft.wire.higher_answered == Some(true) {
        let what = "`higher_prio_send_advert` is ignored";
        ignored(context, draft.head, what);
    }
    draft.wire.down_adverts = Some(DOWN_ADVERTS);
    draft.wire.lower_unanswered = Some(true);
    draft.wire.higher_answered = Some(false);
    let garp = &mut draft.garp;
    let repeats = garp.lower_prio_repeat.is_some_and(|repeat| repeat > 0);
    let delays = garp.lower_prio_delay.is_some_and(|delay| !delay.is_zero());
    garp.lower_prio_repeat = Some(0);
    garp.lower_prio_delay = Some(Duration::ZERO);
    if repeats || delays {
        let what = "`garp_lower_prio_repeat` and `garp_lower_prio_delay` are ignored";
        ignored(context, draft.head, what);
    }
    if let Some(span) = draft.xmit_base.take_if(|_| draft.vmac.is_some()) {
        let message =
            "strict mode: adverts leave with the virtual MAC address: `vmac_xmit_base` is ignored";
        complain(context, span, message, "remove the line");
    }
    if let Some(vmac) = draft.vmac.as_mut().filter(|vmac| vmac.mac.is_some()) {
        vmac.mac = None;
        let message =
            "strict mode: the virtual router has its own MAC address: this one is ignored";
        complain(context, vmac.span, message, "remove the address");
    }
    // RFC 3768 s6.4.3: only an owner accepts
    if version == 2 && !owner && draft.kernel.accept == Some(true) {
        draft.kernel.accept = None;
        let message =
            "strict mode: version 2 has no `accept`: packets to the addresses are dropped";
        complain(
            context,
            draft.head,
            message,
            "write `version 3` on all routers of this VRID, or leave strict mode",
        );
    }
}

fn ignored(context: &mut Context<'_>, span: Span, what: &str) {
    let message = format!("strict mode: {what}");
    complain(context, span, &message, "remove the line");
}

fn complain(context: &mut Context<'_>, span: Span, message: &str, help: &str) {
    context.push(Finding::warning(code::STRICT, span, message).help(help));
}
