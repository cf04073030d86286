//! Building a batch, and judging its outcome.

use super::{Action, Batch, MAX_BATCH, Outcome, Phase, Reconciler, Report};
use crate::diff::{apply, remove};
use crate::domain::{Act, Domain, Op, Origin, Verdict};
use crate::reconcile::key::Trouble;
use core::ops::Range;
use holdfast_model::Mono;
use std::collections::{BTreeMap, BTreeSet};

/// The batch in flight.
#[derive(Debug, Clone)]
pub(super) struct InFlight<D: Domain> {
    id: u64,
    ops: Vec<Op<D::Id, D::Attr>>,
    parts: Vec<Part<D::Key>>,
}

/// Whose operations are which.
#[derive(Debug, Clone)]
struct Part<K> {
    key: K,
    epoch: u64,
    range: Range<usize>,
}

impl<D: Domain> InFlight<D> {
    /// The last thing this batch does to `id`.
    pub(super) fn intent(&self, id: &D::Id) -> Option<&Op<D::Id, D::Attr>> {
        self.ops.iter().rev().find(|op| op.id() == id)
    }
}

/// What one key's part of a batch came to.
#[derive(Debug, Default)]
struct Judgement {
    /// An error that taught something.
    lesson: Option<i32>,
    /// An error that did not, and whether it is permanent.
    failure: Option<(i32, bool)>,
    /// The kernel must be looked at.
    look: bool,
}

impl<D: Domain> Reconciler<D> {
    /// Plans dirty keys until a batch is full, and submits it. Keys with nothing to do are
    /// reported as applied on the way.
    pub(super) fn submit(&mut self) {
        let mut ops = Vec::new();
        let mut parts = Vec::new();
        // Objects of this batch whose identity does not tell their key: another key that wants
        // one of them waits for the outcome.
        let mut shared = BTreeSet::new();
        let mut postponed = Vec::new();
        while ops.len() < MAX_BATCH {
            let Some(key) = self.dirty.pop_first() else {
                break;
            };
            if self
                .keys
                .get(&key)
                .is_some_and(|state| state.meets(&shared))
            {
                postponed.push(key);
                continue;
            }
            let mut planned = self.plan_key(&key);
            if planned.is_empty() {
                self.settle(key);
                continue;
            }
            let rest = planned.split_off(planned.len().min(MAX_BATCH - ops.len()));
            let mut epoch = 0;
            if let Some(state) = self.keys.get_mut(&key) {
                state.rest = rest;
                epoch = state.epoch;
            }
            shared.extend(
                planned
                    .iter()
                    .map(Op::id)
                    .filter(|id| D::key_of(id).is_none())
                    .cloned(),
            );
            let start = ops.len();
            ops.append(&mut planned);
            let range = start..ops.len();
            parts.push(Part { key, epoch, range });
        }
        self.dirty.extend(postponed);
        if ops.is_empty() {
            return;
        }
        let id = self.next_batch;
        self.next_batch += 1;
        self.actions.push_back(Action::Submit(Batch {
            id,
            ops: ops.clone(),
        }));
        self.phase = Phase::Applying(InFlight { id, ops, parts });
    }

    /// What is left of the key's plan, or a new one.
    fn plan_key(&mut self, key: &D::Key) -> Vec<Op<D::Id, D::Attr>> {
        let Some(state) = self.keys.get_mut(key) else {
            return Vec::new();
        };
        if state.is_untold() {
            return Vec::new();
        }
        if !state.rest.is_empty() {
            return core::mem::take(&mut state.rest);
        }
        state.adopt(&self.observed);
        let leftovers = if state.is_narrow() {
            Vec::new()
        } else {
            state.leftovers()
        };
        for id in leftovers {
            self.disown(key, &id);
        }
        self.keys
            .get(key)
            .map(|state| state.plan(&self.observed))
            .unwrap_or_default()
    }

    /// `key` wants `id` no more. It stays ours until it is deleted, unless it is gone, another key
    /// wants it, or it was found and the domain keeps such.
    fn disown(&mut self, key: &D::Key, id: &D::Id) {
        let Some(origin) = self
            .keys
            .get(key)
            .and_then(|state| state.ours.get(id))
            .copied()
        else {
            return;
        };
        let heir = match D::key_of(id) {
            Some(_) => None,
            None => self
                .keys
                .iter()
                .find(|(other, state)| *other != key && state.wants(id))
                .map(|(other, _)| other.clone()),
        };
        let kept = D::KEEP_FOUND && origin == Origin::Found;
        if heir.is_none() && !kept && self.observed.contains_key(id) {
            return;
        }
        if let Some(state) = self.keys.get_mut(key) {
            state.ours.remove(id);
        }
        if let Some(heir) = heir.and_then(|heir| self.keys.get_mut(&heir)) {
            let theirs = heir.ours.entry(id.clone()).or_insert(origin);
            // Once made by us, it is ours to remove, whoever wanted it since.
            if origin == Origin::Made {
                *theirs = origin;
            }
        }
    }

