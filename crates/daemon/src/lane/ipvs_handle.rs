//! The worker's handle of the ipvs lane, and what waits for it.

use super::ipvs::{self, Lane};
use super::ipvs_wish::Wish;
use super::lent::rules;
use super::marks::MarksWish;
use crate::lane::outbox::Outbox;
use crate::state::StateFile;
use holdfast_control::report::Delay;
use holdfast_model::{Event, LvsModel, Mono, ServiceKey, TableSettings};
use holdfast_nft::Lent;
use holdfast_plan::service::RowId;
use std::collections::BTreeMap;
use std::io;
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::thread::JoinHandle;

/// What the configuration says of the table as a whole.
#[derive(Debug, Clone, Default)]
pub(crate) struct TableWish {
    pub(super) settings: TableSettings,
    /// FULLNAT.
    pub(super) lent: Vec<Lent>,
    /// `nftables_ipvs`.
    pub(super) marks: MarksWish,
    /// A keepalived was ended for us, and something of it may be left.
    pub(super) adopts: bool,
}

impl TableWish {
    pub(crate) fn of(model: &LvsModel) -> Self {
        Self {
            settings: model.table.clone(),
            lent: rules(model),
            marks: MarksWish::of(model),
            adopts: false,
        }
    }

    /// Somebody else's rows are what goes on, if it `adopts`.
    pub(crate) fn adopting(mut self, adopts: bool) -> Self {
        self.settings.flush &= !adopts;
        self.adopts = adopts;
        self
    }
}

/// What a service is to be: the epoch of the last word, and what was said.
pub(super) type Wanted = (u64, Wish);

/// What the lane says.
#[derive(Debug)]
pub(crate) enum Said {
    /// IPVS is in the kernel, or not.
    Present(bool),
    /// What [`IpvsLane::count`] asked for.
    Counted(Counted),
    /// Worth a line.
    Event(Event),
}

/// Connections of a real server.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Counted {
    /// Of the question.
    pub(crate) number: u64,
    /// Active and inactive ones; none: the table could not be read.
    pub(crate) load: Option<(u64, u64)>,
}

/// Rows, each with its service.
pub(super) type RowList = Vec<(ServiceKey, RowId)>;

/// Rows that the worker itself tells the kernel of, at once: to wake the lane and wait for a
/// processor takes longer than a few rows do, and most results are about one.
const AT_ONCE: usize = 8;

/// Questions that wait: those of a turn or two of the worker. Who asks beyond asks again.
const COUNTS: usize = 32;

#[derive(Debug, Default)]
pub(super) struct Pending {
    /// By service, the latest wins: bounded by the number of services.
    pub(super) wants: BTreeMap<ServiceKey, Wanted>,
    /// When the first of the checks had its result that these wants are about.
    pub(super) since: Option<Mono>,
    /// What the configuration says of the table, when it is new.
    pub(super) settings: Option<TableWish>,
    /// Whether the instance that the sync daemon follows is master, when it is new.
    pub(super) master: Option<bool>,
    /// Rows of which nobody's word but ours counts any more.
    pub(super) retaken: RowList,
    /// Questions for connections.
    pub(super) counts: Vec<(u64, RowList)>,
    /// End, giving the rows back or not.
    pub(super) stop: Option<bool>,
}

impl Pending {
    /// Of each service the latest word counts.
    fn say(&mut self, wants: BTreeMap<ServiceKey, Wish>, epoch: u64) {
        for (service, wish) in wants {
            let wish = match self.wants.remove(&service) {
                Some((_, before)) => before.then(wish),
                None => wish,
            };
            self.wants.insert(service, (epoch, wish));
        }
    }

    pub(super) fn is_empty(&self) -> bool {
        let unmoved = self.settings.is_none() && self.master.is_none() && self.stop.is_none();
        let asked = !self.retaken.is_empty() || !self.counts.is_empty();
        unmoved && self.wants.is_empty() && !asked
    }
}

#[derive(Debug, Default)]
pub(super) struct Shared {
    pub(super) pending: Mutex<Pending>,
    pub(super) bell: Condvar,
    pub(super) delay: Mutex<Delay>,
}

