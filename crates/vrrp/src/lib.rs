//! The VRRP machine: input to actions. No clock, socket or task inside.
//!
//! ```text
//!   Input ──► router ──► receive ──► election ──► state/{init,backup,master,fault} ──► Action
//!   packet,   who is     checks in   who wins,    one total match in state/mod.rs,     Send, Want,
//!   link,     meant      the RFC's   as a pure    one file a state                     Announce,
//!   Applied,             order       function                                          Watch, Report
//!   Tick
//!             instance   what every state shares: sending, wanting addresses, saying things
//!             reconfigure   what a reload keeps         fault      why an instance may not serve
//!             tracking   what is watched, and the effective priority      group   sync groups
//!             script   a machine of its own: when scripts run, and what their results come to
//!             process  another: which processes count, and when they are enough
//!             interval, pace, timer, announce   times   snapshot   what outlives a process
//!             advert   the packets it sends      due   whose turn it is, without asking all
//! ```
//!
//! The driver reads its sockets first and ticks afterwards, so that an advert that waited is judged
//! before the timer it would have re-armed. Actions come in the order they are to be done.
//!
//! An edge follows a level by an acknowledgement: the advert of a new master leaves at once, then
//! [`Action::Want`] asks for the addresses under a new epoch, and only [`Input::Applied`] with that
//! epoch lets [`Action::Announce`] and `AddressesSet` (scripts hang on it) out.
#![deny(clippy::disallowed_methods, clippy::disallowed_types)]

mod account;
pub mod action;
mod adopt;
pub mod advert;
pub mod input;
pub mod interval;
pub mod process;
pub mod script;
pub mod snapshot;
pub mod stats;
pub mod tape;

mod announce;
mod drops;
mod due;
mod election;
mod fault;
mod group;
mod hmac;
mod instance;
mod objects;
mod pace;
mod receive;
mod reconfigure;
mod router;
mod said;
mod state;
mod status;
mod timer;
mod tracking;
mod watch;

pub use account::{Account, Effect};
pub use action::Action;
pub use advert::Outgoing;
pub use hmac::{Latest, Signed, next_stamp};
pub use input::{Datagram, Ear, Input, Ipv6Header, Link};
pub use interval::Timing;
pub use objects::removing;
pub use router::Router;
pub use snapshot::{InstanceState, RouterState};
pub use stats::{RouterStats, Stats};
pub use status::Status;
