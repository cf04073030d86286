//! What a cheap look at the table shows: which services are not as they are known.

use crate::diff::Observed;
use crate::service::{Row, RowId, ServiceDomain};
use holdfast_model::{Forwarding, Scheduler, ServiceKey};
use std::collections::BTreeSet;

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
    /// What the kernel shows of this row; of a way that is not configured it may show any.
    fn is_of(self, row: &Row) -> bool {
        match (Self::of(row), self) {
            (
                Self::Destination {
                    way: Way::Other,
                    weight,
                },
                Self::Destination { weight: seen, .. },
            ) => weight == seen,
            (known, seen) => known == seen,
        }
    }

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

/// A look at the table as it comes: row by row, those of a service after the service. What is known may
/// change meanwhile; a service that seems to differ is only asked for.
///
/// Services by address: of firewall marks the kernel does not say the family here.
#[derive(Debug, Default)]
pub struct Look {
    /// The service whose rows come, and how many have come.
    current: Option<(ServiceKey, usize)>,
    met: BTreeSet<ServiceKey>,
    differing: BTreeSet<ServiceKey>,
}

/// What a look saw.
#[derive(Debug, PartialEq, Eq)]
pub struct Seen {
    /// Services that do not look as they are known.
    pub differing: BTreeSet<ServiceKey>,
    /// Every service that stands there.
    pub services: BTreeSet<ServiceKey>,
}

impl Look {
    /// One row more.
    pub fn row(&mut self, known: &Observed<ServiceDomain>, id: &RowId, seen: Sketch) {
        if id.destination.is_none() {
            self.close(known);
            self.current = Some((id.service, 0));
            self.met.insert(id.service);
        }
        if let Some((_, rows)) = &mut self.current {
            *rows += 1;
        }
        if !known.get(id).is_some_and(|row| seen.is_of(row)) {
            self.differing.insert(id.service);
        }
    }

    /// There are no more. `services`: those that ought to stand there.
    pub fn end<'a>(
        mut self,
        known: &Observed<ServiceDomain>,
        services: impl Iterator<Item = &'a ServiceKey>,
    ) -> Seen {
        self.close(known);
        let by_address = services.filter(|key| matches!(key, ServiceKey::Address { .. }));
        let gone = by_address.filter(|key| !self.met.contains(*key));
        let gone = gone.filter(|key| known.contains_key(&RowId::service(**key)));
        self.differing.extend(gone);
        Seen {
            differing: self.differing,
            services: self.met,
        }
    }

    /// All rows of a service came: are there as many as are known?
    fn close(&mut self, known: &Observed<ServiceDomain>) {
        if let Some((service, rows)) = self.current.take() {
            let known = known.range(RowId::service(service)..);
            let known = known.take_while(|(id, _)| id.service == service);
            if known.count() != rows {
                self.differing.insert(service);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::service::{Settings, Target};
    use core::net::Ipv4Addr;
    use holdfast_model::Protocol;
    use std::collections::BTreeMap;

    fn service(last: u8) -> ServiceKey {
        ServiceKey::Address {
            protocol: Protocol::Tcp,
            address: Ipv4Addr::new(10, 0, 0, last).into(),
            port: 80,
        }
    }

    fn row(service: ServiceKey, last: u8, weight: u32) -> (RowId, Row) {
        let id = RowId::destination(service, Ipv4Addr::new(10, 1, 0, last).into(), 80);
        let target = Target {
            forwarding: Some(Forwarding::Dr),
            weight,
            upper_threshold: 0,
            lower_threshold: 0,
        };
        (id, Row::Destination(target))
    }

    type Table = BTreeMap<RowId, Sketch>;

    fn look(known: &Observed<ServiceDomain>, table: &Table) -> Seen {
        let mut look = Look::default();
        for (id, seen) in table {
            look.row(known, id, *seen);
        }
        look.end(known, (1..=3).map(service).collect::<Vec<_>>().iter())
    }

    #[test]
    fn only_what_changed_is_looked_at() {
        let mut known = Observed::<ServiceDomain>::new();
        for last in 1..=2 {
            let settings = Row::Service(Settings {
                scheduler: Some(Scheduler::Rr),
                persistence: None,
                flags: 0,
                persistence_engine: None,
            });
            known.extend([(RowId::service(service(last)), settings)]);
            known.extend([row(service(last), 1, 1), row(service(last), 2, 1)]);
        }
        let same: Table = known
            .iter()
            .map(|(id, row)| (*id, Sketch::of(row)))
            .collect();
        assert_eq!(look(&known, &same).differing, [].into());
        // a weight
        let mut table = same.clone();
        let (id, changed) = row(service(2), 1, 0);
        table.insert(id, Sketch::of(&changed));
        assert_eq!(look(&known, &table).differing, [service(2)].into());
        // one that is gone, one that came, and a service of others
        let mut table = same.clone();
        table.remove(&row(service(1), 2, 1).0);
        let (id, new) = row(service(2), 3, 1);
        table.insert(id, Sketch::of(&new));
        table.insert(RowId::service(service(9)), Sketch::Service(None));
        let seen = look(&known, &table);
        assert_eq!(seen.differing, [service(1), service(2), service(9)].into());
        assert_eq!(seen.services, [service(1), service(2), service(9)].into());
        // one that came in the place of another
        let mut table = same.clone();
        table.remove(&row(service(1), 2, 1).0);
        let (id, new) = row(service(1), 3, 1);
        table.insert(id, Sketch::of(&new));
        assert_eq!(look(&known, &table).differing, [service(1)].into());
        // a service that is gone with all its rows; the third was never there
        let mut table = same;
        table.retain(|id, _| id.service != service(1));
        assert_eq!(look(&known, &table).differing, [service(1)].into());
    }
}
