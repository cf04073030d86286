//! All virtual servers and all checks: what is due, what came back.

use crate::check::{Check, CheckId, Turn};
use crate::rise::Rising;
use crate::schedule::Spread;
use crate::service::Service;
use crate::suspend::Suspend;
use crate::told::Told;
use crate::view::{CheckView, ServiceView};
use crate::weigh::Weigh;
use core::net::IpAddr;
use core::time::Duration;
use holdfast_model::event::{CheckFailure, RealServerEvent};
use holdfast_model::{
    CheckKey, Event, Given, Level, LvsModel, Machine, Mono, Probe, RealServerKey, TrackKey,
    VirtualServerKey,
};
use std::collections::{BTreeMap, BTreeSet, VecDeque};
use std::sync::Arc;

/// Probes in flight, at most. Each holds a descriptor and up to two buffers: 4,096 are some 30 MB
/// and an eighth of the ports of one source address, and 20,000 dead servers with 5 s to answer
/// are still gone through in 25 s. Needs RLIMIT_NOFILE above it. What is due beyond waits, the
/// longest due first.
pub const MAX_IN_FLIGHT: usize = 4096;

/// What the pool hears.
#[derive(Debug)]
pub enum Input<'a> {
    /// Begin: everybody lives, checks follow. `seed` spreads them.
    Start {
        /// What to run.
        model: &'a LvsModel,
        /// Any number.
        seed: u64,
    },
    /// The deadline has come.
    Tick,
    /// A probe has ended.
    Verdict {
        /// Of which check.
        check: CheckId,
        /// How.
        result: Result<(), CheckFailure>,
    },
    /// A check says another weight of its server, beside its verdict.
    Weigh {
        /// Which check.
        check: CheckId,
        /// What it says.
        weigh: Weigh,
    },
    /// How something is that checks watch. One that is told before the `Start` or the
    /// `Reconfigure` that brings the check is how that one begins.
    Level {
        /// What.
        of: &'a TrackKey,
        /// How it is.
        level: Level,
    },
    /// This machine's addresses: who is suspended without its own is asked from now on, or not.
    Addresses(&'a BTreeSet<IpAddr>),
    /// A new configuration: what stayed keeps its state.
    Reconfigure(&'a LvsModel),
    /// An operator wants this of a real server, or with `None` no more. Nothing comes of it where
    /// there is no such server. What the table shows of its virtual server is told in any case.
    Order {
        /// Which.
        real_server: &'a RealServerKey,
        /// What.
        given: Option<Given>,
    },
    /// No more probes. The table's rows stand as they are: whoever owns them gives them back.
    Stop,
}

/// What the pool asks for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Action {
    /// Ask this, and say once what came of it.
    Probe {
        /// To be given back.
        check: CheckId,
        /// What to ask; the same for the life of the check.
        probe: Probe,
        /// For the connection, and for each wait for bytes.
        timeout: Duration,
    },
    /// The check is gone: end its probe, if one runs, and say nothing of it.
    Cancel {
        /// Which check.
        check: CheckId,
    },
    /// The table's part of this virtual server is to be looked at.
    Dirty(VirtualServerKey),
    /// Only the row of this real server is to be looked at.
    Turned(RealServerKey),
    /// Something happened.
    Report(Event),
}

/// The health machine.
///
/// `handle` one input, drain [`poll_action`](Machine::poll_action), sleep until
/// [`deadline`](Machine::deadline) or the next input.
#[derive(Debug, Clone)]
pub struct Pool {
    pub(crate) services: BTreeMap<VirtualServerKey, Service>,
    /// Boxed: a map of large values is half empty.
    pub(crate) checks: BTreeMap<CheckId, Box<Check>>,
    pub(crate) ids: BTreeMap<Arc<CheckKey>, CheckId>,
    /// Checks that wait; those in flight are not in it.
    pub(crate) due: BTreeSet<(Mono, CheckId)>,
    pub(crate) in_flight: usize,
    limit: usize,
    pub(crate) next_id: u64,
    pub(crate) spread: Spread,
    pub(crate) suspend: Suspend,
    pub(crate) told: Told,
    pub(crate) rising: Rising,
    /// When orders end; an end without its order is nobody's.
    pub(crate) ends: BTreeSet<(Mono, RealServerKey)>,
    /// The next steps of slow starts.
    pub(crate) steps: BTreeSet<(Mono, RealServerKey)>,
    /// Checks whose event is still to be told: an event is twenty times an id.
    pub(crate) fresh: VecDeque<CheckId>,
    /// Drained after each input; one input leaves a few a service, a load a few a server.
    pub(crate) actions: VecDeque<Action>,
}

