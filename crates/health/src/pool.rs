//! All virtual servers and all checks.

use crate::check::{Check, CheckId, Turn};
use crate::schedule::Spread;
use crate::service::Service;
use core::time::Duration;
use holdfast_model::event::{CheckFailure, RealServerEvent};
use holdfast_model::{
    CheckKey, Event, LvsModel, Machine, Mono, Probe, RealServer, VirtualServer, VirtualServerKey,
    Weight,
};
use std::collections::{BTreeMap, BTreeSet, VecDeque};

/// Probes in flight, at most: each holds a descriptor, and a usual limit is 1,024 of those a
/// process; with 4,096 the worker raises it. What is due beyond waits its turn, in order.
const IN_FLIGHT: usize = 4096;

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
    /// A new configuration: what stayed keeps its state.
    Reconfigure(&'a LvsModel),
}

/// What the pool asks for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Action {
    /// Ask this, and say what came of it.
    Probe {
        /// To be given back.
        check: CheckId,
        /// What to ask.
        probe: Probe,
        /// For the connection, and for each wait for bytes.
        timeout: Duration,
    },
    /// Nobody wants to know any more.
    Cancel {
        /// Which check.
        check: CheckId,
    },
    /// The table's part of this virtual server is to be looked at.
    Dirty(VirtualServerKey),
    /// Something happened.
    Report(Event),
}

/// The health machine.
#[derive(Debug, Clone)]
pub struct Pool {
    services: BTreeMap<VirtualServerKey, Service>,
    checks: BTreeMap<CheckId, Check>,
    ids: BTreeMap<CheckKey, CheckId>,
    due: BTreeSet<(Mono, CheckId)>,
    in_flight: usize,
    next_id: u32,
    spread: Spread,
    /// Bounded by one turn: a few a check.
    actions: VecDeque<Action>,
}

impl Default for Pool {
    fn default() -> Self {
        Self::new()
    }
}

impl Pool {
    /// Nothing to check.
    pub const fn new() -> Self {
        Self {
            services: BTreeMap::new(),
            checks: BTreeMap::new(),
            ids: BTreeMap::new(),
            due: BTreeSet::new(),
            in_flight: 0,
            next_id: 0,
            spread: Spread::new(0),
            actions: VecDeque::new(),
        }
    }

