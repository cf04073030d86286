//! The lvs worker: pool and probes on one thread, the table in a lane of its own.
//!
//! A due check is a task that stands ready, and its result is a call of the pool: no channel and no
//! new task a check, since crossing threads costs more than the check itself.

mod asked;
mod here;
mod keeping;
mod named;
mod orders;
mod probes;
mod programs;
mod shared;
mod watched;

use self::here::Here;
use self::keeping::Keeping;
use self::programs::Programs;
use self::shared::{Shared, feed, run_actions};
use self::watched::Watched;
use super::control::{BEAT, Control, Order};
use super::link::{Level, Link};
use super::lvs_wants::Wants;
use super::urgency::{self, Urgent};
use super::{Start, adopt};
use crate::lane::ipvs_handle::{IpvsLane, Said, TableWish};
use crate::lane::outbox::{self, Inbox};
use crate::script::server_teller::ServerTeller;
use crate::state::StateFile;
use crate::{Context, load, render};
use holdfast_control::Questions;
use holdfast_health::{Input, Pool, PoolState};
use holdfast_kernel::time::now;
use holdfast_model::{Event, Machine as _, Mono};
use holdfast_supervise::{Bundle, FromWorker, Role};
use std::cell::RefCell;
use std::collections::BTreeMap;
use std::io;
use std::pin::pin;
use std::rc::Rc;
use tokio::runtime::LocalOptions;
use tokio::sync::Notify;
use tokio::time::Instant;

/// Runs until it is told to stop.
pub(super) fn run(start: Start, context: &Context) -> io::Result<()> {
    urgency::raise_descriptor_limit();
    let runtime = tokio::runtime::Builder::new_current_thread()
        .max_blocking_threads(2)
        .enable_all()
        .build_local(LocalOptions::default())?;
    // a task like its probes: only what the runtime waits for itself is woken by a system call
    let worker = runtime.spawn_local(serve(start, context.clone()));
    runtime.block_on(worker)?
}

async fn serve(start: Start, context: Context) -> io::Result<()> {
    let Start {
        control,
        link,
        questions,
        bundle,
        adopts,
        // its state stands in files
        ..
    } = start;
    let model = load::lvs_section(&bundle)?;
    let (outbox, inbox) = outbox::pair()?;
    let rows = StateFile::lvs(&context.run_dir);
    let wish = TableWish::of(&model).adopting(adopts);
    let lane = IpvsLane::start(outbox, rows, wish)?;
    let alarm = Rc::new(Notify::new());
    let file = StateFile::checks(&context.run_dir);
    let pool = match file.read().filter(PoolState::is_known) {
        Some(state) => Pool::resume(&model, &state),
        None if adopts => adopt::pool(&model),
        None => Pool::new(),
    };
    let shared = Rc::new(RefCell::new(Shared {
        pool,
        lane,
        probes: BTreeMap::new(),
        alarm: Rc::clone(&alarm),
        until: Mono::ZERO,
        detail: context.log.detail,
        keeping: Keeping::new(file),
        broken: 0,
        teller: ServerTeller::start()?,
        programs: Programs::new()?,
        wants: Wants::default(),
    }));
    let mut worker = Worker {
        shared,
        control,
        link,
        questions,
        inbox,
        present: None,
        urgent: Urgent::new(Role::Lvs, Vec::new()),
        here: Here::new(&model),
        watched: Watched::new()?,
    };
    worker.urgent.configure(&bundle);
    worker.link.send(&Level::Hello);
    let seed = now().nanos() ^ u64::from(std::process::id());
    let input = Input::Start {
        model: &model,
        seed,
    };
    worker.shared.borrow_mut().teller.begin(&model.told);
    worker.watched.configure(&worker.shared, &model.tracked);
    worker.shared.borrow_mut().pool.handle(now(), input);
    // the pool has what it needs of it; the actions can use its memory
    let told = model.told;
    drop((model.virtual_servers, bundle));
    run_actions(&worker.shared, None);
    worker.here.look(&worker.shared);
    worker.shared.borrow_mut().in_force(&told);
    worker.shared.borrow_mut().keeping.as_it_stands();
    let bell = worker.shared.borrow().keeping.bell();
    tokio::task::spawn_local(keeping::keep(Rc::downgrade(&worker.shared), bell));
    worker.control.say(FromWorker::Ready);
    let release = worker.serve(&alarm).await?;
    worker.shared.borrow_mut().keeping.remove();
    let Ok(shared) = Rc::try_unwrap(worker.shared) else {
        return Err(io::Error::other("a probe is still at work"));
    };
    let Shared {
        lane,
        teller,
        programs: _programs,
        ..
    } = shared.into_inner();
    teller.stop();
    lane.stop(release);
    teller.end(|| worker.control.say(FromWorker::Beat));
    Ok(())
}

struct Worker {
    shared: Rc<RefCell<Shared>>,
    control: Control,
    link: Link,
    questions: Questions,
    inbox: Inbox<Said>,
    present: Option<bool>,
    urgent: Urgent,
    here: Here,
    watched: Watched,
}

