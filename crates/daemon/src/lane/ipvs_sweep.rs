//! Looks at the table again and again: the kernel tells nobody of changes that others make to it. A look
//! goes on piece by piece: whoever wants something meanwhile does not wait for its end.

use holdfast_kernel::ipvs::Sketches;
use holdfast_kernel::time::now;
use holdfast_model::{Mono, ServiceKey};
use holdfast_plan::sweep::Look;
use holdfast_plan::{Reconciler, ServiceDomain};
use std::collections::BTreeSet;
use std::io;
use std::time::Duration;

/// From one look to the next, at least.
const PAUSE: Duration = Duration::from_millis(500);
/// A look may take so much of one CPU: one part in twenty.
const SHARE: u32 = 20;
/// Firewall marks asked for by a look; the others have their turn at the next ones.
const MARKS: usize = 64;

/// Services of others that are named, at most.
const STRANGERS: usize = 64;

/// What a look found.
#[derive(Debug, Default)]
pub(super) struct Found {
    /// Services that do not look as they are known.
    pub(super) differing: BTreeSet<ServiceKey>,
    /// Services of others that were not seen before.
    pub(super) strangers: Vec<ServiceKey>,
    /// There are more of them than are named; said once.
    pub(super) more: bool,
}

/// When the next look is due.
#[derive(Debug)]
pub(super) struct Sweep {
    next: Mono,
    underway: Option<Underway>,
    /// What was named: services of others, with one more than are named if there are more.
    strangers: BTreeSet<ServiceKey>,
    /// The firewall mark that was asked for last.
    mark: Option<ServiceKey>,
}

/// A look that has not come to its end.
#[derive(Debug)]
struct Underway {
    sketches: Sketches,
    look: Look,
    /// What it took so far.
    took: Duration,
}

impl Underway {
    fn begin() -> io::Result<Self> {
        Ok(Self {
            sketches: Sketches::open()?,
            look: Look::default(),
            took: Duration::ZERO,
        })
    }

    /// A piece more; false at the end.
    fn further(&mut self, reconciler: &Reconciler<ServiceDomain>) -> io::Result<bool> {
        let known = reconciler.observed();
        let look = &mut self.look;
        self.sketches.more(|id, seen| look.row(known, &id, seen))
    }
}

impl Sweep {
    pub(super) const fn new() -> Self {
        Self {
            next: Mono::ZERO,
            underway: None,
            strangers: BTreeSet::new(),
            mark: None,
        }
    }

    pub(super) const fn deadline(&self) -> Mono {
        match self.underway {
            Some(_) => Mono::ZERO,
            None => self.next,
        }
    }

    /// Looks if it is time to: a piece, or at the end of a look what it found. `told`: whatever is configured
    /// is known.
    pub(super) fn look(
        &mut self,
        reconciler: &Reconciler<ServiceDomain>,
        told: bool,
    ) -> Option<Found> {
        let started = now();
        let underway = match self.underway.take() {
            None if started < self.next => return None,
            None => Underway::begin(),
            Some(underway) => Ok(underway),
        };
        let mut found = Found::default();
        let further = underway.and_then(|mut underway| {
            let more = underway.further(reconciler)?;
            Ok((underway, more))
        });
        let took = match further {
            Ok((mut underway, more)) => {
                underway.took += now().since(started);
                if more {
                    self.underway = Some(underway);
                    return None;
                }
                let seen = underway.look.end(reconciler.observed(), reconciler.keys());
                found.differing = seen.differing;
                found.differing.retain(|key| reconciler.is_wanted(key));
                if told {
                    let foreign = seen.services.into_iter();
                    let foreign = foreign.filter(|key| !reconciler.knows(key));
                    self.meet(foreign, &mut found);
                }
                underway.took
            }
            Err(error) => {
                tracing::debug!("IPVS: /proc/net/ip_vs cannot be read: {error}");
                Duration::ZERO
            }
        };
        found.differing.extend(self.marks(reconciler));
        self.next = now() + PAUSE.max(took.saturating_mul(SHARE));
        Some(found)
    }

    /// Names each once, whether it goes and comes again or not.
    fn meet(&mut self, foreign: impl Iterator<Item = ServiceKey>, found: &mut Found) {
        for service in foreign {
            if self.strangers.len() > STRANGERS {
                return;
            }
            if self.strangers.insert(service) {
                if self.strangers.len() > STRANGERS {
                    found.more = true;
                } else {
                    found.strangers.push(service);
                }
            }
        }
    }

    /// Some firewall marks, in turn.
    fn marks(&mut self, reconciler: &Reconciler<ServiceDomain>) -> Vec<ServiceKey> {
        let is_mark = |key: &&ServiceKey| matches!(key, ServiceKey::Fwmark { .. });
        let behind = |key: &&ServiceKey| self.mark.is_none_or(|last| **key > last);
        let rest = reconciler.keys().filter(is_mark).filter(behind);
        let marks: Vec<ServiceKey> = rest.take(MARKS).copied().collect();
        self.mark = marks.last().copied().filter(|_| marks.len() == MARKS);
        marks
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use core::net::Ipv4Addr;
    use holdfast_model::Protocol;

    fn service(port: u16) -> ServiceKey {
        ServiceKey::Address {
            protocol: Protocol::Tcp,
            address: Ipv4Addr::LOCALHOST.into(),
            port,
        }
    }

    fn met(sweep: &mut Sweep, ports: core::ops::Range<u16>) -> Found {
        let mut found = Found::default();
        sweep.meet(ports.map(service), &mut found);
        found
    }

    #[test]
    fn a_stranger_is_named_once_and_not_all_of_a_crowd() {
        let mut sweep = Sweep::new();
        assert_eq!(met(&mut sweep, 1..3).strangers, [service(1), service(2)]);
        assert!(met(&mut sweep, 0..0).strangers.is_empty());
        assert_eq!(met(&mut sweep, 1..4).strangers, [service(3)]);
        let crowd = met(&mut sweep, 0..60_000);
        assert_eq!(crowd.strangers.len(), STRANGERS - 3);
        assert!(crowd.more);
        let again = met(&mut sweep, 0..60_000);
        assert!(again.strangers.is_empty() && !again.more);
        assert!(sweep.strangers.len() <= STRANGERS + 1);
    }
}
