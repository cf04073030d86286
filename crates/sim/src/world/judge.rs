//! The observer's look at kernels and groups.

use super::World;
use crate::invariant::group::Member;
use crate::invariant::{Cause, Violation};
use crate::scenario::{SLOTS, Spec};
use core::time::Duration;
use holdfast_model::State;

/// A kernel change that somebody else's took part in: the wish and the message about the loss.
const SLOW_LIMIT: Duration = Duration::from_millis(20);

impl World {
    /// After a turn: what it was about, a bit for each virtual router.
    pub(super) fn judge_after(&mut self, at: usize, cause: Cause, touched: u32) {
        if let Cause::Packet(Some(heard)) = cause {
            // A stranger's advert that everybody obeys is no fault of theirs.
            let known = self.nodes.iter().any(|node| node.address == heard.source);
            if !known && let Some(group) = self.groups.get_mut(usize::from(heard.slot)) {
                group.disturb(self.now);
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
            let silence = node.tracks[slot].silence(now, &spec, &bounds);
            if let Some(silent) =
                silence.filter(|_| view.state == State::Master && node.link.source)
            {
                found = Some(("S8", view.slot, format!("silent for {silent:?} as MASTER")));
            }
        }
        self.broken(at, found);
    }

    fn judge_group(&mut self, slot: usize) {
        let Ok(number) = u8::try_from(slot) else {
            return;
        };
        let mut members = [None; crate::scenario::NODES];
        for (at, (node, member)) in self.nodes.iter().zip(&mut members).enumerate() {
            let Some(spec) = node.spec(number).copied() else {
                continue;
            };
            let view = node.views.iter().find(|view| view.slot == number);
            *member = Some(Member {
                node: at,
                alive: node.alive(),
                state: view.map_or(State::Init, |view| view.state),
                holds: node
                    .kernel
                    .get(slot)
                    .is_some_and(|kernel| !kernel.held.is_empty()),
                spec,
            });
        }
        let mut list = [EMPTY; crate::scenario::NODES];
        let mut count = 0;
        for (to, member) in list.iter_mut().zip(members.iter().flatten()) {
            *to = *member;
            count += 1;
        }
        let working = self.active == 0;
        let Some(group) = self.groups.get_mut(slot) else {
            return;
        };
        let members = list.get(..count).unwrap_or_default();
        let found = group.judge(self.now, working, members, &self.bounds);
        if let Some((id, node, what)) = found {
            self.broken(node, Some((id, number, what)));
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

const EMPTY: Member = Member {
    node: 0,
    alive: false,
    state: State::Init,
    holds: false,
    spec: Spec {
        slot: 0,
        priority: 1,
        interval: 1,
        nopreempt: false,
        preempt_delay: 0,
        first_vip: 0,
        vips: 0,
        refresh: 0,
    },
};
