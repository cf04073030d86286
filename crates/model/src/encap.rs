//! What wraps the packets of a route, for light-weight tunnels (linux/lwtunnel.h).

use crate::units::AddressFamily;
use core::net::IpAddr;
use serde::{Deserialize, Serialize};

/// `encap`, of a next hop.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub enum Encap {
    /// `mpls`: labels, the outermost first, at least one; 20 bits each.
    Mpls(Vec<u32>),
    /// `ip` or `ip6`: what an interface for tunnels of any destination is told.
    Ip(IpEncap),
    /// `ila`: the locator, which takes the place of the upper half of the destination.
    Ila(u64),
}

/// The header of a tunnel.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct IpEncap {
    /// Of the header: `ip` or `ip6`.
    pub family: AddressFamily,
    /// `id`: the key.
    pub id: Option<u64>,
    /// `dst`, of the family.
    pub destination: Option<IpAddr>,
    /// `src`, of the family.
    pub source: Option<IpAddr>,
    /// `tos` or `tc`.
    pub class: Option<u8>,
    /// `ttl` or `hoplimit`.
    pub hops: Option<u8>,
    /// `flags`, linux/if_tunnel.h: 1 checksum, 4 key, 8 sequence.
    pub flags: Option<u16>,
}

impl IpEncap {
    /// One that says nothing yet.
    pub const fn new(family: AddressFamily) -> Self {
        Self {
            family,
            id: None,
            destination: None,
            source: None,
            class: None,
            hops: None,
            flags: None,
        }
    }
}
