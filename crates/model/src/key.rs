//! Identity: who is who across a reload, a crash, a tape and the API.
//!
//! | thing | identity | edited in place | re-created |
//! |---|---|---|---|
//! | instance | name | everything else | VRID, interface, family |
//! | BFD session | name | times, multiplier, `passive` | neighbour, source, TTL, `multihop` |
//! | sync group, tracked object | name (of its kind) | everything | - |
//! | address | interface, address, prefix | flags, lifetime | label, scope, broadcast, peer |
//! | route | family, table, destination, tos, metric | everything else (replace) | - |
//! | rule | all of it | - | - |
//! | virtual server | protocol, address, port, or mark and family, or group and turn | everything else | - |
//! | kernel service | the same | scheduler, flags, persistence, mask | - |
//! | real server | virtual server + address, port | weight, forwarding, thresholds | - |
//! | check | real server + every byte on the wire | retry, delays, timeouts | kind, target, request |

use crate::checker::Probe;
use crate::units::{AddressFamily, Name, Protocol};
use core::fmt;
use core::net::IpAddr;
use serde::{Deserialize, Serialize};

/// A `vrrp_instance`, by name.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct InstanceKey(pub Name);

impl fmt::Display for InstanceKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(&self.0, f)
    }
}

/// For whom a kernel object is there.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub enum Owner {
    /// The daemon: `static_ipaddress`, `static_routes`, `static_rules`.
    Static,
    /// An instance.
    Instance(InstanceKey),
}

impl fmt::Display for Owner {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Static => f.write_str("static"),
            Self::Instance(key) => fmt::Display::fmt(key, f),
        }
    }
}

/// A `vrrp_sync_group`, by name.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct GroupKey(pub Name);

impl fmt::Display for GroupKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(&self.0, f)
    }
}

/// One service in the kernel's IPVS table.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub enum ServiceKey {
    /// By destination address of the packet.
    Address {
        /// Transport protocol.
        protocol: Protocol,
        /// The VIP.
        address: IpAddr,
        /// 0: every port (persistent only).
        port: u16,
    },
    /// By firewall mark.
    Fwmark {
        /// Never 0.
        mark: u32,
        /// Family of the real servers.
        family: AddressFamily,
    },
}

impl ServiceKey {
    /// The family of the service.
    pub const fn family(&self) -> AddressFamily {
        match self {
            Self::Address { address, .. } => AddressFamily::of(*address),
            Self::Fwmark { family, .. } => *family,
        }
    }

    /// The protocol that log lines show for it and its real servers; fwmark services have none of
    /// their own.
    pub const fn protocol(&self) -> Option<Protocol> {
        match self {
            Self::Address { protocol, .. } => Some(*protocol),
            Self::Fwmark { .. } => None,
        }
    }
}

/// keepalived's notation: `[10.0.0.1]:tcp:80`, `FWM 3`.
impl fmt::Display for ServiceKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Address {
                protocol,
                address,
                port,
            } => {
                write!(f, "[{address}]:{}:{port}", protocol.word())
            }
            Self::Fwmark { mark, .. } => write!(f, "FWM {mark}"),
        }
    }
}

/// A `virtual_server` block.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub enum VirtualServerKey {
    /// One kernel service.
    Service(ServiceKey),
    /// All services of a `virtual_server_group`.
    Group {
        /// The group's.
        name: Name,
        /// How many blocks of the file name the group before this one.
        turn: u16,
        /// `None`: the group has marks only.
        protocol: Option<Protocol>,
    },
}

impl VirtualServerKey {
    /// The one address that it is about; none for marks and groups.
    pub const fn address(&self) -> Option<IpAddr> {
        match self {
            Self::Service(ServiceKey::Address { address, .. }) => Some(*address),
            Self::Service(ServiceKey::Fwmark { .. }) | Self::Group { .. } => None,
        }
    }

    /// The protocol that log lines show for its real servers.
    pub const fn protocol(&self) -> Option<Protocol> {
        match self {
            Self::Service(service) => service.protocol(),
            Self::Group { protocol, .. } => *protocol,
        }
    }
}

/// keepalived's notation: that of the service, or `[GROUP]:0`.
impl fmt::Display for VirtualServerKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Service(service) => fmt::Display::fmt(service, f),
            Self::Group { name, turn, .. } => write!(f, "[{name}]:{turn}"),
        }
    }
}

/// A `real_server` of one virtual server.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct RealServerKey {
    /// The virtual server it belongs to.
    pub virtual_server: VirtualServerKey,
    /// Its address.
    pub address: IpAddr,
    /// Its port as the kernel row has it.
    pub port: u16,
}

/// keepalived's notation: `[10.0.0.1]:tcp:80`; under a fwmark service, which has no protocol of its
/// own, `[10.0.0.1]:none:80`.
impl fmt::Display for RealServerKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let protocol = self.virtual_server.protocol();
        let word = protocol.map_or("none", Protocol::word);
        write!(f, "[{}]:{word}:{}", self.address, self.port)
    }
}

/// One check of one real server.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct CheckKey {
    /// Whom it judges.
    pub real_server: RealServerKey,
    /// What it sends and whereto.
    pub probe: Probe,
}
