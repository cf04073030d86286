//! MASTER: owns the VIPs (RFC 3768 s6.4.3).

use crate::announce::{Due, Schedule};
use crate::election::{self, MasterVerdict};
use crate::instance::{Context, Instance};
use crate::interval::Timing;
use crate::receive::Heard;
use crate::state::{State, backup, init};
use crate::timer;
use core::time::Duration;
use holdfast_model::event::{FaultCause, VrrpEvent};
use holdfast_model::{Mono, State as Name, VirtualAddress};

/// Answers to received adverts within one interval; more wait for its end. Keeps a stranger from
/// using us as an amplifier.
const ANSWERS: u8 = 10;

/// Waves of lost addresses that are repaired within [`WAVES_IN`].
const WAVES: u8 = 5;

/// The time over which waves are counted.
const WAVES_IN: Duration = Duration::from_secs(10);

/// Losses this close together are one wave: a flush takes all addresses, one message each.
const WAVE: Duration = Duration::from_millis(50);

/// What exists only here.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Master {
    /// Adver_Timer.
    pub(crate) advert: Mono,
    /// When the last advert was sent.
    pub(crate) sent: Mono,
    /// Start of the interval over which answers are counted, and their number.
    pub(crate) answers: (Mono, u8),
    /// Gratuitous ARP to come.
    pub(crate) schedule: Schedule,
    /// The addresses were in the kernel once since we became master.
    pub(crate) placed: bool,
    /// Addresses to announce when the pending `Want` is true.
    pub(crate) owed: Vec<VirtualAddress>,
    /// When the last weaker advert was heard: a run of them is told once.
    pub(crate) insisted: Option<Mono>,
    /// Waves of losses: start of the count, of the last wave, and their number.
    pub(crate) losses: Option<(Mono, Mono, u8)>,
}

/// Takes over: the advert first, so that nobody else does, then the addresses.
pub(crate) fn become_master(instance: &mut Instance, ctx: &mut Context<'_>) {
    instance.unlearn();
    let master = Master {
        advert: ctx.now + instance.timing.advert,
        sent: ctx.now,
        answers: (ctx.now, 0),
        schedule: Schedule::default(),
        placed: false,
        owed: instance.config.owned(),
        insisted: None,
        losses: None,
    };
    // RFC 3768 s6.4.2: send an ADVERTISEMENT, broadcast gratuitous ARP (in `applied`), set the
    // Adver_Timer, transition to Master.
    instance.send_advert(ctx);
    if !instance.grouped {
        instance.report(ctx, VrrpEvent::AdvertTimeout);
    }
    instance.enter(ctx, State::Master(master));
    instance.stats.became_master += 1;
    instance.report(ctx, VrrpEvent::Entered(Name::Master));
    instance.want_addresses(ctx);
}

/// Goes on where another process ended: heard again at once, and the addresses asked for, since
/// nobody here knows what is in the kernel.
pub(crate) fn resume(instance: &mut Instance, ctx: &mut Context<'_>) {
    let every = instance.timing.advert;
    let State::Master(master) = &mut instance.state else {
        return;
    };
    // A priority that is another now was told of a moment ago.
    let spoken = master.sent == ctx.now;
    (master.sent, master.advert) = (ctx.now, ctx.now + every);
    let further = instance.config.links.announced;
    master.schedule.retime_further(ctx.now, further);
    if !spoken {
        instance.send_advert(ctx);
    }
    instance.want_addresses(ctx);
}

/// Adver_Timer fired.
pub(crate) fn advertise(instance: &mut Instance, ctx: &mut Context<'_>) {
    let every = instance.timing.advert;
    instance.send_advert(ctx);
    let State::Master(master) = &mut instance.state else {
        return;
    };
    let silent = ctx.now.since(master.sent);
    master.advert = timer::next(master.advert, every, ctx.now);
    master.sent = ctx.now;
    // Silent for so long that another may have served meanwhile and gone again.
    if silent > every * u32::from(instance.config.wire.down_adverts) {
        let count = instance.config.garp.refresh_repeat.max(1);
        announce_all(instance, ctx, count);
    }
}

