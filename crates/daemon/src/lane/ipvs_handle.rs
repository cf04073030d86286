//! The worker's handle of the ipvs lane, and what waits for it.

use super::ipvs::Lane;
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
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::thread::JoinHandle;
use std::time::Duration;

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

/// How long a worker lets the lane go first; it needs a tenth of it for a row. With a processor for
/// both of them the scheduler would have the worker write its log and ask its next target before.
const GOES_FIRST: Duration = Duration::from_millis(1);

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
    /// The lane sleeps.
    pub(super) idle: bool,
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
        let idle = self.settings.is_none() && self.master.is_none() && self.stop.is_none();
        let asked = !self.retaken.is_empty() || !self.counts.is_empty();
        idle && self.wants.is_empty() && !asked
    }
}

#[derive(Debug, Default)]
pub(super) struct Shared {
    pub(super) pending: Mutex<Pending>,
    pub(super) bell: Condvar,
    pub(super) delay: Mutex<Delay>,
    /// Up to which epoch the lane has done what was wanted.
    done: AtomicU64,
    /// Rung when that grows.
    turn: Condvar,
}

impl Shared {
    /// What was wanted up to `epoch` has been done.
    pub(super) fn done(&self, epoch: u64) {
        // the lock: nobody is between a look at it and his sleep
        let pending = lock(&self.pending);
        self.done.fetch_max(epoch, Ordering::Relaxed);
        drop(pending);
        self.turn.notify_one();
    }
}

/// The worker's handle of the lane.
#[derive(Debug)]
pub(crate) struct IpvsLane {
    shared: Arc<Shared>,
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
        let thread = std::thread::Builder::new()
            .name("ipvs".to_owned())
            .stack_size(512 * 1024)
            .spawn(move || lane.run())?;
        Ok(Self {
            shared,
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

    /// From now on these services are to be this. When it is about the result of a check, which
    /// was there at `since`, the lane goes first if it has nothing else to do.
    pub(crate) fn want(&mut self, wants: BTreeMap<ServiceKey, Wish>, since: Option<Mono>) {
        self.epoch += 1;
        let epoch = self.epoch;
        let mut pending = lock(&self.shared.pending);
        pending.say(wants, epoch);
        pending.since = pending.since.or(since);
        let goes_first = since.is_some() && pending.idle;
        self.shared.bell.notify_one();
        if goes_first {
            let waits = |_: &mut Pending| self.shared.done.load(Ordering::Relaxed) < epoch;
            let turn = &self.shared.turn;
            let _in_time = turn.wait_timeout_while(pending, GOES_FIRST, waits);
        }
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
