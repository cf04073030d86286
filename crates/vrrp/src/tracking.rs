//! What an instance watches, and what that makes of its priority: reliability rests on one pure
//! formula, `clamp(priority + sum, 1, 254)`, computed anew from all levels at every change.

use crate::fault::Faults;
use crate::input::Link;
use crate::instance::Context;
use crate::state::State;
use holdfast_model::event::{FaultCause, VrrpEvent};
use holdfast_model::{IfName, Instance, Level, Priority, Track, TrackKey, TrackKind, VrrpModel};
use std::collections::{BTreeMap, BTreeSet};

/// A weight that a file makes is within these (keepalived: below the first it is a fault).
const MOST: i64 = 253;
const FAULT: i64 = -254;

/// Levels by key, as they were told; interfaces are known by their links.
pub(crate) type Levels = BTreeMap<TrackKey, Level>;

/// A reload brought other things to watch. keepalived: what is new counts as up until it is told
/// of, since adding a check must not take down what runs. What was watched `before` is not new, told
/// of or not. What nobody watches is forgotten; BFD sessions run by themselves.
pub(crate) fn reload(levels: &mut Levels, before: &BTreeSet<TrackKey>, model: &VrrpModel) {
    let watched = watched(&model.instances);
    levels.retain(|key, _| key.kind == TrackKind::Bfd || watched.contains(key));
    let new = watched.difference(before).cloned().collect();
    presume(levels, &new);
}

/// What nobody has looked at yet is as it should be.
pub(crate) fn presume(levels: &mut Levels, watched: &BTreeSet<TrackKey>) {
    for key in watched {
        match key.kind {
            TrackKind::Interface | TrackKind::File => {}
            TrackKind::Script | TrackKind::Process | TrackKind::Bfd => {
                levels.entry(key.clone()).or_insert(Level::Up);
            }
        }
    }
}

/// All that any of these instances watches.
pub(crate) fn watched<'a>(instances: impl IntoIterator<Item = &'a Instance>) -> BTreeSet<TrackKey> {
    let lines = instances.into_iter().flat_map(|each| &each.tracks.list);
    lines.map(|track| track.key.clone()).collect()
}

/// What all that an instance watches comes to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Verdict {
    /// Not as it should be, with weight 0.
    pub(crate) failed: BTreeSet<TrackKey>,
    /// With weight 0, and nobody has looked yet.
    pub(crate) unjudged: bool,
    /// The effective priority.
    pub(crate) priority: Priority,
}

/// What one watched thing does.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Effect {
    /// It is as it should be, or says nothing.
    Nothing,
    /// It keeps the instance in FAULT.
    Fault,
    /// The same, until somebody has looked at it.
    Unjudged,
    /// It adds this to the priority.
    Weight(i64),
}

/// Judges all that `instance` watches.
pub(crate) fn judge<'a>(
    instance: &Instance,
    levels: &Levels,
    link: impl Fn(&IfName) -> Option<&'a Link>,
) -> Verdict {
    let mut verdict = Verdict {
        failed: BTreeSet::new(),
        unjudged: false,
        priority: instance.priority,
    };
    let mut sum = 0;
    for track in &instance.tracks.list {
        match effect(track, level(&track.key, levels, &link)) {
            Effect::Nothing => {}
            Effect::Fault => {
                verdict.failed.insert(track.key.clone());
            }
            Effect::Unjudged => verdict.unjudged = true,
            Effect::Weight(weight) => sum += weight,
        }
    }
    if !instance.priority.is_owner() {
        let total = i64::from(instance.priority.get()) + sum;
        let clamped = u8::try_from(total.clamp(1, 254)).unwrap_or(1);
        verdict.priority = Priority::new(clamped).unwrap_or(instance.priority);
    }
    verdict
}

/// How a thing is that may never have been told of.
pub(crate) fn level<'a>(
    key: &TrackKey,
    levels: &Levels,
    link: &impl Fn(&IfName) -> Option<&'a Link>,
) -> Level {
    let told = levels.get(key).copied();
    match key.kind {
        TrackKind::Interface => {
            let link = IfName::new(key.name.as_str()).and_then(|name| link(&name));
            match link {
                Some(link) if link.up => Level::Up,
                Some(_) | None => Level::Down,
            }
        }
        TrackKind::Script => told.unwrap_or(Level::Unknown),
        // keepalived: a file that is missing holds 0.
        TrackKind::File => told.unwrap_or(Level::Value(0)),
        TrackKind::Process | TrackKind::Bfd => told.unwrap_or(Level::Down),
    }
}

