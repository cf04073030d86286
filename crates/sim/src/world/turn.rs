//! One turn of one router, and what comes of its actions.

use super::{Event, Sabotage, World, lan};
use crate::invariant::track::late;
use crate::invariant::turn::judge;
use crate::invariant::{Act, Cause, Turn, View, Violation};
use crate::place::{key, slot, vip};
use crate::spec::{Form, Spec};
use core::time::Duration;
use holdfast_model::event::Event as Said;
use holdfast_model::{State, VirtualAddress, drive};
use holdfast_vrrp::tape::Given;
use holdfast_vrrp::{Action, Input, Outgoing};

/// Lists that are used again in every turn.
#[derive(Debug, Default)]
pub(super) struct Scratch {
    before: Vec<View>,
    acts: Vec<Act>,
    actions: Vec<Action>,
    /// Virtual routers about which something changed, a bit each.
    pub(super) touched: u32,
}

impl World {
    /// One input, all actions, and the observer's judgement.
    pub(super) fn turn(&mut self, at: usize, cause: Cause, input: Input<'_>) {
        let now = self.now;
        let mut scratch = core::mem::take(&mut self.scratch);
        let node = &mut self.nodes[at];
        let Some(router) = &mut node.router else {
            self.scratch = scratch;
            return;
        };
        // Only a packet that must change nothing is worth two snapshots, and not every one of those
        // that a router hears every second and that are for nobody there.
        let rejected =
            cause == Cause::Packet(None) && (self.forged || self.outcome.turns.is_multiple_of(16));
        let before = rejected.then(|| super::node::essence(router));
        scratch.actions.clear();
        let recorded = self.recording.as_ref().filter(|tape| tape.is_of(at));
        let given = recorded.map(|_| Given::from(&input));
        let actions = &mut scratch.actions;
        match self.sabotage {
            Sabotage::Nothing => drive(router, now, input, |action| actions.push(action)),
            sabotage => sabotage.drive(router, (now, cause), input, actions),
        }
        if let (Some(tape), Some(given)) = (&mut self.recording, given) {
            tape.turn(now, given, &scratch.actions, router);
        }
        let untouched = before.is_none_or(|before| before == super::node::essence(router));
        let running = router.is_running();
        core::mem::swap(&mut scratch.before, &mut node.views);
        node.look();
        scratch.acts.clear();
        let mut stopped = false;
        for action in scratch.actions.drain(..) {
            stopped |= action == Action::Stopped;
            let act = self.effect(at, action);
            scratch.acts.push(act);
        }
        let node = &self.nodes[at];
        let turn = Turn {
            now,
            node: at,
            told: &node.told,
            cause,
            before: &scratch.before,
            after: &node.views,
            acts: &scratch.acts,
            old: self.old.as_deref().unwrap_or(&node.specs),
            new: &node.specs,
            running,
            serviceable: node.serviceable,
            late: late(
                now,
                &scratch.before,
                self.old.as_deref().unwrap_or(&node.specs),
                &node.tracks,
            ),
            untouched,
        };
        if self.outcome.violation.is_none()
            && let Some((id, slot, what)) = judge(&turn, &node.tracks, &self.bounds)
        {
            let node = at;
            self.outcome.violation = Some(Violation {
                id,
                at: now,
                node,
                slot,
                what,
            });
        }
        if let Some((slot, lines)) = &mut self.lines {
            lines.extend(turn.line(*slot));
        }
        self.learn(at, &turn_parts(&scratch, cause), untouched);
        let touched = scratch.touched | self.changes(at, &scratch);
        scratch.touched = 0;
        if stopped {
            self.forget_process(at);
            self.after(Duration::ZERO, Event::Boot(at));
        }
        self.scratch = scratch;
        self.rearm(at);
        self.judge_after(at, cause, touched);
    }

    /// Which virtual routers a turn was about. Who comes out of FAULT may change its group.
    fn changes(&mut self, at: usize, scratch: &Scratch) -> u32 {
        let (mut touched, mut disturbed) = (0, 0);
        for act in &scratch.acts {
            if let Act::Sent { slot, .. } | Act::Want { slot, .. } | Act::Said(Some(slot)) = act {
                touched |= 1u32.checked_shl(u32::from(*slot)).unwrap_or(0);
            }
        }
        let idle = |state| matches!(state, State::Init | State::Fault);
        for view in &self.nodes[at].views {
            let was = scratch.before.iter().find(|was| was.slot == view.slot);
            let recovers = was.is_none_or(|was| idle(was.state)) && !idle(view.state);
            if recovers || was.is_some_and(|was| was.priority != view.priority) {
                disturbed |= 1 << view.slot;
            }
        }
        self.disturb(disturbed);
        touched
    }

