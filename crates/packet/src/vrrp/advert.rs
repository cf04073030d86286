//! The message of an advert (RFC 3768 s5.1, RFC 9568 s5.1).
//!
//! ```text
//!    0                   1                   2                   3
//!    0 1 2 3 4 5 6 7 8 9 0 1 2 3 4 5 6 7 8 9 0 1 2 3 4 5 6 7 8 9 0 1
//!   +-------+-------+---------------+---------------+---------------+
//!   |Version| Type  | Virtual Rtr ID|   Priority    | Count IP Addrs|
//!   +-------+-------+-------+-------+---------------+---------------+
//!   |v2:    Auth Type       | Adver Int (s)         |               |
//!   |v3: Reserve | Max Advertise Interval (cs, 12 b)|   Checksum    |
//!   +-----------------------------------------------+---------------+
//!   |             IP Address (1) ... (n), 4 or 16 bytes each        |
//!   +---------------------------------------------------------------+
//!   |        version 2 over IPv4: Authentication Data, 8 bytes      |
//!   +---------------------------------------------------------------+
//! ```
//!
//! An `auth_hmac` trailer of 28 bytes may follow; [`crate::vrrp::hmac`] judges it.

use crate::error::{AdvertError, BuildError};
use crate::vrrp::auth::{self, AuthField};
use crate::vrrp::sum::{self, Ends, Form};
use crate::vrrp::{ADVERTISEMENT, GROUP};
use core::net::IpAddr;

/// Bytes before the addresses.
pub(super) const HEADER: usize = 8;

/// Where the checksum stands.
pub(super) const CHECKSUM: core::ops::Range<usize> = 6..8;

/// Bytes of an `auth_hmac` trailer.
pub const TRAILER: usize = 28;

/// The largest Max Advertise Interval: 12 bits of centiseconds (RFC 9568 s5.2.6).
const V3_INTERVAL_MAX: u16 = 0x0fff;

/// A received advert; the addresses stay in the packet.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Advert<'a> {
    /// 2 or 3.
    pub version: u8,
    /// Virtual router; 0 is possible on the wire.
    pub vrid: u8,
    /// 0 resigns, 255 owns the address.
    pub priority: u8,
    /// Centiseconds, whole seconds in version 2; 0 is possible on the wire.
    pub interval: u16,
    /// Authentication type and data; none in version 3.
    pub auth: AuthField,
    /// Which checksum was right.
    pub form: Form,
    /// What stands behind the message: empty, or [`TRAILER`] bytes.
    pub trailer: &'a [u8],
    /// As many bytes an address as the family has.
    addresses: &'a [u8],
    ipv6: bool,
}

impl Advert<'_> {
    /// The addresses, as many as the count field says.
    pub fn addresses(&self) -> impl Iterator<Item = IpAddr> + Clone {
        let ipv6 = self.ipv6;
        self.addresses
            .chunks_exact(size(ipv6))
            .filter_map(move |chunk| {
                if ipv6 {
                    <[u8; 16]>::try_from(chunk).ok().map(IpAddr::from)
                } else {
                    <[u8; 4]>::try_from(chunk).ok().map(IpAddr::from)
                }
            })
    }
}

/// An advert to send.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Emit<'a> {
    /// 2 or 3.
    pub version: u8,
    /// Virtual router, 1 to 255.
    pub vrid: u8,
    /// 0 resigns, 255 owns the address.
    pub priority: u8,
    /// Centiseconds: 1 to 4095, in version 2 whole seconds up to 25,500.
    pub interval: u16,
    /// Authentication type and data, which only version 2 carries, and only over IPv4.
    pub auth: AuthField,
    /// At most 255, all of the packet's family.
    pub addresses: &'a [IpAddr],
}

/// The message, checksum filled in. Over IPv6 the form is always with the pseudo-header, in
/// version 2 over IPv4 never.
///
/// # Errors
/// More than 255 addresses.
pub fn build(advert: &Emit<'_>, ends: &Ends, form: Form) -> Result<Vec<u8>, BuildError> {
    let ipv6 = ends.is_ipv6();
    let listed = advert
        .addresses
        .iter()
        .filter(|address| address.is_ipv6() == ipv6);
    let count = listed.clone().count();
    let count = u8::try_from(count).map_err(|_| BuildError::Addresses(count))?;
    let [high, low] = advert.interval.min(V3_INTERVAL_MAX).to_be_bytes();
    let (fifth, sixth) = if advert.version == 2 {
        let kind = if ipv6 { auth::NONE } else { advert.auth.kind };
        (kind, u8::try_from(advert.interval / 100).unwrap_or(u8::MAX))
    } else {
        (high, low)
    };
    let mut message = Vec::with_capacity(length(advert.version, ipv6, count));
    message.extend_from_slice(&[
        advert.version << 4 | ADVERTISEMENT,
        advert.vrid,
        advert.priority,
        count,
        fifth,
        sixth,
        0,
        0,
    ]);
    for address in listed {
        match address {
            IpAddr::V4(address) => message.extend_from_slice(&address.octets()),
            IpAddr::V6(address) => message.extend_from_slice(&address.octets()),
        }
    }
    if has_auth(advert.version, ipv6) {
        // RFC 3768 s5.3.10: the data is always there.
        message.extend_from_slice(&advert.auth.data);
    }
    let form = match (advert.version, ipv6) {
        (_, true) => Form::Pseudo,
        (2, false) => Form::Message,
        (_, false) => form,
    };
    let sum = sum::of(form, ends, &message).to_be_bytes();
    if let Some(field) = message.get_mut(CHECKSUM) {
        field.copy_from_slice(&sum);
    }
    Ok(message)
}

