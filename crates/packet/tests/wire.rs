//! Our bytes beside those of others: keepalived's packets as captured, and an independent decoder.
#![allow(clippy::unwrap_used, reason = "test code")]

use core::net::Ipv4Addr;
use etherparse::{ArpOperation, IpNumber, Ipv4Slice, NetSlice, SlicedPacket};
use holdfast_packet::error::AdvertError;
use holdfast_packet::vrrp::auth::AuthField;
use holdfast_packet::vrrp::{self, v2};
use holdfast_packet::{MacAddress, arp, ipv4};
use proptest::prelude::*;

const VIPS: [Ipv4Addr; 2] = [Ipv4Addr::new(10, 0, 0, 100), Ipv4Addr::new(10, 0, 0, 101)];

/// Adverts of keepalived 2.2.7 without their Ethernet header, captured on a veth: source, id,
/// priority, authentication, bytes. `auth_pass` was `1111222233334444`.
const ADVERTS: [(u8, u16, u8, AuthField, &str); 3] = [
    (
        1,
        1,
        100,
        AuthField::password(*b"11112222"),
        "45c0002c00010000ff70d08d0a000001e0000012\
         2133640201019e390a0000640a0000653131313132323232",
    ),
    (
        1,
        4,
        0,
        AuthField::password(*b"11112222"),
        "45c0002c00040000ff70d08a0a000001e0000012\
         213300020101023a0a0000640a0000653131313132323232",
    ),
    (
        1,
        1,
        100,
        AuthField::NONE,
        "45c0002c00010000ff70d08d0a000001e0000012\
         21336402000166000a0000640a0000650000000000000000",
    ),
];

fn unhex(text: &str) -> Vec<u8> {
    let digits: Vec<u32> = text.chars().filter_map(|c| c.to_digit(16)).collect();
    digits
        .chunks(2)
        .map(|pair| (pair[0] * 16 + pair[1]) as u8)
        .collect()
}

fn emit(priority: u8, auth: AuthField, addresses: &[Ipv4Addr]) -> v2::Emit<'_> {
    v2::Emit {
        vrid: 51,
        priority,
        interval: 1,
        auth,
        addresses,
    }
}

#[test]
fn keepalived_adverts_are_built_byte_for_byte() {
    for (host, id, priority, auth, hex) in ADVERTS {
        let message = v2::build(&emit(priority, auth, &VIPS)).unwrap();
        let source = Ipv4Addr::new(10, 0, 0, host);
        let packet = ipv4::build(source, vrrp::GROUP, id, &message).unwrap();
        assert_eq!(packet, unhex(hex));
    }
}

#[test]
fn keepalived_adverts_are_understood() {
    for (host, id, priority, auth, hex) in ADVERTS {
        let bytes = unhex(hex);
        let (header, message) = ipv4::parse(&bytes).unwrap();
        assert_eq!(header.source, Ipv4Addr::new(10, 0, 0, host));
        assert_eq!((header.destination, header.ttl), (vrrp::GROUP, 255));
        assert_eq!(header.id, id);
        assert_eq!(
            (vrrp::version(message), vrrp::vrid(message)),
            (Some(2), Some(51))
        );
        let advert = v2::parse(message).unwrap();
        assert_eq!(
            (advert.vrid, advert.priority, advert.interval),
            (51, priority, 1)
        );
        assert_eq!(advert.auth, auth);
        assert!(advert.addresses().eq(VIPS));
    }
}

#[test]
fn keepalived_gratuitous_arp_is_built_byte_for_byte() {
    let captured = "ffffffffffff020000000001080600010800060400010200000000010a000064\
                    ffffffffffff0a000064";
    let frame = arp::gratuitous(MacAddress([2, 0, 0, 0, 0, 1]), VIPS[0]);
    assert_eq!(frame, unhex(captured));
    assert_eq!(frame.len(), arp::FRAME);
}

#[test]
fn an_independent_decoder_reads_our_arp() {
    let mac = [2, 0, 0, 0, 0, 9];
    let frame = arp::gratuitous(MacAddress(mac), VIPS[1]);
    let sliced = SlicedPacket::from_ethernet(&frame).unwrap();
    let Some(NetSlice::Arp(packet)) = sliced.net else {
        panic!("not ARP");
    };
    assert_eq!(packet.operation(), ArpOperation::REQUEST);
    assert_eq!(packet.sender_hw_addr(), mac);
    assert_eq!(packet.sender_protocol_addr(), VIPS[1].octets());
    assert_eq!(packet.target_hw_addr(), [0xff; 6]);
    assert_eq!(packet.target_protocol_addr(), VIPS[1].octets());
}

