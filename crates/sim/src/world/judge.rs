//! The observer's look at kernels and groups.

use super::World;
use crate::invariant::group::Member;
use crate::invariant::group::{Times, alike};
use crate::invariant::{Cause, Violation};
use crate::place::node_of;
use crate::scenario::{NODES, SLOTS};
use crate::spec::Spec;
use core::time::Duration;
use holdfast_model::State;

/// A kernel change that somebody else's took part in: the wish and the message about the loss.
const SLOW_LIMIT: Duration = Duration::from_millis(20);

/// A fault that passes is tried again after 5 s; a kernel that was slow may be at an old wish.
const RECOVERY: Duration = Duration::from_secs(20);

impl World {
    /// After a turn: what it was about, a bit for each virtual router.
    pub(super) fn judge_after(&mut self, at: usize, cause: Cause, touched: u32) {
        if let Cause::Packet(Some(heard)) = cause {
            // A stranger's advert that everybody obeys is no fault of theirs; nor is it that they wait as
            // long as it asks them to.
            if node_of(heard.source).is_none() {
                let group = self.groups.get_mut(usize::from(heard.slot));
                if let Some(group) = group.filter(|group| group.learnt < heard.interval) {
                    group.learnt = heard.interval;
                    self.cohere();
                }
                self.disturb(1u8.checked_shl(u32::from(heard.slot)).unwrap_or(0));
            }
        }
        if touched == 0 {
            return;
        }
        self.judge_node(at, touched);
        for slot in (0..SLOTS).filter(|slot| touched & 1 << slot != 0) {
            self.judge_group(slot);
        }
    }

    /// Everything: what should have happened and did not.
    pub(super) fn look(&mut self) {
        for at in 0..self.nodes.len() {
            self.judge_node(at, u32::MAX);
        }
        for slot in 0..SLOTS {
            self.judge_group(slot);
        }
    }

    /// S1, L8 and S8's silence.
    fn judge_node(&mut self, at: usize, touched: u32) {
        let (now, mut bounds) = (self.now, self.bounds);
        let Some(node) = self.nodes.get_mut(at) else {
            return;
        };
        if node.router.is_none() || node.paused > 0 {
            return;
        }
        bounds.apply += SLOW_LIMIT;
        let mut found = None;
        for at in 0..node.views.len() {
            let view = node.views[at];
            if touched & 1u32.checked_shl(u32::from(view.slot)).unwrap_or(0) == 0 {
                continue;
            }
            let Some(spec) = node.spec(view.slot).copied() else {
                continue;
            };
            let Some(holding) = node.holding(&spec) else {
                continue;
            };
            // An interface that is not there has no addresses, and a kernel that refuses is given
            // the second that the machine gives it.
            let slot = usize::from(view.slot);
            let kernel = &mut node.kernel[slot];
            let (busy, agreement) = (kernel.busy, &mut kernel.agreement);
            if node.link.gone > 0 || node.refuses > 0 {
                agreement.restart(now);
            }
            if let Some((id, lasted)) = agreement.judge(now, view.state, holding, busy, &bounds) {
                found = Some((
                    id,
                    view.slot,
                    format!("{} and {holding:?} for {lasted:?}", view.state),
                ));
            }
            let well = node.serviceable
                && node.refuses == 0
                && node.slow == 0
                && kernel.untold == 0
                && spec.group.is_none()
                && !spec.judged(&node.told).1;
            if !well || view.state != State::Fault {
                kernel.unwell = now;
            }
            if now.since(kernel.unwell) > RECOVERY {
                found = Some(("L7", view.slot, "FAULT without a cause".to_owned()));
            }
            let silence = node.tracks[slot].silence(now, &spec, &bounds);
            if let Some(silent) =
                silence.filter(|_| view.state == State::Master && node.link.source)
            {
                found = Some(("S8", view.slot, format!("silent for {silent:?} as MASTER")));
            }
        }
        self.broken(at, found);
    }

