//! The health machine: verdicts of checks to who is in the table, quorum and sorry server.
//!
//! ```text
//!   Verdict ─▶ check (retries, next due) ─▶ real server (all checks) ─▶ quorum ─▶ Dirty(service)
//!   Tick ────▶ schedule: due checks ─▶ Probe
//! ```
//!
//! Everything is kept by key; outside load and reload no step looks at more than one service.
#![deny(clippy::disallowed_methods, clippy::disallowed_types)]

mod check;
mod pool;
mod quorum;
mod schedule;
mod service;

pub use check::CheckId;
pub use pool::{Action, Input, Pool};
