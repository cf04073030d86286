//! The IPv4 header of an advert (RFC 791 s3.1, RFC 3768 s5.2).
//!
//! ```text
//!    0                   1                   2                   3
//!    0 1 2 3 4 5 6 7 8 9 0 1 2 3 4 5 6 7 8 9 0 1 2 3 4 5 6 7 8 9 0 1
//!   +-------+-------+---------------+-------------------------------+
//!   |   4   |  IHL  |  TOS (c0)     |         Total Length          |
//!   +-------+-------+---------------+-----+-------------------------+
//!   |         Identification        |Flags|     Fragment Offset     |
//!   +---------------+---------------+-----+-------------------------+
//!   |   TTL (255)   | Protocol (112)|        Header Checksum        |
//!   +---------------+---------------+-------------------------------+
//!   |                        Source Address                         |
//!   +---------------------------------------------------------------+
//!   |                 Destination Address (224.0.0.18)              |
//!   +---------------------------------------------------------------+
//! ```

use crate::checksum;
use crate::error::{BuildError, HeaderError};
use crate::ethernet;
use core::net::Ipv4Addr;

/// Bytes of a header without options.
pub const HEADER: usize = 20;

/// Internetwork control: precedence 6 (RFC 791 s3.1).
const TOS: u8 = 0xc0;

/// RFC 3768 s5.2.3: sent so, and nothing else is received: no router has forwarded it.
pub const TTL: u8 = 255;

/// What a receiver needs of the header.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Header {
    /// Sender.
    pub source: Ipv4Addr,
    /// Group or host it was sent to.
    pub destination: Ipv4Addr,
    /// Hops left; checked by the caller, for unicast has its own rule.
    pub ttl: u8,
    /// Identification.
    pub id: u16,
}

/// A packet of protocol 112 around `payload`, options never, header checksum filled in. The TTL is
/// [`TTL`] but for unicast that says otherwise.
///
/// # Errors
/// More than fits into a packet.
pub fn build(
    source: Ipv4Addr,
    destination: Ipv4Addr,
    id: u16,
    ttl: u8,
    payload: &[u8],
) -> Result<Vec<u8>, BuildError> {
    let length = HEADER.saturating_add(payload.len());
    let total = u16::try_from(length).map_err(|_| BuildError::Length(length))?;
    let header = |sum: u16| {
        let ([l0, l1], [i0, i1], [s0, s1]) =
            (total.to_be_bytes(), id.to_be_bytes(), sum.to_be_bytes());
        let ([a, b, c, d], [e, f, g, h]) = (source.octets(), destination.octets());
        [
            0x45,
            TOS,
            l0,
            l1,
            i0,
            i1,
            0,
            0,
            ttl,
            crate::vrrp::PROTOCOL,
            s0,
            s1,
            a,
            b,
            c,
            d,
            e,
            f,
            g,
            h,
        ]
    };
    let mut packet = Vec::with_capacity(length);
    packet.extend_from_slice(&header(checksum::internet(&header(0))));
    packet.extend_from_slice(payload);
    Ok(packet)
}

/// Splits a packet as a raw socket delivers it into header and VRRP message.
///
/// The kernel has verified the header checksum and put fragments together; lengths are checked
/// here all the same.
pub fn parse(packet: &[u8]) -> Result<(Header, &[u8]), HeaderError> {
    let short = HeaderError::Short { have: packet.len() };
    let Some((fixed, _)) = packet.split_first_chunk::<HEADER>() else {
        return Err(short);
    };
    let [
        first,
        _tos,
        l0,
        l1,
        i0,
        i1,
        f0,
        f1,
        ttl,
        protocol,
        _,
        _,
        a,
        b,
        c,
        d,
        e,
        f,
        g,
        h,
    ] = *fixed;
    if first >> 4 != 4 {
        return Err(HeaderError::Version(first >> 4));
    }
    let words = first & 0x0f;
    if words < 5 {
        return Err(HeaderError::HeaderLength(words));
    }
    let header_length = usize::from(words) * 4;
    let total = usize::from(u16::from_be_bytes([l0, l1]));
    if !length_fits(total, packet.len()) {
        return Err(HeaderError::TotalLength {
            total,
            have: packet.len(),
        });
    }
    let payload = packet.get(header_length..total).ok_or(short)?;
    // More-fragments, or an offset.
    if u16::from_be_bytes([f0, f1]) & 0x3fff != 0 {
        return Err(HeaderError::Fragment);
    }
    if protocol != crate::vrrp::PROTOCOL {
        return Err(HeaderError::Protocol(protocol));
    }
    let header = Header {
        source: Ipv4Addr::new(a, b, c, d),
        destination: Ipv4Addr::new(e, f, g, h),
        ttl,
        id: u16::from_be_bytes([i0, i1]),
    };
    Ok((header, payload))
}

/// Exactly what was received, or less in a frame of minimum size, which had to be padded.
const fn length_fits(total: usize, have: usize) -> bool {
    total <= have && (total == have || have <= ethernet::MIN_PAYLOAD)
}

#[cfg(test)]
mod tests {
    use super::*;

    const SOURCE: Ipv4Addr = Ipv4Addr::new(10, 0, 0, 1);
    const GROUP: Ipv4Addr = Ipv4Addr::new(224, 0, 0, 18);

    fn packet(payload: &[u8]) -> Vec<u8> {
        build(SOURCE, GROUP, 7, TTL, payload).unwrap()
    }

    // conforms: C20+ C20-
    #[test]
    fn padding_of_a_short_frame_is_cut_off() {
        let mut bytes = packet(&[1; 20]);
        bytes.resize(46, 0);
        assert_eq!(parse(&bytes).unwrap().1, [1; 20]);
        bytes.push(0);
        assert_eq!(
            parse(&bytes),
            Err(HeaderError::TotalLength {
                total: 40,
                have: 47
            })
        );
    }

    // conforms: C20+
    #[test]
    fn options_are_skipped() {
        let mut bytes = packet(&[9; 4]);
        bytes.splice(20..20, [1, 1, 1, 0]);
        bytes[0] = 0x46;
        bytes[3] += 4;
        assert_eq!(parse(&bytes).unwrap().1, [9; 4]);
    }

    // conforms: C20-
    #[test]
    fn each_wrong_field_has_its_error() {
        type Row = (fn(&mut Vec<u8>), HeaderError);
        let rows: [Row; 7] = [
            (|p| p.truncate(19), HeaderError::Short { have: 19 }),
            (|p| p[0] = 0x65, HeaderError::Version(6)),
            (|p| p[0] = 0x44, HeaderError::HeaderLength(4)),
            (|p| p[0] = 0x4f, HeaderError::Short { have: 24 }),
            (
                |p| p[3] = 25,
                HeaderError::TotalLength {
                    total: 25,
                    have: 24,
                },
            ),
            (|p| p[6] = 0x20, HeaderError::Fragment),
            (|p| p[9] = 1, HeaderError::Protocol(1)),
        ];
        for (spoil, error) in rows {
            let mut bytes = packet(&[0; 4]);
            spoil(&mut bytes);
            assert_eq!(parse(&bytes), Err(error));
        }
    }

    #[test]
    fn too_long_is_refused() {
        assert_eq!(
            build(SOURCE, GROUP, 0, TTL, &vec![0; 65_516]),
            Err(BuildError::Length(65_536))
        );
    }
}