impl Default for Pool {
    fn default() -> Self {
        Self::new()
    }
}

impl Pool {
    /// Nothing to check.
    pub const fn new() -> Self {
        Self::with_limit(MAX_IN_FLIGHT)
    }

    /// With another bound on the probes in flight, at least 1.
    pub const fn with_limit(limit: usize) -> Self {
        Self {
            services: BTreeMap::new(),
            checks: BTreeMap::new(),
            ids: BTreeMap::new(),
            due: BTreeSet::new(),
            in_flight: 0,
            limit: if limit == 0 { 1 } else { limit },
            next_id: 0,
            spread: Spread::new(0),
            suspend: Suspend::new(),
            told: Told::new(),
            rising: Rising::new(),
            ends: BTreeSet::new(),
            steps: BTreeSet::new(),
            fresh: VecDeque::new(),
            actions: VecDeque::new(),
        }
    }

    /// What the table should say of a virtual server now; `None`: it is configured no more.
    /// Costs what its rows cost.
    pub fn view(&self, key: &VirtualServerKey) -> Option<ServiceView<'_>> {
        self.services.get(key).map(ServiceView::new)
    }

    /// Every virtual server, by key.
    pub fn views(&self) -> impl Iterator<Item = ServiceView<'_>> {
        self.services.values().map(ServiceView::new)
    }

    /// Every check in the order of its id: what, whether it is up, and when it is, or was, due.
    pub fn checks(&self) -> impl Iterator<Item = (&CheckKey, bool, Mono)> {
        let checks = self.checks.values();
        checks.map(|check| (&*check.key, check.up, check.due))
    }

    /// How many checks there are.
    pub fn check_count(&self) -> usize {
        self.checks.len()
    }

    /// Every check as it stands, in the order of its id.
    pub fn check_views(&self) -> impl Iterator<Item = CheckView<'_>> {
        self.checks.values().map(|check| CheckView::new(check))
    }

    /// `ha_suspend`: its checks wait for its address.
    pub fn is_suspended(&self, key: &VirtualServerKey) -> bool {
        self.suspend.waits(key)
    }

    /// Probes that have been asked for and have not ended.
    pub const fn in_flight(&self) -> usize {
        self.in_flight
    }

    /// Starts what is due, as far as there is room.
    fn start_due(&mut self, now: Mono) {
        while self.in_flight < self.limit {
            let Some(next) = self.due.first().copied().filter(|(due, _)| *due <= now) else {
                return;
            };
            self.due.remove(&next);
            if self.postpone(now, next.1) {
                continue;
            }
            let Some(check) = self.checks.get_mut(&next.1) else {
                continue;
            };
            check.in_flight = true;
            self.in_flight += 1;
            self.actions.push_back(Action::Probe {
                check: next.1,
                probe: check.key.probe.clone(),
                timeout: check.timing.connect_timeout.duration(),
            });
        }
    }

    fn verdict(&mut self, now: Mono, id: CheckId, result: Result<(), CheckFailure>) {
        let Some(check) = self.checks.get_mut(&id).filter(|check| check.in_flight) else {
            return;
        };
        self.in_flight -= 1;
        let turn = check.verdict(now, &result);
        self.due.insert((check.due, id));
        let key = check.key.real_server.clone();
        let probe = check.key.probe.clone();
        let log_all = check.manner.log_all;
        match (turn, result) {
            (Turn::Same, _) | (Turn::Forgiven | Turn::NotYet | Turn::Failed { .. }, Ok(())) => {}
            (Turn::Forgiven, Err(reason)) => {
                if log_all {
                    self.say(&key, RealServerEvent::CheckForgiven { probe, reason });
                }
            }
            (Turn::NotYet, Err(reason)) => {
                self.say(&key, RealServerEvent::CheckNotYetUp { probe, reason });
            }
            (Turn::Confirmed, _) => self.say(&key, RealServerEvent::CheckSucceeded { probe }),
            (Turn::Recovered, _) => {
                self.say(&key, RealServerEvent::CheckSucceeded { probe });
                self.easing(now, &key, |pool| pool.judge(&key, Service::recover));
            }
            (Turn::Failed { retries }, Err(reason)) => {
                let event = RealServerEvent::CheckFailed {
                    probe,
                    reason,
                    retries,
                };
                self.say(&key, event);
                self.judge(&key, Service::fail);
            }
        }
    }

    pub(crate) fn weigh(&mut self, id: CheckId, weigh: Weigh) {
        let Some(check) = self.checks.get_mut(&id) else {
            return;
        };
        if core::mem::replace(&mut check.weigh, weigh) != weigh {
            let key = check.key.real_server.clone();
            self.judge(&key, |service, key, events| {
                service.weigh((key, id), weigh, events)
            });
        }
    }

    /// Tells the service that a check of `key` has turned.
    pub(crate) fn judge(
        &mut self,
        key: &RealServerKey,
        turn: impl FnOnce(&mut Service, &RealServerKey, &mut Vec<Event>) -> bool,
    ) {
        let Some(service) = self.services.get_mut(&key.virtual_server) else {
            return;
        };
        let mut events = Vec::new();
        let sorry = service.sorry();
        let moved = turn(service, key, &mut events);
        // the sorry server's turn is everybody's
        let alone = service.sorry() == sorry;
        self.report_all(events);
        if moved {
            self.actions.push_back(if alone {
                Action::Turned(key.clone())
            } else {
                Action::Dirty(key.virtual_server.clone())
            });
        }
    }

    pub(crate) fn say(&mut self, key: &RealServerKey, event: RealServerEvent) {
        self.actions.push_back(Action::Report(Event::RealServer {
            real_server: key.clone(),
            event,
        }));
    }

    pub(crate) fn report_all(&mut self, events: Vec<Event>) {
        self.actions.extend(events.into_iter().map(Action::Report));
    }

    pub(crate) fn drop_check(&mut self, id: CheckId) {
        let Some(check) = self.checks.remove(&id) else {
            return;
        };
        self.ids.remove(&check.key);
        self.told.drop_check(&check.key.probe, id);
        self.rising.end(id);
        self.due.remove(&(check.due, id));
        self.in_flight -= usize::from(check.in_flight);
        self.actions.push_back(Action::Cancel { check: id });
    }

    fn stop(&mut self) {
        let ids: Vec<CheckId> = self.checks.keys().copied().collect();
        for id in ids {
            self.drop_check(id);
        }
    }
}

