//! Many routers on a simulated LAN, in virtual time: the real [`holdfast_vrrp::Router`], a LAN that
//! loses, delays, doubles and reorders, kernels that are slow or refuse, processes that stop, die
//! and come back, and an observer who sees all of it and judges every turn.
//!
//! ```text
//!   seed ─► draw ─► Scenario ─► World ── turn ──► invariant/ ─► Violation ─► shrink ─► Scenario
//!           nodes, instances,     │ ▲                S1..S18: what never happens
//!           faults, rates         ▼ │                L1..L8:  what happens in time
//!                              lan, kernel
//! ```
//!
//! A [`tape`] that a daemon recorded is done again with the same routers, and judged turn by turn.
//!
//! A seed is a whole run: the same seed gives the same run, event by event. Nothing here reads a
//! clock, a file or a socket; `cargo xtask sim` does that.
#![deny(clippy::disallowed_methods, clippy::disallowed_types)]

pub mod draw;
pub mod explore;
pub mod invariant;
pub mod place;
pub mod roster;
pub mod scenario;
pub mod shrink;
pub mod spec;
pub mod tape;
pub mod world;

pub use draw::draw;
pub use invariant::Violation;
pub use scenario::Scenario;
pub use shrink::shrink;
pub use world::{Outcome, Sabotage, recorded, run, run_broken, told};
