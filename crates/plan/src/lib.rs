//! Desired kernel state, difference, ordered operations, and the machine that carries them out.
//!
//! ```text
//!   model ── want() ──▶ Want(key) ─┐
//!                                  ├─ diff(want, observed, ours) ─▶ ordered, idempotent ops
//!   kernel ── dump, events ────────┘                                     │
//!        ▲                                                               │
//!        └──── Submit(batch) ◀── Reconciler: one batch in flight ◀───────┘
//!                    Report: Applied, Lost, Restored, GaveUp
//! ```
//!
//! Everything is planned by *key* (one instance, one kernel service); no step outside load and
//! dump looks at other keys. What a kind of object needs (order, edit or re-create, what an error
//! number says of the kernel) stands in its [`Domain`]; the [`Reconciler`] is the same for all.
//! This crate does no I/O: `holdfast-kernel` submits batches, dumps and events.
#![deny(clippy::disallowed_methods, clippy::disallowed_types)]

pub mod address;
mod diff;
mod domain;
pub mod guard;
pub mod lease;
pub mod link;
pub mod path;
mod reconcile;
pub mod service;
pub mod sweep;

pub use address::AddressDomain;
pub use diff::{Observed, Ours, apply, diff};
pub use domain::{Act, Desired, Domain, Op, Origin, Patience, Retry, Verdict, Want, amend};
pub use guard::Guards;
pub use lease::Leases;
pub use path::PathDomain;
pub use reconcile::{
    Action, Batch, Input, MAX_BATCH, Outcome, Reconciler, Report, Scope, Snapshot,
};
pub use service::ServiceDomain;
