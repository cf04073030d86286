//! What the control process asks a worker.

use crate::report::{Lvs, Vrrp};
use serde::{Deserialize, Serialize};

/// A question to one worker.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub enum Question {
    /// How is everything?
    Status,
}

/// What a worker says.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub enum Answer {
    /// The vrrp worker's status.
    Vrrp(Vrrp),
    /// The lvs worker's status.
    Lvs(Lvs),
    /// It is not the one to ask, or cannot; why.
    Refused(String),
}
