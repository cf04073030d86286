//! What the control process asks a worker.

use crate::report::{Lvs, Vrrp, Why};
use serde::{Deserialize, Serialize};

/// A question to one worker.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub enum Question {
    /// How is everything?
    Status,
    /// Why is an instance in its state?
    Why {
        /// Its name.
        instance: String,
    },
}

/// What a worker says.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub enum Answer {
    /// The vrrp worker's status.
    Vrrp(Vrrp),
    /// The lvs worker's status.
    Lvs(Lvs),
    /// Why an instance is in its state.
    Why(Box<Why>),
    /// It is not the one to ask, or cannot; why.
    Refused(String),
}
