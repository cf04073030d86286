//! What an operator wants of a real server, whatever its checks say.

use crate::time::Mono;
use crate::units::Weight;
use serde::{Deserialize, Serialize};

/// An order.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub enum Order {
    /// No new connections: weight 0, and the row stays as long as its checks pass, even when the
    /// sorry server serves.
    Drain,
    /// As if a check failed, whatever they say.
    Disable,
    /// This weight instead of the file's and of what checks make of it.
    Weight(Weight),
}

/// An order that was given.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Given {
    /// Which.
    pub order: Order,
    /// Its end; none: until another one.
    pub until: Option<Mono>,
}