/// The worker's handle of the lane.
pub(crate) struct IpvsLane {
    shared: Arc<Shared>,
    /// Whoever has the lock is the lane: its thread, or for a few rows the worker. Who takes both takes this
    /// one before what is pending.
    lane: Arc<Mutex<Lane>>,
    thread: Option<JoinHandle<()>>,
    epoch: u64,
}

impl IpvsLane {
    /// Starts the thread.
    ///
    /// # Errors
    /// When the system has no thread left.
    pub(crate) fn start(
        outbox: Outbox<Said>,
        file: StateFile,
        settings: TableWish,
    ) -> io::Result<Self> {
        let shared = Arc::new(Shared::default());
        let mut lane = Lane::new(Arc::clone(&shared), outbox, file);
        lane.configure(settings);
        let lane = Arc::new(Mutex::new(lane));
        let theirs = Arc::clone(&lane);
        let thread = std::thread::Builder::new()
            .name("ipvs".to_owned())
            .stack_size(512 * 1024)
            .spawn(move || ipvs::run(&theirs))?;
        Ok(Self {
            shared,
            lane,
            thread: Some(thread),
            epoch: 0,
        })
    }

    /// From now on the table as a whole is to be this.
    pub(crate) fn configure(&self, settings: TableWish) {
        lock(&self.shared.pending).settings = Some(settings);
        self.shared.bell.notify_one();
    }

    /// The instance that the sync daemon follows is master, or not.
    pub(crate) fn follow(&self, master: bool) {
        lock(&self.shared.pending).master = Some(master);
        self.shared.bell.notify_one();
    }

    /// From now on these services are to be this. `since` the check had its result that it is about:
    /// a few rows are told to the kernel before this returns, if the lane has nothing else to do.
    pub(crate) fn want(&mut self, wants: BTreeMap<ServiceKey, Wish>, since: Option<Mono>) {
        self.epoch += 1;
        let left = match since {
            Some(since) => self.at_once(wants, since),
            None => Some(wants),
        };
        if let Some(wants) = left {
            let mut pending = lock(&self.shared.pending);
            pending.say(wants, self.epoch);
            pending.since = pending.since.or(since);
        }
        // also when all is done: it has another deadline now
        self.shared.bell.notify_one();
    }

    /// Does what is wanted here and now; gives back what has to wait for its turn.
    fn at_once(
        &self,
        wants: BTreeMap<ServiceKey, Wish>,
        since: Mono,
    ) -> Option<BTreeMap<ServiceKey, Wish>> {
        if wants.values().map(Wish::rows).sum::<usize>() > AT_ONCE {
            return Some(wants);
        }
        let Ok(mut lane) = self.lane.try_lock() else {
            return Some(wants);
        };
        if !lock(&self.shared.pending).is_empty() {
            return Some(wants);
        }
        lane.at_once(wants, self.epoch, since)
    }

    /// What others changed of these rows stands no longer.
    pub(crate) fn retake(&self, rows: RowList) {
        let mut pending = lock(&self.shared.pending);
        let new = rows.into_iter();
        let new: RowList = new.filter(|row| !pending.retaken.contains(row)).collect();
        pending.retaken.extend(new);
        self.shared.bell.notify_one();
    }

    /// Has the connections of these rows counted.
    pub(crate) fn count(&self, number: u64, rows: RowList) {
        let mut pending = lock(&self.shared.pending);
        if pending.counts.len() < COUNTS {
            pending.counts.push((number, rows));
        }
        self.shared.bell.notify_one();
    }

    /// How long results of checks were under way to the kernel.
    pub(crate) fn delay(&self) -> Delay {
        lock(&self.shared.delay).clone()
    }

    /// Ends the lane, giving back its rows or leaving them, and waits for it.
    pub(crate) fn stop(mut self, release: bool) {
        lock(&self.shared.pending).stop = Some(release);
        self.shared.bell.notify_one();
        if let Some(thread) = self.thread.take() {
            let _panicked = thread.join();
        }
    }
}

pub(super) fn lock<T>(shared: &Mutex<T>) -> MutexGuard<'_, T> {
    shared.lock().unwrap_or_else(PoisonError::into_inner)
}
