//! MASTER that offers its place to whoever is backup: priority 0, and then silence, while its addresses go on
//! answering, until somebody else speaks. Where nobody does it goes on as before.

use crate::instance::{Context, Instance};
use crate::state::State;

/// Has nothing to say for as long as the slowest backup takes.
pub(crate) fn begin(instance: &mut Instance, ctx: &mut Context<'_>) {
    let until = ctx.now + instance.timing.down;
    let State::Master(master) = &mut instance.state else {
        return;
    };
    // silence until then is no standstill
    (master.offers, master.advert, master.sent) = (true, until, until);
    instance.send_resignation(ctx);
}

/// Is its place to be had?
pub(crate) const fn is_open(state: &State) -> bool {
    matches!(state, State::Master(master) if master.offers)
}

/// The Adver_Timer fired: nobody wanted it.
pub(crate) const fn end(state: &mut State) {
    if let State::Master(master) = state {
        master.offers = false;
    }
}
