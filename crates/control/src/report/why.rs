//! Why an instance is in its state.

use crate::report::Instance;
use serde::{Deserialize, Serialize};

/// The whole story of one instance.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Why {
    /// How it is.
    pub instance: Instance,
    /// Why, in sentences.
    pub because: Vec<String>,
    /// What would bring it into another state, in sentences.
    pub would_change: Vec<String>,
    /// What it watches.
    pub watched: Vec<Watched>,
    /// What happened to it last, the oldest first.
    pub history: Vec<Happening>,
    /// How long ago the first process began of those that remember: of earlier times nothing is known.
    pub remembers_ms: u64,
}

/// A watched thing.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Watched {
    /// What: `script web`, `interface eth1`.
    pub name: String,
    /// How it is: `up`, `down`, `unknown`, or a file's number.
    pub level: String,
    /// `weight`.
    pub weight: i32,
    /// `reverse`.
    pub reverse: bool,
    /// What it does to the instance.
    pub effect: String,
}

/// Something that happened.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Happening {
    /// By this host's clock: milliseconds since 1970.
    pub at_ms: u64,
    /// How long ago.
    pub ago_ms: u64,
    /// How often in a row.
    pub times: u32,
    /// In the words of the log.
    pub what: String,
}