#[test]
fn wrong_messages_have_their_error() {
    let good = v2::build(&emit(100, AuthField::NONE, &VIPS)).unwrap();
    let spoiled = |change: &dyn Fn(&mut Vec<u8>)| {
        let mut bytes = good.clone();
        change(&mut bytes);
        v2::parse(&bytes).unwrap_err()
    };
    assert_eq!(spoiled(&|m| m[0] = 0x31), AdvertError::Version(3));
    assert_eq!(spoiled(&|m| m[0] = 0x22), AdvertError::Type(2));
    assert_eq!(
        spoiled(&|m| m.clear()),
        AdvertError::Length { have: 0, want: 16 }
    );
    assert_eq!(
        spoiled(&|m| m.truncate(7)),
        AdvertError::Length { have: 7, want: 16 }
    );
    assert_eq!(
        spoiled(&|m| m.truncate(23)),
        AdvertError::Length { have: 23, want: 24 }
    );
    assert_eq!(
        spoiled(&|m| m.push(0)),
        AdvertError::Length { have: 25, want: 24 }
    );
    for bit in 0..good.len() * 8 {
        // Version, type and count have their own errors; every other flipped bit is a bad sum.
        if bit / 8 != 0 && bit / 8 != 3 {
            assert_eq!(
                spoiled(&|m| m[bit / 8] ^= 1 << (bit % 8)),
                AdvertError::Checksum,
                "bit {bit}"
            );
        }
    }
}

#[test]
fn the_count_field_bounds_the_list() {
    let many = vec![VIPS[0]; 256];
    assert!(v2::build(&emit(1, AuthField::NONE, &many)).is_err());
    let message = v2::build(&emit(1, AuthField::NONE, &many[..255])).unwrap();
    assert_eq!(v2::parse(&message).unwrap().addresses().count(), 255);
}

proptest! {
    #[test]
    fn any_bytes_are_parsed_without_panic(bytes in prop::collection::vec(any::<u8>(), 0..128)) {
        if let Ok((_, message)) = ipv4::parse(&bytes) {
            let _ = v2::parse(message);
        }
        if let Ok(advert) = v2::parse(&bytes) {
            prop_assert_eq!(bytes.len(), 16 + advert.addresses().count() * 4);
        }
    }

    #[test]
    fn almost_good_bytes_are_parsed_without_panic(
        at in 0usize..44,
        value in any::<u8>(),
        cut in 0usize..46,
    ) {
        let mut bytes = unhex(ADVERTS[0].4);
        bytes[at] = value;
        bytes.truncate(cut);
        if let Ok((_, message)) = ipv4::parse(&bytes) {
            let _ = v2::parse(message);
        }
    }

    #[test]
    fn what_is_built_is_what_is_parsed(
        (vrid, priority, interval, id) in any::<(u8, u8, u8, u16)>(),
        (kind, data) in any::<(u8, [u8; 8])>(),
        addresses in prop::collection::vec(any::<u32>().prop_map(Ipv4Addr::from), 0..=255),
        source in any::<u32>().prop_map(Ipv4Addr::from),
    ) {
        let auth = AuthField { kind, data };
        let emit = v2::Emit { vrid, priority, interval, auth, addresses: &addresses };
        let message = v2::build(&emit).unwrap();
        let packet = ipv4::build(source, vrrp::GROUP, id, &message).unwrap();

        let (header, payload) = ipv4::parse(&packet).unwrap();
        prop_assert_eq!((header.source, header.id, header.ttl), (source, id, ipv4::TTL));
        let advert = v2::parse(payload).unwrap();
        prop_assert_eq!((advert.vrid, advert.priority, advert.interval), (vrid, priority, interval));
        prop_assert_eq!(advert.auth, auth);
        prop_assert!(advert.addresses().eq(addresses.iter().copied()));

        // The same header, read by others.
        let slice = Ipv4Slice::from_slice(&packet).unwrap();
        let theirs = slice.header();
        prop_assert_eq!(theirs.source_addr(), source);
        prop_assert_eq!(theirs.destination_addr(), vrrp::GROUP);
        prop_assert_eq!(theirs.protocol(), IpNumber(112));
        prop_assert_eq!((theirs.ttl(), theirs.identification()), (255, id));
        prop_assert_eq!(theirs.header_checksum(), theirs.to_header().calc_header_checksum());
        prop_assert_eq!(slice.payload().payload, &message[..]);
    }
}
