//! All routers of one VRID together: that there is one master, and only one, in time.
//!
//! These promises are made for a LAN that works. The observer knows since when nothing went wrong
//! for a group (`calm`), and bounds are counted from there, or from later.

use super::Bounds;
use crate::spec::Spec;
use core::time::Duration;
use holdfast_model::{Mono, State};

/// One router of the group, as the observer sees it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Member {
    /// Its node.
    pub node: usize,
    /// Its process runs and is not paused, its link is up: it can speak and hear.
    pub alive: bool,
    /// Its state.
    pub state: State,
    /// Addresses of the group are in its kernel.
    pub holds: bool,
    /// Its effective priority.
    pub priority: u8,
    /// It takes over from a weaker master.
    pub preempts: bool,
}

impl Default for Member {
    fn default() -> Self {
        Self {
            node: 0,
            alive: false,
            state: State::Init,
            holds: false,
            priority: 0,
            preempts: false,
        }
    }
}

/// What is remembered of a group.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Group {
    /// The last time something went wrong, or was put right.
    calm: Mono,
    without: Option<Mono>,
    two: Option<Mono>,
    holders: Option<Mono>,
    /// A takeover that is owed: why, since when, until when.
    owed: Option<(&'static str, Mono)>,
    masters: u32,
    /// Who waits to take over, a bit each.
    backups: u32,
    /// Those in a sync group with it, itself among them: a bit each.
    pub linked: u8,
    /// The longest interval that a stranger said, and was believed, in centiseconds.
    pub learnt: u16,
    /// Its bounds; none while its routers are not configured alike.
    pub times: Option<Times>,
}

impl Group {
    /// Something went wrong, or was put right: bounds count from here.
    pub fn disturb(&mut self, now: Mono) {
        self.calm = now;
        self.owed = None;
    }

    /// The master is gone, and nothing else is wrong: `within` another must have taken over. L1: it
    /// went without a word; L2: it resigned.
    pub fn owe(&mut self, id: &'static str, now: Mono, within: Duration) {
        self.owed = Some((id, now + within));
    }

    /// Judges the group; `working` says that nothing is wrong with the LAN now.
    pub fn judge(
        &mut self,
        now: Mono,
        working: bool,
        members: &[Member],
    ) -> Option<(&'static str, usize, String)> {
        let live = || members.iter().filter(|member| member.alive);
        let serving = || live().filter(|m| matches!(m.state, State::Backup | State::Master));
        let masters = || live().filter(|m| m.state == State::Master);
        let mask = masters().fold(0, |mask, m| mask | 1 << m.node);
        let waiting = live().filter(|m| m.state == State::Backup);
        let waiting = waiting.fold(0, |mask, m| mask | 1 << m.node);
        let waited = core::mem::replace(&mut self.backups, waiting);
        if waited & !(waiting | mask) != 0 {
            // What was owed was reckoned with one that has a reason of its own now not to serve.
            self.owed = None;
        }
        let changed = core::mem::replace(&mut self.masters, mask) != mask;
        let since = |slot: &mut Option<Mono>, holds: bool| {
            // What ends now counts once more: it may have lasted for too long.
            let before = *slot;
            *slot = if holds { before.or(Some(now)) } else { None };
            before.or(*slot)
        };
        let without = since(&mut self.without, mask == 0 && serving().next().is_some());
        let two = since(&mut self.two, mask.count_ones() > 1);
        let holding = live().filter(|member| member.holds).count() > 1;
        let holders = since(&mut self.holders, holding);
        let Some(times) = self.times.filter(|_| working) else {
            self.disturb(now);
            return None;
        };
        let calm = self.calm;
        let over = |since: Option<Mono>, limit: Duration| {
            since.is_some_and(|since| now.since(since.max(calm)) > limit)
        };
        let node = serving().next().map_or(0, |member| member.node);
        let owed = if mask != 0 {
            self.owed.take()
        } else {
            self.owed
        };
        if let Some((id, until)) = owed
            && now > until
        {
            let late = now.since(until);
            return Some((id, node, format!("nobody took over, {late:?} late")));
        }
        if over(without, times.takeover) {
            return Some(("L3", node, "no master".to_owned()));
        }
        if over(two, times.heal) {
            return Some(("L4", node, format!("masters {mask:#b}")));
        }
        if over(holders, times.release) {
            return Some(("S2", node, "two hold the addresses".to_owned()));
        }
        if changed && over(Some(calm), times.settle) {
            return Some(("L6", node, format!("a transition in a calm LAN: {mask:#b}")));
        }
        let best = serving().filter(|member| member.preempts);
        let best = best.max_by_key(|member| member.priority)?;
        let weaker = masters().find(|master| master.priority < best.priority)?;
        let what = || format!("node {} is not preempted by {}", weaker.node, best.node);
        over(Some(calm), times.preempt).then(|| ("L5", best.node, what()))
    }
}

/// Version 2 drops adverts of another interval or of another cluster's addresses, version 3 those
/// without addresses: routers that are not configured alike do not make one group.
pub fn alike(specs: &[&Spec]) -> bool {
    let Some((first, rest)) = specs.split_first() else {
        return true;
    };
    let owners = specs.iter().filter(|spec| spec.owner()).count();
    let same = |spec: &&Spec| {
        let wire =
            (spec.form, spec.unicast, spec.group) == (first.form, first.unicast, first.group);
        let strict = spec.interval == first.interval && spec.numbers() == first.numbers();
        wire && (strict || !first.is_v2())
    };
    let heard = |spec: &&Spec| spec.is_v2() || spec.vips > 0;
    owners <= 1 && specs.iter().all(heard) && rest.iter().all(same)
}

/// The bounds of a group.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Times {
    takeover: Duration,
    heal: Duration,
    release: Duration,
    preempt: Duration,
    settle: Duration,
}

impl Times {
    /// Of all its routers: each may have the longest interval to wait for, that of a stranger
    /// included, and what is watched may take any priority down to 1.
    pub fn of<'a>(
        specs: impl Iterator<Item = &'a Spec> + Clone,
        strange: u16,
        bounds: &Bounds,
    ) -> Option<Self> {
        let (link, late, apply) = (bounds.link, bounds.late, bounds.apply);
        let longest = specs.clone().map(|spec| spec.interval).max()?.max(strange);
        let least = |spec: &Spec| {
            let watches = spec.watches.iter().flatten().next().is_some();
            if watches { 1 } else { spec.priority }
        };
        let down = specs.clone().map(|spec| spec.down(least(spec), longest));
        let (down, advert) = (down.max()?, Duration::from_millis(u64::from(longest) * 10));
        let delay = specs.map(|spec| spec.preempt_delay).max()?;
        let delay = Duration::from_secs(u64::from(delay));
        let heal = advert + late * 2 + link * 2;
        let takeover = down + late * 2 + link + apply;
        // A master there must be first. Its first advert starts the delay, the last one before the
        // end of that the down interval.
        let preempt = takeover + advert + delay + down + late * 2 + link * 2 + apply;
        Some(Self {
            takeover,
            heal,
            release: heal + apply * 2,
            preempt,
            // Two may have taken over together, and one of them may be preempted afterwards.
            settle: down + heal + preempt,
        })
    }
}
