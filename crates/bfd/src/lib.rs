//! The BFD machine (RFC 5880): input to actions. No clock, socket or task inside.
//!
//! ```text
//!                             +--+
//!                             |  | UP, ADMIN DOWN, TIMER
//!                             |  V
//!                     DOWN  +------+  INIT
//!              +------------|      |------------+
//!              |            | DOWN |            |
//!              |  +-------->|      |<--------+  |
//!              |  |         +------+         |  |
//!              |  |                          |  |
//!              |  |               ADMIN DOWN,|  |
//!              |  |ADMIN DOWN,          DOWN,|  |
//!              |  |TIMER                TIMER|  |
//!              V  |                          |  V
//!            +------+                      +------+
//!       +----|      |                      |      |----+
//!   DOWN|    | INIT |--------------------->|  UP  |    |INIT, UP
//!       +--->|      | INIT, UP             |      |<---+
//!            +------+                      +------+
//! ```
//! (RFC 5880 s6.2: an arrow bears the state that the neighbour's packets have, or TIMER for its
//! silence. ADMIN DOWN of our own stands beside it: nothing that is heard leads out of it.)
//!
//! ```text
//!   Input ──► speaker ──► receive ──► session ──► state/{admin_down,down,init,up} ──► Action
//!   Packet,   which       checks in   what both   one total match in state/mod.rs,     Send, Open,
//!   Tick      session     the RFC's   ends have   one file a state                     Close, Level,
//!                         order       said                                             Report
//!             timer   when to speak, how long silence may last   reconfigure   what a reload keeps
//!             snapshot   what outlives a process                 status        what can be asked
//! ```
//!
//! The driver reads its sockets first and ticks afterwards, so that a packet that waited counts
//! before the silence it ends. Demand mode and the echo function are not used; a neighbour in demand
//! mode is respected.
#![deny(clippy::disallowed_methods, clippy::disallowed_types)]

pub mod action;
pub mod input;
pub mod snapshot;
pub mod status;

mod receive;
mod reconfigure;
mod session;
mod speaker;
mod state;
mod timer;

pub use action::Action;
pub use input::{Input, Packet};
pub use snapshot::{SessionState, SpeakerState};
pub use speaker::Speaker;
pub use status::{Stats, Status};
