//! Sockets of adverts, and what is to be heard on them.

use super::Effects;
use holdfast_kernel::socket::vrrp::VrrpSocket;
use holdfast_model::{IfName, Instance, InstanceKey};
use holdfast_vrrp::Ear;
use holdfast_vrrp::advert::room;
use std::collections::BTreeMap;

/// The configuration of each.
pub(super) type Instances = BTreeMap<InstanceKey, Instance>;

/// A socket that adverts come in by.
pub(super) struct Socket {
    /// None for unicast.
    pub(super) interface: Option<IfName>,
    pub(super) socket: VrrpSocket,
    pub(super) registered: bool,
    /// It is the one that a worker before this one had.
    pub(super) kept: bool,
}

impl Socket {
    pub(super) fn place(&self) -> &str {
        self.interface.as_ref().map_or("unicast", IfName::as_str)
    }

    /// Lets it hear what the instances of that ear want to hear, and all VRIDs where all are told of.
    pub(super) fn tune(&self, ear: Ear, instances: &Instances, mtu: u32, hears_all: bool) {
        let here = at(instances, ear, self.interface.as_ref());
        let vrids = if hears_all {
            (0..=u8::MAX).collect()
        } else {
            vrids(instances, ear, self.interface.as_ref())
        };
        if let Err(error) = self.socket.set_vrids(&vrids) {
            tracing::warn!("cannot filter adverts on {}: {error}", self.place());
        }
        let room = here.fold(0_u32, |sum, config| sum.saturating_add(room(config, mtu)));
        if room > 0
            && let Err(error) = self
                .socket
                .set_room(usize::try_from(room).unwrap_or(usize::MAX))
        {
            tracing::warn!("receive buffer of adverts on {}: {error}", self.place());
        }
    }
}

/// The VRIDs that concern a socket.
pub(super) fn vrids(instances: &Instances, ear: Ear, name: Option<&IfName>) -> Vec<u8> {
    at(instances, ear, name)
        .map(|instance| instance.vrid.get())
        .collect()
}

impl Effects {
    /// Those of which nothing was kept.
    pub(in crate::worker) fn unheard(&self) -> Vec<Ear> {
        let fresh = self.sockets.iter().filter(|(_, socket)| !socket.kept);
        fresh.map(|(ear, _)| *ear).collect()
    }

    /// Does what leaves there have to be bound to that link? Unicast goes by the routes of the host, and
    /// a VRF has routes of its own. What is sent to a group leaves by a socket of the link anyway.
    pub(super) fn bound(&self, ear: Ear, link: u32) -> bool {
        let mut known = self.links.values();
        matches!(ear, Ear::Peers(_)) && known.any(|known| known.index == link && known.in_vrf)
    }
}

/// The instances that a socket is for.
fn at<'i>(
    instances: &'i Instances,
    ear: Ear,
    name: Option<&IfName>,
) -> impl Iterator<Item = &'i Instance> {
    instances.values().filter(move |instance| {
        let unicast = instance.wire.cast.peers().is_some();
        instance.wire.family == ear.family()
            && name.map_or(unicast, |name| !unicast && instance.place() == name)
    })
}
