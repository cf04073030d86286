//! Bytes on the wire: parse and build, nothing else.
//!
//! ```text
//!   ethernet ─┬─ arp, ndisc          gratuitous ARP and neighbour adverts of a new master
//!             └─ ipv4 ── vrrp/ ── advert   both versions (RFC 3768, RFC 9568); auth, checksum forms
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
pub mod ndisc;
pub mod vrrp;

pub use error::{AdvertError, BuildError, HeaderError};
pub use ethernet::MacAddress;
