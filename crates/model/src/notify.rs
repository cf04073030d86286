//! Programs that are run, and who is told of changes.

use crate::units::Name;
use serde::{Deserialize, Serialize};

/// As whom a program runs.
#[derive(Debug, Clone, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct RunAs {
    /// User.
    pub uid: u32,
    /// Group.
    pub gid: u32,
    /// Supplementary groups, none by default.
    pub groups: Vec<u32>,
}

/// A program and its arguments: run as they are, no shell between.
#[derive(Debug, Clone, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct Script {
    /// The program's path, then its arguments.
    pub words: Vec<Name>,
    /// As whom.
    pub run_as: RunAs,
}

impl Script {
    /// The program, for people.
    pub fn program(&self) -> &str {
        self.words.first().map_or("", Name::as_str)
    }
}