    pub(super) fn judge_group(&mut self, slot: usize) {
        let Ok(number) = u8::try_from(slot) else {
            return;
        };
        let mut list = [Member::default(); NODES];
        let mut count = 0;
        for (at, node) in self.nodes.iter().enumerate() {
            let Some(spec) = node.spec(number) else {
                continue;
            };
            let view = node.views.iter().find(|view| view.slot == number);
            if let Some(member) = list.get_mut(count) {
                *member = Member {
                    node: at,
                    alive: node.alive(),
                    state: view.map_or(State::Init, |view| view.state),
                    // What its kernel is still working on is judged when it is done.
                    holds: node
                        .kernel
                        .get(slot)
                        .is_some_and(|kernel| !kernel.held.is_empty() && kernel.busy < self.now),
                    priority: view.map_or(0, |view| view.priority),
                    preempts: spec.preempts(),
                };
                count += 1;
            }
        }
        let working = self.active == 0;
        let Some(group) = self.groups.get_mut(slot) else {
            return;
        };
        let members = list.get(..count).unwrap_or_default();
        if let Some((id, node, what)) = group.judge(self.now, working, members) {
            self.broken(node, Some((id, number, what)));
        }
    }

    /// Looks at all configurations: who is in a sync group with whom, which of them make one
    /// virtual router, and in what times.
    pub(super) fn cohere(&mut self) {
        let slots = 0..SLOTS as u8;
        let all = |slot: u8| -> Vec<&Spec> {
            let nodes = self.nodes.iter();
            nodes.filter_map(|node| node.spec(slot)).collect()
        };
        let mut linked = [0u8; SLOTS];
        for (slot, mask) in slots.clone().zip(&mut linked) {
            let groups: Vec<u8> = all(slot).iter().filter_map(|spec| spec.group).collect();
            let together = |other: &u8| {
                let mut others = all(*other).into_iter().filter_map(|spec| spec.group);
                *other == slot || others.any(|group| groups.contains(&group))
            };
            *mask = slots
                .clone()
                .filter(together)
                .fold(0, |mask, bit| mask | 1 << bit);
        }
        let mut judged = [None; SLOTS];
        // a master that a reload took away may be followed still, in its interval
        let learnt = |slot: u8| {
            let slot = usize::from(slot);
            let followed = self.nodes.iter().filter_map(|node| node.tracks.get(slot));
            let followed = followed.filter_map(|track| track.learned).max();
            let strange = self.groups.get(slot).map_or(0, |group| group.learnt);
            strange.max(followed.unwrap_or_default())
        };
        for (slot, times) in slots.clone().zip(&mut judged) {
            let mask = linked[usize::from(slot)];
            let members = slots.clone().filter(|other| mask >> other & 1 != 0);
            let strange = members.clone().map(learnt).max().unwrap_or_default();
            let hosts = |slot| {
                let nodes = self.nodes.iter();
                nodes
                    .map(|node| node.spec(slot).is_some())
                    .collect::<Vec<bool>>()
            };
            let hosts: Vec<Vec<bool>> = members.clone().map(hosts).collect();
            let together = hosts.windows(2).all(|pair| pair.first() == pair.last());
            let lists: Vec<Vec<&Spec>> = members.map(all).collect();
            let fit = lists.iter().all(|specs| alike(specs)) && members_fit(&lists);
            let fit = fit && together;
            *times = if fit {
                Times::of(lists.iter().flatten().copied(), strange, &self.bounds)
            } else {
                None
            };
        }
        for ((group, linked), times) in self.groups.iter_mut().zip(linked).zip(judged) {
            (group.linked, group.times) = (linked, times);
        }
    }

    fn broken(&mut self, node: usize, found: Option<(&'static str, u8, String)>) {
        if let Some((id, slot, what)) = found
            && self.outcome.violation.is_none()
        {
            let at = self.now;
            self.outcome.violation = Some(Violation {
                id,
                at,
                node,
                slot,
                what,
            });
        }
    }
}

/// The members of a sync group on the hosts that have them all want the same: else what one of them
/// waits for may never be.
fn members_fit(lists: &[Vec<&Spec>]) -> bool {
    let Some((first, rest)) = lists.split_first() else {
        return true;
    };
    let wants = |spec: &Spec| {
        (
            spec.group,
            spec.priority,
            spec.preempts(),
            spec.preempt_delay,
            spec.watches,
        )
    };
    let same = |a: &&Spec, b: &&Spec| wants(a) == wants(b);
    rest.iter()
        .all(|list| list.len() == first.len() && list.iter().zip(first).all(|(a, b)| same(a, b)))
}