    /// When the loop of a host wakes next.
    pub(super) fn rearm(&mut self, at: usize) {
        let node = &mut self.nodes[at];
        let deadline = node.router.as_ref().and_then(|router| router.deadline());
        if node.paused > 0 {
            (node.wake, node.deadline) = (None, None);
            return;
        }
        if node.wake.is_some() && node.deadline == deadline {
            return;
        }
        let late = self.rng.u64(0..=self.scenario.lan.jitter);
        node.deadline = deadline;
        node.wake = deadline.map(|due| (due + Duration::from_micros(late)).max(self.now));
    }

    fn effect(&mut self, at: usize, action: Action) -> Act {
        match action {
            Action::Send {
                instance, outgoing, ..
            } => {
                let slot = slot(&instance).unwrap_or(u8::MAX);
                self.speak(at, slot, outgoing)
            }
            Action::Want {
                instance,
                epoch,
                addresses,
                ..
            } => {
                let slot = slot(&instance).unwrap_or(u8::MAX);
                self.wish(at, slot, epoch, addresses)
            }
            Action::Announce {
                instance,
                epoch,
                addresses,
                ..
            } => {
                let slot = slot(&instance).unwrap_or(u8::MAX);
                let kernel = self.nodes[at].kernel.get(usize::from(slot));
                let placed = kernel.is_none_or(|kernel| {
                    // The lane drops what a later wish has made stale.
                    kernel.epoch != epoch
                        || kernel.untold > 0
                        || addresses.iter().all(|each| kernel.held.contains(each))
                });
                Act::Announce { slot, placed }
            }
            Action::Report(Said::Vrrp { instance, .. }) => Act::Said(slot(&instance)),
            Action::Report(_) => Act::Said(None),
            Action::Watch { ear, .. } => {
                self.nodes[at].ears.push(ear);
                Act::Other
            }
            Action::Unwatch { ear } => {
                self.nodes[at].ears.retain(|open| *open != ear);
                Act::Other
            }
            Action::Stopped => Act::Other,
        }
    }

    /// An advert leaves; to unicast peers it is one for each, and the first counts.
    fn speak(&mut self, at: usize, slot: u8, outgoing: Outgoing) -> Act {
        let node = &self.nodes[at];
        let old = self.old.as_deref().unwrap_or_default();
        // A reload that makes another router of it ends the old one first.
        let meant = |spec: &&Spec| {
            let ip6 = spec.form == Form::V3Ip6;
            let group = outgoing.destination.is_multicast();
            spec.slot == slot && ip6 == outgoing.source.is_ipv6() && spec.unicast != group
        };
        let Some(spec) = node.specs.iter().chain(old).find(meant) else {
            return Act::Other;
        };
        let packet = lan::Shared::new(lan::sent(outgoing, spec));
        let first = usize::from(at == 0);
        let counts = packet.destination.is_multicast() || packet.reaches(first);
        let priority = packet.priority;
        self.transmit(at, slot, &packet);
        if counts {
            Act::Sent { slot, priority }
        } else {
            Act::Other
        }
    }

    fn transmit(&mut self, from: usize, slot: u8, packet: &lan::Shared) {
        if !self.nodes[from].connected() {
            return;
        }
        let now = self.now;
        for to in (0..self.nodes.len()).filter(|to| *to != from) {
            if self.cuts[from][to] > 0 || !packet.reaches(to) {
                continue;
            }
            let fate = lan::fate(&self.scenario.lan, self.noisy, &mut self.rng);
            if !fate.clean {
                self.disturb(1u8.checked_shl(u32::from(slot)).unwrap_or(0));
            }
            for micros in fate.arrives.into_iter().chain(fate.again) {
                let packet = packet.clone();
                let late = micros > self.scenario.lan.delay_max;
                let mut way = Duration::from_micros(micros);
                if !late {
                    let last = &mut self.last[from][to];
                    *last = (now + way).max(*last);
                    way = last.since(now);
                }
                self.after(way, Event::Packet { to, packet, late });
            }
        }
    }

