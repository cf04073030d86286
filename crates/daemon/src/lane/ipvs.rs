//! The thread that keeps the kernel's IPVS table as the pool wants it.
//!
//! It blocks in netlink, so that checks never do; a service's latest want is all that waits for it. What the result of
//! a check changes of a few rows the worker does in its place, while it sleeps: the kernel answers that within the call.

use super::ipvs_frame::Frame;
use super::ipvs_handle::{Counted, Pending, RowList, Said, Shared, TableWish, lock};
use super::ipvs_list::{OwnRows, resumed};
use super::ipvs_rows::{connections, drifted, strangers};
use super::ipvs_sweep::Sweep;
use super::ipvs_wish::Wish;
use super::lent::{self, Lending};
use super::marks::{self, Marks};
use crate::lane::outbox::Outbox;
use crate::state::{Rows, StateFile};
use holdfast_kernel::ipvs::{IpvsClient, OpenError};
use holdfast_kernel::time::now;
use holdfast_model::{Drift, Event, Machine as _, Mono, Name, ServiceKey, TableSettings};
use holdfast_plan::service::ServiceDomain;
use holdfast_plan::{Act, Action, Input, Patience, Reconciler, Report};
use holdfast_supervise::namespace;
use std::collections::BTreeMap;
use std::fs::File;
use std::sync::{Arc, Mutex};
use std::time::Duration;

/// How often a kernel without IPVS is asked again: somebody may load the module.
const ASK_AGAIN: Duration = Duration::from_secs(5);

/// What `net_namespace_ipvs` names; none: the first one of the host.
pub(crate) fn place(name: Option<&Name>) -> std::io::Result<File> {
    match name {
        Some(name) => namespace::open(name.as_str()),
        None => File::open("/proc/1/ns/net"),
    }
}

/// `net_namespace_ipvs`: the table is elsewhere, and it does not move while the daemon runs. False
/// when there is no such place: then no table is touched.
fn enter(settings: &TableSettings) -> bool {
    let Some(namespace) = &settings.namespace else {
        return true;
    };
    let entered = place(namespace.as_ref()).and_then(namespace::enter);
    if let Err(error) = &entered {
        let name = namespace.as_ref().map_or("of the host", Name::as_str);
        tracing::error!(
            "net_namespace_ipvs: cannot enter the network namespace {name}: no virtual server works: {error}"
        );
    }
    entered.is_ok()
}

/// The thread, until a stop.
pub(super) fn run(lane: &Mutex<Lane>) {
    let mut mine = lock(lane);
    let shared = Arc::clone(&mine.shared);
    mine.misplaced = !enter(mine.frame.settings());
    loop {
        let deadline = mine.next_deadline();
        let mut pending = lock(&shared.pending);
        if pending.is_empty() {
            // nobody is the lane between this and the sleep: who changes the deadline looks here first
            drop(mine);
            let limit = deadline.since(now());
            let waited = shared.bell.wait_timeout(pending, limit);
            drop(waited);
            mine = lock(lane);
            pending = lock(&shared.pending);
        }
        let todo = std::mem::take(&mut *pending);
        drop(pending);
        if mine.turn(todo) {
            return;
        }
    }
}

/// What whoever is the lane works with.
pub(super) struct Lane {
    shared: Arc<Shared>,
    outbox: Outbox<Said>,
    list: OwnRows,
    reconciler: Reconciler<ServiceDomain>,
    client: Option<IpvsClient>,
    frame: Frame,
    sweep: Sweep,
    /// The configured services were told of.
    told: bool,
    /// Services of an earlier run, until then: those that the configuration has no more are wanted by nobody.
    forgotten: Vec<ServiceKey>,
    /// An earlier worker's rows may stand there.
    resumed: bool,
    present: Option<bool>,
    /// Its network namespace does not exist.
    misplaced: bool,
    ask_at: Mono,
    /// When the check had its result that is to be told to the kernel.
    since: Option<Mono>,
}

