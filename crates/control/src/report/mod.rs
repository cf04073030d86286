//! What is said of a running daemon: the JSON of `holdfast status --json` as it is, and what the text is
//! made of. Names are those of the configuration; times are milliseconds.

mod lvs;
mod vrrp;
mod why;

pub use lvs::{
    Act, Check, Connections, Delay, Lvs, Order, Ordered, Quorum, RealServer, Sorry, VirtualServer,
};
pub use vrrp::{Group, Instance, Master, Vrrp};
pub use why::{Happening, Watched, Why};

use serde::{Deserialize, Serialize};

/// Everything.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Status {
    /// The daemon as a whole.
    pub daemon: Daemon,
    /// VRRP.
    pub vrrp: Part<Vrrp>,
    /// Virtual servers.
    pub lvs: Part<Lvs>,
}

/// The daemon as a whole.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Daemon {
    /// Of the program.
    pub version: String,
    /// The process to send signals to.
    pub pid: u32,
    /// The number of the configuration in force, counted from 1; 0: none yet.
    pub configuration: u64,
}

/// One of its parts.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Part<T> {
    /// The process that does it.
    pub process: Process,
    /// What it says; none: it is not configured, or does not answer.
    pub report: Option<T>,
}

/// A worker.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Process {
    /// The configuration has something for it.
    pub wanted: bool,
    /// None: it does not run.
    pub pid: Option<u32>,
    /// How often it was started: more than once after it died.
    pub starts: u32,
}

/// Said instead of what was asked for.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Trouble {
    /// Why.
    pub error: String,
}
