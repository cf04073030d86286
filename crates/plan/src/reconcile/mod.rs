//! The machine that keeps the kernel as the keys want it.
//!
//! ```text
//!              ┌───────────── stale ─────────────┐
//!              ▼                                 │ unknown outcome, EEXIST, overrun,
//!   start ─▶ Dumping ── DumpEnd ─▶ Idle ─ dirty ─▶ Applying ── Done ─▶ Idle ...
//!                                  (events that contradict what we know: stale)
//! ```
//!
//! Acknowledgements and dumps are the only truth. An event that agrees with it is our own echo or
//! nobody's business; one that contradicts it about an object somebody cares for asks for a dump,
//! so late echoes can never pass for foreign changes; about any other object, it is remembered as
//! doubtful until somebody wants it. One batch or one dump is in flight, never
//! both; wants are kept by key, the latest wins.

mod batch;
mod dump;
mod key;
mod want;

use crate::diff::{Observed, Ours};
use crate::domain::{Domain, Op, Origin, Patience, Want};
use batch::InFlight;
use core::fmt::Debug;
use core::ops::Bound;
use dump::{Dumping, Stale};
use holdfast_model::{Machine, Mono};
use key::KeyState;
use std::collections::{BTreeMap, BTreeSet, VecDeque};

/// Operations in one batch, at most: 256 error messages fit the default receive buffer of a
/// netlink socket (it holds 277), so no result can be lost for lack of room.
pub const MAX_BATCH: usize = 256;

/// What the machine hears.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Input<D: Domain> {
    /// From now on `key` wants this, or with `None` nothing.
    Want {
        /// Who.
        key: D::Key,
        /// Comes back in [`Report::Applied`].
        epoch: u64,
        /// What.
        want: Option<Want<D>>,
    },
    /// Of what `key` wants, these objects are to be otherwise, as if a whole want had said so with
    /// all else as before. Costs less than that one. Nothing comes of it where nothing is wanted.
    Amend {
        /// Who.
        key: D::Key,
        /// Comes back in [`Report::Applied`].
        epoch: u64,
        /// Which, and how.
        rows: Want<D>,
    },
    /// A batch has run.
    Done {
        /// Which one.
        batch: u64,
        /// How it went.
        outcome: Outcome,
    },
    /// The kernel told of a change: an object as it is now, or that it is gone.
    KernelEvent {
        /// Which one.
        id: D::Id,
        /// `None`: gone.
        attr: Option<D::Attr>,
    },
    /// One object of the dump asked for.
    DumpItem {
        /// Which one.
        id: D::Id,
        /// As it is.
        attr: D::Attr,
    },
    /// The dump is over.
    DumpEnd {
        /// It failed, or the kernel said that the table changed meanwhile (NLM_F_DUMP_INTR).
        interrupted: bool,
    },
    /// Events were lost, or somebody wants the table looked at.
    Overrun,
    /// These keys may not be as they were: look at them.
    Look(BTreeSet<D::Key>),
    /// What others changed of these objects is to stand no longer.
    Retake {
        /// Whose.
        key: D::Key,
        /// Which.
        ids: Vec<D::Id>,
    },
    /// From now on this becomes of what others change.
    Patience(Patience),
    /// The deadline has come.
    Tick,
}

/// How a batch went.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Outcome {
    /// Everything succeeded but these: index of the operation, error number (positive).
    Known(Vec<(usize, i32)>),
    /// Acknowledgements are missing; the error number says why. Anything may have happened.
    Unknown(i32),
}

/// What the machine asks for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Action<D: Domain> {
    /// Run these operations in order and answer [`Input::Done`].
    Submit(Batch<D>),
    /// Send these objects as [`Input::DumpItem`], then [`Input::DumpEnd`].
    Dump(Scope<D>),
    /// Tell who asked.
    Report(Report<D>),
}

/// Operations of one sendmsg.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Batch<D: Domain> {
    /// To be given back.
    pub id: u64,
    /// 1 to [`MAX_BATCH`], in order.
    pub ops: Vec<Op<D::Id, D::Attr>>,
}

/// What to dump.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Scope<D: Domain> {
    /// Everything of the kind.
    All,
    /// These keys only (kinds with a root).
    Keys(BTreeSet<D::Key>),
}

