//! What the probes' tasks and the worker's loop have in common, and how an input of the pool is done.

use super::keeping::Keeping;
use super::probes::{Standing, start_probe};
use super::programs::Programs;
use crate::lane::ipvs_handle::IpvsLane;
use crate::render;
use crate::script::server_teller::ServerTeller;
use crate::worker::lvs_wants::{Dirty, Wants};
use holdfast_health::{Action, CheckId, Input, Pool};
use holdfast_kernel::time::now;
use holdfast_model::event::RealServerEvent;
use holdfast_model::{Event, Machine as _, Mono, Probe, ServerNotices};
use std::cell::RefCell;
use std::collections::BTreeMap;
use std::rc::Rc;
use tokio::sync::Notify;

/// Real servers that a stop names: the log keeps no more than some thousand lines at once.
const NAMED: usize = 1_000;

/// What the probes' tasks and the worker's loop share; never borrowed across an await.
pub(super) struct Shared {
    pub(super) pool: Pool,
    pub(super) lane: IpvsLane,
    pub(super) probes: BTreeMap<CheckId, Standing>,
    /// Rung when something is due before `until`.
    pub(super) alarm: Rc<Notify>,
    /// Until when the loop sleeps; zero while it is awake.
    pub(super) until: Mono,
    pub(super) detail: bool,
    pub(super) keeping: Keeping,
    /// Checks that panicked.
    pub(super) broken: u64,
    pub(super) teller: ServerTeller,
    pub(super) programs: Programs,
    pub(super) wants: Wants,
}

/// Gives the pool an input and does what it asks for.
pub(super) fn feed(shared: &Rc<RefCell<Shared>>, input: Input<'_>) {
    // it may begin to rise, which no row shows
    if matches!(input, Input::Level { .. }) {
        shared.borrow_mut().keeping.turned();
    }
    let heard = now();
    let since = matches!(input, Input::Verdict { .. }).then_some(heard);
    shared.borrow_mut().pool.handle(heard, input);
    run_actions(shared, since);
}

/// Does what the pool asks for; `since` a check had its result.
pub(super) fn run_actions(shared: &Rc<RefCell<Shared>>, since: Option<Mono>) {
    let mut dirty = Dirty::default();
    // a result has few events, and the kernel is told first: a line for the log wakes who writes it
    let mut events = Vec::new();
    // one by one: a start has an action for every server, and twice that is memory for nothing
    loop {
        let action = shared.borrow_mut().pool.poll_action();
        match action {
            None => break,
            Some(Action::Probe {
                check,
                probe: Probe::Misc(misc),
                timeout,
            }) => {
                let mut shared = shared.borrow_mut();
                if let Err(failure) = shared.programs.start(check, &misc, timeout) {
                    let result = Err(failure);
                    shared.pool.handle(now(), Input::Verdict { check, result });
                }
            }
            Some(Action::Probe {
                check,
                probe,
                timeout,
            }) => start_probe(shared, check, probe, timeout),
            Some(Action::Cancel { check }) => {
                shared.borrow_mut().probes.remove(&check);
                shared.borrow_mut().programs.cancel(check);
            }
            Some(Action::Dirty(key)) => {
                dirty.whole.insert(key);
            }
            Some(Action::Turned(key)) => {
                dirty.rows.insert(key);
            }
            Some(Action::Report(event)) if since.is_some() => events.push(event),
            Some(Action::Report(event)) => shared.borrow_mut().say(&event),
        }
    }
    shared.borrow_mut().want(dirty, since);
    for event in events {
        shared.borrow_mut().say(&event);
    }
    shared.borrow_mut().teller.settle();
    let shared = shared.borrow();
    if shared.deadline().is_some_and(|due| due < shared.until) {
        shared.alarm.notify_one();
    }
}

impl Shared {
    /// When the pool or a program is due.
    pub(super) fn deadline(&self) -> Option<Mono> {
        let programs = self.programs.deadline();
        self.pool.deadline().into_iter().chain(programs).min()
    }

    /// A configuration is in force, and its events were heard.
    pub(super) fn in_force(&mut self, told: &ServerNotices) {
        self.teller.finish(told, &self.pool);
    }

    pub(super) fn say(&mut self, event: &Event) {
        render::say(event, self.detail);
        self.teller.hear(event);
    }

    /// Writes all that a successor needs to know of the checks.
    pub(super) fn keep_now(&mut self) {
        self.keeping.whole(&self.pool);
    }

    /// Writes a piece of it; true if more is to come.
    pub(super) fn keep_on(&mut self) -> bool {
        self.keeping.piece(&self.pool)
    }

    /// Names the rows that are about to go, and counts what are too many to be read.
    pub(super) fn say_farewell(&self) {
        let mut count = 0_usize;
        for view in self.pool.views() {
            let servers = view.config().real_servers.iter();
            for server in servers.filter(|server| view.weight(server).is_some()) {
                count += 1;
                if count <= NAMED {
                    let event = Event::RealServer {
                        real_server: server.key.clone(),
                        event: RealServerEvent::ShutDown,
                    };
                    render::say(&event, self.detail);
                }
            }
        }
        let more = count.saturating_sub(NAMED);
        if more > 0 {
            tracing::info!("Shutting down {more} more real servers");
        }
        self.teller.farewell(&self.pool);
    }

    /// Hands the lane what virtual servers want now, in one batch: many small ones cost more.
    pub(super) fn want(&mut self, dirty: Dirty, since: Option<Mono>) {
        if dirty.is_empty() {
            return;
        }
        self.keeping.turned();
        let wants = self.wants.of(&self.pool, dirty);
        self.lane.want(wants, since);
    }
}
