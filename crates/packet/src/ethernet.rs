//! Ethernet II framing.
//!
//! ```text
//!   0                 6                 12          14
//!   +-----------------+-----------------+-----------+- - - -
//!   | destination     | source          | EtherType | payload
//!   +-----------------+-----------------+-----------+- - - -
//! ```

use core::fmt;
use serde::{Deserialize, Serialize};

/// Bytes of the header.
pub const HEADER: usize = 14;

/// The EtherType of ARP (RFC 826).
pub const ARP: u16 = 0x0806;

/// The EtherType of IPv6 (RFC 2464).
pub const IPV6: u16 = 0x86dd;

/// The payload of a frame of minimum size: 64 bytes less header and check sequence. Shorter
/// packets may arrive padded up to this (RFC 894).
pub const MIN_PAYLOAD: usize = 46;

/// A 48 bit hardware address.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default, Serialize, Deserialize)]
pub struct MacAddress(pub [u8; 6]);

impl MacAddress {
    /// Every station on the link.
    pub const BROADCAST: Self = Self([0xff; 6]);
}

impl fmt::Display for MacAddress {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let [a, b, c, d, e, g] = self.0;
        write!(f, "{a:02x}:{b:02x}:{c:02x}:{d:02x}:{e:02x}:{g:02x}")
    }
}

impl fmt::Debug for MacAddress {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

/// Appends a header to `frame`.
pub fn put_header(
    frame: &mut Vec<u8>,
    destination: MacAddress,
    source: MacAddress,
    ether_type: u16,
) {
    frame.extend_from_slice(&destination.0);
    frame.extend_from_slice(&source.0);
    frame.extend_from_slice(&ether_type.to_be_bytes());
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_address_is_written_as_everywhere() {
        let address = MacAddress([0x02, 0, 0xab, 0xcd, 0x0e, 0xff]);
        assert_eq!(address.to_string(), "02:00:ab:cd:0e:ff");
        assert_eq!(format!("{address:?}"), "02:00:ab:cd:0e:ff");
    }
}