    /// Nothing is left to do for `key`.
    fn settle(&mut self, key: D::Key) {
        let Some(state) = self.keys.get_mut(&key) else {
            return;
        };
        if state.is_untold() {
            return;
        }
        state.trouble = None;
        state.lessons = 0;
        state.deviant = false;
        state.doubt();
        let epoch = state.epoch;
        let first = !core::mem::replace(&mut state.applied, true);
        let repaired = core::mem::replace(&mut state.lost, false);
        if state.is_over() {
            self.keys.remove(&key);
        }
        if first {
            self.report(Report::Applied { key, epoch });
        } else if repaired {
            self.report(Report::Restored { key, epoch });
        }
    }

    /// A batch has run.
    pub(super) fn done(&mut self, now: Mono, batch: u64, outcome: &Outcome) {
        let flight = match core::mem::replace(&mut self.phase, Phase::Idle) {
            Phase::Applying(flight) if flight.id == batch => flight,
            other => {
                self.phase = other;
                return;
            }
        };
        let failed: BTreeMap<usize, i32> = match outcome {
            Outcome::Known(failed) => failed.iter().copied().collect(),
            Outcome::Unknown(errno) => return self.unknown(now, flight, *errno),
        };
        for Part { key, epoch, range } in flight.parts {
            let mut judgement = Judgement::default();
            let part = flight.ops.get(range.clone()).unwrap_or_default();
            for (index, op) in range.zip(part) {
                match failed.get(&index) {
                    None => self.succeeded(&key, op),
                    Some(errno) => self.failed(&key, op, *errno, &mut judgement),
                }
            }
            self.judge(now, key, epoch, &judgement);
        }
    }

    fn succeeded(&mut self, key: &D::Key, op: &Op<D::Id, D::Attr>) {
        apply::<D>(&mut self.observed, op);
        let Some(state) = self.keys.get_mut(key) else {
            return;
        };
        match op.act() {
            Act::Create => {
                state.ours.insert(op.id().clone(), Origin::Made);
            }
            Act::Edit => {}
            Act::Delete => {
                remove::<D, Origin>(&mut state.ours, op.id());
            }
        }
    }

    fn failed(
        &mut self,
        key: &D::Key,
        op: &Op<D::Id, D::Attr>,
        errno: i32,
        judgement: &mut Judgement,
    ) {
        match D::verdict(op, errno) {
            Verdict::Exists(_) => {
                judgement.lesson = Some(errno);
                judgement.look = true;
            }
            Verdict::Absent(id) => {
                remove::<D, D::Attr>(&mut self.observed, &id);
                if let (Act::Delete, Some(state)) = (op.act(), self.keys.get_mut(key)) {
                    remove::<D, Origin>(&mut state.ours, op.id());
                } else {
                    judgement.lesson = Some(errno);
                }
            }
            // The first error that teaches nothing is the cause of those behind it.
            Verdict::Retry => {
                judgement.failure.get_or_insert((errno, false));
            }
            Verdict::Permanent => {
                judgement.failure.get_or_insert((errno, true));
            }
        }
    }

    fn judge(&mut self, now: Mono, key: D::Key, epoch: u64, judgement: &Judgement) {
        if judgement.look {
            self.mark_stale(&key);
        }
        let Some(state) = self.keys.get_mut(&key) else {
            return;
        };
        let clean = judgement.failure.is_none() && judgement.lesson.is_none();
        if state.epoch == epoch && clean && state.rest.is_empty() {
            // The whole plan has run: nothing is left to find by another diff.
            self.settle(key);
            return;
        }
        self.dirty.insert(key.clone());
        if !clean {
            state.doubt();
        }
        if state.epoch != epoch {
            // The failure was the old want's; the new one is tried at once.
            return;
        }
        if let Some((errno, permanent)) = judgement.failure {
            self.trouble(now, key, errno, permanent);
        } else if let Some(errno) = judgement.lesson {
            state.lessons = state.lessons.saturating_add(1);
            if state.lessons > 1 {
                // What we learn does not help: somebody works against us. Slow down.
                self.trouble(now, key, errno, false);
            }
        }
    }

    fn trouble(&mut self, now: Mono, key: D::Key, errno: i32, permanent: bool) {
        let Some(state) = self.keys.get_mut(&key) else {
            return;
        };
        let trouble = state.trouble.get_or_insert(Trouble {
            failures: 0,
            since: now,
            reported: false,
        });
        trouble.failures = trouble.failures.saturating_add(1);
        let pause = if permanent {
            D::RETRY.last
        } else {
            D::RETRY.pause(trouble.failures)
        };
        let overdue = now.since(trouble.since) >= D::RETRY.report_after;
        let speak = (permanent || overdue) && !trouble.reported;
        trouble.reported |= speak;
        let epoch = state.epoch;
        if speak {
            let key = key.clone();
            self.report(Report::GaveUp { key, epoch, errno });
        }
        self.pause(key, now + pause);
    }

    /// Anything may have happened: what was to be created counts as made until the dump says.
    fn unknown(&mut self, now: Mono, flight: InFlight<D>, errno: i32) {
        for Part { key, epoch, range } in flight.parts {
            self.mark_stale(&key);
            let Some(state) = self.keys.get_mut(&key) else {
                continue;
            };
            state.doubt();
            for op in flight.ops.get(range).unwrap_or_default() {
                if op.act() == Act::Create {
                    state.ours.entry(op.id().clone()).or_insert(Origin::Made);
                }
            }
            self.dirty.insert(key.clone());
            if state.epoch == epoch {
                self.trouble(now, key, errno, false);
            }
        }
    }
}
