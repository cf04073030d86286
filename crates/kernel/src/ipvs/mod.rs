//! The kernel's IPVS table: operations in, rows out.
//!
//! No decisions: `holdfast_plan::Reconciler` decides, this carries its batches and dumps over
//! generic netlink. The kernel tells nobody of changes to this table; only a dump shows them.

mod client;
mod convert;
mod sketch;
#[cfg(test)]
mod tests;

pub use client::{IpvsClient, OpenError, Reading, ServiceReading};
pub use convert::{observed_destination, observed_service};
pub use holdfast_ipvs::{SyncDaemon, SyncRole, Timeouts};
pub use sketch::{Sketches, sketch};
