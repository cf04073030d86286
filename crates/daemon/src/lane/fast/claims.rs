//! Others who claim the addresses of instances.

use super::Lane;
use crate::lane::conflicts::Step;
use crate::lane::handle::Said;
use crate::lane::mailbox::Holding;
use holdfast_kernel::time::now;
use holdfast_model::InstanceKey;

impl Lane {
    /// What an instance is to hold.
    pub(super) fn hold(&mut self, instance: &InstanceKey, holding: &Holding) {
        let addresses = match holding {
            Holding::Instance(held) => held.addresses.as_slice(),
            Holding::Nothing | Holding::Statics(_) => &[],
        };
        let named = addresses.iter().map(|a| (a.interface.clone(), a.address));
        self.conflicts.hold(now(), instance, named);
    }

    /// What others claim.
    pub(super) fn hear(&mut self) {
        for claim in self.ears.read() {
            let stranger = !self.links.has(claim.hardware);
            if let Some(link) = self.links.name(claim.link).filter(|_| stranger) {
                let offered = self.conflicts.heard(now(), link, &claim);
                if let Some(instance) = offered {
                    self.outbox.put(Said::Taken(instance));
                }
            }
        }
    }

    /// Asks for others, and tells of those that are there.
    pub(super) fn look_for_others(&mut self) {
        if let Some(addresses) = self.conflicts.news() {
            self.ears.listen(addresses);
        }
        for step in self.conflicts.due(now()) {
            match step {
                Step::Probe { interface, address } => {
                    self.announcer.probe(&self.links, &interface, address);
                }
                Step::Say(conflict) => self.outbox.put(Said::Claimed(conflict)),
            }
        }
    }
}
