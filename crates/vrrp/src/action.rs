//! What the machine asks of the world.

use core::net::Ipv4Addr;
use holdfast_model::{Event, IfName, InstanceKey, Objects, VirtualAddress};

/// To be done in the order they come.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Action {
    /// Write a packet to the raw socket of a link, now.
    Send {
        /// Whose advert it is.
        instance: InstanceKey,
        /// Interface index.
        link: u32,
        /// As in the packet's header.
        source: Ipv4Addr,
        /// As in the packet's header.
        destination: Ipv4Addr,
        /// From the IP header on (IP_HDRINCL).
        packet: Vec<u8>,
    },
    /// The level: these addresses, and no other of this instance, are to be in the kernel.
    /// Answered by `Applied` or `ApplyFailed` with the same epoch; a later epoch of the same
    /// instance replaces an earlier one.
    Want {
        /// For whom.
        instance: InstanceKey,
        /// Grows with every `Want` of the router.
        epoch: u64,
        /// Empty: release all.
        addresses: Vec<VirtualAddress>,
        /// What comes and goes with them; its excluded addresses are among `addresses`.
        objects: Objects,
    },
    /// Send gratuitous ARP, `count` frames an address, all addresses in turn. To be dropped when
    /// the instance wants a later epoch by then.
    Announce {
        /// For whom.
        instance: InstanceKey,
        /// Of the `Want` that put them in place.
        epoch: u64,
        /// What to announce, and on which interface.
        addresses: Vec<VirtualAddress>,
        /// Frames an address, at least 1.
        count: u16,
    },
    /// Open the sockets of a link and join the group.
    Watch {
        /// Interface index.
        link: u32,
        /// Its name.
        interface: IfName,
    },
    /// Close the sockets of a link.
    Unwatch {
        /// Interface index.
        link: u32,
    },
    /// Something happened.
    Report(Event),
    /// Everything is released; nothing follows.
    Stopped,
}
