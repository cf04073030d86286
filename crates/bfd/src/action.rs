//! What the machine asks of the world.

use core::net::IpAddr;
use holdfast_model::{BfdKey, Event};
use holdfast_packet::bfd;

/// To be done in the order they come.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Action {
    /// Open the socket that a session speaks through.
    Open {
        /// Which.
        session: BfdKey,
        /// How.
        route: Route,
        /// How the neighbour will name it.
        discriminator: u32,
    },
    /// Close it.
    Close {
        /// Which.
        session: BfdKey,
    },
    /// Write a packet to a session's socket, now.
    Send {
        /// Which.
        session: BfdKey,
        /// The payload.
        packet: [u8; bfd::LENGTH],
    },
    /// The level that `track_bfd` and BFD_CHECK hang on. Said at the start, and when it changes.
    Level {
        /// Which session.
        session: BfdKey,
        /// It is Up.
        up: bool,
    },
    /// Something happened.
    Report(Event),
}

/// How a session's packets travel.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Route {
    /// From this address; `None`: as the routing table says.
    pub source: Option<IpAddr>,
    /// To this neighbour.
    pub neighbor: IpAddr,
    /// To port 4784, not 3784.
    pub multihop: bool,
    /// TTL or hop limit.
    pub hop_limit: u8,
}
