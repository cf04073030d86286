//! The lab: hosts as network namespaces on switches, two directors with Holdfast or Debian's
//! keepalived, real traffic, a witness on the wire, and the scenarios that say what a pair of
//! directors owes its users.
//!
//! ```text
//!  runner ── jobs ──┬── on this kernel: VRRP, addresses (and IPVS, where the kernel has it)
//!                   └── inside User Mode Linux: everything that needs IPVS
//!  scenario = fn(&mut Ctx): builds a world (net), starts directors, moves cables, processes and
//!             servers, and compares what witnesses saw (wire, watch, table, traffic) with bounds
//! ```
//! Nothing here uses the daemon's own crates: what judges must not share the accused's mistakes.
//! Waiting is always for a condition, with a bound.

mod background;
pub mod bench;
mod busy;
mod cgroup;
pub mod cli;
pub mod demo;
pub mod director;
mod draw;
pub mod error;
pub mod frr;
pub mod guest;
pub mod net;
pub mod scenario;
pub mod scenarios;
pub mod setup;
pub mod shell;
mod systemd;
pub mod table;
pub mod traffic;
pub mod watch;
pub mod wire;

pub use error::{Error, Result};
