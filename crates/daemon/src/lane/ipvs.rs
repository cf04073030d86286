//! The thread that keeps the kernel's IPVS table as the pool wants it.
//!
//! It blocks in netlink, so that checks never do; a service's latest want is all that waits for it.

use crate::lane::outbox::Outbox;
use crate::state::{HeldRow, Rows, StateFile};
use holdfast_kernel::ipvs::{IpvsClient, OpenError};
use holdfast_kernel::time::now;
use holdfast_model::{Event, Machine as _, Mono, ServiceKey};
use holdfast_plan::service::{RowId, ServiceDomain};
use holdfast_plan::{Action, Input, Origin, Reconciler, Report, Want};
use std::collections::BTreeMap;
use std::io;
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::thread::JoinHandle;
use std::time::Duration;

/// How often a kernel without IPVS is asked again: somebody may load the module.
const ASK_AGAIN: Duration = Duration::from_secs(5);
/// How often the list of rows is written, at most.
const WRITE_EVERY: Duration = Duration::from_secs(1);
/// A table that does not come to rest is written down all the same after this.
const UNSETTLED: Duration = Duration::from_secs(5);

/// What a service is to be: its epoch, and its rows or nothing.
type Wanted = (u64, Option<Want<ServiceDomain>>);

/// What the lane says.
#[derive(Debug)]
pub(crate) enum Said {
    /// IPVS is in the kernel, or not.
    Present(bool),
    /// Worth a line.
    Event(Event),
}

#[derive(Debug, Default)]
struct Pending {
    /// By service, the latest wins: bounded by the number of services.
    wants: BTreeMap<ServiceKey, Wanted>,
    /// End, giving the rows back or not.
    stop: Option<bool>,
}

