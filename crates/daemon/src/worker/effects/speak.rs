//! Adverts on their way, and those that are kept for later.

use super::Effects;
use holdfast_kernel::time::now;
use holdfast_model::{Instance, InstanceKey};
use holdfast_vrrp::advert::adverts;
use holdfast_vrrp::{Ear, Outgoing};
use std::net::IpAddr;

impl Effects {
    pub(super) fn send(&self, instance: &InstanceKey, ear: Ear, link: u32, out: &Outgoing) {
        let Some(socket) = self.sockets.get(&ear) else {
            return;
        };
        let way = (link, self.bound(ear, link));
        let socket = &socket.socket;
        // from before it left: a backup cannot have heard it sooner
        let at = now();
        let sent = socket.send(way, out.source, out.destination, &out.packet);
        if let Err(error) = sent {
            tracing::warn!("({instance}) send advert error: {error}");
            return;
        }
        let configured = self.instances.get(instance);
        let leased = configured.is_some_and(|config| config.wire.habits.lease.is_some());
        if leased && !out.resigns() {
            self.lane.mailbox().renew(instance.clone(), at);
        }
    }

    /// The adverts with priority 0, as they would be sent: for `release`.
    pub(super) fn resignation(&self, instance: &Instance) -> Vec<(IpAddr, IpAddr, Vec<u8>)> {
        let wire = &instance.wire;
        let link = self.links.get(&instance.interface);
        let own = wire.source.or_else(|| link?.source_of(wire.family));
        let Some(source) = own else {
            return Vec::new();
        };
        let packets = adverts(instance, source, 0, false, &mut 0);
        packets
            .into_iter()
            .map(|out| (out.source, out.destination, out.packet))
            .collect()
    }
}
