//! INIT: not started, or stopped (RFC 3768 s6.4.1).

use crate::instance::{Context, Instance};
use crate::state::{State, backup, fault, master};
use holdfast_model::event::VrrpEvent;

/// Startup.
pub(crate) fn start(instance: &mut Instance, ctx: &mut Context<'_>) {
    if !instance.faults.is_empty() {
        for cause in instance.faults.iter() {
            instance.report(ctx, VrrpEvent::FaultRaised(cause));
        }
        for key in &instance.failed {
            instance.report(ctx, VrrpEvent::TrackFailed(key.clone()));
        }
        instance.enter(ctx, State::Fault);
        if !instance.faults.is_waiting() {
            fault::tell(instance, ctx);
        }
    } else if instance.config.priority.is_owner() && instance.grouped {
        // keepalived: a group starts as master only if all of it is the owner's.
        backup::enter_until(instance, ctx, ctx.now);
        backup::timeout(instance, ctx);
    } else if instance.config.priority.is_owner() {
        // RFC 3768 s6.4.1: the owner does not wait.
        master::become_master(instance, ctx);
    } else {
        // RFC 3768 s6.4.1. `state MASTER` waits as long as everybody else.
        instance.report(ctx, VrrpEvent::Started);
        backup::enter(instance, ctx);
    }
}

/// Nothing of it is left in the kernel.
pub(crate) fn released(instance: &mut Instance, ctx: &mut Context<'_>) {
    if instance.pending.is_none() {
        instance.report(ctx, VrrpEvent::Stopped);
    }
}
