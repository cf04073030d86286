//! What is remembered of one key.

use crate::diff::{Observed, Ours, diff, leftovers};
use crate::domain::{Act, Desired, Domain, Op, Origin, Patience, Want, amend};
use core::time::Duration;
use holdfast_model::Mono;
use std::collections::BTreeSet;

/// Losses in this time count together.
const WAVE_WINDOW: Duration = Duration::from_secs(10);
/// So many are repaired at once; each further one waits 1, 2, 4 s.
const FREE_WAVES: u32 = 5;

/// One key: what it wants, what it has, and how it is going.
#[derive(Debug, Clone)]
pub(super) struct KeyState<D: Domain> {
    /// `None`: nothing was said yet (a key from a snapshot); then it is left alone.
    wish: Option<Option<Want<D>>>,
    pub(super) epoch: u64,
    /// The epoch was reported as applied.
    pub(super) applied: bool,
    /// A loss was reported and not yet its repair.
    pub(super) lost: bool,
    pub(super) ours: Ours<D>,
    /// What somebody deleted and nobody misses, since the want.
    forgone: BTreeSet<D::Id>,
    /// What somebody changed, and is to stand until its want changes.
    left: BTreeSet<D::Id>,
    /// The entries in which a settled key's new want differs from the old one: all that needs to
    /// be planned. `None`: everything must be looked at.
    narrow: Option<Want<D>>,
    /// What did not fit into the batch in flight.
    pub(super) rest: Vec<Op<D::Id, D::Attr>>,
    pub(super) not_before: Option<Mono>,
    pub(super) trouble: Option<Trouble>,
    /// Batches whose errors taught something, since the key was last settled.
    pub(super) lessons: u32,
    waves: u32,
    waves_since: Mono,
    /// It deviates, that was counted, and it has not been put right since.
    pub(super) deviant: bool,
}

/// Failures in a row.
#[derive(Debug, Clone, Copy)]
pub(super) struct Trouble {
    pub(super) failures: u32,
    pub(super) since: Mono,
    pub(super) reported: bool,
}

impl<D: Domain> Default for KeyState<D> {
    fn default() -> Self {
        Self {
            wish: None,
            epoch: 0,
            applied: false,
            lost: false,
            ours: Ours::<D>::new(),
            forgone: BTreeSet::new(),
            left: BTreeSet::new(),
            narrow: None,
            rest: Vec::new(),
            not_before: None,
            trouble: None,
            lessons: 0,
            waves: 0,
            waves_since: Mono::ZERO,
            deviant: false,
        }
    }
}

impl<D: Domain> KeyState<D> {
    pub(super) fn remembered(ours: Ours<D>) -> Self {
        Self {
            ours,
            ..Self::default()
        }
    }

    /// Takes a want; gives back the pause it ends.
    pub(super) fn told(&mut self, epoch: u64, want: Option<Want<D>>) -> Option<Mono> {
        self.keep_left(want.as_deref().unwrap_or_default());
        self.narrow = match (&self.wish, &want) {
            (Some(Some(old)), Some(new)) if self.is_whole() => changes::<D>(old, new),
            _ => None,
        };
        self.wish = Some(want);
        self.begin(epoch)
    }

    /// Takes other wishes for `rows`; gives back the pause they end.
    pub(super) fn amended(&mut self, epoch: u64, rows: Want<D>) -> Option<Mono> {
        let Some(Some(want)) = &mut self.wish else {
            return None;
        };
        let changed = amend(want, rows);
        // what is wanted otherwise than before is ours to set again
        for row in &changed {
            self.left.remove(&row.id);
        }
        self.narrow = self.is_whole().then_some(changed);
        self.begin(epoch)
    }

    /// The kernel has what was wanted last, as far as anybody knows.
    fn is_whole(&self) -> bool {
        self.applied && !self.lost && self.forgone.is_empty() && self.left.is_empty()
    }

    /// Something new is wanted; gives back the pause it ends.
    fn begin(&mut self, epoch: u64) -> Option<Mono> {
        self.epoch = epoch;
        self.applied = false;
        self.lost = false;
        self.rest.clear();
        self.forgone.clear();
        self.trouble = None;
        self.lessons = 0;
        self.deviant = false;
        self.not_before.take()
    }