/// What came of a want.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Report<D: Domain> {
    /// The kernel is as `key` wanted it at `epoch`. Said once an epoch; an epoch that was
    /// overtaken by a later want is never reported.
    Applied {
        /// Who.
        key: D::Key,
        /// Of which want.
        epoch: u64,
    },
    /// Somebody removed what had been applied; it is being put back.
    Lost {
        /// Whose.
        key: D::Key,
        /// What.
        ids: Vec<D::Id>,
    },
    /// Somebody changed what had been applied, and it stands until its want changes.
    Left {
        /// Whose.
        key: D::Key,
        /// What.
        ids: Vec<D::Id>,
    },
    /// After [`Report::Lost`]: everything is there again.
    Restored {
        /// Whose.
        key: D::Key,
        /// Of which want.
        epoch: u64,
    },
    /// It does not work; tries go on at the slowest pace. Said once an epoch.
    GaveUp {
        /// Whose.
        key: D::Key,
        /// Of which want.
        epoch: u64,
        /// The latest error number.
        errno: i32,
    },
}

/// What must outlive the process: the objects that are ours, by key.
pub type Snapshot<D> = Vec<(<D as Domain>::Key, Vec<(<D as Domain>::Id, Origin)>)>;

/// Keeps the kernel as the keys want it; see the module's picture.
#[derive(Debug, Clone)]
pub struct Reconciler<D: Domain> {
    keys: BTreeMap<D::Key, KeyState<D>>,
    observed: Observed<D>,
    /// Not wanted, and perhaps not as `observed` says: a want for one asks for a dump.
    doubtful: BTreeSet<D::Id>,
    dirty: BTreeSet<D::Key>,
    waiting: BTreeSet<(Mono, D::Key)>,
    phase: Phase<D>,
    patience: Patience,
    stale: Stale<D>,
    dump_after: Mono,
    dump_failures: u32,
    next_batch: u64,
    /// Bounded by the inputs handled since the last drain: a few a key.
    actions: VecDeque<Action<D>>,
}

#[derive(Debug, Clone)]
enum Phase<D: Domain> {
    Idle,
    Applying(InFlight<D>),
    Dumping(Dumping<D>),
}

impl<D: Domain> Default for Reconciler<D> {
    fn default() -> Self {
        Self {
            keys: BTreeMap::new(),
            observed: BTreeMap::new(),
            doubtful: BTreeSet::new(),
            dirty: BTreeSet::new(),
            waiting: BTreeSet::new(),
            phase: Phase::Idle,
            patience: Patience::None,
            stale: Stale::All,
            dump_after: Mono::ZERO,
            dump_failures: 0,
            next_batch: 1,
            actions: VecDeque::new(),
        }
    }
}

impl<D: Domain> Reconciler<D> {
    /// Nothing wanted, nothing known: the first input makes it ask for a dump.
    pub fn new() -> Self {
        Self::default()
    }

    /// Goes on where another process stopped. Keys of the snapshot are left alone until a want
    /// arrives for them: send `None` for those that the configuration has no more
    /// ([`Self::keys`]).
    pub fn resume(snapshot: Snapshot<D>) -> Self {
        let mut reconciler = Self::default();
        for (key, ours) in snapshot {
            let state = KeyState::remembered(ours.into_iter().collect());
            reconciler.keys.insert(key, state);
        }
        reconciler
    }

    /// What [`Self::resume`] takes.
    pub fn snapshot(&self) -> Snapshot<D> {
        self.keys
            .iter()
            .filter(|(_, state)| !state.ours.is_empty())
            .map(|(key, state)| {
                let ours = state.ours.iter().map(|(id, origin)| (id.clone(), *origin));
                (key.clone(), ours.collect())
            })
            .collect()
    }

    /// Every key that is wanted or owns something.
    pub fn keys(&self) -> impl Iterator<Item = &D::Key> {
        self.keys.keys()
    }

    /// It is wanted or owns something.
    pub fn knows(&self, key: &D::Key) -> bool {
        self.keys.contains_key(key)
    }

    /// Somebody wants it, and it was applied.
    pub fn is_wanted(&self, key: &D::Key) -> bool {
        self.keys.get(key).is_some_and(|state| state.applied)
    }

