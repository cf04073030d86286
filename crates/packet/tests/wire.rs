//! Our bytes beside those of others: keepalived's packets as captured, and an independent decoder.
#![allow(clippy::unwrap_used, reason = "test code")]

use core::net::{IpAddr, Ipv4Addr, Ipv6Addr};
use etherparse::{ArpOperation, IpNumber, Ipv4Slice, NetSlice, SlicedPacket};
use holdfast_packet::error::AdvertError;
use holdfast_packet::vrrp::auth::AuthField;
use holdfast_packet::vrrp::{self, Advert, Emit, Ends, Form};
use holdfast_packet::{MacAddress, arp, ipv4};
use proptest::prelude::*;

const VIPS: [Ipv4Addr; 2] = [Ipv4Addr::new(10, 0, 0, 100), Ipv4Addr::new(10, 0, 0, 101)];

/// To the group, from 10.0.0.1.
const ENDS: Ends = Ends {
    source: IpAddr::V4(Ipv4Addr::new(10, 0, 0, 1)),
    destination: IpAddr::V4(vrrp::GROUP),
};

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

fn v4(addresses: &[Ipv4Addr]) -> Vec<IpAddr> {
    addresses.iter().copied().map(IpAddr::V4).collect()
}

fn emit(version: u8, priority: u8, auth: AuthField, addresses: &[IpAddr]) -> Emit<'_> {
    Emit {
        version,
        vrid: 51,
        priority,
        interval: 100,
        auth,
        addresses,
    }
}

fn parse(message: &[u8]) -> Result<Advert<'_>, AdvertError> {
    vrrp::parse(message, &ENDS)
}

// conforms: C01+ C02+ C03+ C07+ C08+ C12+ C13+
#[test]
fn keepalived_adverts_are_built_byte_for_byte() {
    for (host, id, priority, auth, hex) in ADVERTS {
        let vips = v4(&VIPS);
        let message = vrrp::build(&emit(2, priority, auth, &vips), &ENDS, Form::Pseudo).unwrap();
        let source = Ipv4Addr::new(10, 0, 0, host);
        let packet = ipv4::build(source, vrrp::GROUP, id, 255, &message).unwrap();
        assert_eq!(packet, unhex(hex));
    }
}

// conforms: C20+ C23+ C25+
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
        let advert = parse(message).unwrap();
        assert_eq!(
            (
                advert.version,
                advert.vrid,
                advert.priority,
                advert.interval
            ),
            (2, 51, priority, 100)
        );
        assert_eq!(advert.auth, auth);
        assert!(advert.addresses().eq(v4(&VIPS)));
    }
}

/// Version 3 of keepalived 2.2.7: unicast over IPv4, and multicast over IPv6 without its header.
// conforms: C01+ C02+ C07+ C08+ C10+ C11+ C25+
#[test]
fn version_3_is_keepalived_s_byte_for_byte() {
    let packet = unhex(
        "45c0002000010000ff70a6980a0900010a090002\
         31339601006419690a090064",
    );
    let (header, message) = ipv4::parse(&packet).unwrap();
    let ends = Ends {
        source: header.source.into(),
        destination: header.destination.into(),
    };
    let advert = vrrp::parse(message, &ends).unwrap();
    assert_eq!((advert.version, advert.interval), (3, 100));
    assert_eq!((advert.form, advert.trailer), (Form::Pseudo, &[][..]));
    let vip = [IpAddr::from([10, 9, 0, 100])];
    let built = vrrp::build(&emit(3, 150, AuthField::NONE, &vip), &ends, Form::Pseudo).unwrap();
    assert_eq!(
        ipv4::build(header.source, header.destination, 1, 255, &built).unwrap(),
        packet
    );

    let message = unhex(
        "313396020064a219\
         fe800000000000000000000000010001fd000000000000000000000000000100",
    );
    let ends = Ends {
        source: "fe80::18c8:f7ff:fe33:8c9e".parse().unwrap(),
        destination: vrrp::GROUP_V6.into(),
    };
    let vips: [IpAddr; 2] = ["fe80::1:1".parse().unwrap(), "fd00::100".parse().unwrap()];
    assert!(vrrp::parse(&message, &ends).unwrap().addresses().eq(vips));
    let built = vrrp::build(&emit(3, 150, AuthField::NONE, &vips), &ends, Form::Message).unwrap();
    assert_eq!(built, message);
}