    /// What is wanted otherwise than before is ours to set again.
    fn keep_left(&mut self, new: &[Desired<D::Id, D::Attr>]) {
        let mut left = core::mem::take(&mut self.left);
        let of = |want: &[Desired<D::Id, D::Attr>], id: &D::Id| {
            let mut found = want.iter().filter(|desired| desired.id == *id);
            found.next().map(|desired| desired.attr.clone())
        };
        left.retain(|id| {
            let after = of(new, id);
            after.is_some() && of(self.wanted(), id) == after
        });
        self.left = left;
    }

    /// Notes what others changed between `old` and `new` and is to stand; gives back what is new
    /// of it. `root` hangs above everything.
    pub(super) fn leave(
        &mut self,
        patience: Patience,
        root: Option<&D::Id>,
        old: &Observed<D>,
        new: &Observed<D>,
    ) -> Vec<D::Id> {
        let stands = root.is_none_or(|root| old.contains_key(root) && new.contains_key(root));
        if patience == Patience::None || patience == Patience::Leaves && !stands {
            self.left.clear();
        }
        if patience == Patience::None || !self.applied {
            return Vec::new();
        }
        let mut left = core::mem::take(&mut self.left);
        let mut fresh = Vec::new();
        for Desired { id, attr } in self.wanted() {
            if new.get(id) == attr.as_ref() {
                left.remove(id);
                continue;
            }
            let yields = patience == Patience::All || stands && D::yields(id);
            if yields && old.get(id) == attr.as_ref() && left.insert(id.clone()) {
                fresh.push(id.clone());
            }
        }
        self.left = left;
        fresh
    }

    /// What others changed of these stands no longer, and neither does what they change until
    /// these are as they are wanted.
    pub(super) fn retake(&mut self, ids: &[D::Id]) {
        for id in ids {
            self.left.remove(id);
            self.forgone.remove(id);
        }
        self.applied = false;
        self.doubt();
    }

    /// What others made of it is to stand; so does that what hangs below is gone with it.
    fn stands(&self, id: &D::Id, observed: &Observed<D>) -> bool {
        let gone = |left: &D::Id| D::covers(left, id) && !observed.contains_key(left);
        self.left.contains(id) || self.left.iter().any(gone)
    }

    /// Something is wanted.
    pub(super) const fn is_wanted(&self) -> bool {
        matches!(self.wish, Some(Some(_)))
    }

    /// Nobody spoke for this key yet.
    pub(super) const fn is_untold(&self) -> bool {
        self.wish.is_none()
    }

    /// Nothing wanted and nothing owned: it can be forgotten.
    pub(super) fn is_over(&self) -> bool {
        matches!(self.wish, Some(None)) && self.ours.is_empty()
    }

    fn wanted(&self) -> &[Desired<D::Id, D::Attr>] {
        match &self.wish {
            Some(Some(want)) => want,
            Some(None) | None => &[],
        }
    }

    /// Wants `id` to be there.
    pub(super) fn wants(&self, id: &D::Id) -> bool {
        self.wanted()
            .iter()
            .any(|desired| desired.id == *id && desired.attr.is_some())
    }

    /// Has anything to do with `id`.
    pub(super) fn cares(&self, id: &D::Id) -> bool {
        self.ours.contains_key(id) || self.wanted().iter().any(|desired| desired.id == *id)
    }

    /// True when one of the wanted objects is among `ids`.
    pub(super) fn meets(&self, ids: &BTreeSet<D::Id>) -> bool {
        !ids.is_empty()
            && self
                .wanted()
                .iter()
                .any(|desired| ids.contains(&desired.id))
    }

    /// What of ours is wanted no more.
    pub(super) fn leftovers(&self) -> Vec<D::Id> {
        leftovers::<D>(self.wanted(), &self.ours)
            .into_iter()
            .cloned()
            .collect()
    }

