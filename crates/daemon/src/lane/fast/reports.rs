//! What the reconciler says of addresses: to the worker, and to the log.

use super::Lane;
use crate::lane::handle::Said;
use holdfast_model::Owner;
use holdfast_plan::Report;
use holdfast_plan::address::{AddressDomain, AddressId};
use std::io;

impl Lane {
    pub(super) fn report(&mut self, report: Report<AddressDomain>) {
        match report {
            Report::GaveUp { key, epoch, errno } => {
                let error = io::Error::from_raw_os_error(errno);
                tracing::warn!("({key}) the kernel does not take the addresses: {error}");
                if let Owner::Instance(instance) = key {
                    self.outbox.put(Said::GaveUp { instance, epoch });
                }
            }
            Report::Applied { key, epoch } => {
                self.firewall.applied(&key, epoch);
                if self.orphans.gone(&key, epoch) {
                    self.addresses.want(key.clone(), epoch, None);
                }
                if let Owner::Instance(instance) = key {
                    self.leases.applied(&instance, epoch);
                    self.outbox.put(Said::Applied { instance, epoch });
                }
            }
            Report::Lost { key, ids } => self.lost(&key, ids),
            // the router wants it anew after `Lost`, and hears `Applied` of that
            Report::Left { .. } | Report::Restored { .. } => {}
        }
    }

    fn lost(&self, key: &Owner, ids: Vec<AddressId>) {
        for id in ids {
            let (interface, address) = (id.interface, id.address);
            match key {
                Owner::Static => {
                    tracing::info!("Restoring deleted static address {address} on {interface}");
                }
                Owner::Instance(instance) => self.outbox.put(Said::Lost {
                    instance: instance.clone(),
                    interface,
                    address,
                }),
            }
        }
    }
}
