//! What outlives a process: for the state file, an upgrade, a tape and the tests.

use crate::check::{Check, CheckId};
use crate::load::served;
use crate::pool::Pool;
use crate::service::{Orders, Service};
use crate::weigh::{Weigh, Weighed};
use core::ops::Bound;
use holdfast_model::{
    CheckKey, Given, LvsModel, Mono, RealServerKey, VirtualServer, VirtualServerKey,
};
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// The form of this snapshot; one of another form is worth nothing.
pub(crate) const VERSION: u16 = 6;

/// The pool at one moment.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct PoolState {
    /// The form of the snapshot.
    pub version: u16,
    /// Every virtual server, and whether it has its quorum.
    pub quorum: BTreeMap<VirtualServerKey, bool>,
    /// What an operator wants of real servers.
    pub orders: Vec<(RealServerKey, Given)>,
    /// Real servers on their way to their weight (`slow_start`).
    pub ramps: Vec<RampState>,
    /// Every check; the last field, for they are written one after the other.
    pub checks: Vec<CheckState>,
}

/// A real server on its way to its weight.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct RampState {
    /// Which.
    pub real_server: RealServerKey,
    /// When it came back.
    pub since: Mono,
    /// The last step.
    pub at: Mono,
}

/// One check at one moment.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct CheckState {
    /// Which.
    pub key: CheckKey,
    /// What it says.
    pub up: bool,
    /// Retries used while up, successes while down.
    pub against: u32,
    /// It had a result.
    pub tried: bool,
    /// What it says of the weight.
    pub weigh: Weigh,
    /// When it is due; one in flight is asked again.
    pub due: Mono,
    /// What it watches is good, and it is down: when it is believed.
    pub rising: Option<Mono>,
}

/// [`CheckState`] of a check that stays where it is.
#[derive(Serialize)]
struct WrittenCheck<'a> {
    key: &'a CheckKey,
    up: bool,
    against: u32,
    tried: bool,
    weigh: Weigh,
    due: Mono,
    rising: Option<Mono>,
}

impl PoolState {
    /// Of the form that [`Pool::resume`] goes on with.
    pub const fn is_known(&self) -> bool {
        self.version == VERSION
    }
}

impl Pool {
    /// All that a successor needs.
    pub fn snapshot(&self) -> PoolState {
        let services = self.services.iter();
        let checks = self.checks.iter();
        PoolState {
            version: VERSION,
            quorum: services
                .map(|(key, service)| (key.clone(), service.quorum.up))
                .collect(),
            orders: self.orders().collect(),
            ramps: self.ramps().collect(),
            checks: checks
                .map(|(id, check)| self.check_state(*id, check))
                .collect(),
        }
    }

    /// The same to be written piece by piece, where a snapshot of many thousands is memory for nothing: all that
    /// comes before the checks, and how many there are. [`Self::written_checks`] follow.
    pub fn written(&self) -> impl Serialize {
        let services = self.services.iter();
        let quorum: BTreeMap<_, _> = services
            .map(|(key, service)| (key, service.quorum.up))
            .collect();
        let orders: Vec<_> = self.orders().collect();
        let ramps: Vec<_> = self.ramps().collect();
        (VERSION, quorum, orders, ramps, self.checks.len())
    }

    /// The checks after `last`, or all, in the order in which they are written.
    pub fn written_checks(
        &self,
        last: Option<CheckId>,
    ) -> impl Iterator<Item = (CheckId, impl Serialize)> {
        let after = last.map_or(Bound::Unbounded, Bound::Excluded);
        let checks = self.checks.range((after, Bound::Unbounded));
        checks.map(|(id, check)| {
            let written = WrittenCheck {
                key: &check.key,
                up: check.up,
                against: check.against,
                tried: check.tried,
                weigh: check.weigh,
                due: check.due,
                rising: self.rising.until(*id),
            };
            (*id, written)
        })
    }

    /// A pool that goes on where another ended; `Start` as ever, with the same configuration: what
    /// is not in the snapshot is new there.
    pub fn resume(model: &LvsModel, from: &PoolState) -> Self {
        let mut pool = Self::new();
        if from.version != VERSION {
            return pool;
        }
        let known: BTreeMap<&CheckKey, &CheckState> = from
            .checks
            .iter()
            .map(|check| (&check.key, check))
            .collect();
        for server in &model.virtual_servers {
            let Some(quorum) = from.quorum.get(&server.key).copied() else {
                continue;
            };
            let mut failed: BTreeMap<_, u32> = BTreeMap::new();
            let mut weighed = Weighed::new();
            for real in &server.real_servers {
                for checker in &real.checkers {
                    let key = CheckKey {
                        real_server: real.key.clone(),
                        probe: checker.probe.clone(),
                    };
                    let Some(state) = known.get(&key).filter(|_| !pool.ids.contains_key(&key))
                    else {
                        continue;
                    };
                    if !state.up {
                        *failed.entry((real.key.address, real.key.port)).or_insert(0) += 1;
                    }
                    let mut check = Check::new(key, checker, state.due);
                    (check.up, check.against) = (state.up, state.against);
                    (check.tried, check.weigh) = (state.tried, state.weigh);
                    let id = pool.add_check(check);
                    pool.rising.resume(id, state.rising);
                    if state.weigh != Weigh::Own {
                        let place = (real.key.address, real.key.port);
                        weighed.entry(place).or_default().insert(id, state.weigh);
                    }
                }
            }
            let mut said = Vec::new();
            let orders = pool.resume_orders(server, from);
            let failures = (failed, weighed);
            let service = Service::new(served(server), failures, orders, quorum, &mut said);
            pool.services.insert(server.key.clone(), service);
        }
        for ramp in &from.ramps {
            pool.resume_ramp(ramp);
        }
        pool
    }
}

impl Pool {
    fn check_state(&self, id: CheckId, check: &Check) -> CheckState {
        CheckState {
            key: CheckKey::clone(&check.key),
            up: check.up,
            against: check.against,
            tried: check.tried,
            weigh: check.weigh,
            due: check.due,
            rising: self.rising.until(id),
        }
    }

    fn orders(&self) -> impl Iterator<Item = (RealServerKey, Given)> {
        let servers = self.real_servers();
        servers.filter_map(|(service, key)| Some((key.clone(), service.order(key)?)))
    }

    /// Each real server with its virtual server.
    pub(crate) fn real_servers(&self) -> impl Iterator<Item = (&Service, &RealServerKey)> {
        let services = self.services.values();
        services.flat_map(|service| {
            let servers = service.config.real_servers.iter();
            servers.map(move |server| (service, &server.key))
        })
    }

    /// The orders of a virtual server that a successor goes on with.
    fn resume_orders(&mut self, server: &VirtualServer, from: &PoolState) -> Orders {
        let mut orders = Orders::new();
        for (key, given) in &from.orders {
            if server.real_servers.iter().any(|real| real.key == *key) {
                orders.insert((key.address, key.port), *given);
                self.ends
                    .extend(given.until.map(|until| (until, key.clone())));
            }
        }
        orders
    }
}
