//! VRRP adverts, a file a version.

pub mod auth;
pub mod v2;

use core::net::Ipv4Addr;

/// The IP protocol number (RFC 3768 s5.2.4).
pub const PROTOCOL: u8 = 112;

/// The group of all VRRP routers (RFC 3768 s5.2.2).
pub const GROUP: Ipv4Addr = Ipv4Addr::new(224, 0, 0, 18);

/// The only type there is (RFC 3768 s5.3.2).
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
