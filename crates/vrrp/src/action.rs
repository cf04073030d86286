//! What the machine asks of the world.

use crate::advert::Outgoing;
use crate::input::Ear;
use core::net::IpAddr;
use holdfast_model::{Event, IfName, InstanceKey, Objects, VirtualAddress};
use serde::{Deserialize, Serialize};
use std::collections::BTreeSet;

/// To be done in the order they come.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub enum Action {
    /// Write a packet to a raw socket, now.
    Send {
        /// Whose advert it is.
        instance: InstanceKey,
        /// Which socket.
        ear: Ear,
        /// Index of the instance's interface: the zone of link-local addresses.
        link: u32,
        /// Bytes and addresses.
        outgoing: Outgoing,
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
    /// Open a socket, and join groups.
    Watch {
        /// Which.
        ear: Ear,
        /// The link's name; none for unicast.
        interface: Option<IfName>,
        /// Groups to join.
        groups: BTreeSet<IpAddr>,
    },
    /// Close a socket.
    Unwatch {
        /// Which.
        ear: Ear,
    },
    /// Something happened.
    Report(Event),
    /// Everything is released; nothing follows.
    Stopped,
}