    /// What the table should say of a virtual server now; `None`: it is configured no more.
    pub fn view(&self, key: &VirtualServerKey) -> Option<ServiceView<'_>> {
        self.services.get(key).map(|service| ServiceView { service })
    }

    fn load(&mut self, now: Mono, model: &LvsModel) {
        let wanted: BTreeSet<&VirtualServerKey> =
            model.virtual_servers.iter().map(|server| &server.key).collect();
        let gone: Vec<VirtualServerKey> =
            self.services.keys().filter(|key| !wanted.contains(key)).cloned().collect();
        for key in gone {
            self.services.remove(&key);
            self.actions.push_back(Action::Dirty(key));
        }
        let mut keep: BTreeSet<CheckId> = BTreeSet::new();
        for server in &model.virtual_servers {
            self.load_service(now, server, &mut keep);
        }
        let dropped: Vec<CheckId> =
            self.checks.keys().filter(|id| !keep.contains(id)).copied().collect();
        for id in dropped {
            self.drop_check(id);
        }
    }

    fn load_service(&mut self, now: Mono, config: &VirtualServer, keep: &mut BTreeSet<CheckId>) {
        let changed = self.services.get(&config.key).is_none_or(|old| old.config != *config);
        match self.services.get_mut(&config.key) {
            Some(service) if changed => service.reconfigure(config),
            Some(_) => {}
            None => {
                self.services.insert(config.key.clone(), Service::new(config.clone()));
            }
        }
        for real in &config.real_servers {
            let failed = self.load_checks(now, real, keep);
            if changed && let Some(service) = self.services.get_mut(&config.key) {
                service.set_failed(&real.key, failed);
            }
        }
        if changed {
            self.actions.push_back(Action::Dirty(config.key.clone()));
        }
    }

    /// Makes or keeps the checks of a real server; how many of them fail.
    fn load_checks(&mut self, now: Mono, real: &RealServer, keep: &mut BTreeSet<CheckId>) -> u32 {
        let mut failed = 0;
        for checker in &real.checkers {
            let key =
                CheckKey { real_server: real.key.clone(), probe: checker.probe.clone() };
            if let Some(id) = self.ids.get(&key).copied() {
                keep.insert(id);
                if let Some(check) = self.checks.get_mut(&id) {
                    failed += u32::from(!check.up);
                    if check.timing != checker.timing {
                        let was = (check.due, id);
                        check.retime(now, checker.timing);
                        if self.due.remove(&was) {
                            self.due.insert((check.due, id));
                        }
                    }
                }
                continue;
            }
            let id = CheckId(self.next_id);
            self.next_id = self.next_id.wrapping_add(1);
            keep.insert(id);
            let due = self.spread.first(now, checker.timing.warmup);
            self.ids.insert(key.clone(), id);
            self.checks.insert(id, Check::new(key, checker.timing, due));
            self.due.insert((due, id));
            let event = RealServerEvent::CheckActivated { probe: checker.probe.clone() };
            self.report(Event::RealServer { real_server: real.key.clone(), event });
        }
        failed
    }

    fn drop_check(&mut self, id: CheckId) {
        let Some(check) = self.checks.remove(&id) else { return };
        self.ids.remove(&check.key);
        self.due.remove(&(check.due, id));
        self.in_flight -= usize::from(check.in_flight);
        self.actions.push_back(Action::Cancel { check: id });
    }

    /// Starts what is due, as far as there is room.
    fn start_due(&mut self, now: Mono) {
        while self.in_flight < IN_FLIGHT {
            let Some((due, id)) = self.due.first().copied() else { return };
            if due > now {
                return;
            }
            self.due.remove(&(due, id));
            let Some(check) = self.checks.get_mut(&id) else { continue };
            check.in_flight = true;
            self.in_flight += 1;
            self.actions.push_back(Action::Probe {
                check: id,
                probe: check.key.probe.clone(),
                timeout: check.timing.connect_timeout,
            });
        }
    }

    fn verdict(&mut self, now: Mono, id: CheckId, result: &Result<(), CheckFailure>) {
        let Some(check) = self.checks.get_mut(&id) else { return };
        if !check.in_flight {
            return;
        }
        self.in_flight -= 1;
        let turn = check.verdict(now, result);
        self.due.insert((check.due, id));
        let real_server = check.key.real_server.clone();
        let probe = check.key.probe.clone();
        let event = match (turn, result) {
            (Turn::Recovered, _) => RealServerEvent::CheckSucceeded { probe },
            (Turn::Failed { retries }, Err(reason)) => {
                RealServerEvent::CheckFailed { probe, reason: reason.clone(), retries }
            }
            (Turn::Failed { .. }, Ok(())) | (Turn::Same, _) => return,
        };
        let failed = matches!(event, RealServerEvent::CheckFailed { .. });
        self.report(Event::RealServer { real_server: real_server.clone(), event });
        let Some(service) = self.services.get_mut(&real_server.virtual_server) else { return };
        let mut events = Vec::new();
        let moved = if failed {
            service.fail(&real_server, &mut events)
        } else {
            service.recover(&real_server, &mut events)
        };
        for event in events {
            self.report(event);
        }
        if moved {
            self.actions.push_back(Action::Dirty(real_server.virtual_server));
        }
    }

    fn report(&mut self, event: Event) {
        self.actions.push_back(Action::Report(event));
    }
}

impl Machine for Pool {
    type Input<'a> = Input<'a>;
    type Action = Action;

    fn handle(&mut self, now: Mono, input: Input<'_>) {
        match input {
            Input::Start { model, seed } => {
                self.spread = Spread::new(seed);
                self.load(now, model);
            }
            Input::Reconfigure(model) => self.load(now, model),
            Input::Tick => self.start_due(now),
            Input::Verdict { check, result } => {
                self.verdict(now, check, &result);
                // a slot is free: who waited longest is next
                self.start_due(now);
            }
        }
    }

    fn poll_action(&mut self) -> Option<Action> {
        self.actions.pop_front()
    }

    fn deadline(&self) -> Option<Mono> {
        if self.in_flight >= IN_FLIGHT {
            return None;
        }
        self.due.first().map(|(due, _)| *due)
    }
}

/// One virtual server as the table should show it.
#[derive(Debug, Clone, Copy)]
pub struct ServiceView<'a> {
    service: &'a Service,
}

impl<'a> ServiceView<'a> {
    /// Its configuration.
    pub const fn config(&self) -> &'a VirtualServer {
        &self.service.config
    }

    /// A real server's row; `None`: no row.
    pub fn weight(&self, server: &RealServer) -> Option<Weight> {
        self.service.weight(server)
    }

    /// The sorry server is in.
    pub const fn sorry(&self) -> bool {
        self.service.sorry()
    }

    /// No check of it fails.
    pub fn lives(&self, server: &RealServer) -> bool {
        self.service.lives(&server.key)
    }
}