/// The vectors of keepalived's auth_hmac test, without what the trailer says: the message in front
/// of it is whole, and its checksum does not cover it over IPv4, and does over IPv6.
// conforms: C23-
#[test]
fn a_trailer_stands_behind_the_message() {
    let (v3, v2) = (
        "3133c80100644402c0000264",
        "2133c80100015465c00002640000000000000000",
    );
    let trailer = "0101000068000000800000001b84bc4e8e43892dc6d98448f8ee2265";
    let ends = Ends {
        source: [198, 51, 100, 10].into(),
        destination: vrrp::GROUP.into(),
    };
    for (version, hex) in [(3, v3), (2, v2)] {
        let bytes = unhex(&format!("{hex}{trailer}"));
        let advert = vrrp::parse(&bytes, &ends).unwrap();
        assert_eq!(
            (advert.version, advert.trailer),
            (version, &unhex(trailer)[..])
        );
        assert!(vrrp::parse(&bytes[..bytes.len() - 1], &ends).is_err());
    }
}

/// C11, C25: each form is built, and accepted where it can be meant; none is the same as another.
// conforms: C11+ C25+ C25-
#[test]
fn c25_three_forms_of_the_checksum() {
    let peer = Ends {
        destination: [10, 0, 0, 2].into(),
        ..ENDS
    };
    let vips = v4(&VIPS);
    for (ends, form, accepted) in [
        (ENDS, Form::Message, Some(Form::Message)),
        (ENDS, Form::Pseudo, Some(Form::Pseudo)),
        (peer, Form::Message, Some(Form::Message)),
        (peer, Form::Pseudo, Some(Form::Pseudo)),
        (peer, Form::PseudoGroup, Some(Form::PseudoGroup)),
    ] {
        let message = vrrp::build(&emit(3, 100, AuthField::NONE, &vips), &ends, form).unwrap();
        let got = vrrp::parse(&message, &ends).ok().map(|advert| advert.form);
        assert_eq!(got, accepted, "{ends:?} {form:?}");
        let elsewhere = Ends {
            destination: [10, 0, 0, 3].into(),
            ..ends
        };
        let valid_anywhere = form != Form::Pseudo || ends == ENDS;
        assert_eq!(vrrp::parse(&message, &elsewhere).is_ok(), valid_anywhere);
    }
}

// conforms: C65+
#[test]
fn keepalived_gratuitous_arp_is_built_byte_for_byte() {
    let captured = "ffffffffffff020000000001080600010800060400010200000000010a000064\
                    ffffffffffff0a000064";
    let frame = arp::gratuitous(MacAddress([2, 0, 0, 0, 0, 1]), VIPS[0]);
    assert_eq!(frame, unhex(captured));
    assert_eq!(frame.len(), arp::FRAME);
}

// conforms: C65+
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

