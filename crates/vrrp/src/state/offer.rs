//! MASTER that offers its place to whoever is backup: priority 0, and then silence, while its addresses go on
//! answering, until somebody else has spoken and is seen to have them too. Where nobody speaks it goes on as before.
//!
//! ```text
//!   Offer ──▶ priority 0 ──▶ an advert of the heir ──▶ a claim of an address ──▶ BACKUP
//!                       └──▶ a claim ──────────────────▶ an advert ──────────────┘
//! ```
//! Who takes over speaks first and has its addresses a moment later: whoever gave them up at its advert would
//! leave them to nobody for that long.

use crate::instance::{Context, Instance};
use crate::receive::Heard;
use crate::state::State;
use crate::state::master::give_way;
use core::time::Duration;

/// Who has spoken has its addresses by then. Some cannot be seen to have them: behind a router, or by IPv6 alone
/// on a link that keeps neighbour adverts to itself.
const BY_THEN: Duration = Duration::from_millis(200);

/// What is known of whoever takes the place.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct Taker {
    /// It spoke.
    heir: Option<Box<Heard>>,
    /// Somebody claims an address.
    claims: bool,
}

/// Has nothing to say for as long as the slowest backup takes.
pub(crate) fn begin(instance: &mut Instance, ctx: &mut Context<'_>) {
    let until = ctx.now + instance.timing.down;
    let State::Master(master) = &mut instance.state else {
        return;
    };
    // silence until then is no standstill
    (master.offers, master.advert, master.sent) = (true, until, until);
    master.taker = Taker::default();
    instance.send_resignation(ctx);
}

/// Is its place to be had?
pub(crate) const fn is_open(state: &State) -> bool {
    matches!(state, State::Master(master) if master.offers)
}

/// Somebody spoke. With a MAC address that both have, two that answer would confuse the switch.
pub(crate) fn heard(instance: &mut Instance, ctx: &mut Context<'_>, heard: Heard) {
    let waits = instance.config.links.list.is_empty();
    let State::Master(master) = &mut instance.state else {
        return;
    };
    let taker = &mut master.taker;
    if heard.priority == 0 {
        // another that resigns does not want it
        if taker
            .heir
            .as_ref()
            .is_some_and(|heir| heir.source == heard.source)
        {
            taker.heir = None;
            master.advert = ctx.now;
        }
    } else if taker.claims || !waits {
        give_way(instance, ctx, heard);
    } else if taker.heir.replace(Box::new(heard)).is_none() {
        master.advert = ctx.now + BY_THEN;
    }
}

/// Somebody else claims an address of ours.
pub(crate) fn claimed(instance: &mut Instance, ctx: &mut Context<'_>) {
    let State::Master(master) = &mut instance.state else {
        return;
    };
    if !master.offers {
        return;
    }
    master.taker.claims = true;
    if let Some(heir) = master.taker.heir.take() {
        give_way(instance, ctx, *heir);
    }
}

/// The Adver_Timer fired: who spoke has it by now, or nobody wanted it. True if it is gone.
pub(crate) fn end(instance: &mut Instance, ctx: &mut Context<'_>) -> bool {
    let State::Master(master) = &mut instance.state else {
        return false;
    };
    let heir = master.taker.heir.take();
    master.offers = false;
    heir.map(|heir| give_way(instance, ctx, *heir)).is_some()
}
