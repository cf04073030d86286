//! Small helpers that the attribute files share.

use core::net::{IpAddr, Ipv4Addr, Ipv6Addr};
use netlink_packet_core::{DecodeError, NlaBuffer, NlasIterator, Parseable};

use crate::service::Family;

/// An attribute that the plain type needs is missing or out of range.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("IPVS reply lacks a usable {0}")]
pub struct IncompleteError(pub &'static str);

/// Every attribute of `buffer`.
pub(crate) fn parse_all<A>(buffer: &[u8]) -> Result<Vec<A>, DecodeError>
where
    A: for<'a> Parseable<NlaBuffer<&'a [u8]>>,
{
    NlasIterator::new(buffer)
        .map(|item| A::parse(&item?))
        .collect()
}

/// The kernel's `union nf_inet_addr`: 16 bytes, IPv4 in the first four.
pub(crate) fn address_bytes(address: IpAddr) -> [u8; 16] {
    match address {
        IpAddr::V4(v4) => {
            let mut bytes = [0; 16];
            for (to, from) in bytes.iter_mut().zip(v4.octets()) {
                *to = from;
            }
            bytes
        }
        IpAddr::V6(v6) => v6.octets(),
    }
}

/// The reverse; the family stands in another attribute.
pub(crate) fn address_of(family: Family, bytes: [u8; 16]) -> IpAddr {
    match family {
        Family::Inet => {
            let [a, b, c, d, ..] = bytes;
            Ipv4Addr::new(a, b, c, d).into()
        }
        Family::Inet6 => Ipv6Addr::from(bytes).into(),
    }
}

/// A fixed number of bytes, or why not.
pub(crate) fn fixed<const N: usize>(value: &[u8]) -> Result<[u8; N], DecodeError> {
    value
        .try_into()
        .map_err(|_| DecodeError::invalid_number(N, value.len()))
}

/// A NUL-terminated string, written with its NUL.
pub(crate) fn emit_text(text: &str, buffer: &mut [u8]) {
    for (to, from) in buffer
        .iter_mut()
        .zip(text.bytes().chain(core::iter::once(0)))
    {
        *to = from;
    }
}