// conforms: C12- C22- C23- C25-
#[test]
fn wrong_messages_have_their_error() {
    let vips = v4(&VIPS);
    let good = vrrp::build(&emit(2, 100, AuthField::NONE, &vips), &ENDS, Form::Message).unwrap();
    let spoiled = |change: &dyn Fn(&mut Vec<u8>)| {
        let mut bytes = good.clone();
        change(&mut bytes);
        parse(&bytes).unwrap_err()
    };
    assert_eq!(spoiled(&|m| m[0] = 0x41), AdvertError::Version(4));
    assert_eq!(spoiled(&|m| m[0] = 0x22), AdvertError::Type(2));
    assert_eq!(
        spoiled(&|m| m.clear()),
        AdvertError::Length { have: 0, want: 8 }
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
    for (version, address, ends) in [
        (2, IpAddr::V4(VIPS[0]), ENDS),
        (3, IpAddr::V4(VIPS[0]), ENDS),
        (3, IpAddr::V6(Ipv6Addr::LOCALHOST), ENDS_V6),
    ] {
        let many = vec![address; 256];
        let build = |many| {
            vrrp::build(
                &emit(version, 1, AuthField::NONE, many),
                &ends,
                Form::Pseudo,
            )
        };
        assert!(build(&many).is_err());
        let message = build(&many[..255]).unwrap();
        assert_eq!(
            vrrp::parse(&message, &ends).unwrap().addresses().count(),
            255
        );
    }
}

const ENDS_V6: Ends = Ends {
    source: IpAddr::V6(Ipv6Addr::new(0xfe80, 0, 0, 0, 0, 0, 0, 1)),
    destination: IpAddr::V6(vrrp::GROUP_V6),
};

proptest! {
    #[test]
    fn any_bytes_are_parsed_without_panic(bytes in prop::collection::vec(any::<u8>(), 0..128)) {
        if let Ok((_, message)) = ipv4::parse(&bytes) {
            let _ = parse(message);
        }
        for ends in [ENDS, ENDS_V6] {
            if let Ok(advert) = vrrp::parse(&bytes, &ends) {
                prop_assert!(advert.addresses().count() <= 255);
            }
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
            let _ = parse(message);
        }
    }

    // conforms: C03+ C07+
    #[test]
    fn what_is_built_is_what_is_parsed(
        (vrid, priority, seconds, centis, id) in any::<(u8, u8, u8, u16, u16)>(),
        (kind, data) in any::<(u8, [u8; 8])>(),
        (v3, form) in (any::<bool>(), prop::sample::select(vec![Form::Message, Form::Pseudo])),
        addresses in prop::collection::vec(any::<u32>().prop_map(Ipv4Addr::from), 0..=255),
        (source, ttl) in (any::<u32>().prop_map(Ipv4Addr::from), any::<u8>()),
    ) {
        let auth = if v3 { AuthField::NONE } else { AuthField { kind, data } };
        let interval = if v3 { centis & 0x0fff } else { u16::from(seconds) * 100 };
        let (version, listed) = (if v3 { 3 } else { 2 }, v4(&addresses));
        let emit = Emit { version, vrid, priority, interval, auth, addresses: &listed };
        let ends = Ends { source: source.into(), ..ENDS };
        let message = vrrp::build(&emit, &ends, form).unwrap();
        let packet = ipv4::build(source, vrrp::GROUP, id, ttl, &message).unwrap();

        let (header, payload) = ipv4::parse(&packet).unwrap();
        prop_assert_eq!((header.source, header.id, header.ttl), (source, id, ttl));
        let advert = vrrp::parse(payload, &ends).unwrap();
        prop_assert_eq!((advert.version, advert.vrid), (version, vrid));
        prop_assert_eq!((advert.priority, advert.interval), (priority, interval));
        prop_assert_eq!(advert.auth, auth);
        prop_assert!(advert.addresses().eq(listed.iter().copied()));

        // The same header, read by others.
        let slice = Ipv4Slice::from_slice(&packet).unwrap();
        let theirs = slice.header();
        prop_assert_eq!(theirs.source_addr(), source);
        prop_assert_eq!(theirs.destination_addr(), vrrp::GROUP);
        prop_assert_eq!(theirs.protocol(), IpNumber(112));
        prop_assert_eq!((theirs.ttl(), theirs.identification()), (ttl, id));
        prop_assert_eq!(theirs.header_checksum(), theirs.to_header().calc_header_checksum());
        prop_assert_eq!(slice.payload().payload, &message[..]);
    }

    // conforms: C10- C25-
    #[test]
    fn ipv6_too(
        (version, vrid, priority, interval) in (2u8..4, any::<u8>(), any::<u8>(), 0u16..=40),
        addresses in prop::collection::vec(any::<u128>().prop_map(Ipv6Addr::from), 0..=255),
        bit in any::<prop::sample::Index>(),
    ) {
        let addresses: Vec<IpAddr> = addresses.into_iter().map(IpAddr::V6).collect();
        let (interval, auth) = (interval * 100, AuthField::NONE);
        let emit = Emit { version, vrid, priority, interval, auth, addresses: &addresses };
        let mut message = vrrp::build(&emit, &ENDS_V6, Form::Message).unwrap();
        let advert = vrrp::parse(&message, &ENDS_V6).unwrap();
        prop_assert_eq!((advert.version, advert.interval), (version, interval));
        prop_assert!(advert.addresses().eq(addresses.iter().copied()));
        // no bit of it may be another
        let bit = bit.index(message.len() * 8);
        message[bit / 8] ^= 1 << (bit % 8);
        prop_assert!(vrrp::parse(&message, &ENDS_V6).is_err());
    }
}
