//! Addresses that an instance owns while it is master.

use crate::units::{IfName, Name};
use core::fmt;
use core::net::IpAddr;
use serde::{Deserialize, Serialize};

/// The scope of an address (rtnetlink(7), RT_SCOPE_*).
#[derive(
    Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default, Serialize, Deserialize,
)]
pub enum Scope {
    /// 0: valid everywhere.
    #[default]
    Global,
    /// 200.
    Site,
    /// 253: this link only.
    Link,
    /// 254: this host only.
    Host,
    /// Any other number.
    Other(u8),
}

impl Scope {
    /// The kernel's number.
    pub const fn number(self) -> u8 {
        match self {
            Self::Global => 0,
            Self::Site => 200,
            Self::Link => 253,
            Self::Host => 254,
            Self::Other(number) => number,
        }
    }

    /// From the kernel's number.
    pub const fn from_number(number: u8) -> Self {
        match number {
            0 => Self::Global,
            200 => Self::Site,
            253 => Self::Link,
            254 => Self::Host,
            other => Self::Other(other),
        }
    }
}

/// One line of `virtual_ipaddress`, defaults filled in.
///
/// Its identity is interface, address and prefix length; label, scope and broadcast are attributes.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct VirtualAddress {
    /// The address itself.
    pub address: IpAddr,
    /// Prefix length: 0 to 32 or 0 to 128; 32 and 128 by default.
    pub prefix: u8,
    /// The interface it goes on (`dev`, else the instance's).
    pub interface: IfName,
    /// `label`, IPv4 only, at most 15 bytes.
    pub label: Option<Name>,
    /// `scope`.
    pub scope: Scope,
    /// `brd`/`broadcast`; none is added when the line has none.
    pub broadcast: Option<core::net::Ipv4Addr>,
}

impl fmt::Display for VirtualAddress {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}/{}", self.address, self.prefix)
    }
}
