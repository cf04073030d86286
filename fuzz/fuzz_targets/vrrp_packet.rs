//! Any bytes from the raw socket: as they are, and with a checksum that is right, for else hardly anything
//! would come behind it.
#![no_main]

use core::net::{IpAddr, Ipv6Addr};
use holdfast_packet::vrrp::hmac::Trailer;
use holdfast_packet::vrrp::{Ends, TRAILER};
use holdfast_packet::{checksum, ipv4, vrrp};
use libfuzzer_sys::fuzz_target;

const SUM: core::ops::Range<usize> = 6..8;

fuzz_target!(|bytes: &[u8]| {
    if let Ok((_, message)) = ipv4::parse(bytes) {
        let _version = vrrp::version(message);
        let _vrid = vrrp::vrid(message);
    }
    let _trailer = Trailer::read(bytes);
    for (source, destination) in [
        ([10, 0, 0, 1].into(), vrrp::GROUP.into()),
        ([10, 0, 0, 1].into(), [10, 0, 0, 2].into()),
        (Ipv6Addr::LOCALHOST.into(), vrrp::GROUP_V6.into()),
    ] {
        let ends = Ends {
            source,
            destination,
        };
        read(bytes, &ends);
        // IPv4 sums the message without what is behind it
        let shorter = bytes.len().saturating_sub(TRAILER);
        for covered in [bytes.len(), shorter] {
            let mut mended = bytes.to_vec();
            mend(&mut mended, covered, &ends);
            read(&mended, &ends);
        }
    }
});

fn read(bytes: &[u8], ends: &Ends) {
    if let Ok(advert) = vrrp::parse(bytes, ends) {
        assert_eq!(advert.addresses().count(), usize::from(bytes[3]));
        assert!(matches!(advert.trailer.len(), 0 | TRAILER));
        if let Some(trailer) = Trailer::read(advert.trailer) {
            let message = &bytes[..bytes.len() - TRAILER];
            assert!(!trailer.is_genuine(b"nobody knows this", ends.source, message));
        }
    }
}

/// Version 2 over IPv4 sums the message alone, everything else a pseudo-header too (RFC 9568 s5.2.8).
fn mend(bytes: &mut [u8], covered: usize, ends: &Ends) {
    let Some(sum) = bytes.get_mut(SUM) else {
        return;
    };
    sum.fill(0);
    let message = &bytes[..covered.max(SUM.end)];
    let plain = ends.source.is_ipv4() && vrrp::version(message) == Some(2);
    let right = if plain {
        checksum::internet(message)
    } else {
        checksum::internet_with(&pseudo(ends, message.len()), message)
    };
    bytes[SUM].copy_from_slice(&right.to_be_bytes());
}

fn pseudo(ends: &Ends, length: usize) -> [u8; 40] {
    let mut head = [0; 40];
    let mut at = 0;
    for address in [ends.source, ends.destination] {
        let octets = match address {
            IpAddr::V4(four) => four.octets().to_vec(),
            IpAddr::V6(six) => six.octets().to_vec(),
        };
        head[at..at + octets.len()].copy_from_slice(&octets);
        at += octets.len();
    }
    let length = (length as u32).to_be_bytes();
    head[at..at + 4].copy_from_slice(&length);
    head[at + 7] = vrrp::PROTOCOL;
    head
}
