//! `real_server`.

use crate::checker::Checker;
use crate::forwarding::{Forwarding, Thresholds};
use crate::key::RealServerKey;
use crate::units::Weight;
use core::time::Duration;
use serde::{Deserialize, Serialize};

/// One destination of a virtual server, inherited settings filled in.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct RealServer {
    /// Identity.
    pub key: RealServerKey,
    /// `weight`.
    pub weight: Weight,
    /// The virtual server's method unless it has its own.
    pub forwarding: Forwarding,
    /// `inhibit_on_failure`: weight 0 instead of leaving the table.
    pub inhibit_on_failure: bool,
    /// All must succeed; none: always up.
    pub checkers: Vec<Checker>,
    /// How many connections it may have.
    pub thresholds: Thresholds,
    /// `slow_start`.
    pub slow_start: SlowStart,
}

/// `slow_start`: how long a server that comes back takes to its whole weight.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct SlowStart(u32);

impl SlowStart {
    /// At once.
    pub const NONE: Self = Self(0);

    /// So many seconds.
    pub const fn new(seconds: u32) -> Self {
        Self(seconds)
    }

    /// The same, to calculate with.
    pub const fn duration(self) -> Duration {
        Duration::from_secs(self.0 as u64)
    }
}
