//! The trailer that signs an advert (draft-cassen-vrrp-auth-hmac; keepalived since 2.4.2).
//!
//! ```text
//!    0                   1                   2                   3
//!    0 1 2 3 4 5 6 7 8 9 0 1 2 3 4 5 6 7 8 9 0 1 2 3 4 5 6 7 8 9 0 1
//!   +---------------+---------------+-------------------------------+
//!   | Ext Type (1)  |    Key ID     |        Reserved (zero)        |
//!   +---------------+---------------+-------------------------------+
//!   |                seconds of the wall clock, mod 2^32            |
//!   +-------------------------------+-------------------------------+
//!   |    1/65536 of a second        |            counter            |
//!   +-------------------------------+-------------------------------+
//!   |         first 16 bytes of the HMAC-SHA256 (RFC 2104)          |
//!   +---------------------------------------------------------------+
//! ```
//!
//! Signed are a pseudo-header of family, version, VRID and source, the message with a checksum of
//! zero, and the trailer in front of its HMAC. Destination and TTL are not: all copies of an
//! advert carry one signature.

use crate::vrrp::sum::{self, Ends, Form};
use crate::vrrp::{TRAILER, advert::CHECKSUM};
use core::net::IpAddr;
use core::time::Duration;
use hmac::{Hmac, KeyInit as _, Mac as _};
use serde::{Deserialize, Serialize};
use sha2::Sha256;

/// HMAC-SHA256, cut to 16 bytes: the only type there is.
const TYPE: u8 = 1;

/// Bytes of the trailer that are signed.
const SIGNED: usize = 12;

/// Bytes of the HMAC that are sent.
const CODE: usize = TRAILER - SIGNED;

/// A trailer, read but not verified.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Trailer {
    /// Which key, 1 to 255; 0 is possible on the wire.
    pub key: u8,
    /// When it was signed, and the how manieth then: it grows from advert to advert.
    pub stamp: Stamp,
    code: [u8; CODE],
}

/// Seconds, fraction and counter of a trailer as one number: compared by the sign of the
/// difference (RFC 1982), for the seconds wrap around.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct Stamp(pub u64);

impl Stamp {
    /// Of a wall clock that shows so much since 1970.
    pub fn of(wall: Duration) -> Self {
        let fraction = (u64::from(wall.subsec_nanos()) << 16) / 1_000_000_000;
        Self(wall.as_secs() << 32 | fraction << 16)
    }

    /// Later than `other`?
    pub const fn is_after(self, other: Self) -> bool {
        self.0.wrapping_sub(other.0).cast_signed() > 0
    }

    /// The least that is later.
    pub const fn next(self) -> Self {
        Self(self.0.wrapping_add(1))
    }

    /// So much later.
    pub fn later_by(self, time: Duration) -> Self {
        Self(self.0.wrapping_add(Self::of(time).0))
    }

    /// Whole seconds between the two, whichever is first.
    pub fn seconds_to(self, other: Self) -> u32 {
        let second = |stamp: Self| u32::try_from(stamp.0 >> 32).unwrap_or(0);
        let ahead = second(self).wrapping_sub(second(other)).cast_signed();
        ahead.unsigned_abs()
    }
}

impl Trailer {
    /// Takes a trailer apart. `None`: another type, or bits that must be zero are not.
    pub fn read(bytes: &[u8]) -> Option<Self> {
        let (head, code) = bytes.split_first_chunk::<SIGNED>()?;
        let [kind, key, 0, 0, stamp @ ..] = *head else {
            return None;
        };
        let code = <[u8; CODE]>::try_from(code).ok()?;
        (kind == TYPE).then_some(Self {
            key,
            stamp: Stamp(u64::from_be_bytes(stamp)),
            code,
        })
    }

    /// True when a holder of that key signed `message` and sent it from `source`. How long it
    /// takes says nothing about how much was right.
    pub fn is_genuine(&self, secret: &[u8], source: IpAddr, message: &[u8]) -> bool {
        let code = code(secret, source, message, &head(self.key, self.stamp));
        let difference = code
            .iter()
            .zip(self.code)
            .fold(0, |seen, (x, y)| seen | (x ^ y));
        core::hint::black_box(difference) == 0
    }
}

/// Appends the trailer to a message that was built for these ends. Over IPv6 the checksum covers
/// it, for the kernels of others sum all that they are given.
pub fn sign(message: &mut Vec<u8>, ends: &Ends, key: u8, secret: &[u8], stamp: Stamp) {
    let head = head(key, stamp);
    let code = code(secret, ends.source, message, &head);
    message.extend_from_slice(&head);
    message.extend_from_slice(&code);
    if ends.is_ipv6() {
        clear(message);
        let sum = sum::of(Form::Pseudo, ends, message).to_be_bytes();
        if let Some(field) = message.get_mut(CHECKSUM) {
            field.copy_from_slice(&sum);
        }
    }
}

fn clear(message: &mut [u8]) {
    if let Some(field) = message.get_mut(CHECKSUM) {
        field.fill(0);
    }
}

const fn head(key: u8, Stamp(stamp): Stamp) -> [u8; SIGNED] {
    let [a, b, c, d, e, f, g, h] = stamp.to_be_bytes();
    [TYPE, key, 0, 0, a, b, c, d, e, f, g, h]
}

fn code(secret: &[u8], source: IpAddr, message: &[u8], head: &[u8; SIGNED]) -> [u8; CODE] {
    let mut message = message.to_vec();
    clear(&mut message);
    let (family, address) = match source {
        IpAddr::V4(source) => {
            let mut address = [0; 16];
            let [a, b, c, d] = source.octets();
            [address[0], address[1], address[2], address[3]] = [a, b, c, d];
            (4, address)
        }
        IpAddr::V6(source) => (6, source.octets()),
    };
    let first = message.first().copied().unwrap_or(0);
    let vrid = message.get(1).copied().unwrap_or(0);
    let mut code = [0; CODE];
    // a key of any length is a key (RFC 2104 s2), so this cannot fail
    let Ok(mut hmac) = Hmac::<Sha256>::new_from_slice(secret) else {
        return code;
    };
    hmac.update(&[family, first >> 4, vrid, 0]);
    hmac.update(&address);
    hmac.update(&message);
    hmac.update(head);
    hmac.update(&[0; CODE]);
    for (to, from) in code.iter_mut().zip(hmac.finalize().into_bytes()) {
        *to = from;
    }
    code
}
