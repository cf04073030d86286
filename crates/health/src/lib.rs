//! The health machine: verdicts of checks to who is in the table, quorum and sorry server.
//!
//! ```text
//!   Verdict ─▶ check (retries, next due) ─▶ real server (all checks) ─▶ quorum ─▶ Dirty(service)
//!   Tick ────▶ due checks ─▶ Probe                                                     │
//!   Start, Reconfigure ─▶ load: by key, what stayed keeps its state        view(key) ◀─┘
//!
//!   suspend    nobody is asked while the address is elsewhere
//!   schedule   when first checks come      view       what the table should show
//!   snapshot   what outlives a process                weigh      weights that checks give
//!   ease       slow starts
//!   order      what an operator wants of a real server
//!   told       checks that nobody asks: what they watch is told
//! ```
//!
//! Everything is kept by key; outside load and reload no step looks at more than one service.
//! The behaviour is keepalived 2.2.7's: everybody starts up and is in the table before any check,
//! the first result forgives nothing, retries count only while up, one success brings back, all
//! checks of a real server must pass.
#![deny(clippy::disallowed_methods, clippy::disallowed_types)]

mod adopt;
mod check;
mod ease;
mod load;
mod order;
mod pool;
mod quorum;
mod rise;
mod schedule;
mod service;
mod snapshot;
mod suspend;
mod told;
mod view;
mod weigh;

#[cfg(test)]
mod testing;
#[cfg(test)]
mod tests;

pub use check::CheckId;
pub use pool::{Action, Input, MAX_IN_FLIGHT, Pool};
pub use service::Row;
pub use snapshot::{CheckState, PoolState};
pub use view::{CheckView, ServiceView};
pub use weigh::Weigh;
