//! A destination ("real server") of a service.

mod attribute;
mod forward;
pub mod tunnel;

pub use attribute::DestinationAttribute;
pub use forward::ForwardMethod;

use crate::service::Family;
use crate::stats::Stats;
use crate::wire::{IncompleteError, address_bytes, address_of};
use core::net::IpAddr;

/// A destination's identity within its service.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct DestinationId {
    /// Its address; its family may differ from the service's under a tunnel.
    pub address: IpAddr,
    /// Its port.
    pub port: u16,
}

impl DestinationId {
    /// The attributes that name it.
    pub fn to_attributes(&self) -> Vec<DestinationAttribute> {
        // Ten: with the settings of `Destination` there is no second allocation.
        let mut attributes = Vec::with_capacity(10);
        attributes.push(DestinationAttribute::Address(address_bytes(self.address)));
        attributes.push(DestinationAttribute::Port(self.port));
        attributes.push(DestinationAttribute::AddressFamily(
            Family::of(self.address).number(),
        ));
        attributes
    }
}

/// A destination with its settings.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Destination {
    /// Which one.
    pub id: DestinationId,
    /// How packets reach it.
    pub forward: ForwardMethod,
    /// Its share; 0: no new connections.
    pub weight: u32,
    /// Connections above which it gets no new ones; 0: no limit.
    pub upper_threshold: u32,
    /// Connections below which it gets new ones again; 0: three quarters of the upper one.
    pub lower_threshold: u32,
    /// One of [`tunnel`]'s.
    pub tunnel_type: u8,
    /// GUE port.
    pub tunnel_port: u16,
    /// [`tunnel`]'s flags.
    pub tunnel_flags: u16,
}

/// What a destination carries now.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Load {
    /// Active connections.
    pub active: u32,
    /// Inactive connections.
    pub inactive: u32,
    /// Persistence templates.
    pub persistent: u32,
    /// Counters and rates.
    pub stats: Stats,
}

impl Destination {
    /// All attributes of NEW_DEST and SET_DEST. Tunnel attributes go only with a tunnel: kernels
    /// before 5.2 do not know them.
    pub fn to_attributes(&self) -> Vec<DestinationAttribute> {
        let mut attributes = self.id.to_attributes();
        attributes.push(DestinationAttribute::Forward(self.forward));
        attributes.push(DestinationAttribute::Weight(self.weight));
        attributes.push(DestinationAttribute::UpperThreshold(self.upper_threshold));
        attributes.push(DestinationAttribute::LowerThreshold(self.lower_threshold));
        if self.tunnel_type != 0 {
            attributes.push(DestinationAttribute::TunnelType(self.tunnel_type));
            attributes.push(DestinationAttribute::TunnelPort(self.tunnel_port));
            attributes.push(DestinationAttribute::TunnelFlags(self.tunnel_flags));
        }
        attributes
    }

    /// From a dump: the destination and its load. `service_family` is that of its service, for
    /// kernels that do not send the destination's own.
    ///
    /// # Errors
    /// [`IncompleteError`] when the identity is not complete.
    pub fn from_attributes(
        service_family: Family,
        attributes: &[DestinationAttribute],
    ) -> Result<(Self, Load), IncompleteError> {
        let mut raw = Raw::new(service_family);
        for attribute in attributes {
            raw.take(attribute);
        }
        let family = raw.family.ok_or(IncompleteError("address family"))?;
        let bytes = raw.address.ok_or(IncompleteError("address"))?;
        let mut destination = raw.destination;
        destination.id = DestinationId {
            address: address_of(family, bytes),
            port: raw.port.ok_or(IncompleteError("port"))?,
        };
        let mut load = raw.load;
        load.stats = raw.stats64.or(raw.stats).unwrap_or_default();
        Ok((destination, load))
    }
}

struct Raw {
    family: Option<Family>,
    address: Option<[u8; 16]>,
    port: Option<u16>,
    stats: Option<Stats>,
    stats64: Option<Stats>,
    destination: Destination,
    load: Load,
}

impl Raw {
    fn new(family: Family) -> Self {
        Self {
            family: Some(family),
            address: None,
            port: None,
            stats: None,
            stats64: None,
            destination: Destination {
                id: DestinationId {
                    address: IpAddr::V4(core::net::Ipv4Addr::UNSPECIFIED),
                    port: 0,
                },
                forward: ForwardMethod::Masquerade,
                weight: 0,
                upper_threshold: 0,
                lower_threshold: 0,
                tunnel_type: 0,
                tunnel_port: 0,
                tunnel_flags: 0,
            },
            load: Load::default(),
        }
    }

    fn take(&mut self, attribute: &DestinationAttribute) {
        use DestinationAttribute as A;
        match attribute {
            A::Address(bytes) => self.address = Some(*bytes),
            A::Port(port) => self.port = Some(*port),
            A::AddressFamily(number) => self.family = Family::from_number(*number),
            A::Forward(method) => self.destination.forward = *method,
            A::Weight(weight) => self.destination.weight = *weight,
            A::UpperThreshold(value) => self.destination.upper_threshold = *value,
            A::LowerThreshold(value) => self.destination.lower_threshold = *value,
            A::TunnelType(value) => self.destination.tunnel_type = *value,
            A::TunnelPort(port) => self.destination.tunnel_port = *port,
            A::TunnelFlags(flags) => self.destination.tunnel_flags = *flags,
            A::ActiveConnections(value) => self.load.active = *value,
            A::InactiveConnections(value) => self.load.inactive = *value,
            A::PersistentConnections(value) => self.load.persistent = *value,
            A::Stats(stats) => self.stats = Some(Stats::from_attributes(stats)),
            A::Stats64(stats) => self.stats64 = Some(Stats::from_attributes(stats)),
            A::Other(_) => {}
        }
    }
}