impl Machine for Pool {
    type Input<'a> = Input<'a>;
    type Action = Action;

    fn handle(&mut self, now: Mono, input: Input<'_>) {
        match input {
            Input::Start { model, seed } => {
                self.spread = Spread::new(seed);
                self.load(now, model, true);
            }
            Input::Reconfigure(model) => self.load(now, model, false),
            Input::Tick => {
                self.end_orders(now);
                self.take_steps(now);
                self.believe(now);
                self.start_due(now);
            }
            Input::Order { real_server, given } => {
                self.easing(now, real_server, |pool| pool.take_order(real_server, given));
                self.show(real_server);
            }
            Input::Verdict { check, result } => self.verdict(now, check, result),
            Input::Weigh { check, weigh } => self.weigh(check, weigh),
            Input::Level { of, level } => self.level(now, of, level),
            Input::Addresses(here) => self.addresses(here),
            Input::Stop => self.stop(),
        }
    }

    fn poll_action(&mut self) -> Option<Action> {
        if let Some(action) = self.actions.pop_front() {
            return Some(action);
        }
        // as keepalived: checks are announced when every service stands
        while let Some(id) = self.fresh.pop_front() {
            if let Some(check) = self.checks.get(&id)
                && !self.suspend.waits(&check.key.real_server.virtual_server)
            {
                let (real_server, probe) = (check.key.real_server.clone(), check.key.probe.clone());
                let event = RealServerEvent::CheckActivated { probe };
                return Some(Action::Report(Event::RealServer { real_server, event }));
            }
        }
        None
    }

    /// When the tick is due. No check is while every slot is taken: a verdict frees one.
    fn deadline(&self) -> Option<Mono> {
        let due = self.due.first().filter(|_| self.in_flight < self.limit);
        let end = self.ends.first().map(|(end, _)| *end);
        let step = self.steps.first().map(|(due, _)| *due);
        let risen = self.rising.first();
        let due = due.map(|(due, _)| *due);
        let others = end.into_iter().chain(step).chain(risen);
        due.into_iter().chain(others).min()
    }
}
