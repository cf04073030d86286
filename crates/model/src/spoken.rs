//! How people name virtual servers to commands.
//!
//! | virtual server | name |
//! |---|---|
//! | of an address | `192.0.2.20:80/tcp`, `[fd00::20]:53/udp` |
//! | of a firewall mark | `fwmark:5`, for IPv6 `fwmark:5/ipv6` |
//! | of a group | `group:web`; of the second block that names it `group:web/2` |

use crate::key::{RealServerKey, ServiceKey, VirtualServerKey};
use crate::units::AddressFamily;
use core::net::{IpAddr, SocketAddr};

impl VirtualServerKey {
    /// The whole name, which no other has.
    pub fn spoken(&self) -> String {
        match self {
            Self::Service(ServiceKey::Address {
                protocol,
                address,
                port,
            }) => format!("{}/{}", place(*address, *port), protocol.word()),
            Self::Service(ServiceKey::Fwmark { mark, family }) => match family {
                AddressFamily::V4 => format!("fwmark:{mark}"),
                AddressFamily::V6 => format!("fwmark:{mark}/ipv6"),
            },
            Self::Group { name, turn: 0, .. } => format!("group:{name}"),
            Self::Group { name, turn, .. } => format!("group:{name}/{}", u32::from(*turn) + 1),
        }
    }
}

impl RealServerKey {
    /// Its name below its virtual server: `10.0.0.1:80`.
    pub fn spoken(&self) -> String {
        place(self.address, self.port)
    }
}

/// `10.0.0.1:80`, `[fd00::1]:80`.
pub fn place(address: IpAddr, port: u16) -> String {
    SocketAddr::new(address, port).to_string()
}