    /// Whatever was planned is void: the next plan looks at everything.
    pub(super) fn doubt(&mut self) {
        self.rest.clear();
        self.narrow = None;
    }

    /// Only these entries need to be planned.
    pub(super) const fn is_narrow(&self) -> bool {
        self.narrow.is_some()
    }

    /// Objects that stand there and are wanted become ours.
    pub(super) fn adopt(&mut self, observed: &Observed<D>) {
        let Some(Some(want)) = &self.wish else {
            return;
        };
        for desired in self.narrow.as_ref().unwrap_or(want) {
            if desired.attr.is_some()
                && !self.ours.contains_key(&desired.id)
                && observed.contains_key(&desired.id)
            {
                self.ours.insert(desired.id.clone(), Origin::Found);
            }
        }
    }

    pub(super) fn plan(&self, observed: &Observed<D>) -> Vec<Op<D::Id, D::Attr>> {
        let mut ops = match (&self.narrow, &self.wish) {
            (Some(narrow), _) => diff::<D>(Some(narrow), observed, &Ours::<D>::new()),
            (None, Some(want)) => diff::<D>(want.as_deref(), observed, &self.ours),
            (None, None) => Vec::new(),
        };
        ops.retain(|op| op.act() != Act::Create || !self.forgone.contains(op.id()));
        if !self.left.is_empty() {
            ops.retain(|op| !self.stands(op.id(), observed));
        }
        ops
    }

    /// Notes what was deleted between `old` and `new` and is not to be put back.
    pub(super) fn forgo(&mut self, old: &Observed<D>, new: &Observed<D>) {
        let Some(Some(want)) = &self.wish else {
            return;
        };
        for Desired { id, attr } in want {
            let unmissed = attr.as_ref().is_some_and(|attr| !D::is_missed(attr));
            if unmissed && old.contains_key(id) && !new.contains_key(id) {
                self.ours.remove(id);
                self.forgone.insert(id.clone());
            }
        }
    }

    /// Compared with `new`: which applied objects are gone, and whether anything deviates.
    pub(super) fn deviation(&self, old: &Observed<D>, new: &Observed<D>) -> (Vec<D::Id>, bool) {
        if !self.applied {
            return (Vec::new(), false);
        }
        let mut lost = Vec::new();
        let mut deviates = false;
        for desired in self.wanted() {
            let have = new.get(&desired.id);
            if self.stands(&desired.id, new) {
                continue;
            }
            if have.is_none()
                && desired
                    .attr
                    .as_ref()
                    .is_some_and(|attr| !D::is_missed(attr))
            {
                continue;
            }
            if have != desired.attr.as_ref() {
                deviates = true;
            }
            if desired.attr.is_some() && have.is_none() && old.contains_key(&desired.id) {
                lost.push(desired.id.clone());
            }
        }
        (lost, deviates)
    }

    /// Counts a deviation, once until it has been put right; says how long to wait before it is
    /// repaired, so that two programs that undo each other's work do not spin.
    pub(super) fn wave(&mut self, now: Mono) -> Duration {
        if core::mem::replace(&mut self.deviant, true) {
            return Duration::ZERO;
        }
        if now.since(self.waves_since) > WAVE_WINDOW {
            self.waves = 0;
            self.waves_since = now;
        }
        self.waves = self.waves.saturating_add(1);
        match self.waves.checked_sub(FREE_WAVES) {
            None | Some(0) => Duration::ZERO,
            Some(1) => Duration::from_secs(1),
            Some(2) => Duration::from_secs(2),
            Some(_) => Duration::from_secs(4),
        }
    }
}

/// The entries of `new` that differ, when both name the same objects in the same order.
fn changes<D: Domain>(
    old: &[Desired<D::Id, D::Attr>],
    new: &[Desired<D::Id, D::Attr>],
) -> Option<Want<D>> {
    if old.len() != new.len() {
        return None;
    }
    let mut changed = Want::<D>::new();
    for (before, after) in old.iter().zip(new) {
        if before.id != after.id {
            return None;
        }
        if before.attr != after.attr {
            changed.push(after.clone());
        }
    }
    Some(changed)
}
