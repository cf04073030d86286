//! VRRP adverts: both versions, both families.
//!
//! ```text
//!   advert     the message: version, VRID, priority, interval, addresses
//!   auth       the eight bytes of version 2 (RFC 2338 s5.3.6)
//!   hmac       the trailer that signs an advert
//!   veil       stand-ins for the secrets in them
//!   sum        which bytes its checksum covers: three forms are on the wire
//! ```

pub mod advert;
pub mod auth;
pub mod hmac;
pub mod sum;
pub mod veil;

pub use advert::{Advert, Emit, TRAILER, build, parse};
pub use sum::{Ends, Form};

use core::net::{Ipv4Addr, Ipv6Addr};

/// The IP protocol number (RFC 9568 s5.1.1.4).
pub const PROTOCOL: u8 = 112;

/// The group of all VRRP routers over IPv4 (RFC 9568 s5.1.1.2).
pub const GROUP: Ipv4Addr = Ipv4Addr::new(224, 0, 0, 18);

/// The group of all VRRP routers over IPv6 (RFC 9568 s5.1.2.2).
pub const GROUP_V6: Ipv6Addr = Ipv6Addr::new(0xff02, 0, 0, 0, 0, 0, 0, 0x12);

/// The only type there is (RFC 9568 s5.2.2).
pub const ADVERTISEMENT: u8 = 1;

/// The version of a message, before anything else of it is known. `None` when it is empty.
pub fn version(message: &[u8]) -> Option<u8> {
    message.first().map(|first| first >> 4)
}

/// The VRID of a message: at the same place in every version. It says whom to tell about a
/// message that may yet turn out to be broken; nothing else may be concluded from it.
pub fn vrid(message: &[u8]) -> Option<u8> {
    message.get(1).copied()
}
