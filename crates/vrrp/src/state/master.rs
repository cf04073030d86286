//! MASTER: owns the VIPs (RFC 3768 s6.4.3).

use crate::announce::{Due, Schedule};
use crate::election::{self, MasterVerdict};
use crate::instance::{Context, Instance};
use crate::receive::Heard;
use crate::state::insist::{self, Weaker};
use crate::state::loss::Losses;
use crate::state::offer::Taker;
use crate::state::{self, State, backup, init, offer};
use crate::timer;
use core::net::IpAddr;
use core::time::Duration;
use holdfast_model::event::{FaultCause, VrrpEvent};
use holdfast_model::{LastWord, Mono, State as Name, VirtualAddress};
use serde::{Deserialize, Serialize};

/// Answers to received adverts within one interval; more wait for its end. Keeps a stranger from
/// using us as an amplifier.
const ANSWERS: u8 = 10;

/// A silence of so many intervals has lost an advert.
const MISSED: u32 = 2;
/// A silence within which nobody has to be given way: who has taken over meanwhile has just begun, and gives way itself.
const SHORT: Duration = Duration::from_millis(100);

/// How long the kernel, or a machine that is short of time, may be silent about addresses that were there when the
/// last process ended: until then nobody is served worse.
const CONFIRM_LIMIT: Duration = Duration::from_secs(10);

/// What exists only here.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
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
    /// Weaker adverts that were heard.
    pub(crate) weaker: Option<Weaker>,
    /// Addresses that somebody took away.
    pub(crate) losses: Losses,
    /// It is silent, and the first who speaks has its place.
    pub(crate) offers: bool,
    /// Who takes it; a process that goes on asks anew.
    #[serde(skip)]
    pub(crate) taker: Taker,
    /// Who fell silent without a word before it took over: that one's address and priority.
    pub(crate) replaces: Option<(IpAddr, u8)>,
}

/// Takes over: the advert first, so that nobody else does, then the addresses.
pub(crate) fn become_master(instance: &mut Instance, ctx: &mut Context<'_>) {
    instance.unlearn();
    let replaces = match &instance.state {
        State::Backup(backup) => backup.master,
        State::Init | State::Master(_) | State::Fault => None,
    };
    let master = Master {
        advert: ctx.now + instance.timing.advert,
        sent: ctx.now,
        answers: (ctx.now, 0),
        schedule: Schedule::default(),
        placed: false,
        owed: instance.config.owned(),
        weaker: None,
        losses: Losses::default(),
        offers: false,
        taker: Taker::default(),
        replaces,
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
    let (spoken, placed) = (master.sent == ctx.now, master.placed);
    (master.sent, master.advert) = (ctx.now, ctx.now + every);
    let further = instance.config.links.announced;
    master.schedule.retime_further(ctx.now, further);
    if !spoken {
        instance.send_advert(ctx);
    }
    instance.want_addresses(ctx);
    if let Some(pending) = instance.pending.as_mut().filter(|_| placed) {
        pending.limit = CONFIRM_LIMIT;
    }
}

/// Adver_Timer fired.
pub(crate) fn advertise(instance: &mut Instance, ctx: &mut Context<'_>) {
    let every = instance.timing.advert;
    if offer::end(instance, ctx) {
        return;
    }
    instance.send_advert(ctx);
    let State::Master(master) = &mut instance.state else {
        return;
    };
    let silent = ctx.now.since(master.sent);
    master.advert = timer::next(master.advert, every, ctx.now);
    master.sent = ctx.now;
    // It stood still, if not for long (`is_late`): hosts and switches may have learnt something else.
    if silent >= every * MISSED {
        let count = instance.config.garp.refresh_repeat.max(1);
        announce_all(instance, ctx, count);
    }
}

/// An advert was heard.
pub(crate) fn advert(instance: &mut Instance, ctx: &mut Context<'_>, heard: Heard) {
    let (source, theirs, ours) = (heard.source, heard.priority, instance.priority);
    if offer::is_open(&instance.state) {
        return offer::heard(instance, ctx, heard);
    }
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
            last_word(instance, ctx, &heard);
            give_way(instance, ctx, heard);
        }
        MasterVerdict::YieldToAddress => {
            let priority = theirs;
            instance.report(ctx, VrrpEvent::HigherAddress { source, priority });
            last_word(instance, ctx, &heard);
            give_way(instance, ctx, heard);
        }
        // RFC 3768 s6.4.3: discard. RFC 9568 s6.4.3 and keepalived: and advertise at once, so that
        // the other steps down now, and hosts that believed it learn better.
        MasterVerdict::Insist => insist::insist(instance, ctx, heard),
    }
}

/// Answers an advert with ours, unless many were answered in this interval: then at its end, by
/// the timer. Without `speak` it is only counted. True when it was not one too many.
pub(super) fn answer(instance: &mut Instance, ctx: &mut Context<'_>, speak: bool) -> bool {
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

/// Says once more that it was master. One that fell silent without resigning was dead, and has announced its
/// addresses just now; or it was master all the time behind a cut that is healed, has heard nothing, and
/// leaves hosts on the other side with what they learnt of us.
fn last_word(instance: &mut Instance, ctx: &mut Context<'_>, heard: &Heard) {
    let State::Master(master) = &instance.state else {
        return;
    };
    let returned = master.replaces.is_some_and(|(who, _)| who == heard.source);
    let speaks = match instance.config.wire.last_word {
        LastWord::Never => false,
        LastWord::ToReturned => returned,
        LastWord::Always => true,
    };
    if speaks {
        instance.send_advert(ctx);
    }
}

/// Somebody better is master (RFC 3768 s6.4.3): no priority 0, it speaks already.
pub(super) fn give_way(instance: &mut Instance, ctx: &mut Context<'_>, heard: Heard) {
    instance.stats.released_master += 1;
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

/// From when on a master was silent for so long that a backup may have taken over: for K intervals.
/// Where K is 1, that is the silence between any two adverts, so one of them has to be missing; and [`SHORT`] at
/// least, since an operating system may keep anybody from a processor for so long: a master that gives up at each of
/// these moments turns a late advert into a failover.
pub(crate) fn late_from(instance: &Instance) -> Option<Mono> {
    let State::Master(master) = &instance.state else {
        return None;
    };
    let adverts = u32::from(instance.config.wire.down_adverts).max(MISSED);
    Some(master.sent + (instance.timing.advert * adverts).max(SHORT))
}

/// Was it silent for so long?
pub(crate) fn is_late(instance: &Instance, now: Mono) -> bool {
    late_from(instance).is_some_and(|late| now > late)
}

/// Ran too late: another may serve by now, who would have to give way to our next advert. No priority
/// 0, nor anything else: it is for the other to speak, and if there is none it is master again after
/// one Master_Down_Interval.
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
    state::fault::tell(instance, ctx);
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
pub(super) fn announce_all(instance: &mut Instance, ctx: &mut Context<'_>, count: u16) {
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
