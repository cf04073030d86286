//! Looks at the table again and again: the kernel tells nobody of changes that others make to it.

use holdfast_kernel::ipvs::sketch;
use holdfast_kernel::time::now;
use holdfast_model::{Mono, ServiceKey};
use holdfast_plan::{Reconciler, ServiceDomain, sweep};
use std::collections::BTreeSet;
use std::time::Duration;

/// From one look to the next, at least.
const PAUSE: Duration = Duration::from_millis(500);
/// A look may take so much of one CPU: one part in twenty.
const SHARE: u32 = 20;
/// Firewall marks asked for by a look; the others have their turn at the next ones.
const MARKS: usize = 64;

/// When the next look is due.
#[derive(Debug)]
pub(super) struct Sweep {
    next: Mono,
    /// The firewall mark that was asked for last.
    mark: Option<ServiceKey>,
}

impl Sweep {
    pub(super) const fn new() -> Self {
        Self {
            next: Mono::ZERO,
            mark: None,
        }
    }

    pub(super) const fn deadline(&self) -> Mono {
        self.next
    }

    /// The services that do not look as they are known, if it is time to look.
    pub(super) fn look(&mut self, reconciler: &Reconciler<ServiceDomain>) -> BTreeSet<ServiceKey> {
        let started = now();
        if started < self.next {
            return BTreeSet::new();
        }
        let mut services = match sketch() {
            Ok(seen) => sweep::differing(reconciler.observed(), &seen, |service| {
                reconciler.is_wanted(service)
            }),
            Err(error) => {
                tracing::debug!("IPVS: /proc/net/ip_vs cannot be read: {error}");
                BTreeSet::new()
            }
        };
        services.extend(self.marks(reconciler));
        let took = now().since(started);
        self.next = started + PAUSE.max(took.saturating_mul(SHARE));
        services
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
