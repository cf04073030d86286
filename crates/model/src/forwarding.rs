//! What the kernel is told of a service and its servers besides who they are.

use crate::units::Name;
use core::net::IpAddr;
use serde::{Deserialize, Serialize};

/// How a packet gets from the director to the real server (linux/ip_vs.h, IP_VS_CONN_F_*).
#[derive(
    Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default, Serialize, Deserialize,
)]
pub enum Forwarding {
    /// Addresses rewritten; replies come back through the director.
    #[default]
    Nat,
    /// Direct routing: the frame goes to the real server's MAC.
    Dr,
    /// A tunnel.
    Tun(Tunnel),
}

impl Forwarding {
    /// The word of `lvs_method`.
    pub const fn word(self) -> &'static str {
        match self {
            Self::Nat => "NAT",
            Self::Dr => "DR",
            Self::Tun(_) => "TUN",
        }
    }

    /// Addresses and ports are rewritten on the way.
    pub const fn rewrites(self) -> bool {
        matches!(self, Self::Nat)
    }
}

/// What is put around the packet (linux/ip_vs.h, IP_VS_CONN_F_TUNNEL_TYPE_*).
#[derive(
    Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default, Serialize, Deserialize,
)]
pub enum Tunnel {
    /// IP in IP.
    #[default]
    Ipip,
    /// Generic UDP encapsulation, to this port, never 0.
    Gue(u16, TunnelChecksum),
    /// Generic routing encapsulation; never with a remote checksum.
    Gre(TunnelChecksum),
}

/// The checksum of the tunnel's own header (IP_VS_TUNNEL_ENCAP_FLAG_*).
#[derive(
    Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default, Serialize, Deserialize,
)]
pub enum TunnelChecksum {
    /// `nocsum`.
    #[default]
    None,
    /// `csum`.
    Whole,
    /// `remcsum`: the inner one, offloaded.
    Remote,
}

/// `ops`, `flag-1` and their kin, `persistence_engine`.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct ServiceOptions {
    /// `ops`: each datagram is scheduled for itself.
    pub one_packet: bool,
    /// `flag-1`, `flag-2`, `flag-3`: what they mean is the scheduler's.
    pub scheduler_flags: [bool; 3],
    /// `persistence_engine`: at most 15 bytes.
    pub engine: Option<Name>,
    /// `lvs_method FULLNAT`.
    pub lent: Vec<Lent>,
}

/// A real server to which connections leave with an address of this host (FULLNAT): for the kernel's
/// IPVS it is one of NAT.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Lent {
    /// The real server's address.
    pub address: IpAddr,
    /// And port.
    pub port: u16,
    /// The addresses, of its family; none: that of the interface by which packets leave.
    pub sources: Vec<IpAddr>,
}

/// `uthreshold`, `lthreshold`: connections above which a server gets no new ones, and below which
/// it gets some again. 0: none.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Thresholds {
    /// `uthreshold`.
    pub upper: u32,
    /// `lthreshold`.
    pub lower: u32,
}
