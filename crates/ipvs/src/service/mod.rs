//! A virtual service.

mod attribute;
mod flags;

pub use attribute::ServiceAttribute;
pub use flags::{Flags, Netmask, ServiceFlags, flag};

use crate::stats::Stats;
use crate::wire::{IncompleteError, address_bytes, address_of};
use core::net::IpAddr;

/// AF_INET or AF_INET6: all that IPVS knows.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Family {
    /// AF_INET.
    Inet,
    /// AF_INET6.
    Inet6,
}

impl Family {
    /// The family of an address.
    pub const fn of(address: IpAddr) -> Self {
        match address {
            IpAddr::V4(_) => Self::Inet,
            IpAddr::V6(_) => Self::Inet6,
        }
    }

    /// The kernel's number (Linux: 2 and 10 on every architecture).
    pub const fn number(self) -> u16 {
        match self {
            Self::Inet => 2,
            Self::Inet6 => 10,
        }
    }

    /// From that number.
    pub const fn from_number(number: u16) -> Option<Self> {
        match number {
            2 => Some(Self::Inet),
            10 => Some(Self::Inet6),
            _ => None,
        }
    }
}

/// Which packets a service takes: its identity.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum ServiceId {
    /// By their destination.
    Address {
        /// IPPROTO_TCP, IPPROTO_UDP or IPPROTO_SCTP.
        protocol: u16,
        /// The virtual address.
        address: IpAddr,
        /// 0: every port; the kernel wants it persistent then.
        port: u16,
    },
    /// By firewall mark, not 0.
    Fwmark {
        /// The mark.
        mark: u32,
        /// Of the packets.
        family: Family,
    },
}

impl ServiceId {
    /// The service's family.
    pub const fn family(&self) -> Family {
        match self {
            Self::Address { address, .. } => Family::of(*address),
            Self::Fwmark { family, .. } => *family,
        }
    }

    /// The attributes that name it.
    pub fn to_attributes(&self) -> Vec<ServiceAttribute> {
        // Nine: with the settings of `Service` there is no second allocation.
        let mut attributes = Vec::with_capacity(9);
        attributes.push(ServiceAttribute::AddressFamily(self.family().number()));
        match self {
            Self::Address {
                protocol,
                address,
                port,
            } => {
                attributes.push(ServiceAttribute::Protocol(*protocol));
                attributes.push(ServiceAttribute::Address(address_bytes(*address)));
                attributes.push(ServiceAttribute::Port(*port));
            }
            Self::Fwmark { mark, .. } => attributes.push(ServiceAttribute::Fwmark(*mark)),
        }
        attributes
    }
}

/// A service with its settings.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Service {
    /// Which packets it takes.
    pub id: ServiceId,
    /// The scheduler's name, at most 15 bytes; `none` when it has lost its scheduler.
    pub scheduler: String,
    /// [`flag`] bits.
    pub flags: Flags,
    /// Persistence, seconds; meant when [`flag::PERSISTENT`] is set.
    pub timeout: u32,
    /// What counts as one client under persistence.
    pub netmask: Netmask,
    /// Persistence engine.
    pub persistence_engine: Option<String>,
}

impl Service {
    /// All attributes of NEW_SERVICE and SET_SERVICE.
    pub fn to_attributes(&self) -> Vec<ServiceAttribute> {
        let mut attributes = self.id.to_attributes();
        attributes.push(ServiceAttribute::Scheduler(self.scheduler.clone()));
        attributes.push(ServiceAttribute::Flags(ServiceFlags::all(self.flags)));
        attributes.push(ServiceAttribute::Timeout(self.timeout));
        attributes.push(ServiceAttribute::Netmask(self.netmask));
        if let Some(engine) = &self.persistence_engine {
            attributes.push(ServiceAttribute::PersistenceEngine(engine.clone()));
        }
        attributes
    }

    /// From a dump: the service and its counters, 64-bit ones where the kernel has them (4.1).
    ///
    /// # Errors
    /// [`IncompleteError`] when the identity is not complete.
    pub fn from_attributes(
        attributes: &[ServiceAttribute],
    ) -> Result<(Self, Stats), IncompleteError> {
        let mut raw = Raw::default();
        for attribute in attributes {
            raw.take(attribute);
        }
        let family = raw.family.ok_or(IncompleteError("address family"))?;
        let id = match raw.fwmark {
            Some(mark) => ServiceId::Fwmark { mark, family },
            None => ServiceId::Address {
                protocol: raw.protocol.ok_or(IncompleteError("protocol"))?,
                address: address_of(family, raw.address.ok_or(IncompleteError("address"))?),
                port: raw.port.ok_or(IncompleteError("port"))?,
            },
        };
        let service = Self {
            id,
            scheduler: raw.scheduler,
            flags: raw.flags,
            timeout: raw.timeout,
            netmask: raw.netmask.unwrap_or_else(|| Netmask::host(family)),
            persistence_engine: raw.engine,
        };
        Ok((service, raw.stats64.or(raw.stats).unwrap_or_default()))
    }
}

#[derive(Default)]
struct Raw {
    family: Option<Family>,
    protocol: Option<u16>,
    address: Option<[u8; 16]>,
    port: Option<u16>,
    fwmark: Option<u32>,
    scheduler: String,
    flags: u32,
    timeout: u32,
    netmask: Option<Netmask>,
    engine: Option<String>,
    stats: Option<Stats>,
    stats64: Option<Stats>,
}

impl Raw {
    fn take(&mut self, attribute: &ServiceAttribute) {
        match attribute {
            ServiceAttribute::AddressFamily(number) => self.family = Family::from_number(*number),
            ServiceAttribute::Protocol(number) => self.protocol = Some(*number),
            ServiceAttribute::Address(bytes) => self.address = Some(*bytes),
            ServiceAttribute::Port(port) => self.port = Some(*port),
            ServiceAttribute::Fwmark(mark) => self.fwmark = Some(*mark),
            ServiceAttribute::Scheduler(name) => self.scheduler.clone_from(name),
            ServiceAttribute::Flags(flags) => self.flags = flags.flags,
            ServiceAttribute::Timeout(seconds) => self.timeout = *seconds,
            ServiceAttribute::Netmask(mask) => self.netmask = Some(*mask),
            ServiceAttribute::PersistenceEngine(name) => self.engine = Some(name.clone()),
            ServiceAttribute::Stats(stats) => self.stats = Some(Stats::from_attributes(stats)),
            ServiceAttribute::Stats64(stats) => self.stats64 = Some(Stats::from_attributes(stats)),
            ServiceAttribute::Other(_) => {}
        }
    }
}
