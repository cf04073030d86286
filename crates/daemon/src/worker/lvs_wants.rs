//! What virtual servers want of the kernel, service by service.

use crate::lane::ipvs_wish::Wish;
use holdfast_health::Pool;
use holdfast_model::{RealServerKey, ServiceKey, VirtualServerKey};
use holdfast_plan::service::{Row, RowId};
use holdfast_plan::{Desired, service};
use std::collections::{BTreeMap, BTreeSet};

/// What of the table is to be looked at.
#[derive(Debug, Default)]
pub(super) struct Dirty {
    /// All of these.
    pub(super) whole: BTreeSet<VirtualServerKey>,
    /// The rows of these.
    pub(super) rows: BTreeSet<RealServerKey>,
}

impl Dirty {
    pub(super) fn is_empty(&self) -> bool {
        self.whole.is_empty() && self.rows.is_empty()
    }
}

/// What each service wants.
pub(super) type ServiceWants = BTreeMap<ServiceKey, Wish>;

/// Remembers which services groups have, so that those that leave one are missed.
#[derive(Debug, Default)]
pub(super) struct Wants {
    groups: BTreeMap<VirtualServerKey, Vec<ServiceKey>>,
}

impl Wants {
    /// What the kernel services of these virtual servers are to be.
    pub(super) fn of(&mut self, pool: &Pool, dirty: Dirty) -> ServiceWants {
        let Dirty { mut whole, rows } = dirty;
        let mut wants = ServiceWants::new();
        for key in rows {
            if whole.contains(&key.virtual_server) {
                continue;
            }
            match row(pool, &key) {
                Some((service, row)) => {
                    match wants.entry(service).or_insert(Wish::Rows(Vec::new())) {
                        Wish::Rows(rows) => rows.push(row),
                        Wish::Whole(_) => {}
                    }
                }
                // which replaces other rows of it
                None => {
                    whole.insert(key.virtual_server);
                }
            }
        }
        let mut gone = Vec::new();
        for key in whole {
            gone.extend(self.groups.remove(&key).unwrap_or_default());
            let Some(view) = pool.view(&key) else {
                if let VirtualServerKey::Service(service) = key {
                    gone.push(service);
                }
                continue;
            };
            let server = view.config();
            for service in server.services() {
                let weight = |server: &_| view.weight(server);
                let want = service::want(server, *service, weight, view.sorry_weight());
                wants.insert(*service, Wish::Whole(Some(want)));
            }
            if let VirtualServerKey::Group { .. } = key {
                self.groups.insert(key, server.services().to_vec());
            }
        }
        // a service that has gone over to another virtual server is wanted by that one
        for service in gone {
            let mut others = self.groups.values();
            let elsewhere = pool.view(&VirtualServerKey::Service(service)).is_some()
                || others.any(|services| services.contains(&service));
            if !elsewhere {
                wants.entry(service).or_insert(Wish::Whole(None));
            }
        }
        wants
    }
}

/// The row of a real server; `None`: only the whole tells.
fn row(pool: &Pool, key: &RealServerKey) -> Option<(ServiceKey, Desired<RowId, Row>)> {
    let view = pool.view(&key.virtual_server)?;
    let config = view.config();
    let real = config.real_server(key)?;
    let [service] = *config.services() else {
        return None;
    };
    let row = service::row(config, service, real, view.weight(real))?;
    Some((service, row))
}
