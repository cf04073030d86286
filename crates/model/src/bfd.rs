//! `bfd_instance`: sessions of RFC 5880, and what is said about them.

use crate::time::Micros;
use crate::track::{TrackKey, TrackKind};
use crate::units::Name;
use core::fmt;
use core::net::IpAddr;
use core::num::NonZeroU8;
use core::time::Duration;
use serde::{Deserialize, Serialize};

/// A `bfd_instance`, by name.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct BfdKey(pub Name);

impl BfdKey {
    /// As that which is watched.
    pub fn watched(&self) -> TrackKey {
        TrackKey::new(TrackKind::Bfd, self.0.clone())
    }
}

impl fmt::Display for BfdKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(&self.0, f)
    }
}

/// One session with one neighbour.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct BfdSession {
    /// Identity.
    pub key: BfdKey,
    /// `neighbor_ip`.
    pub neighbor: IpAddr,
    /// `source_ip`; `None`: as the routing table says.
    pub source: Option<IpAddr>,
    /// `multihop`: RFC 5883, port 4784.
    pub multihop: bool,
    /// `passive`: says nothing until the neighbour has spoken.
    pub passive: bool,
    /// `min_tx`: how often we want to speak.
    pub min_tx: Micros,
    /// `min_rx`: how often the neighbour may speak.
    pub min_rx: Micros,
    /// `idle_tx`: how often we speak while the session is not Up, at least a second.
    pub idle_tx: Micros,
    /// `multiplier`: how many of our packets have to be missing before the neighbour gives up.
    pub multiplier: NonZeroU8,
    /// `ttl`, `hoplimit`: as our packets leave.
    pub hop_limit: u8,
    /// What is left of it in a packet that is accepted, by `max_hops`.
    pub least_hop_limit: u8,
    /// `vrrp`, `checker`: who hears of it.
    pub listeners: BfdListeners,
}

/// Who hears of a session.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct BfdListeners {
    /// `track_bfd` of instances and groups.
    pub vrrp: bool,
    /// BFD_CHECK of real servers.
    pub checkers: bool,
}

/// The state of a session (RFC 5880 s6.2).
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub enum BfdState {
    /// Held down by this side.
    AdminDown,
    /// No connection.
    Down,
    /// The neighbour is heard, and may not hear us yet.
    Init,
    /// Both ends hear each other.
    Up,
}

/// Log wording.
impl fmt::Display for BfdState {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::AdminDown => "AdminDown",
            Self::Down => "Down",
            Self::Init => "Init",
            Self::Up => "Up",
        })
    }
}

/// Something happened with BFD.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub enum BfdEvent {
    /// A session entered a state.
    Entered {
        /// Which.
        session: BfdKey,
        /// The new state.
        state: BfdState,
        /// Our diagnostic code (RFC 5880 s4.1).
        local: u8,
        /// The neighbour's.
        remote: u8,
    },
    /// It tells the neighbour of new times, and asks whether they were heard.
    PollStarted {
        /// Which.
        session: BfdKey,
    },
    /// Silence of another length means now that the neighbour is gone.
    DetectionTime {
        /// Which.
        session: BfdKey,
        /// Before.
        was: Duration,
        /// Now.
        is: Duration,
    },
    /// A packet was thrown away; said once a minute and reason.
    Discarded {
        /// Who sent it.
        source: IpAddr,
        /// Its Your Discriminator, 0 if there is none.
        discriminator: u32,
        /// Why.
        reason: BfdDiscard,
    },
}

/// Why a packet was thrown away: the first check that failed (RFC 5880 s6.8.6, RFC 5881 s5).
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub enum BfdDiscard {
    /// Another version of BFD.
    Version,
    /// Shorter than a packet, or than its own length field says.
    Length,
    /// Detect Mult is 0.
    DetectMult,
    /// The multipoint bit is set.
    Multipoint,
    /// My Discriminator is 0.
    MyDiscriminator,
    /// Your Discriminator is 0 where it cannot be.
    YourDiscriminator,
    /// It is authenticated, and no session here is.
    Authentication,
    /// No session here has that discriminator, or that neighbour.
    NoSession,
    /// It came from another address than the session's neighbour, or to another than ours.
    Address,
    /// It came too far: fewer hops left than `ttl` and `max_hops` allow.
    HopLimit,
    /// The session is held down by this side.
    AdminDown,
}
