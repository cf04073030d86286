//! A run, written down: who is there, how the LAN behaves, what goes wrong and when. The form of
//! the files in `tests/sim/`.

use crate::spec::{Spec, Standing};
use serde::{Deserialize, Serialize};

/// Routers at most.
pub const NODES: usize = 5;
/// Instances a router at most.
pub const SLOTS: usize = 8;
/// Things that instances can watch on a host at most.
pub const ITEMS: usize = 4;

/// A whole run.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Scenario {
    /// What it shows, for the reader.
    #[serde(default)]
    pub about: String,
    /// Of the noise: each packet's delay and fate.
    pub seed: u64,
    /// Faults and noise end here (in ms) ...
    pub faults_until: u64,
    /// ... and the run ends here: between them everything must heal.
    pub end: u64,
    /// The LAN.
    pub lan: Lan,
    /// The instances of each router.
    pub nodes: Vec<Vec<Spec>>,
    /// What goes wrong, in any order.
    pub faults: Vec<Fault>,
}

/// How the LAN and the hosts behave. Times in microseconds, rates in a million.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Lan {
    /// A packet takes at least this long.
    pub delay_min: u64,
    /// And at most: L of the invariants.
    pub delay_max: u64,
    /// A loop wakes at most so late: J.
    pub jitter: u64,
    /// A kernel needs at most so long for a change of addresses.
    pub apply: u64,
    /// Packets lost.
    pub loss: u32,
    /// Packets that come twice.
    pub twice: u32,
    /// Packets that come later than L.
    pub late: u32,
    /// How much later at most.
    pub late_by: u64,
}

/// Something that goes wrong.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Fault {
    /// When, in ms.
    pub at: u64,
    /// Where.
    pub node: usize,
    /// What.
    pub kind: Kind,
}

/// What goes wrong; `ms` says for how long.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub enum Kind {
    /// All threads stand still (SIGSTOP), then everything that waited is handled at once.
    Pause {
        /// How long.
        ms: u64,
    },
    /// The process is gone; what it put into the kernel stays. A new one follows.
    Crash {
        /// How long there is none.
        ms: u64,
        /// The new one has the snapshot of the old.
        resume: bool,
    },
    /// The host is gone, and its addresses with it.
    Reboot {
        /// How long.
        ms: u64,
    },
    /// Stopped as an operator stops it, and started again.
    Stop {
        /// How long it is away.
        ms: u64,
    },
    /// No carrier.
    LinkDown {
        /// How long.
        ms: u64,
    },
    /// The interface is deleted and made anew under another index.
    LinkGone {
        /// How long.
        ms: u64,
    },
    /// The interface loses its own address.
    NoSource {
        /// How long.
        ms: u64,
    },
    /// What this node sends does not reach `to`.
    Cut {
        /// The deaf node.
        to: usize,
        /// How long.
        ms: u64,
    },
    /// Nobody hears this node, and it hears nobody.
    Isolate {
        /// How long.
        ms: u64,
    },
    /// Somebody takes a VIP out of the kernel.
    TakeVip {
        /// Of which virtual router.
        slot: u8,
        /// Which of its VIPs.
        vip: u8,
    },
    /// The kernel refuses new addresses.
    Refuse {
        /// How long.
        ms: u64,
    },
    /// The kernel takes `by` ms for a change of addresses.
    Slow {
        /// How long.
        ms: u64,
        /// How slow.
        by: u64,
    },
    /// Something that instances watch is another way for a while, and then as it should be.
    Level {
        /// Which thing.
        item: u8,
        /// How it is.
        level: Standing,
        /// How long.
        ms: u64,
    },
    /// The configuration is read again.
    Reload {
        /// What it says now.
        specs: Vec<Spec>,
    },
    /// A stranger sends packets to this node, one after the other.
    Forge {
        /// Which virtual router.
        slot: u8,
        /// What is wrong with them.
        flaw: Flaw,
        /// How many.
        count: u16,
        /// Milliseconds from one to the next.
        every: u64,
    },
}

/// What is wrong with a forged packet.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub enum Flaw {
    /// A router forwarded it.
    Ttl,
    /// A bit fell over.
    Checksum,
    /// Too short.
    Length,
    /// Another password.
    Password,
    /// Another interval.
    Interval,
    /// Another cluster's addresses.
    Addresses,
    /// A VRID that nobody has.
    Vrid,
    /// Not even IP.
    Noise,
    /// From this node's own address.
    Own,
    /// Nothing: priority 254, and obeyed by all but an owner.
    Nothing,
}