/// Takes a message apart: version, type, length, checksum, in this order. Whose it is and what it
/// means is for the receiver to judge.
///
/// # Errors
/// The first check that fails.
pub fn parse<'a>(message: &'a [u8], ends: &Ends) -> Result<Advert<'a>, AdvertError> {
    let ipv6 = ends.is_ipv6();
    let short = |version| AdvertError::Length {
        have: message.len(),
        want: length(version, ipv6, 0),
    };
    let first = *message.first().ok_or(short(3))?;
    let version = first >> 4;
    // RFC 9568 s7.1: MUST verify the version.
    if !matches!(version, 2 | 3) {
        return Err(AdvertError::Version(version));
    }
    // RFC 9568 s5.2.2: unknown types are discarded.
    if first & 0x0f != ADVERTISEMENT {
        return Err(AdvertError::Type(first & 0x0f));
    }
    let (fixed, _) = message
        .split_first_chunk::<HEADER>()
        .ok_or(short(version))?;
    let [_, vrid, priority, count, fifth, sixth, _, _] = *fixed;
    // RFC 9568 s7.1: MUST verify that the packet is complete. What is longer is no advert either,
    // unless by a whole trailer.
    let want = length(version, ipv6, count);
    if message.len() != want && message.len() != want + TRAILER {
        return Err(AdvertError::Length {
            have: message.len(),
            want,
        });
    }
    let (own, trailer) = message.split_at_checked(want).ok_or(short(version))?;
    let form = checked(version, ends, message, own).ok_or(AdvertError::Checksum)?;
    let (interval, auth) = if version == 2 {
        let data = own
            .last_chunk::<{ auth::DATA }>()
            .filter(|_| has_auth(version, ipv6));
        let data = data.copied().unwrap_or_default();
        (u16::from(sixth) * 100, AuthField { kind: fifth, data })
    } else {
        // RFC 9568 s5.2.6: Reserve is ignored on receipt.
        (
            u16::from_be_bytes([fifth, sixth]) & V3_INTERVAL_MAX,
            AuthField::NONE,
        )
    };
    let end = HEADER + size(ipv6) * usize::from(count);
    Ok(Advert {
        version,
        vrid,
        priority,
        interval,
        auth,
        form,
        trailer,
        addresses: own.get(HEADER..end).ok_or(short(version))?,
        ipv6,
    })
}

/// The form in which the checksum is right (RFC 9568 s7.1: MUST verify it). IPv6 covers a trailer,
/// too, for the kernel of the sender summed all it was given.
fn checked(version: u8, ends: &Ends, whole: &[u8], own: &[u8]) -> Option<Form> {
    let is = |form: &Form, bytes| sum::of(*form, ends, bytes) == 0;
    match (version, ends.source, ends.destination) {
        (_, IpAddr::V6(_), _) => Some(Form::Pseudo).filter(|form| is(form, whole)),
        (2, IpAddr::V4(_), _) => Some(Form::Message).filter(|form| is(form, own)),
        (_, IpAddr::V4(_), destination) => {
            let to_host = destination != IpAddr::V4(GROUP);
            [Form::Pseudo, Form::Message, Form::PseudoGroup]
                .into_iter()
                .filter(|form| to_host || *form != Form::PseudoGroup)
                .find(|form| is(form, own))
        }
    }
}

/// Bytes of an address.
const fn size(ipv6: bool) -> usize {
    if ipv6 { 16 } else { 4 }
}

pub(super) const fn has_auth(version: u8, ipv6: bool) -> bool {
    version == 2 && !ipv6
}

/// Bytes of a message with `count` addresses.
pub(super) const fn length(version: u8, ipv6: bool, count: u8) -> usize {
    let auth = if has_auth(version, ipv6) {
        auth::DATA
    } else {
        0
    };
    HEADER + count as usize * size(ipv6) + auth
}
