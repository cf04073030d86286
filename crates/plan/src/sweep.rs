//! What a cheap look at the table shows: which services are not as they are known.

use crate::diff::Observed;
use crate::service::{Row, RowId, ServiceDomain};
use holdfast_model::{Forwarding, Scheduler, ServiceKey};
use std::collections::{BTreeMap, BTreeSet};

/// What /proc/net/ip_vs says of a row: less than a dump does, at a tenth of its cost.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Sketch {
    /// A service; its scheduler, if it is one that this program knows.
    Service(Option<Scheduler>),
    /// A destination.
    Destination {
        /// How packets reach it; of tunnels only that it is one.
        way: Way,
        /// Its share.
        weight: u32,
    },
}

/// The kernel's words for forwarding methods.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Way {
    /// `Masq`.
    Masquerade,
    /// `Route`.
    Route,
    /// `Tunnel`.
    Tunnel,
    /// `Local`, `Bypass`, or what later kernels add.
    Other,
}

impl Sketch {
    fn of(row: &Row) -> Self {
        match row {
            Row::Service(settings) => Self::Service(settings.scheduler),
            Row::Destination(target) => Self::Destination {
                way: match target.forwarding {
                    Some(Forwarding::Nat) => Way::Masquerade,
                    Some(Forwarding::Dr) => Way::Route,
                    Some(Forwarding::Tun(_)) => Way::Tunnel,
                    None => Way::Other,
                },
                weight: target.weight,
            },
        }
    }
}

/// The services by address that do not look as they are known, foreign ones apart from those of
/// `cares`. Firewall marks are not among them: the kernel does not say their family here.
pub fn differing(
    known: &Observed<ServiceDomain>,
    seen: &BTreeMap<RowId, Sketch>,
    cares: impl Fn(&ServiceKey) -> bool,
) -> BTreeSet<ServiceKey> {
    let by_address = |id: &RowId| matches!(id.service, ServiceKey::Address { .. });
    let mut differing = BTreeSet::new();
    for (id, row) in known.iter().filter(|(id, _)| by_address(id)) {
        let sketch = Sketch::of(row);
        let same = seen.get(id).is_some_and(|seen| match (sketch, seen) {
            (
                Sketch::Destination {
                    way: Way::Other,
                    weight,
                },
                Sketch::Destination { weight: now, .. },
            ) => weight == *now,
            _ => sketch == *seen,
        });
        if !same {
            differing.insert(id.service);
        }
    }
    let fresh = seen.keys().filter(|id| !known.contains_key(id));
    differing.extend(fresh.map(|id| id.service));
    differing.retain(|service| cares(service));
    differing
}

/// The services by address that nobody here knows of.
pub fn foreign(
    seen: &BTreeMap<RowId, Sketch>,
    knows: impl Fn(&ServiceKey) -> bool,
) -> impl Iterator<Item = ServiceKey> {
    let services = seen.keys().filter(|id| id.destination.is_none());
    let services = services.map(|id| id.service);
    services.filter(move |service| !knows(service))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::service::Target;
    use core::net::Ipv4Addr;
    use holdfast_model::Protocol;

    fn service(last: u8) -> ServiceKey {
        ServiceKey::Address {
            protocol: Protocol::Tcp,
            address: Ipv4Addr::new(10, 0, 0, last).into(),
            port: 80,
        }
    }

    fn row(service: ServiceKey, weight: u32) -> (RowId, Row) {
        let id = RowId::destination(service, Ipv4Addr::new(10, 1, 0, 1).into(), 80);
        let target = Target {
            forwarding: Some(Forwarding::Dr),
            weight,
            upper_threshold: 0,
            lower_threshold: 0,
        };
        (id, Row::Destination(target))
    }

    #[test]
    fn only_what_changed_is_looked_at() {
        let known: Observed<ServiceDomain> = [row(service(1), 1), row(service(2), 1)].into();
        let mut seen: BTreeMap<RowId, Sketch> = known
            .iter()
            .map(|(id, row)| (*id, Sketch::of(row)))
            .collect();
        let look = |seen: &BTreeMap<RowId, Sketch>| differing(&known, seen, |_| true);
        assert!(look(&seen).is_empty());
        let changed = Sketch::of(&row(service(2), 0).1);
        seen.insert(row(service(2), 0).0, changed);
        assert_eq!(look(&seen), [service(2)].into());
        seen.remove(&row(service(1), 1).0);
        seen.insert(row(service(3), 1).0, changed);
        assert_eq!(look(&seen), [service(1), service(2), service(3)].into());
        assert_eq!(
            differing(&known, &seen, |key| *key == service(3)),
            [service(3)].into()
        );
    }

    #[test]
    fn who_is_not_known_is_foreign_once_for_all_its_rows() {
        let (ours, theirs) = (service(1), service(2));
        let rows = [ours, theirs].map(|service| {
            let (id, row) = row(service, 1);
            (id, Sketch::of(&row))
        });
        let roots = [ours, theirs].map(|key| (RowId::service(key), Sketch::Service(None)));
        let seen: BTreeMap<RowId, Sketch> = rows.into_iter().chain(roots).collect();
        let found: Vec<ServiceKey> = foreign(&seen, |key| *key == ours).collect();
        assert_eq!(found, [theirs]);
    }
}
