//! What the machine hears.

use core::net::Ipv4Addr;
use holdfast_model::{IfName, InstanceKey, VirtualAddress, VrrpModel};
use holdfast_packet::MacAddress;

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
    /// The configuration was read again and is good.
    Reconfigure(&'a VrrpModel),
    /// Begin. The links that are known come before.
    Start,
    /// Resign and end with `Stopped`.
    Stop {
        /// False: addresses stay where they are (`--dont-release-vrrp`).
        release: bool,
    },
}

/// A packet as a raw socket delivers it.
#[derive(Debug, Clone, Copy)]
pub struct Datagram<'a> {
    /// Index of the interface it came in.
    pub link: u32,
    /// From the IP header on.
    pub bytes: &'a [u8],
}

/// What there is to know about a network interface.
#[derive(Debug, Clone, PartialEq, Eq)]
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
}