#[derive(Debug, Default)]
struct Shared {
    pending: Mutex<Pending>,
    bell: Condvar,
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
    pub(crate) fn start(outbox: Outbox<Said>, file: StateFile) -> io::Result<Self> {
        let shared = Arc::new(Shared::default());
        let lane = Lane::new(Arc::clone(&shared), outbox, file);
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

    /// From now on these services are to be this; `None`: not there.
    pub(crate) fn want(
        &mut self,
        wants: impl Iterator<Item = (ServiceKey, Option<Want<ServiceDomain>>)>,
    ) {
        self.epoch += 1;
        let epoch = self.epoch;
        // made outside of the lock: the lane may be waiting for it
        let wants: Vec<_> = wants
            .map(|(service, want)| (service, (epoch, want)))
            .collect();
        lock(&self.shared.pending).wants.extend(wants);
        self.shared.bell.notify_one();
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

fn lock(pending: &Mutex<Pending>) -> MutexGuard<'_, Pending> {
    pending.lock().unwrap_or_else(PoisonError::into_inner)
}

/// The thread's own state.
struct Lane {
    shared: Arc<Shared>,
    outbox: Outbox<Said>,
    file: StateFile,
    reconciler: Reconciler<ServiceDomain>,
    client: Option<IpvsClient>,
    present: Option<bool>,
    ask_at: Mono,
    /// The rows changed since they were written.
    unwritten: bool,
    write_at: Mono,
}

impl Lane {
    fn new(shared: Arc<Shared>, outbox: Outbox<Said>, file: StateFile) -> Self {
        let reconciler = match file.read::<Rows>() {
            Some(rows) => resumed(rows),
            None => Reconciler::new(),
        };
        Self {
            shared,
            outbox,
            file,
            reconciler,
            client: None,
            present: None,
            ask_at: Mono::ZERO,
            unwritten: false,
            write_at: Mono::ZERO,
        }
    }

    fn run(mut self) {
        let started = now();
        // services of an earlier run that the configuration has no more are wanted by nobody
        let mut forgotten: Vec<ServiceKey> = self.reconciler.keys().copied().collect();
        let mut first = true;
        loop {
            let (wants, stop) = self.wait();
            if first && !wants.is_empty() {
                forgotten.retain(|key| !wants.contains_key(key));
                for key in forgotten.drain(..) {
                    self.reconciler.handle(
                        started,
                        Input::Want {
                            key,
                            epoch: 0,
                            want: None,
                        },
                    );
                }
                first = false;
            }
            let heard = now();
            for (key, (epoch, want)) in wants {
                self.reconciler
                    .handle(heard, Input::Want { key, epoch, want });
            }
            if let Some(release) = stop {
                self.end(release);
                return;
            }
            self.connect();
            self.drain();
            self.tick();
            self.write();
        }
    }

    /// Sleeps until something is wanted or due.
    fn wait(&self) -> (BTreeMap<ServiceKey, Wanted>, Option<bool>) {
        let mut pending = lock(&self.shared.pending);
        if pending.wants.is_empty() && pending.stop.is_none() {
            let limit = self.next_deadline().since(now());
            let waited = self.shared.bell.wait_timeout(pending, limit);
            pending = waited.unwrap_or_else(PoisonError::into_inner).0;
        }
        (std::mem::take(&mut pending.wants), pending.stop)
    }

    fn next_deadline(&self) -> Mono {
        let machine = self
            .client
            .as_ref()
            .and_then(|_| self.reconciler.deadline());
        let ask = self.client.is_none().then_some(self.ask_at);
        let write = self.unwritten.then(|| {
            let settled = self.reconciler.is_quiet();
            self.write_at + if settled { Duration::ZERO } else { UNSETTLED }
        });
        let idle = now() + Duration::from_secs(60);
        machine
            .into_iter()
            .chain(ask)
            .chain(write)
            .fold(idle, Mono::min)
    }

    /// Opens the kernel's IPVS if it is not open, loading the module if need be.
    fn connect(&mut self) {
        if self.client.is_some() || now() < self.ask_at {
            return;
        }
        let present = match IpvsClient::open() {
            Ok(client) => {
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

    /// Runs the machine's actions until there are none.
    fn drain(&mut self) {
        let Some(client) = &mut self.client else {
            return;
        };
        while let Some(action) = self.reconciler.poll_action() {
            match action {
                Action::Submit(batch) => {
                    let outcome = client.apply(&batch.ops);
                    self.unwritten = true;
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
                Action::Report(
                    Report::Applied { .. } | Report::Lost { .. } | Report::Restored { .. },
                ) => {}
            }
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

    /// Writes which rows are ours, at most once a second.
    fn write(&mut self) {
        // half a table is worth no list: what is missing in it the configuration knows
        let settled = self.reconciler.is_quiet() || now() >= self.write_at + UNSETTLED;
        if !self.unwritten || now() < self.write_at || !settled {
            return;
        }
        self.unwritten = false;
        self.write_at = now() + WRITE_EVERY;
        if let Err(error) = self.file.write(&rows(&self.reconciler)) {
            tracing::warn!("cannot write the list of IPVS rows: {error}");
        }
    }

    fn end(&mut self, release: bool) {
        self.connect();
        if !release {
            // what was wanted last still goes in; the rows stay
            self.drain();
            self.unwritten = true;
            self.write_at = Mono::ZERO;
            return self.write();
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
        self.file.remove();
    }
}

fn rows(reconciler: &Reconciler<ServiceDomain>) -> Rows {
    let services = reconciler.keys().filter_map(|key| {
        let ours = reconciler.ours(key).filter(|ours| !ours.is_empty())?;
        let rows = ours.iter().map(|(id, origin)| HeldRow {
            destination: id.destination.map(|row| (row.address, row.port)),
            found: *origin == Origin::Found,
        });
        Some((*key, rows.collect()))
    });
    Rows {
        services: services.collect(),
    }
}

fn resumed(rows: Rows) -> Reconciler<ServiceDomain> {
    let snapshot = rows.services.into_iter().map(|(service, rows)| {
        let rows = rows.into_iter().map(|row| {
            let id = match row.destination {
                None => RowId::service(service),
                Some((address, port)) => RowId::destination(service, address, port),
            };
            (
                id,
                if row.found {
                    Origin::Found
                } else {
                    Origin::Made
                },
            )
        });
        (service, rows.collect())
    });
    Reconciler::resume(snapshot.collect())
}