impl Worker {
    /// The loop; its result says whether a stop gives the rows back.
    async fn serve(&mut self, alarm: &Notify) -> io::Result<bool> {
        let [channel, signals] = self.control.descriptors();
        let bell = holdfast_kernel::readable::watch(&[
            channel,
            signals,
            std::os::fd::AsFd::as_fd(&self.link),
            std::os::fd::AsFd::as_fd(&self.questions),
            std::os::fd::AsFd::as_fd(&self.inbox),
            std::os::fd::AsFd::as_fd(&self.shared.borrow().programs),
            std::os::fd::AsFd::as_fd(&self.watched),
        ])?;
        let mut next_beat = Mono::ZERO;
        // always one of the runtime's timers: who sets a later one than its first need not wake it
        let mut pulse = pin!(tokio::time::sleep(BEAT));
        loop {
            let slept = now();
            if slept >= next_beat {
                self.control.beat(slept);
                next_beat = slept + BEAT;
                pulse.as_mut().reset(Instant::now() + BEAT);
                self.here.look(&self.shared);
                self.shared.borrow_mut().keeping.look(slept);
            }
            let until = self.shared.borrow().deadline();
            let until = until.map_or(next_beat, |due| due.min(next_beat));
            self.shared.borrow_mut().until = until;
            let rang = tokio::select! {
                biased;
                () = bell.readable() => true,
                () = alarm.notified() => false,
                () = tokio::time::sleep(until.since(slept)), if until < next_beat => false,
                () = &mut pulse => false,
            };
            self.shared.borrow_mut().until = Mono::ZERO;
            let woke = now();
            self.urgent.late(woke.since(until.max(slept)));
            if rang && let Some(release) = self.read() {
                feed(&self.shared, Input::Stop);
                self.shared.borrow_mut().probes.clear();
                self.shared.borrow_mut().programs.end();
                if release {
                    self.shared.borrow().say_farewell();
                }
                return Ok(release);
            }
            let over = self.shared.borrow().programs.deadline();
            if rang || over.is_some_and(|over| over <= woke) {
                self.collect();
            }
            let due = self.shared.borrow().pool.deadline();
            if due.is_some_and(|due| due <= woke) {
                feed(&self.shared, Input::Tick);
            }
        }
    }

    /// All that others sent; says how to stop, when that is asked for. Nobody looks there unless the bell
    /// rang: most of what wakes the loop is checks.
    fn read(&mut self) -> Option<bool> {
        self.read_inbox();
        self.read_levels();
        self.answer();
        self.watched.tell(&self.shared);
        self.read_orders()
    }

    /// What programs said that have ended.
    fn collect(&mut self) {
        let ended = self.shared.borrow_mut().programs.collect(now());
        for input in ended {
            feed(&self.shared, input);
        }
    }

    fn read_inbox(&mut self) {
        self.inbox.silence();
        while let Some(said) = self.inbox.take() {
            match said {
                Said::Present(present) => {
                    self.present = Some(present);
                    self.link.send(&Level::Ipvs(present));
                    let event = Event::Ipvs { present };
                    render::say(&event, self.shared.borrow().detail);
                }
                Said::Counted(counted) => self.counted(&counted),
                Said::Event(event) => render::say(&event, self.shared.borrow().detail),
            }
        }
    }

    fn read_levels(&mut self) {
        while let Some(level) = self.link.next() {
            match (level, self.present) {
                (Level::Hello, Some(present)) => self.link.send(&Level::Ipvs(present)),
                (Level::Master(master), _) => self.shared.borrow().lane.follow(master),
                (Level::Bfd(session, up), _) => {
                    let (of, level) = (session.watched(), holdfast_model::Level::of(up));
                    feed(&self.shared, Input::Level { of: &of, level });
                }
                (Level::Hello | Level::Ipvs(_), _) => {}
            }
        }
    }

    fn read_orders(&mut self) -> Option<bool> {
        while let Some(order) = self.control.next() {
            match order {
                Order::Reload(bundle) => self.reload(&bundle),
                Order::Leave => {
                    self.shared.borrow_mut().keep_now();
                    std::process::exit(holdfast_supervise::exit::OK);
                }
                Order::Stop { release } => return Some(release),
                // its report comes with the control socket; the table is not handed over
                Order::Report | Order::Offer => {}
            }
        }
        None
    }

    fn reload(&mut self, bundle: &Bundle) {
        match load::lvs_section(bundle) {
            Ok(model) => {
                tracing::info!("Reloading");
                holdfast_probe::forget_files();
                self.shared.borrow_mut().teller.begin(&model.told);
                self.shared.borrow().lane.configure(TableWish::of(&model));
                self.watched.configure(&self.shared, &model.tracked);
                feed(&self.shared, Input::Reconfigure(&model));
                self.shared.borrow_mut().keeping.anew();
                self.here = Here::new(&model);
                self.here.look(&self.shared);
                self.shared.borrow_mut().in_force(&model.told);
                self.urgent.configure(bundle);
                let generation = bundle.header.generation;
                self.control.say(FromWorker::Reloaded { generation });
            }
            Err(error) => {
                tracing::error!("reload: {error}: the old configuration stays in force");
                let generation = bundle.header.generation;
                self.control.say(FromWorker::Kept { generation });
            }
        }
    }
}
