//! Things to come.

use super::lan::Shared;
use crate::spec::Spec;
use holdfast_vrrp::Link;

/// Something that comes.
#[derive(Debug, Clone)]
pub enum Event {
    /// A packet reaches a host.
    Packet {
        /// Which.
        to: usize,
        /// What.
        packet: Shared,
        /// Not as a LAN in order brings it.
        late: bool,
    },
    /// The kernel has done what an instance wished, or gives up.
    Answer {
        /// Whose.
        node: usize,
        /// Of which process.
        life: u32,
        /// Which instance.
        slot: u8,
        /// Of the wish.
        epoch: u64,
    },
    /// The kernel says that somebody took an address.
    Lost {
        /// Whose.
        node: usize,
        /// To which process.
        life: u32,
        /// Which instance.
        slot: u8,
        /// Which address.
        vip: u8,
    },
    /// The kernel says what the interface is like.
    Link {
        /// Whose.
        node: usize,
        /// When it said so.
        link: Link,
    },
    /// The kernel says that the interface is gone.
    LinkGone {
        /// Whose.
        node: usize,
        /// Which.
        index: u32,
    },
    /// Somebody who looks at what is watched says how it is.
    Level {
        /// Whose.
        node: usize,
        /// To which process.
        life: u32,
        /// What.
        item: u8,
    },
    /// An operator reloads.
    Reload {
        /// Whom.
        node: usize,
        /// With what.
        specs: Vec<Spec>,
    },
    /// An operator stops a process.
    Stop {
        /// Which.
        node: usize,
    },
    /// A fault of the scenario begins.
    Begin(usize),
    /// It ends.
    End(usize),
    /// The kernel is as quick again as it was, for what is asked of it from now on.
    Quicker {
        /// Whose.
        node: usize,
        /// How slow it was, in milliseconds.
        by: u64,
    },
    /// A process begins, if one may.
    Boot(usize),
    /// The noise ends.
    Quiet,
    /// Nothing, but the observer looks.
    Look,
}