/// An advert was heard.
pub(crate) fn advert(instance: &mut Instance, ctx: &mut Context<'_>, heard: Heard) {
    let (source, theirs, ours) = (heard.source, heard.priority, instance.priority);
    match election::for_master(ours, instance.source(ctx), theirs, source) {
        // RFC 3768 s6.4.3: send an ADVERTISEMENT, reset the Adver_Timer.
        MasterVerdict::Resigned => {
            instance.stats.priority_zero_received += 1;
            answer(instance, ctx, true);
        }
        MasterVerdict::YieldToPriority => {
            let ours = ours.get();
            instance.report(
                ctx,
                VrrpEvent::HigherPriority {
                    source,
                    theirs,
                    ours,
                },
            );
            give_way(instance, ctx, heard);
        }
        MasterVerdict::YieldToAddress => {
            let priority = theirs;
            instance.report(ctx, VrrpEvent::HigherAddress { source, priority });
            give_way(instance, ctx, heard);
        }
        // RFC 3768 s6.4.3: discard. RFC 9568 s6.4.3 and keepalived: and advertise at once, so that
        // the other steps down now, and hosts that believed it learn better.
        MasterVerdict::Insist => insist(instance, ctx, heard),
    }
}

fn insist(instance: &mut Instance, ctx: &mut Context<'_>, heard: Heard) {
    let (run, garp) = (instance.timing.down, instance.config.garp);
    let State::Master(master) = &mut instance.state else {
        return;
    };
    let last = master.insisted.replace(ctx.now);
    if last.is_none_or(|last| ctx.now.since(last) > run) {
        let (source, theirs) = (heard.source, heard.priority);
        let ours = instance.priority.get();
        instance.report(
            ctx,
            VrrpEvent::LowerPriority {
                source,
                theirs,
                ours,
            },
        );
    }
    let speak = instance.config.wire.answers_lower;
    if answer(instance, ctx, speak)
        && let State::Master(master) = &mut instance.state
    {
        master
            .schedule
            .insist(ctx.now, &garp, &instance.config.owned());
        announce_all(instance, ctx, garp.lower_prio_repeat);
    }
}

/// Answers an advert with ours, unless many were answered in this interval: then at its end, by
/// the timer. Without `speak` it is only counted. True when it was not one too many.
fn answer(instance: &mut Instance, ctx: &mut Context<'_>, speak: bool) -> bool {
    let every = instance.timing.advert;
    let State::Master(master) = &mut instance.state else {
        return false;
    };
    if ctx.now.since(master.answers.0) >= every {
        master.answers = (ctx.now, 0);
    }
    if master.answers.1 >= ANSWERS {
        if speak {
            master.advert = master.advert.min(master.answers.0 + every);
        }
        return false;
    }
    master.answers.1 += 1;
    if speak {
        master.advert = ctx.now + every;
        master.sent = ctx.now;
        instance.send_advert(ctx);
    }
    true
}

/// Somebody better is master (RFC 3768 s6.4.3): no priority 0, it speaks already.
fn give_way(instance: &mut Instance, ctx: &mut Context<'_>, heard: Heard) {
    instance.stats.released_master += 1;
    if instance.config.wire.answers_higher {
        instance.send_advert(ctx);
    }
    instance.learn(heard.interval);
    backup::enter(instance, ctx);
    if let State::Backup(backup) = &mut instance.state {
        backup.master = Some((heard.source, heard.priority));
    }
    instance.report(ctx, VrrpEvent::Entered(Name::Backup));
    instance.want_none(ctx);
}

/// Another of its sync group gave way: no priority 0, whoever is better there speaks here too.
pub(crate) fn follow_group(instance: &mut Instance, ctx: &mut Context<'_>) {
    instance.stats.released_master += 1;
    backup::enter(instance, ctx);
    instance.report(ctx, VrrpEvent::Entered(Name::Backup));
    instance.want_none(ctx);
}

/// `timer_expired_backup`: was it silent for longer than a backup of that priority waits?
pub(crate) fn is_late(instance: &Instance, now: Mono) -> bool {
    let State::Master(master) = &instance.state else {
        return false;
    };
    let config = &instance.config;
    config.wire.habits.rival.is_some_and(|rival| {
        let waits = Timing::of(config, rival, config.advert_interval).down;
        now >= master.sent + waits
    })
}

/// Ran too late: another may serve by now, who would have to give way to our next advert. No priority
/// 0, nor anything else: it is for the other to speak.
pub(crate) fn ran_late(instance: &mut Instance, ctx: &mut Context<'_>) {
    if let State::Master(master) = &instance.state {
        let silent = ctx.now.since(master.sent);
        instance.report(ctx, VrrpEvent::RanLate { silent });
    }
    follow_group(instance, ctx);
}

