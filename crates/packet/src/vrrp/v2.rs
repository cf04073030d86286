//! VRRP version 2 adverts (RFC 3768 s5.1).
//!
//! ```text
//!    0                   1                   2                   3
//!    0 1 2 3 4 5 6 7 8 9 0 1 2 3 4 5 6 7 8 9 0 1 2 3 4 5 6 7 8 9 0 1
//!   +-------+-------+---------------+---------------+---------------+
//!   |Version| Type  | Virtual Rtr ID|   Priority    | Count IP Addrs|
//!   +-------+-------+---------------+---------------+---------------+
//!   |   Auth Type   |   Adver Int   |          Checksum             |
//!   +---------------+---------------+-------------------------------+
//!   |                       IP Address (1) ... (n)                  |
//!   +---------------------------------------------------------------+
//!   |                     Authentication Data (1)                   |
//!   +---------------------------------------------------------------+
//!   |                     Authentication Data (2)                   |
//!   +---------------------------------------------------------------+
//! ```

use crate::checksum;
use crate::error::{AdvertError, BuildError};
use crate::vrrp::ADVERTISEMENT;
use crate::vrrp::auth::{self, AuthField};
use core::net::Ipv4Addr;

/// The version nibble.
pub const VERSION: u8 = 2;

/// Bytes before the addresses.
const HEADER: usize = 8;

/// Where the checksum stands.
const CHECKSUM: core::ops::Range<usize> = 6..8;

/// A received advert; the addresses stay in the packet.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Advert<'a> {
    /// Virtual router; 0 is possible on the wire.
    pub vrid: u8,
    /// 0 resigns, 255 owns the address.
    pub priority: u8,
    /// Seconds; 0 is possible on the wire.
    pub interval: u8,
    /// Authentication type and data.
    pub auth: AuthField,
    /// Four bytes an address.
    addresses: &'a [u8],
}

impl Advert<'_> {
    /// The addresses, as many as the count field says.
    pub fn addresses(&self) -> impl Iterator<Item = Ipv4Addr> + Clone {
        self.addresses
            .chunks_exact(4)
            .filter_map(|chunk| <[u8; 4]>::try_from(chunk).ok())
            .map(Ipv4Addr::from)
    }
}

/// An advert to send.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Emit<'a> {
    /// Virtual router, 1 to 255.
    pub vrid: u8,
    /// 0 resigns, 255 owns the address.
    pub priority: u8,
    /// Seconds, 1 to 255.
    pub interval: u8,
    /// Authentication type and data.
    pub auth: AuthField,
    /// At most 255.
    pub addresses: &'a [Ipv4Addr],
}

/// The message, checksum filled in. The authentication data is always there (RFC 3768 s5.3.10).
pub fn build(advert: &Emit<'_>) -> Result<Vec<u8>, BuildError> {
    let count = u8::try_from(advert.addresses.len())
        .map_err(|_| BuildError::Addresses(advert.addresses.len()))?;
    let mut message = Vec::with_capacity(length(count));
    message.extend_from_slice(&[
        VERSION << 4 | ADVERTISEMENT,
        advert.vrid,
        advert.priority,
        count,
        advert.auth.kind,
        advert.interval,
        0,
        0,
    ]);
    for address in advert.addresses {
        message.extend_from_slice(&address.octets());
    }
    message.extend_from_slice(&advert.auth.data);
    // RFC 3768 s5.3.8: over the whole message, no pseudo-header.
    let sum = checksum::internet(&message).to_be_bytes();
    if let Some(field) = message.get_mut(CHECKSUM) {
        field.copy_from_slice(&sum);
    }
    Ok(message)
}

/// Takes a message apart: version, type, length, checksum, in this order. Whose it is and what it
/// means is for the receiver to judge.
pub fn parse(message: &[u8]) -> Result<Advert<'_>, AdvertError> {
    let short = AdvertError::Length {
        have: message.len(),
        want: length(0),
    };
    let first = *message.first().ok_or(short)?;
    // RFC 3768 s7.1: MUST verify the version.
    if first >> 4 != VERSION {
        return Err(AdvertError::Version(first >> 4));
    }
    // RFC 3768 s5.3.2: unknown types are discarded.
    if first & 0x0f != ADVERTISEMENT {
        return Err(AdvertError::Type(first & 0x0f));
    }
    let (fixed, rest) = message.split_first_chunk::<HEADER>().ok_or(short)?;
    let [_, vrid, priority, count, kind, interval, _, _] = *fixed;
    // RFC 3768 s7.1: MUST verify that the packet is complete.
    if message.len() != length(count) {
        return Err(AdvertError::Length {
            have: message.len(),
            want: length(count),
        });
    }
    let (addresses, data) = rest.split_last_chunk::<{ auth::DATA }>().ok_or(short)?;
    // RFC 3768 s7.1: MUST verify the checksum.
    if checksum::internet(message) != 0 {
        return Err(AdvertError::Checksum);
    }
    Ok(Advert {
        vrid,
        priority,
        interval,
        auth: AuthField { kind, data: *data },
        addresses,
    })
}

/// Bytes of a message with `count` addresses.
const fn length(count: u8) -> usize {
    HEADER + count as usize * 4 + auth::DATA
}
