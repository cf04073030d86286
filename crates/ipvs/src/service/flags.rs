//! IPVS_SVC_ATTR_FLAGS and IPVS_SVC_ATTR_NETMASK.

use super::Family;

/// IP_VS_SVC_F_*.
pub mod flag {
    /// Clients keep their destination.
    pub const PERSISTENT: u32 = 0x0001;
    /// Set by the kernel on every service that stands in its table.
    pub const HASHED: u32 = 0x0002;
    /// UDP: each packet is scheduled by itself.
    pub const ONE_PACKET: u32 = 0x0004;
    /// Scheduler flag 1 (sh, mh: fallback to another server).
    pub const SCHEDULER_1: u32 = 0x0008;
    /// Scheduler flag 2 (sh, mh: source port counts).
    pub const SCHEDULER_2: u32 = 0x0010;
    /// Scheduler flag 3.
    pub const SCHEDULER_3: u32 = 0x0020;
    /// All that a person can set: everything but HASHED.
    pub const SETTABLE: u32 = PERSISTENT | ONE_PACKET | SCHEDULER_1 | SCHEDULER_2 | SCHEDULER_3;
}

/// Flags of a service, one bit each ([`flag`]).
pub type Flags = u32;

/// `struct ip_vs_flags`: of the bits in `mask`, those in `flags` are set and the others cleared;
/// bits outside `mask` stay as they are.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ServiceFlags {
    /// The bits.
    pub flags: Flags,
    /// Which bits are meant.
    pub mask: u32,
}

impl ServiceFlags {
    /// All bits decided.
    pub const fn all(flags: Flags) -> Self {
        Self {
            flags,
            mask: u32::MAX,
        }
    }

    pub(crate) fn to_bytes(self) -> [u8; 8] {
        let [a, b, c, d] = self.flags.to_ne_bytes();
        let [e, f, g, h] = self.mask.to_ne_bytes();
        [a, b, c, d, e, f, g, h]
    }

    pub(crate) fn from_bytes([a, b, c, d, e, f, g, h]: [u8; 8]) -> Self {
        Self {
            flags: u32::from_ne_bytes([a, b, c, d]),
            mask: u32::from_ne_bytes([e, f, g, h]),
        }
    }
}

/// Which clients persistence takes for one, as its four bytes on the wire: a mask in network order
/// for IPv4, a prefix length in host order for IPv6.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Netmask(pub [u8; 4]);

impl Netmask {
    /// `prefix` leading bits; more than the family has counts as all of them.
    pub fn from_prefix(family: Family, prefix: u8) -> Self {
        match family {
            Family::Inet => {
                let shift = 32 - u32::from(prefix.min(32));
                let mask = u32::MAX.checked_shl(shift).unwrap_or(0);
                Self(mask.to_be_bytes())
            }
            Family::Inet6 => Self(u32::from(prefix.min(128)).to_ne_bytes()),
        }
    }

    /// Single addresses: 255.255.255.255 or 128. What a service without persistence carries.
    pub fn host(family: Family) -> Self {
        Self::from_prefix(family, u8::MAX)
    }

    /// The prefix length; `None` for a mask with holes.
    pub fn prefix(self, family: Family) -> Option<u8> {
        match family {
            Family::Inet => {
                let prefix = u32::from_be_bytes(self.0).leading_ones() as u8;
                (Self::from_prefix(family, prefix) == self).then_some(prefix)
            }
            Family::Inet6 => u8::try_from(u32::from_ne_bytes(self.0))
                .ok()
                .filter(|prefix| *prefix <= 128),
        }
    }
}
