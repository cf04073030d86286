//! What can be asked of the machine at any time.

use crate::speaker::Speaker;
use core::net::IpAddr;
use core::time::Duration;
use holdfast_model::{BfdKey, BfdState, Mono};

/// The counters of a session.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Stats {
    /// Packets accepted.
    pub received: u64,
    /// Packets sent.
    pub sent: u64,
    /// Packets meant for it and not accepted.
    pub discarded: u64,
    /// How often it came up.
    pub ups: u64,
    /// How often it was up and went down.
    pub downs: u64,
}

/// What can be said about a session at any time.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Status {
    /// Which.
    pub key: BfdKey,
    /// With whom.
    pub neighbor: IpAddr,
    /// Its state.
    pub state: BfdState,
    /// Since when.
    pub since: Mono,
    /// Our diagnostic code, and the neighbour's (RFC 5880 s4.1).
    pub diagnostics: (u8, u8),
    /// Our discriminator, and the neighbour's, 0 when it is not known.
    pub discriminators: (u32, u32),
    /// From one packet to the next, before jitter.
    pub interval: Duration,
    /// How long silence may last; `None` while nobody is heard.
    pub detection_time: Option<Duration>,
    /// Its counters.
    pub stats: Stats,
}

impl Speaker {
    /// Every session, in the order of the file.
    pub fn status(&self) -> impl Iterator<Item = Status> {
        self.sessions.iter().map(|session| {
            let remote = &session.remote;
            let interval = session.in_force.min_tx.max(remote.min_rx);
            Status {
                key: session.config.key.clone(),
                neighbor: session.config.neighbor,
                state: session.state,
                since: session.since,
                diagnostics: (session.diagnostic.number(), remote.diagnostic.number()),
                discriminators: (session.discriminator, remote.discriminator),
                interval: Duration::from_micros(u64::from(interval)),
                detection_time: session.heard.map(|_| session.detection_time()),
                stats: session.stats,
            }
        })
    }

    /// Packets that belonged to no session.
    pub const fn strangers(&self) -> u64 {
        self.strangers
    }
}
