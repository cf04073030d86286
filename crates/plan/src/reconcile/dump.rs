//! Looking at the kernel: dumps, and events between them.

use super::{Action, Phase, Reconciler, Report, Scope};
use crate::diff::{Observed, remove};
use crate::domain::Domain;
use core::time::Duration;
use holdfast_model::Mono;
use std::collections::BTreeSet;

/// Two dumps are this far apart, so that a storm of events costs a bounded share of the CPU.
const DUMP_SPACING: Duration = Duration::from_millis(10);
/// After failures the pause doubles up to this.
const DUMP_PAUSE_MAX: Duration = Duration::from_secs(1);
/// Events kept while a dump runs; more, and the dump is done again.
const MAX_EVENTS: usize = 1024;
/// Objects nobody cares for whose events contradict what we know; more, and all is looked at.
const MAX_DOUBTFUL: usize = 4096;

/// What of the kernel is not known.
#[derive(Debug, Clone)]
pub(super) enum Stale<D: Domain> {
    /// Nothing.
    None,
    /// These keys.
    Keys(BTreeSet<D::Key>),
    /// Everything.
    All,
}

impl<D: Domain> Stale<D> {
    pub(super) const fn is_any(&self) -> bool {
        !matches!(self, Self::None)
    }
}

/// The dump in flight.
#[derive(Debug, Clone)]
pub(super) struct Dumping<D: Domain> {
    scope: Scope<D>,
    items: Observed<D>,
    /// Before or after the dump passed their object: nobody knows. Judged at its end.
    events: Vec<(D::Id, Option<D::Attr>)>,
    again: bool,
}

impl<D: Domain> Reconciler<D> {
    /// `key`'s objects must be looked at.
    pub(super) fn mark_stale(&mut self, key: &D::Key) {
        if D::root(key).is_none() {
            self.stale = Stale::All;
            return;
        }
        match &mut self.stale {
            Stale::All => {}
            Stale::Keys(keys) => {
                keys.insert(key.clone());
            }
            Stale::None => self.stale = Stale::Keys(BTreeSet::from([key.clone()])),
        }
    }

    pub(super) fn overrun(&mut self) {
        match &mut self.phase {
            Phase::Dumping(dumping) => dumping.again = true,
            Phase::Idle | Phase::Applying(_) => self.stale = Stale::All,
        }
    }

    pub(super) fn start_dump(&mut self) {
        let scope = match core::mem::replace(&mut self.stale, Stale::None) {
            Stale::None => return,
            Stale::Keys(keys) => Scope::Keys(keys),
            Stale::All => Scope::All,
        };
        self.actions.push_back(Action::Dump(scope.clone()));
        self.phase = Phase::Dumping(Dumping {
            scope,
            items: Observed::<D>::new(),
            events: Vec::new(),
            again: false,
        });
    }

    pub(super) fn dump_item(&mut self, id: D::Id, attr: D::Attr) {
        if let Phase::Dumping(dumping) = &mut self.phase {
            dumping.items.insert(id, attr);
        }
    }

    pub(super) fn dump_end(&mut self, now: Mono, interrupted: bool) {
        let dumping = match core::mem::replace(&mut self.phase, Phase::Idle) {
            Phase::Dumping(dumping) => dumping,
            other => {
                self.phase = other;
                return;
            }
        };
        if interrupted {
            self.dump_failed(now, dumping.scope);
            return;
        }
        self.dump_failures = 0;
        self.dump_after = now + DUMP_SPACING;
        let keys: Vec<D::Key> = match &dumping.scope {
            Scope::All => self.keys.keys().cloned().collect(),
            Scope::Keys(keys) => keys.iter().cloned().collect(),
        };
        if let Scope::All = dumping.scope {
            self.doubtful.clear();
        }
        let old = self.merge(&dumping.scope, dumping.items);
        for key in keys {
            self.compare(now, key, &old);
        }
        if dumping.again {
            self.stale = Stale::All;
        }
        for (id, attr) in dumping.events {
            self.event(id, attr);
        }
    }

    fn dump_failed(&mut self, now: Mono, scope: Scope<D>) {
        let pause = DUMP_SPACING.saturating_mul(1 << self.dump_failures.min(10));
        self.dump_after = now + pause.min(DUMP_PAUSE_MAX);
        self.dump_failures = self.dump_failures.saturating_add(1);
        match scope {
            Scope::All => self.stale = Stale::All,
            Scope::Keys(keys) => keys.iter().for_each(|key| self.mark_stale(key)),
        }
    }

    /// Takes over what a dump of `scope` brought; gives back what was known of it before.
    fn merge(&mut self, scope: &Scope<D>, items: Observed<D>) -> Observed<D> {
        let Scope::Keys(keys) = scope else {
            return core::mem::replace(&mut self.observed, items);
        };
        let mut old = Observed::<D>::new();
        for root in keys.iter().filter_map(D::root) {
            old.append(&mut remove::<D, D::Attr>(&mut self.observed, &root));
        }
        self.observed.extend(items);
        old
    }

    /// What the dump means for one key.
    fn compare(&mut self, now: Mono, key: D::Key, old: &Observed<D>) {
        let Some(state) = self.keys.get_mut(&key) else {
            return;
        };
        state.doubt();
        state.forgo(old, &self.observed);
        let root = D::root(&key);
        let left = state.leave(self.patience, root.as_ref(), old, &self.observed);
        let (lost, deviates) = state.deviation(old, &self.observed);
        let pause = if deviates {
            state.wave(now)
        } else {
            Duration::ZERO
        };
        state.lost |= !lost.is_empty();
        let resting = state.not_before.is_some();
        if !left.is_empty() {
            self.report(Report::Left {
                key: key.clone(),
                ids: left,
            });
        }
        if !lost.is_empty() {
            self.report(Report::Lost {
                key: key.clone(),
                ids: lost,
            });
        }
        if pause > Duration::ZERO {
            self.pause(key, now + pause);
        } else if !resting {
            self.dirty.insert(key);
        }
    }

    /// The kernel told of a change.
    pub(super) fn event(&mut self, id: D::Id, attr: Option<D::Attr>) {
        match &mut self.phase {
            Phase::Dumping(dumping) => {
                if dumping.events.len() < MAX_EVENTS {
                    dumping.events.push((id, attr));
                } else {
                    dumping.again = true;
                }
                return;
            }
            Phase::Applying(flight) => {
                if let Some(op) = flight.intent(&id) {
                    if op.attr() != attr.as_ref() {
                        self.stale = Stale::All;
                    }
                    return;
                }
            }
            Phase::Idle => {}
        }
        if self.observed.get(&id) == attr.as_ref() {
            return;
        }
        if self.cared_for(&id) {
            self.stale = Stale::All;
            return;
        }
        // A change of others, or a late echo of something we did: not worth a look before somebody
        // wants the object.
        self.doubtful.insert(id);
        if self.doubtful.len() > MAX_DOUBTFUL {
            self.stale = Stale::All;
        }
    }

    fn cared_for(&self, id: &D::Id) -> bool {
        match D::key_of(id) {
            Some(key) => self.keys.get(&key).is_some_and(|state| state.cares(id)),
            None => self.keys.values().any(|state| state.cares(id)),
        }
    }
}
