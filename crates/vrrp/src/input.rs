//! What the machine hears.

use crate::hmac::Signed;
use core::net::{IpAddr, Ipv4Addr, Ipv6Addr};
use core::time::Duration;
use holdfast_model::{
    AddressFamily, IfName, InstanceKey, Level, TrackKey, VirtualAddress, VrrpModel,
};
use holdfast_packet::MacAddress;
use serde::{Deserialize, Serialize};
use std::collections::BTreeSet;

/// One input.
#[derive(Debug, Clone)]
pub enum Input<'a> {
    /// The deadline has come. Only this serves timers.
    Tick,
    /// A packet of protocol 112.
    Datagram(Datagram<'a>),
    /// A network interface is there, or something about it changed.
    Link(Link),
    /// A network interface is gone; by its index.
    LinkGone(u32),
    /// The addresses of `Want` are in the kernel, or out of it.
    Applied {
        /// Of the `Want`.
        instance: &'a InstanceKey,
        /// Of the `Want`.
        epoch: u64,
    },
    /// The addresses of `Want` cannot be brought in: given up, not one try of several.
    ApplyFailed {
        /// Of the `Want`.
        instance: &'a InstanceKey,
        /// Of the `Want`.
        epoch: u64,
    },
    /// Somebody else removed an address that was in the kernel for this instance.
    Lost {
        /// Whose.
        instance: &'a InstanceKey,
        /// Which.
        address: &'a VirtualAddress,
    },
    /// The kernel has IPVS, or has not. Until this is said, it has.
    Ipvs(bool),
    /// What the wall clock shows, told as often as its distance changes.
    Clock {
        /// How far it is ahead of the time that the machine is told.
        ahead: Duration,
    },
    /// What a process before this one signed and believed (`auth_hmac`). It comes before `Start`.
    Signed(&'a Signed),
    /// How something that instances watch is now. What was never told of counts as not there, a
    /// script as not judged. Interfaces are known by their links.
    Level {
        /// What.
        key: &'a TrackKey,
        /// How it is.
        level: Level,
    },
    /// The configuration was read again and is good.
    Reconfigure(&'a VrrpModel),
    /// Nobody kept the socket of a process before this one: what came in by it meanwhile is lost. It comes
    /// before `Start`.
    Unheard(Ear),
    /// Every master is silent until another one has its place, or nobody wanted it.
    Offer,
    /// Somebody else claims an address of a master that offers its place: by ARP, or a neighbour advert.
    Claimed(&'a InstanceKey),
    /// Begin. The links that are known come before.
    Start,
    /// Resign and end with `Stopped`.
    Stop {
        /// False: addresses stay where they are (`--dont-release-vrrp`).
        release: bool,
    },
}

/// Where adverts are heard, and sent from: one raw socket each.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub enum Ear {
    /// Multicast on one interface, by its index.
    Link(u32, AddressFamily),
    /// Unicast, whatever interface it comes in by.
    Peers(AddressFamily),
}

impl Ear {
    /// Of what it hears.
    pub const fn family(self) -> AddressFamily {
        match self {
            Self::Link(_, family) | Self::Peers(family) => family,
        }
    }
}

/// A packet as a raw socket delivers it.
#[derive(Debug, Clone, Copy)]
pub struct Datagram<'a> {
    /// The socket.
    pub ear: Ear,
    /// IPv4: from the IP header on. IPv6: the message.
    pub bytes: &'a [u8],
    /// IPv6: what the kernel says of the header, which it keeps.
    pub header: Option<Ipv6Header>,
}

/// What is known of an IPv6 header (RFC 3542 s6).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Ipv6Header {
    /// Sender.
    pub source: Ipv6Addr,
    /// Group or host it was sent to.
    pub destination: Ipv6Addr,
    /// Hops left.
    pub hops: u8,
}

/// What there is to know about a network interface.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Link {
    /// Its name.
    pub name: IfName,
    /// Its index.
    pub index: u32,
    /// IFF_UP and IFF_RUNNING.
    pub up: bool,
    /// Hardware address.
    pub mac: MacAddress,
    /// Bytes.
    pub mtu: u32,
    /// The primary IPv4 address: what adverts are sent from. VIPs never count.
    pub source: Option<Ipv4Addr>,
    /// Its link-local IPv6 address (RFC 9568 s5.1.2.1), once nobody else can have it.
    pub link_local: Option<Ipv6Addr>,
    /// All addresses of the host itself on it. VIPs never count.
    pub addresses: BTreeSet<IpAddr>,
    /// It belongs to a VRF: only what is bound to it goes by the routes there.
    pub in_vrf: bool,
}

impl Link {
    /// What adverts of that family are sent from.
    pub fn source_of(&self, family: AddressFamily) -> Option<IpAddr> {
        match family {
            AddressFamily::V4 => self.source.map(IpAddr::V4),
            AddressFamily::V6 => self.link_local.map(IpAddr::V6),
        }
    }
}
