//! Bytes on the wire: parse and build, nothing else.
//!
//! ```text
//!   ethernet ─┬─ arp                 gratuitous ARP of a new master
//!             └─ ipv4 ── vrrp/ ── v2    adverts (RFC 3768), auth (RFC 2338 s5.3.6)
//!   bfd                              control packets (RFC 5880 s4.1), the payload of UDP
//!   checksum                         the Internet checksum of RFC 1071, for all of them
//! ```
//!
//! Parsing borrows from the packet, allocates nothing and never panics: bytes are only reached
//! through `get`, `split_at_checked` and friends. Building returns owned bytes that are ready for
//! a raw socket.
#![deny(clippy::disallowed_methods, clippy::disallowed_types)]

pub mod arp;
pub mod bfd;
pub mod checksum;
pub mod error;
pub mod ethernet;
pub mod ipv4;
pub mod vrrp;

pub use error::{AdvertError, BuildError, HeaderError};
pub use ethernet::MacAddress;