    /// What is known of the kernel, foreign objects too.
    pub fn observed(&self) -> &Observed<D> {
        &self.observed
    }

    /// What of it is ours for `key`.
    pub fn ours(&self, key: &D::Key) -> Option<&Ours<D>> {
        self.keys.get(key).map(|state| &state.ours)
    }

    /// The keys after `last`, or all, of which something is ours, with that.
    pub fn ours_after(&self, last: Option<&D::Key>) -> impl Iterator<Item = (&D::Key, &Ours<D>)> {
        let after = last.map_or(Bound::Unbounded, Bound::Excluded);
        let keys = self.keys.range((after, Bound::Unbounded));
        keys.map(|(key, state)| (key, &state.ours))
            .filter(|(_, ours)| !ours.is_empty())
    }

    /// Nothing in flight, nothing to do, nothing waiting: a process may end.
    pub fn is_quiet(&self) -> bool {
        matches!(self.phase, Phase::Idle)
            && self.dirty.is_empty()
            && self.waiting.is_empty()
            && !self.stale.is_any()
            && self.actions.is_empty()
    }

    /// Puts keys whose pause is over back to work.
    fn wake(&mut self, now: Mono) {
        while let Some((at, _)) = self.waiting.first() {
            if *at > now {
                return;
            }
            if let Some((_, key)) = self.waiting.pop_first() {
                if let Some(state) = self.keys.get_mut(&key) {
                    state.not_before = None;
                }
                self.dirty.insert(key);
            }
        }
    }

    /// Lets `key` rest until `at`.
    fn pause(&mut self, key: D::Key, at: Mono) {
        if let Some(state) = self.keys.get_mut(&key) {
            if let Some(earlier) = state.not_before.replace(at) {
                self.waiting.remove(&(earlier, key.clone()));
            }
            self.dirty.remove(&key);
            self.waiting.insert((at, key));
        }
    }

    /// The next step, when none is in flight.
    fn advance(&mut self, now: Mono) {
        self.wake(now);
        if !matches!(self.phase, Phase::Idle) {
            return;
        }
        if self.stale.is_any() {
            if now >= self.dump_after {
                self.start_dump();
            }
            return;
        }
        self.submit();
    }

    fn report(&mut self, report: Report<D>) {
        self.actions.push_back(Action::Report(report));
    }
}

impl<D: Domain> Machine for Reconciler<D> {
    type Input<'a> = Input<D>;
    type Action = Action<D>;

    fn handle(&mut self, now: Mono, input: Input<D>) {
        match input {
            Input::Want { key, epoch, want } => self.want(key, epoch, want),
            Input::Amend { key, epoch, rows } => self.amend(key, epoch, rows),
            Input::Done { batch, outcome } => self.done(now, batch, &outcome),
            Input::KernelEvent { id, attr } => self.event(id, attr),
            Input::DumpItem { id, attr } => self.dump_item(id, attr),
            Input::DumpEnd { interrupted } => self.dump_end(now, interrupted),
            Input::Overrun => self.overrun(),
            Input::Look(keys) => {
                let known = keys.iter().filter(|key| self.keys.contains_key(key));
                let known: Vec<D::Key> = known.cloned().collect();
                known.iter().for_each(|key| self.mark_stale(key));
            }
            Input::Retake { key, ids } => {
                if let Some(state) = self.keys.get_mut(&key) {
                    state.retake(&ids);
                    self.mark_stale(&key);
                }
            }
            Input::Patience(patience) => {
                if self.patience != patience {
                    // what was left as it is may be put right now
                    self.stale = Stale::All;
                }
                self.patience = patience;
            }
            Input::Tick => {}
        }
        self.advance(now);
    }

    fn poll_action(&mut self) -> Option<Action<D>> {
        self.actions.pop_front()
    }

    fn deadline(&self) -> Option<Mono> {
        if !matches!(self.phase, Phase::Idle) {
            return None;
        }
        let retry = self.waiting.first().map(|(at, _)| *at);
        let dump = self.stale.is_any().then_some(self.dump_after);
        // A dump comes before everything else.
        dump.or(retry)
    }
}