/// What a watched thing that is so does to whoever watches it by that line.
pub(crate) fn effect(track: &Track, level: Level) -> Effect {
    let weight = i64::from(track.weight);
    let counted = if track.reverse { -weight } else { weight };
    match (level, weight) {
        (Level::Unknown, 0) => Effect::Unjudged,
        (Level::Unknown, _) => Effect::Nothing,
        // Up without reverse, or down with it.
        (Level::Up, 0) if !track.reverse => Effect::Nothing,
        (Level::Down, 0) if track.reverse => Effect::Nothing,
        (Level::Up | Level::Down, 0) => Effect::Fault,
        (Level::Up, 1..) | (Level::Down, ..=-1) => Effect::Weight(counted),
        (Level::Up, ..=-1) | (Level::Down, 1..) => Effect::Nothing,
        (Level::Value(value), 0) if (value != 0) != track.reverse => Effect::Fault,
        (Level::Value(_), 0) => Effect::Nothing,
        (Level::Value(value), _) => match i64::from(value) * counted {
            ..=FAULT => Effect::Fault,
            product => Effect::Weight(product.min(MOST)),
        },
    }
}

impl crate::instance::Instance {
    /// Looks at links, IPVS and what it watches again.
    pub(crate) fn observe(&mut self, ctx: &mut Context<'_>) {
        self.observe_without(ctx, self.faults.passing());
    }

    /// The same; of what passes by itself, `passing` is left.
    pub(crate) fn observe_without(&mut self, ctx: &mut Context<'_>, passing: Faults) {
        let world = Faults::of_world(&self.config, ctx.ipvs, |name| ctx.links.get(name));
        let verdict = judge(&self.config, ctx.levels, |name| ctx.links.get(name));
        let mut faults = world.union(passing).union(self.faults.of_group());
        if !verdict.failed.is_empty() {
            faults.insert(FaultCause::Tracked);
        }
        if verdict.unjudged {
            faults.insert(FaultCause::Unjudged);
        }
        let before = core::mem::replace(&mut self.failed, verdict.failed);
        if !matches!(self.state, State::Init) {
            for key in before.difference(&self.failed) {
                self.report(ctx, VrrpEvent::TrackRecovered(key.clone()));
            }
            for key in self.failed.difference(&before) {
                self.report(ctx, VrrpEvent::TrackFailed(key.clone()));
            }
        }
        self.set_faults(ctx, faults);
        self.set_priority(ctx, verdict.priority);
    }

    /// Takes another effective priority: what is left of a backup's time moves with it, and a
    /// master tells the others now, not at the end of its interval.
    fn set_priority(&mut self, ctx: &mut Context<'_>, priority: Priority) {
        let from = core::mem::replace(&mut self.priority, priority);
        if from == priority {
            return;
        }
        let before = self.timing;
        self.retime();
        let timing = self.timing;
        if !matches!(self.state, State::Init) {
            let (from, to) = (from.get(), priority.get());
            self.report(ctx, VrrpEvent::PriorityChanged { from, to });
        }
        match &mut self.state {
            State::Init | State::Fault => {}
            State::Backup(backup) => backup.down = backup.down - before.down + timing.down,
            State::Master(master) => {
                master.advert = ctx.now + timing.advert;
                master.sent = ctx.now;
                self.send_advert(ctx);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use holdfast_model::Name;

    fn track(kind: TrackKind, weight: i32, reverse: bool) -> Track {
        Track {
            key: TrackKey::new(kind, Name::from("x")),
            weight,
            reverse,
        }
    }

    #[test]
    fn s12_effect_rows() {
        use Effect::{Fault, Nothing, Unjudged, Weight};
        use Level::{Down, Unknown, Up, Value};
        for (level, weight, reverse, wanted) in [
            (Unknown, 0, false, Unjudged),
            (Unknown, 20, false, Nothing),
            (Unknown, -20, true, Nothing),
            (Up, 0, false, Nothing),
            (Up, 0, true, Fault),
            (Down, 0, false, Fault),
            (Down, 0, true, Nothing),
            (Up, 20, false, Weight(20)),
            (Up, 20, true, Weight(-20)),
            (Down, 20, false, Nothing),
            (Down, 20, true, Nothing),
            (Up, -20, false, Nothing),
            (Down, -20, false, Weight(-20)),
            (Down, -20, true, Weight(20)),
            (Value(0), 0, false, Nothing),
            (Value(7), 0, false, Fault),
            (Value(0), 0, true, Fault),
            (Value(-7), 0, true, Nothing),
            (Value(5), 2, false, Weight(10)),
            (Value(5), 2, true, Weight(-10)),
            (Value(-127), 2, false, Fault),
            (Value(-253), 1, false, Weight(-253)),
            (Value(-254), 1, false, Fault),
            (Value(254), 1, true, Fault),
            (Value(300), 1, false, Weight(253)),
            (Value(i32::MIN), 254, true, Weight(253)),
            (Value(i32::MAX), -254, false, Fault),
        ] {
            let line = track(TrackKind::File, weight, reverse);
            assert_eq!(effect(&line, level), wanted, "{level:?} {weight} {reverse}");
        }
    }
}
