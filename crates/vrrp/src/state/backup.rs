//! BACKUP: listening (RFC 3768 s6.4.2).

use crate::election::{self, BackupVerdict};
use crate::instance::{Context, Instance};
use crate::receive::Heard;
use crate::said::Once;
use crate::state::{self, State, init, master};
use core::net::IpAddr;
use core::time::Duration;
use holdfast_model::Mono;
use holdfast_model::event::VrrpEvent;
use serde::{Deserialize, Serialize};

/// A backup that wakes later than this part of an interval cannot tell a master's silence from its own sleep.
const LATE: u32 = 4;

/// What exists only here.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Backup {
    /// Master_Down_Timer.
    pub(crate) down: Mono,
    /// The end of `preempt_delay`, once it runs.
    pub(crate) preempt_from: Option<Mono>,
    /// Whom it follows: its address and priority. Nobody, once that one resigned or is to be replaced.
    pub(crate) master: Option<(IpAddr, u8)>,
    /// In a sync group: it would be master by now, and waits for the others.
    pub(crate) wants: bool,
    /// Woke late once and listens for an interval more.
    pub(crate) listens_again: bool,
}

/// Starts listening for one Master_Down_Interval.
pub(crate) fn enter(instance: &mut Instance, ctx: &Context<'_>) {
    enter_until(instance, ctx, ctx.now + instance.timing.down);
}

/// Starts listening until `down`.
pub(crate) fn enter_until(instance: &mut Instance, ctx: &Context<'_>, down: Mono) {
    let backup = Backup {
        down,
        preempt_from: None,
        master: None,
        wants: false,
        listens_again: false,
    };
    instance.enter(ctx, State::Backup(backup));
}

/// Goes on where another process ended. One that was to take addresses away asks for it again: who waits
/// for the answer has not been told yet.
pub(crate) fn resume(instance: &mut Instance, ctx: &mut Context<'_>) {
    if instance.pending.is_some() {
        instance.want_none_again(ctx);
    }
}

/// An advert was heard.
pub(crate) fn advert(instance: &mut Instance, ctx: &mut Context<'_>, heard: Heard) {
    let ours = instance.priority;
    let delay = instance.config.preempt_delay;
    let verdict = election::for_backup(ours, instance.preempts(), heard.priority);
    let waits = match &instance.state {
        State::Backup(backup) => match backup.preempt_from {
            None => !delay.is_zero(),
            Some(from) => ctx.now < from,
        },
        State::Init | State::Master(_) | State::Fault => return,
    };
    let follows = matches!(verdict, BackupVerdict::Follow | BackupVerdict::Tolerate);
    if follows || (verdict == BackupVerdict::Preempt && waits) {
        // RFC 9568 s6.4.2: Active_Adver_Interval is the one of the advert that is followed.
        instance.learn(heard.interval);
    }
    let timing = instance.timing;
    let State::Backup(backup) = &mut instance.state else {
        return;
    };
    match verdict {
        // RFC 3768 s6.4.2: set the Master_Down_Timer to Skew_Time.
        BackupVerdict::Resigned => {
            backup.down = ctx.now + timing.skew;
            backup.leave(heard.source);
            instance.stats.priority_zero_received += 1;
            if instance.said.first(Once::PriorityZero) {
                let source = heard.source;
                instance.report(ctx, VrrpEvent::PriorityZero { source });
            }
        }
        // RFC 3768 s6.4.2: reset the Master_Down_Timer to Master_Down_Interval.
        BackupVerdict::Follow => {
            backup.preempt_from = None;
            backup.follow(ctx.now, timing.down, heard);
            instance.said.forget(Once::PriorityZero);
        }
        BackupVerdict::Tolerate => {
            backup.follow(ctx.now, timing.down, heard);
            instance.said.forget(Once::PriorityZero);
        }
        BackupVerdict::Preempt => match backup.preempt_from {
            // keepalived: the delay counts from the first such advert, and until it ends the
            // weaker master is followed.
            None if !delay.is_zero() => {
                backup.preempt_from = Some(ctx.now + delay);
                backup.follow(ctx.now, timing.down, heard);
                instance.report(ctx, VrrpEvent::PreemptDelay);
            }
            Some(from) if ctx.now < from => backup.follow(ctx.now, timing.down, heard),
            // RFC 3768 s6.4.2: discard the advertisement; the timer runs on.
            None | Some(_) => {
                backup.leave(heard.source);
                if instance.said.first(Once::Discarding) {
                    let (source, theirs) = (heard.source, heard.priority);
                    instance.report(ctx, VrrpEvent::Discarding { source, theirs });
                }
            }
        },
    }
}

/// The master was not heard for too long.
pub(crate) fn timeout(instance: &mut Instance, ctx: &mut Context<'_>) {
    let every = instance.timing.advert;
    let State::Backup(backup) = &mut instance.state else {
        return;
    };
    // What keeps us from our processor for part of an interval often keeps the master from its own: on one host, or in
    // one guest. It is heard next, if it lives; only once, for we may always wake late.
    let late = ctx.now.since(backup.down);
    if late > every / LATE && !core::mem::replace(&mut backup.listens_again, true) {
        backup.down = ctx.now + every;
        return;
    }
    if !instance.grouped {
        return master::become_master(instance, ctx);
    }
    // The others of its sync group decide with it, at the end of this input.
    let first = !core::mem::replace(&mut backup.wants, true);
    backup.down = ctx.now + instance.timing.down;
    if first {
        instance.report(ctx, VrrpEvent::AdvertTimeout);
    }
}

/// There is a reason not to serve.
pub(crate) fn fault(instance: &mut Instance, ctx: &mut Context<'_>) {
    instance.enter(ctx, State::Fault);
    state::fault::tell(instance, ctx);
}

/// Shutdown: no advert, for it has not sent any (RFC 3768 s6.4.2).
pub(crate) fn stop(instance: &mut Instance, ctx: &mut Context<'_>) {
    instance.enter(ctx, State::Init);
    init::released(instance, ctx);
}

impl Backup {
    fn follow(&mut self, now: Mono, down: Duration, heard: Heard) {
        self.down = now + down;
        self.wants = false;
        self.listens_again = false;
        self.master = Some((heard.source, heard.priority));
    }

    /// Follows that one no longer, if it did.
    fn leave(&mut self, source: IpAddr) {
        self.master.take_if(|(master, _)| *master == source);
    }
}