impl Lane {
    pub(super) fn new(shared: Arc<Shared>, outbox: Outbox<Said>, file: StateFile) -> Self {
        let held = file.read::<Rows>();
        let is_resumed = held.is_some();
        let held = held.unwrap_or_default();
        let lending = Lending::resumed(lent::mark(&file), held.head.conntrack);
        let marks = Marks::resumed(marks::mark(&file));
        let frame = Frame::resumed(held.head.timeouts, lending, marks);
        let reconciler = resumed(held.services);
        let forgotten = reconciler.keys().copied().collect();
        Self {
            shared,
            outbox,
            list: OwnRows::new(file),
            reconciler,
            client: None,
            frame,
            sweep: Sweep::new(),
            told: false,
            forgotten,
            resumed: is_resumed,
            present: None,
            misplaced: false,
            ask_at: Mono::ZERO,
            since: None,
        }
    }

    /// Does what waited, and what is due; true when that was the end.
    fn turn(&mut self, todo: Pending) -> bool {
        let Pending {
            wants,
            since,
            settings,
            master,
            retaken,
            counts,
            stop,
        } = todo;
        if let Some(settings) = settings {
            self.configure(settings);
        }
        if let Some(master) = master {
            self.frame.follow(master);
        }
        let heard = now();
        if !self.told && !wants.is_empty() {
            self.told = true;
            for key in std::mem::take(&mut self.forgotten) {
                if !wants.contains_key(&key) {
                    let (epoch, want) = (0, None);
                    self.reconciler
                        .handle(heard, Input::Want { key, epoch, want });
                }
            }
        }
        for (key, (epoch, wish)) in wants {
            self.reconciler.handle(heard, wish.input(key, epoch));
        }
        for (key, row) in retaken {
            let ids = vec![row];
            self.reconciler.handle(heard, Input::Retake { key, ids });
        }
        if let Some(release) = stop {
            self.end(release);
            return true;
        }
        self.connect();
        self.since = since;
        self.drain();
        self.since = None;
        self.count(counts);
        self.tick();
        self.look();
        self.list.look(now(), &self.reconciler, &self.frame);
        false
    }

    /// Does what is wanted `since` a check had its result, on the worker's thread, which is in no
    /// other network namespace and opens nothing: gives it back where that would be needed first.
    pub(super) fn at_once(
        &mut self,
        wants: BTreeMap<ServiceKey, Wish>,
        epoch: u64,
        since: Mono,
    ) -> Option<BTreeMap<ServiceKey, Wish>> {
        if self.client.is_none() || !self.told {
            return Some(wants);
        }
        for (key, wish) in wants {
            self.reconciler.handle(since, wish.input(key, epoch));
        }
        self.since = Some(since);
        self.act();
        self.since = None;
        None
    }

    pub(super) fn configure(&mut self, wish: TableWish) {
        let patience = match wish.settings.drift {
            Drift::Operator => Patience::Leaves,
            Drift::Repair => Patience::None,
            Drift::Report => Patience::All,
        };
        self.reconciler.handle(now(), Input::Patience(patience));
        self.frame.configure(wish);
    }

    fn next_deadline(&self) -> Mono {
        let machine = self
            .client
            .as_ref()
            .and_then(|_| self.reconciler.deadline());
        let ask = match self.client {
            None => self.ask_at,
            Some(_) => self.sweep.deadline(),
        };
        let frame = self.client.as_ref().and_then(|_| self.frame.deadline());
        let write = self.list.deadline(self.reconciler.is_quiet());
        let idle = now() + Duration::from_secs(60);
        machine
            .into_iter()
            .chain([ask])
            .chain(frame)
            .chain(write)
            .fold(idle, Mono::min)
    }

    /// Opens the kernel's IPVS if it is not open, loading the module if need be.
    fn connect(&mut self) {
        if self.client.is_some() || now() < self.ask_at {
            return;
        }
        let opened = if self.misplaced {
            Err(OpenError::NoIpvs)
        } else {
            IpvsClient::open()
        };
        let present = match opened {
            Ok(mut client) => {
                if !std::mem::replace(&mut self.resumed, true) {
                    self.frame.first(&mut client);
                }
                self.client = Some(client);
                true
            }
            Err(OpenError::NoIpvs) => false,
            Err(error) => {
                tracing::error!("IPVS: Can't initialize ipvs: {error}");
                false
            }
        };
        self.ask_at = now() + ASK_AGAIN;
        if self.present != Some(present) {
            self.present = Some(present);
            self.outbox.put(Said::Present(present));
        }
    }

