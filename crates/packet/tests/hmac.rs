//! Signed adverts: the vectors of keepalived's own test, and what a forger may change.
#![allow(clippy::unwrap_used, reason = "test code")]

use core::net::IpAddr;
use core::time::Duration;
use holdfast_packet::vrrp::auth::AuthField;
use holdfast_packet::vrrp::hmac::{Stamp, Trailer, sign};
use holdfast_packet::vrrp::{self, Emit, Ends, Form};
use proptest::prelude::*;

/// Key, key id and stamp of every vector.
const STAMP: Stamp = Stamp(0x6800_0000_8000_0000);
const KEY: u8 = 1;

struct Vector {
    version: u8,
    source: &'static str,
    destination: &'static str,
    address: &'static str,
    bytes: &'static str,
}

/// VRID 51, priority 200, 1 s. The first two are those of keepalived's test.
const VECTORS: [Vector; 3] = [
    Vector {
        version: 3,
        source: "198.51.100.10",
        destination: "224.0.0.18",
        address: "192.0.2.100",
        bytes: "3133c80100644402c0000264 \
                010100006800000080000000 1b84bc4e8e43892dc6d98448f8ee2265",
    },
    Vector {
        version: 3,
        source: "fe80::10",
        destination: "fe80::20",
        address: "fe80::100",
        bytes: "3133c8010064a2e9 fe800000000000000000000000000100 \
                010100006800000080000000 c8c56146ebfd66ee10ec4d8186461b78",
    },
    Vector {
        version: 2,
        source: "198.51.100.10",
        destination: "224.0.0.18",
        address: "192.0.2.100",
        bytes: "2133c80100015465c0000264 0000000000000000 \
                010100006800000080000000 d0b9391b8d008f779ef2e8cf66238947",
    },
];

fn unhex(text: &str) -> Vec<u8> {
    let digits: Vec<u32> = text.chars().filter_map(|c| c.to_digit(16)).collect();
    let pair = |pair: &[u32]| u8::try_from(pair[0] * 16 + pair[1]).unwrap();
    digits.chunks(2).map(pair).collect()
}

fn key() -> Vec<u8> {
    (0..32).collect()
}

fn ends(vector: &Vector) -> Ends {
    Ends {
        source: vector.source.parse().unwrap(),
        destination: vector.destination.parse().unwrap(),
    }
}

fn signed(vector: &Vector) -> Vec<u8> {
    let addresses: [IpAddr; 1] = [vector.address.parse().unwrap()];
    let emit = Emit {
        version: vector.version,
        vrid: 51,
        priority: 200,
        interval: 100,
        auth: AuthField::NONE,
        addresses: &addresses,
    };
    // over IPv4 the vectors leave the pseudo-header out
    let mut message = vrrp::build(&emit, &ends(vector), Form::Message).unwrap();
    sign(&mut message, &ends(vector), KEY, &key(), STAMP);
    message
}

/// True when the packet is an advert and its trailer of the holder of the key.
fn genuine(bytes: &[u8], ends: &Ends) -> bool {
    let Ok(advert) = vrrp::parse(bytes, ends) else {
        return false;
    };
    let message = &bytes[..bytes.len() - advert.trailer.len()];
    Trailer::read(advert.trailer)
        .is_some_and(|trailer| trailer.is_genuine(&key(), ends.source, message))
}

#[test]
fn the_vectors_of_keepalived() {
    for vector in &VECTORS {
        let bytes = unhex(vector.bytes);
        assert_eq!(
            signed(vector),
            bytes,
            "{} {}",
            vector.version,
            vector.source
        );
        assert!(genuine(&bytes, &ends(vector)));
        let trailer = Trailer::read(&bytes[bytes.len() - 28..]).unwrap();
        assert_eq!((trailer.key, trailer.stamp), (KEY, STAMP));
    }
}

/// Everything but the checksum is signed; who changes a byte changes its meaning to a forgery.
#[test]
fn every_byte_but_the_checksum_counts() {
    for vector in &VECTORS {
        let bytes = signed(vector);
        let (message, trailer) = bytes.split_at(bytes.len() - 28);
        let source = ends(vector).source;
        let whole = Trailer::read(trailer).unwrap();
        for at in 0..message.len() {
            let mut forged = message.to_vec();
            forged[at] ^= 1;
            let is_checksum = (6..8).contains(&at);
            assert_eq!(
                whole.is_genuine(&key(), source, &forged),
                is_checksum,
                "byte {at}"
            );
        }
        for at in 0..trailer.len() {
            let mut forged = trailer.to_vec();
            forged[at] ^= 1;
            let read = Trailer::read(&forged);
            let malformed = matches!(at, 0 | 2 | 3);
            assert_eq!(read.is_none(), malformed, "byte {at} of the trailer");
            let taken = read.is_some_and(|read| read.is_genuine(&key(), source, message));
            assert!(!taken, "byte {at} of the trailer");
        }
        let mut forged = trailer.to_vec();
        for at in [26, 27] {
            forged[at] ^= 1;
        }
        let taken = Trailer::read(&forged).unwrap();
        let taken = taken.is_genuine(&key(), source, message);
        assert!(!taken, "two differences do not make up for each other");
        let mut other = key();
        other[31] ^= 1;
        assert!(!whole.is_genuine(&other, source, message), "another key");
        let elsewhere = if source.is_ipv4() {
            "198.51.100.11"
        } else {
            "fe80::11"
        };
        let elsewhere = elsewhere.parse().unwrap();
        assert!(
            !whole.is_genuine(&key(), elsewhere, message),
            "another sender"
        );
    }
}

#[test]
fn stamps_are_compared_around_their_end() {
    let second = |seconds: u32| Stamp(u64::from(seconds) << 32);
    for (a, b, after, apart) in [
        (second(5), second(4), true, 1),
        (second(4), second(5), false, 1),
        (second(4), second(4), false, 0),
        (second(2), second(u32::MAX), true, 3),
        (second(u32::MAX), second(2), false, 3),
        (Stamp(u64::MAX), Stamp(0), false, 1),
        (Stamp(0), Stamp(u64::MAX), true, 1),
    ] {
        assert_eq!(a.is_after(b), after, "{a:?} after {b:?}");
        assert_eq!(a.seconds_to(b), apart, "{a:?} to {b:?}");
    }
    assert_eq!(Stamp(u64::MAX).next(), Stamp(0));
    // half a second is half of 2^16
    assert_eq!(Stamp::of(Duration::from_millis(1_744_830_464_500)), STAMP);
}

proptest! {
    /// Any bytes may stand behind an advert: none panics, and only ours are genuine.
    #[test]
    fn no_bytes_are_genuine_by_chance(bytes in proptest::collection::vec(any::<u8>(), 0..96)) {
        let vector = &VECTORS[0];
        let _ = genuine(&bytes, &ends(vector));
        if let Some(trailer) = Trailer::read(&bytes) {
            prop_assert!(!trailer.is_genuine(&key(), ends(vector).source, &bytes));
        }
    }
}
