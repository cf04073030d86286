//! `real_server`.

use crate::checker::Checker;
use crate::forwarding::{Forwarding, Thresholds};
use crate::key::RealServerKey;
use crate::units::Weight;
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
}
