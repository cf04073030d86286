//! What outlives a process: for the state file, an upgrade, a tape and the tests.

use crate::check::Check;
use crate::load::served;
use crate::pool::Pool;
use crate::service::Service;
use crate::weigh::{Weigh, Weighed};
use holdfast_model::{CheckKey, LvsModel, Mono, VirtualServerKey};
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// The form of this snapshot; one of another form is worth nothing.
const VERSION: u16 = 2;

/// The pool at one moment.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct PoolState {
    /// The form of the snapshot.
    pub version: u16,
    /// Every virtual server, and whether it has its quorum.
    pub quorum: BTreeMap<VirtualServerKey, bool>,
    /// Every check.
    pub checks: Vec<CheckState>,
}

/// One check at one moment.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct CheckState {
    /// Which.
    pub key: CheckKey,
    /// What it says.
    pub up: bool,
    /// Retries used.
    pub failures: u32,
    /// It had a result.
    pub tried: bool,
    /// What it says of the weight.
    pub weigh: Weigh,
    /// When it is due; one in flight is asked again.
    pub due: Mono,
}

impl Pool {
    /// All that a successor needs.
    pub fn snapshot(&self) -> PoolState {
        let services = self.services.iter();
        let checks = self.checks.values();
        PoolState {
            version: VERSION,
            quorum: services
                .map(|(key, service)| (key.clone(), service.quorum.up))
                .collect(),
            checks: checks
                .map(|check| CheckState {
                    key: CheckKey::clone(&check.key),
                    up: check.up,
                    failures: check.failures,
                    tried: check.tried,
                    weigh: check.weigh,
                    due: check.due,
                })
                .collect(),
        }
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
                    (check.up, check.failures) = (state.up, state.failures);
                    (check.tried, check.weigh) = (state.tried, state.weigh);
                    let id = pool.add_check(check);
                    if state.weigh != Weigh::Own {
                        let place = (real.key.address, real.key.port);
                        weighed.entry(place).or_default().insert(id, state.weigh);
                    }
                }
            }
            let mut said = Vec::new();
            let service = Service::new(served(server), (failed, weighed), quorum, &mut said);
            pool.services.insert(server.key.clone(), service);
        }
        pool
    }
}
