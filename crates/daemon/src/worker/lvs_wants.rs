//! What virtual servers want of the kernel, service by service.

use holdfast_health::Pool;
use holdfast_model::{ServiceKey, VirtualServerKey};
use holdfast_plan::{ServiceDomain, Want, service};
use std::collections::{BTreeMap, BTreeSet};

/// What each service wants; `None`: nothing.
pub(super) type ServiceWants = BTreeMap<ServiceKey, Option<Want<ServiceDomain>>>;

/// Remembers which services groups have, so that those that leave one are missed.
#[derive(Debug, Default)]
pub(super) struct Wants {
    groups: BTreeMap<VirtualServerKey, Vec<ServiceKey>>,
}

impl Wants {
    /// What the kernel services of these virtual servers are to be.
    pub(super) fn of(&mut self, pool: &Pool, dirty: BTreeSet<VirtualServerKey>) -> ServiceWants {
        let mut wants = ServiceWants::new();
        let mut gone = Vec::new();
        for key in dirty {
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
                wants.insert(*service, Some(want));
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
                wants.entry(service).or_insert(None);
            }
        }
        wants
    }
}
