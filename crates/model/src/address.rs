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
    /// The further words of the line.
    pub options: AddressOptions,
}

/// Words of an address line that few lines have.
#[derive(
    Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default, Serialize, Deserialize,
)]
pub struct AddressOptions {
    /// `peer`: the other end; then the prefix is full and there is no broadcast address.
    pub peer: Option<IpAddr>,
    /// Bits of [`flag`].
    pub flags: u32,
    /// `preferred_lft`, IPv6 only: seconds, `None` is forever. 0 means never chosen as a source, the
    /// default of an address of 128 bits.
    pub preferred: Option<u32>,
    /// `no_track`: nothing happens when somebody deletes it.
    pub untracked: bool,
}

/// linux/if_addr.h: IFA_F_*.
pub mod flag {
    /// No duplicate address detection: the default of IPv6, `-nodad` takes it back.
    pub const NODAD: u32 = 0x02;
    /// `home`.
    pub const HOME: u32 = 0x10;
    /// `mngtmpaddr`.
    pub const MANAGE_TEMP: u32 = 0x100;
    /// `noprefixroute`.
    pub const NO_PREFIX_ROUTE: u32 = 0x200;
    /// `autojoin`.
    pub const AUTOJOIN: u32 = 0x400;
}

impl fmt::Display for VirtualAddress {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}/{}", self.address, self.prefix)
    }
}
