//! A configuration taken in: the first, and every later one by key.
//!
//! | thing | kept by | what stays |
//! |---|---|---|
//! | virtual server | key | quorum, judged anew with the new numbers |
//! | real server | key | whether it lives: its checks say so |
//! | check | real server and probe | up or down, retries, next due; new timing from now on |
//!
//! A new check starts up unless it is `alpha` or what it watches says otherwise, a real server that is commented out and in again is new.

use crate::check::{Check, CheckId};
use crate::pool::{Action, Pool};
use crate::service::{Orders, Place, Service};
use crate::weigh::{Weigh, Weighed};
use holdfast_model::event::ServiceEvent;
use holdfast_model::{
    CheckKey, Checker, Event, LvsModel, Mono, RealServer, VirtualServer, VirtualServerKey,
};
use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

impl Pool {
    /// The only step that looks at everything. At the `start` every virtual server is dirty.
    pub(crate) fn load(&mut self, now: Mono, model: &LvsModel, start: bool) {
        self.forget(model);
        self.suspend.configure(model);
        self.told.configure(model);
        let mut keep: BTreeSet<CheckId> = BTreeSet::new();
        for server in &model.virtual_servers {
            let dirty = self.load_service(now, server, &mut keep);
            if dirty || start {
                self.actions.push_back(Action::Dirty(server.key.clone()));
            }
        }
        let dropped = self.checks.keys().filter(|id| !keep.contains(id));
        let dropped: Vec<CheckId> = dropped.copied().collect();
        for id in dropped {
            self.drop_check(id);
        }
    }

    fn forget(&mut self, model: &LvsModel) {
        let servers = model.virtual_servers.iter();
        let stay: BTreeSet<&VirtualServerKey> = servers.map(|server| &server.key).collect();
        let gone = self.services.keys().filter(|key| !stay.contains(key));
        let gone: Vec<VirtualServerKey> = gone.cloned().collect();
        for key in gone {
            if let Some(service) = self.services.remove(&key) {
                let mut events = Vec::new();
                service.removed(&mut events);
                self.report_all(events);
            }
            self.actions.push_back(Action::Dirty(key));
        }
    }

    /// True when the table's part of it is another than before.
    fn load_service(
        &mut self,
        now: Mono,
        config: &VirtualServer,
        keep: &mut BTreeSet<CheckId>,
    ) -> bool {
        let mut failed: BTreeMap<Place, u32> = BTreeMap::new();
        let mut weighed = Weighed::new();
        for real in &config.real_servers {
            let mut failing = 0_u32;
            for checker in &real.checkers {
                let (id, up, weigh) = self.load_check(now, real, checker);
                if weigh != Weigh::Own {
                    let place = (real.key.address, real.key.port);
                    weighed.entry(place).or_default().insert(id, weigh);
                }
                // two checks that ask the same are one
                if keep.insert(id) && !up {
                    failing += 1;
                }
            }
            if failing > 0 {
                failed.insert((real.key.address, real.key.port), failing);
            }
        }
        let mut events = Vec::new();
        let dirty = match self.services.get_mut(&config.key) {
            None => {
                events.push(Event::Service {
                    virtual_server: config.key.clone(),
                    event: ServiceEvent::Added,
                });
                let service = Service::new(
                    served(config),
                    (failed, weighed),
                    Orders::new(),
                    false,
                    &mut events,
                );
                self.services.insert(config.key.clone(), service);
                true
            }
            Some(service) => {
                let before = service.table();
                service.reconfigure(config, (failed, weighed), &mut events);
                service.table() != before
            }
        };
        self.report_all(events);
        dirty
    }

    /// Keeps or makes a check; says whether it is up, and what of the weight.
    fn load_check(
        &mut self,
        now: Mono,
        real: &RealServer,
        checker: &Checker,
    ) -> (CheckId, bool, Weigh) {
        let key = CheckKey {
            real_server: real.key.clone(),
            probe: checker.probe.clone(),
        };
        if let Some(id) = self.ids.get(&key).copied()
            && let Some(check) = self.checks.get_mut(&id)
        {
            check.manner = checker.manner;
            if check.timing != checker.timing {
                let waiting = self.due.remove(&(check.due, id));
                check.retime(now, checker.timing);
                if waiting {
                    self.due.insert((check.due, id));
                }
            }
            return (id, check.up, check.weigh);
        }
        if key.probe.watches().is_some() {
            let mut check = Check::new(key, checker, Mono::MAX);
            if let Some(says) = self.told.says(&check.key.probe) {
                (check.up, check.weigh, check.tried) = (says.up(), says.weigh, true);
                check.failure = says.failure.map(Box::new);
            }
            let (up, weigh) = (check.up, check.weigh);
            return (self.add_check(check), up, weigh);
        }
        let due = self.spread.first(now, checker.timing.warmup.duration());
        let check = Check::new(key, checker, due);
        let up = check.up;
        let id = self.add_check(check);
        self.fresh.push_back(id);
        (id, up, Weigh::Own)
    }

    pub(crate) fn add_check(&mut self, check: Check) -> CheckId {
        let id = CheckId(self.next_id);
        self.next_id += 1;
        self.ids.insert(Arc::clone(&check.key), id);
        if !self.told.add_check(&check.key.probe, id) {
            self.due.insert((check.due, id));
        }
        self.checks.insert(id, Box::new(check));
        id
    }
}

/// A virtual server as its service keeps it: the checks are the pool's.
pub(crate) fn served(config: &VirtualServer) -> VirtualServer {
    let servers = config.real_servers.iter().map(|real| RealServer {
        key: real.key.clone(),
        weight: real.weight,
        forwarding: real.forwarding,
        inhibit_on_failure: real.inhibit_on_failure,
        checkers: Vec::new(),
        thresholds: real.thresholds,
        slow_start: real.slow_start,
    });
    VirtualServer {
        key: config.key.clone(),
        scheduler: config.scheduler,
        forwarding: config.forwarding,
        persistence: config.persistence,
        quorum: config.quorum,
        hysteresis: config.hysteresis,
        sorry_server: config.sorry_server.clone(),
        real_servers: servers.collect(),
        options: config.options.clone(),
        group: config.group.clone(),
    }
}