    fn wish(&mut self, at: usize, slot: u8, epoch: u64, addresses: Vec<VirtualAddress>) -> Act {
        let spare = self.scenario.lan.apply;
        let micros = self.rng.u64(0..=spare) + self.nodes[at].slow * 1_000;
        let node = &mut self.nodes[at];
        let empty = addresses.is_empty();
        let ours = empty
            || node.spec(slot).is_some_and(|spec| {
                let known = |each: &VirtualAddress| {
                    spec.numbers()
                        .any(|number| *each == vip(spec.form, slot, number))
                };
                addresses.iter().all(known)
            });
        let life = node.life;
        let busy = self.now + Duration::from_micros(micros);
        if let Some(kernel) = node.kernel.get_mut(usize::from(slot)) {
            kernel.busy = busy;
            kernel.wish = Some((epoch, addresses));
            kernel.epoch = epoch;
        }
        let event = Event::Answer {
            node: at,
            life,
            slot,
            epoch,
        };
        self.after(Duration::from_micros(micros), event);
        Act::Want { slot, empty, ours }
    }

    /// The kernel has worked on a wish; one that was replaced comes to nothing.
    pub(super) fn answer(&mut self, at: usize, life: u32, slot: u8, epoch: u64) {
        let node = &mut self.nodes[at];
        let missing = node.link.gone > 0;
        let refuses = node.refuses > 0;
        let Some(kernel) = node.kernel.get_mut(usize::from(slot)) else {
            return;
        };
        let current = kernel.wish.as_ref().is_some_and(|wish| wish.0 == epoch);
        if node.life != life || !current {
            return;
        }
        let Some((_, addresses)) = kernel.wish.take() else {
            return;
        };
        let instance = &key(slot);
        if (refuses || missing) && !addresses.is_empty() {
            return self.turn(at, Cause::Answer, Input::ApplyFailed { instance, epoch });
        }
        kernel.held = addresses;
        self.scratch.touched |= 1 << slot;
        self.turn(at, Cause::Answer, Input::Applied { instance, epoch });
    }

    pub(super) fn tell_lost(&mut self, at: usize, life: u32, slot: u8, vip: u8) {
        let node = &mut self.nodes[at];
        if node.life != life {
            return;
        }
        if let Some(kernel) = node.kernel.get_mut(usize::from(slot)) {
            kernel.untold = kernel.untold.saturating_sub(1);
        }
        let Some(form) = node.spec(slot).map(|spec| spec.form) else {
            return;
        };
        let address = &crate::place::vip(form, slot, u16::from(vip));
        let instance = &key(slot);
        self.turn(at, Cause::Lost, Input::Lost { instance, address });
    }

    /// Brings the observer's memory up to date.
    fn learn(&mut self, at: usize, scratch: &(&[View], &[Act], Cause), untouched: bool) {
        let (before, acts, cause) = *scratch;
        let node = &mut self.nodes[at];
        let turn = Turn {
            now: self.now,
            node: at,
            told: &node.told,
            cause,
            before,
            after: &node.views,
            acts,
            old: self.old.as_deref().unwrap_or(&node.specs),
            new: &node.specs,
            running: true,
            serviceable: node.serviceable,
            late: late(
                self.now,
                before,
                self.old.as_deref().unwrap_or(&node.specs),
                &node.tracks,
            ),
            untouched,
        };
        let general = matches!(cause, Cause::Start { .. } | Cause::Reload);
        let heard = match cause {
            Cause::Packet(Some(heard)) => heard.slot,
            _ => u8::MAX,
        };
        for (at, is) in node.views.iter().enumerate() {
            let same = before.get(at) == Some(is);
            let idle = same && is.slot != heard && !acts.iter().any(|act| act.about(is.slot));
            if idle && !general {
                continue;
            }
            if let Some(track) = node.tracks.get_mut(usize::from(is.slot)) {
                track.learn(&turn, is);
            }
            let was = turn.was(is.slot).map(|view| view.state);
            if was != Some(is.state) {
                let entered = u64::from(is.state == State::Master);
                self.outcome.takeovers += entered;
            }
        }
        let deeds = u64::try_from(acts.len()).unwrap_or(u64::MAX);
        let word = self.now.nanos() ^ deeds << 56 ^ (at as u64) << 48;
        self.outcome.mark = (self.outcome.mark ^ word)
            .wrapping_mul(0x0100_0000_01b3)
            .rotate_left(5);
        self.outcome.turns += 1;
    }
}

fn turn_parts(scratch: &Scratch, cause: Cause) -> (&[View], &[Act], Cause) {
    (&scratch.before, &scratch.acts, cause)
}
