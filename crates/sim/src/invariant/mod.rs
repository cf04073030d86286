//! What must hold, by the ids of the specification. The observer sees every node at once, and works
//! from what it was told of the run, never from what a router thinks.
//!
//! ```text
//!   turn    S3 S4 S5 S6 S7 S8 S9 S10 S11 S12 S14 S16 S18 S19, L4's winner, L7     one turn of one router
//!   group   S2 L1 L2 L3 L4 L5 L6                                          all routers of one VRID
//!   kernel  S1 L8, L7 by what the world is like            state and addresses of one instance
//!   run     S17                                                                    nothing panics
//! ```
//!
//! Priorities are the effective ones, intervals those that were learnt, by the observer's own sums
//! (`spec`, `track`). Liveness is promised of a LAN in order: bounds count from the last disturbance
//! of the virtual router, or of one in a sync group with it; and of routers configured alike.
//!
//! | id | how far, and why not further |
//! |---|---|
//! | S1, S2, L8 | addresses; routes, rules and what else comes with them are not drawn |
//! | S3 | a reload may make a sync group master that all others of it waited for |
//! | S7 | by snapshot for every stranger's packet, for others every sixteenth; deeds always |
//! | S14 | not for an instance whose sync group or watched things the reload changes |
//! | S19 | ours: who was master and silent for K intervals is so no more. Not in the turn that stops it |
//! | L1 | that somebody takes over in time; that nobody does too early is S4 and S5 |
//! | L4, L5 | by state; that a gratuitous ARP follows is S10 and the machine's own tests |
//! | L5, L6 | the number of transitions is not counted: none once the bound is over |
//! | L7 | within 20 s, not within D; members of a sync group by the machine's own causes only |
//! | S13 | not: the routers here sign nothing; `vrrp/tests/hmac.rs` has it for one instance |
//! | S15 | not: a refused configuration never reaches the machine, there is no such input |
//! | L9-L12 | not: IPVS, checkers, scripts and notices are other machines |
//!
//! A clock step cannot reach the machine: it is given `Mono` and nothing else.

pub mod group;
pub mod kernel;
pub mod track;
pub mod turn;

use crate::spec::{Spec, Told};
use core::fmt;
use core::net::IpAddr;
use core::time::Duration;
use holdfast_model::{Mono, State};

/// A broken promise.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Violation {
    /// Which invariant.
    pub id: &'static str,
    /// When.
    pub at: Mono,
    /// Whose turn it was; for a group, one of its nodes.
    pub node: usize,
    /// Which virtual router.
    pub slot: u8,
    /// What was seen.
    pub what: String,
}

impl fmt::Display for Violation {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (node, slot) = (self.node, self.slot);
        write!(f, "{} at {:?}, node {node}, V{slot}: ", self.id, self.at)?;
        f.write_str(&self.what)
    }
}

/// The times of the world, of which the bounds are made.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Bounds {
    /// L: a packet's way.
    pub link: Duration,
    /// J: how late a loop wakes.
    pub late: Duration,
    /// R: a change of addresses, the message about it included.
    pub apply: Duration,
}

/// What the observer was told a turn was for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Cause {
    /// A deadline.
    Tick,
    /// A packet of a virtual router. What a receiver with that configuration must make of it is
    /// worked out by the sender's side, see [`Heard`].
    Packet(Option<Heard>),
    /// An interface changed.
    Link,
    /// Something that is watched changed.
    Level,
    /// The kernel's answer.
    Answer,
    /// An address was taken away.
    Lost,
    /// The configuration was read again.
    Reload,
    /// The beginning.
    Start {
        /// With a snapshot of an earlier process.
        resumed: bool,
    },
    /// The end.
    Stop,
}

/// An advert that this receiver must accept. `None` in [`Cause::Packet`]: it must not.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Heard {
    /// Which virtual router.
    pub slot: u8,
    /// In the packet.
    pub priority: u8,
    /// In the packet, in centiseconds.
    pub interval: u16,
    /// Of the sender.
    pub source: IpAddr,
}

/// What can be seen of an instance.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct View {
    /// Which virtual router.
    pub slot: u8,
    /// Its state.
    pub state: State,
    /// Its priority.
    pub priority: u8,
    /// It has a reason for FAULT.
    pub faulty: bool,
}

