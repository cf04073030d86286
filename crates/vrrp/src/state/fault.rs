//! FAULT: no VIP, no advert, no ear, until the last cause is gone.

use crate::instance::{Context, Instance};
use crate::said::Once;
use crate::state::{State, backup, init};
use holdfast_model::State as Name;
use holdfast_model::event::VrrpEvent;

/// Says that it is here. What only waits for a first answer has not failed: nothing is said before that.
pub(crate) fn tell(instance: &mut Instance, ctx: &mut Context<'_>) {
    if instance.said.first(Once::Fault) {
        instance.report(ctx, VrrpEvent::Entered(Name::Fault));
    }
}

/// The last cause is gone.
pub(crate) fn recover(instance: &mut Instance, ctx: &mut Context<'_>) {
    instance.unlearn();
    let timing = instance.timing;
    // As keepalived: an owner listens for one interval, so that a rival speaks up first.
    let wait = if instance.config.priority.is_owner() {
        timing.advert + timing.skew
    } else {
        timing.down
    };
    backup::enter_until(instance, ctx, ctx.now + wait);
    instance.report(ctx, VrrpEvent::Entered(Name::Backup));
}

/// Shutdown.
pub(crate) fn stop(instance: &mut Instance, ctx: &mut Context<'_>) {
    instance.enter(ctx, State::Init);
    init::released(instance, ctx);
}