    /// Sees to the table as a whole, and runs the machine's actions until there are none.
    fn drain(&mut self) {
        // what was is written down before it is changed
        if self.client.is_some() && self.frame.lending.prepare() {
            self.list.whole(now(), &self.reconciler, &self.frame);
        }
        let Some(client) = &mut self.client else {
            return;
        };
        let lent = self.frame.lending.was;
        self.frame.apply(client);
        if lent != self.frame.lending.was {
            self.list.changed();
        }
        self.act();
    }

    /// Runs the machine's actions, all of them about rows.
    fn act(&mut self) {
        let Some(client) = &mut self.client else {
            return;
        };
        while let Some(action) = self.reconciler.poll_action() {
            match action {
                Action::Submit(batch) => {
                    let outcome = client.apply(&batch.ops);
                    if let Some(since) = self.since.take() {
                        lock(&self.shared.delay).add(client.left().since(since));
                    }
                    if batch.ops.iter().any(|op| op.act() != Act::Edit) {
                        self.list.changed();
                    }
                    self.reconciler.handle(
                        now(),
                        Input::Done {
                            batch: batch.id,
                            outcome,
                        },
                    );
                }
                Action::Dump(scope) => {
                    let rows = client.dump(&scope);
                    if let Err(error) = &rows {
                        tracing::warn!("IPVS: the table could not be read: {error}");
                    }
                    let interrupted = rows.is_err();
                    let read = now();
                    // what stands there as it is wanted becomes ours
                    self.list.changed();
                    for (id, attr) in rows.unwrap_or_default() {
                        self.reconciler.handle(read, Input::DumpItem { id, attr });
                    }
                    self.reconciler.handle(read, Input::DumpEnd { interrupted });
                }
                Action::Report(Report::GaveUp { key, errno, .. }) => {
                    self.outbox.put(Said::Event(Event::IpvsFailed {
                        service: key,
                        errno,
                    }));
                }
                Action::Report(report) => drifted(&report, &self.frame.settings().drift),
            }
        }
    }

    /// Counts connections for those who ask.
    fn count(&mut self, counts: Vec<(u64, RowList)>) {
        for (number, rows) in counts {
            let mut client = self.client.as_mut();
            let load = client
                .as_mut()
                .and_then(|client| connections(client, &rows));
            self.outbox.put(Said::Counted(Counted { number, load }));
        }
    }

    /// Looks whether others changed something.
    fn look(&mut self) {
        if self.client.is_none() {
            return;
        }
        if let Some(found) = self.sweep.look(&self.reconciler, self.told) {
            strangers(&found);
            if !found.differing.is_empty() {
                self.reconciler.handle(now(), Input::Look(found.differing));
                self.drain();
            }
        }
        let gone = [self.frame.lending.look(), self.frame.marks.look()];
        if gone.contains(&true) {
            self.drain();
        }
    }

    fn tick(&mut self) {
        let due = self
            .reconciler
            .deadline()
            .is_some_and(|deadline| deadline <= now());
        if due && self.client.is_some() {
            self.reconciler.handle(now(), Input::Tick);
            self.drain();
        }
    }

    fn end(&mut self, release: bool) {
        self.connect();
        if !release {
            // what was wanted last still goes in; the rows stay
            self.drain();
            return self.list.whole(now(), &self.reconciler, &self.frame);
        }
        let keys: Vec<ServiceKey> = self.reconciler.keys().copied().collect();
        let asked = now();
        for key in keys {
            self.reconciler.handle(
                asked,
                Input::Want {
                    key,
                    epoch: u64::MAX,
                    want: None,
                },
            );
        }
        self.drain();
        if let Some(client) = &mut self.client {
            self.frame.end(client);
        }
        self.list.remove();
    }
}