/// What a router did in a turn.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Act {
    /// An advert.
    Sent {
        /// For which virtual router.
        slot: u8,
        /// In the packet.
        priority: u8,
    },
    /// Wanted addresses in the kernel.
    Want {
        /// For which virtual router.
        slot: u8,
        /// None.
        empty: bool,
        /// Each is configured.
        ours: bool,
    },
    /// Announced addresses.
    Announce {
        /// For which virtual router.
        slot: u8,
        /// Each is in the kernel, as far as anybody could know.
        placed: bool,
    },
    /// Said something about an instance, or about no instance.
    Said(Option<u8>),
    /// Anything else.
    Other,
}

/// One turn of one router.
#[derive(Debug, Clone, Copy)]
pub struct Turn<'a> {
    /// When.
    pub now: Mono,
    /// Whose.
    pub node: usize,
    /// What its process was told of all that can be watched.
    pub told: &'a Told,
    /// What for.
    pub cause: Cause,
    /// Every instance before.
    pub before: &'a [View],
    /// And after.
    pub after: &'a [View],
    /// Deeds in their order.
    pub acts: &'a [Act],
    /// Configuration before.
    pub old: &'a [Spec],
    /// And after.
    pub new: &'a [Spec],
    /// The process has begun, and not ended.
    pub running: bool,
    /// It was told of a link with a carrier and an address.
    pub serviceable: bool,
    /// Who comes into it as master after too long a silence (`track::late`).
    pub late: u32,
    /// False when a snapshot before and after is not the same. Only looked at when a packet must
    /// be rejected.
    pub untouched: bool,
}

impl Turn<'_> {
    /// An instance before the turn.
    pub fn was(&self, slot: u8) -> Option<&View> {
        self.before.iter().find(|view| view.slot == slot)
    }

    /// An instance after the turn.
    pub fn is(&self, slot: u8) -> Option<&View> {
        self.after.iter().find(|view| view.slot == slot)
    }

    /// Its configuration after the turn.
    pub fn spec(&self, slot: u8) -> Option<&Spec> {
        self.new.iter().find(|spec| spec.slot == slot)
    }

    /// It was master, and silent for too long.
    pub fn is_late(&self, slot: u8) -> bool {
        self.late.checked_shr(u32::from(slot)).unwrap_or(0) & 1 != 0
    }

    /// The sync group that it is in, or was in.
    pub fn group(&self, slot: u8) -> Option<u8> {
        let before = || self.old.iter().find(|spec| spec.slot == slot);
        let own = |spec: &Spec| spec.group;
        self.spec(slot)
            .and_then(own)
            .or_else(|| before().and_then(own))
    }

    /// The priorities of the adverts that were sent for it.
    pub fn sent(&self, slot: u8) -> impl Iterator<Item = u8> {
        self.acts.iter().filter_map(move |act| match act {
            Act::Sent { slot: at, priority } if *at == slot => Some(*priority),
            _ => None,
        })
    }
}

impl Turn<'_> {
    /// For a person: when, whose turn, what for, what the instance is, and what was done. `None`
    /// when nothing of it is about that virtual router.
    pub fn line(&self, slot: u8) -> Option<String> {
        let (was, is) = (self.was(slot), self.is(slot));
        let heard = match self.cause {
            Cause::Packet(Some(heard)) => heard.slot == slot,
            Cause::Packet(None) | Cause::Tick | Cause::Answer | Cause::Lost => false,
            _ => true,
        };
        if !heard && was == is && !self.acts.iter().any(|act| act.about(slot)) {
            return None;
        }
        let word = |view: Option<&View>| view.map_or("-".to_owned(), |view| view.state.to_string());
        let mut line = format!("{:?} node {}, {:?}: ", self.now, self.node, self.cause);
        line += &word(was);
        if was.map(|was| was.state) != is.map(|is| is.state) {
            line = line + " -> " + &word(is);
        }
        line += &is.map_or(String::new(), |is| format!(" ({})", is.priority));
        for act in self.acts.iter().filter(|act| act.about(slot)) {
            match act {
                Act::Sent { priority, .. } => line += &format!(", sends {priority}"),
                Act::Want { empty: true, .. } => line += ", gives up its addresses",
                Act::Want { empty: false, .. } => line += ", wants its addresses",
                Act::Announce { placed: true, .. } => line += ", announces them",
                Act::Announce { placed: false, .. } => line += ", announces what is not there",
                Act::Said(_) | Act::Other => {}
            }
        }
        Some(line)
    }
}