/// There is a reason not to serve: let another begin at once.
pub(crate) fn fault(instance: &mut Instance, ctx: &mut Context<'_>) {
    instance.stats.released_master += 1;
    instance.enter(ctx, State::Fault);
    instance.report(ctx, VrrpEvent::Entered(Name::Fault));
    instance.send_resignation(ctx);
    instance.want_none(ctx);
}

/// Shutdown (RFC 3768 s6.4.3): an advert with priority 0, then the addresses.
pub(crate) fn stop(instance: &mut Instance, ctx: &mut Context<'_>, release: bool) {
    instance.stats.released_master += 1;
    instance.enter(ctx, State::Init);
    instance.send_resignation(ctx);
    if release {
        instance.want_none(ctx);
    } else {
        instance.pending = None;
        init::released(instance, ctx);
    }
}

/// The addresses are in the kernel: now they may be announced.
pub(crate) fn applied(instance: &mut Instance, ctx: &mut Context<'_>) {
    let garp = instance.config.garp;
    let State::Master(master) = &mut instance.state else {
        return;
    };
    let owed = core::mem::take(&mut master.owed);
    let first = !core::mem::replace(&mut master.placed, true);
    if first || !owed.is_empty() {
        master.schedule.begin(ctx.now, &garp, &owed);
    }
    if first {
        let further = instance.config.links.announced;
        master.schedule.retime_further(ctx.now, further);
        instance.report(ctx, VrrpEvent::AddressesSet);
    }
    instance.announce(ctx, owed, garp.repeat);
}

/// The kernel does not take the addresses: another may have more luck.
pub(crate) fn not_applied(instance: &mut Instance, ctx: &mut Context<'_>) {
    instance.pending = None;
    instance.raise_passing(ctx, FaultCause::NotApplied);
}

/// Somebody removed an address of ours: put it back, without giving up anything. Again and again
/// means that somebody means it.
pub(crate) fn lost(instance: &mut Instance, ctx: &mut Context<'_>, address: &VirtualAddress) {
    let ours = instance.config.owned().contains(address);
    let State::Master(master) = &mut instance.state else {
        return;
    };
    if !ours {
        return;
    }
    let now = ctx.now;
    let (start, last, waves) = match master.losses {
        Some((start, last, waves)) if now.since(start) < WAVES_IN => {
            if now.since(last) < WAVE {
                (start, last, waves)
            } else {
                (start, now, waves.saturating_add(1))
            }
        }
        Some(_) | None => (now, now, 1),
    };
    master.losses = Some((start, last, waves));
    master.owe(core::slice::from_ref(address));
    instance.report(
        ctx,
        VrrpEvent::AddressLost {
            address: address.address,
            interface: address.interface.clone(),
        },
    );
    if waves > WAVES {
        instance.raise_passing(ctx, FaultCause::VipTaken);
    } else {
        instance.want_addresses(ctx);
    }
}

/// A round of gratuitous ARP is due.
pub(crate) fn announce_due(instance: &mut Instance, ctx: &mut Context<'_>) {
    let garp = instance.config.garp;
    let State::Master(master) = &mut instance.state else {
        return;
    };
    let further = instance.config.links.announced;
    if master.schedule.take_further(ctx.now, further) && instance.pending.is_none() {
        instance.announce(ctx, instance.config.further(), 1);
    }
    let State::Master(master) = &mut instance.state else {
        return;
    };
    match master.schedule.take_due(ctx.now, &garp) {
        None => {}
        Some(Due::All(count)) => announce_all(instance, ctx, count),
        Some(Due::Some(addresses, count)) if instance.pending.is_none() => {
            instance.announce(ctx, addresses, count);
        }
        // Not while the kernel is being changed: they are announced when that is done.
        Some(Due::Some(addresses, _)) => master.owe(&addresses),
    }
}

/// Announces every address: now, or when the pending `Want` is true.
fn announce_all(instance: &mut Instance, ctx: &mut Context<'_>, count: u16) {
    if instance.pending.is_none() {
        instance.announce(ctx, instance.config.owned(), count);
    } else if let State::Master(master) = &mut instance.state {
        master.owe(&instance.config.owned());
    }
}

impl Master {
    /// Announces `addresses` when the pending `Want` is true.
    pub(crate) fn owe(&mut self, addresses: &[VirtualAddress]) {
        for address in addresses {
            if !self.owed.contains(address) {
                self.owed.push(address.clone());
            }
        }
    }
}
