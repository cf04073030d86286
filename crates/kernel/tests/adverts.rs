//! Adverts on a real kernel: who hears what. Needs root; says so where it is not.
#![allow(
    clippy::expect_used,
    clippy::panic,
    clippy::print_stdout,
    reason = "a test that stops says what was wrong"
)]

mod support;

use holdfast_kernel::socket::vrrp::{Place, Received, VrrpSocket};
use holdfast_model::AddressFamily;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};
use std::os::fd::AsFd as _;
use support::*;

const GROUP: IpAddr = IpAddr::V4(Ipv4Addr::new(224, 0, 0, 18));

/// A version 2 advert from 10.9.0.5 (an own address would be a martian), with whatever checksum: nobody here looks at it.
fn advert(vrid: u8, options: usize) -> Vec<u8> {
    let words = 5 + options;
    let mut packet = vec![0x40 | u8::try_from(words).expect("header"), 0xc0, 0, 0];
    packet.extend([0, 1, 0, 0, 255, 112, 0, 0, 10, 9, 0, 5, 224, 0, 0, 18]);
    packet.extend(std::iter::repeat_n(1, options * 4));
    packet.extend([
        0x21, vrid, 100, 1, 0, 1, 0, 0, 10, 9, 0, 9, 0, 0, 0, 0, 0, 0, 0, 0,
    ]);
    packet
}

/// The group's socket on an interface.
fn on(interface: &str, group: IpAddr, vrids: &[u8]) -> VrrpSocket {
    let (interface, index, groups) = (&name(interface), index(interface), &[group].into());
    let place = Place::Groups {
        index,
        interface,
        groups,
    };
    VrrpSocket::open(AddressFamily::of(group), &place, vrids).expect("socket")
}

/// Packets, as they come, until there are `count`.
fn hear(listener: &VrrpSocket, count: usize) -> Vec<Received> {
    let (mut heard, mut room) = (Vec::new(), VrrpSocket::room());
    while heard.len() < count {
        assert!(wait_for(listener.as_fd()), "only {} adverts", heard.len());
        let (packets, result) = listener.receive(&mut room);
        result.expect("receive");
        heard.extend(packets);
    }
    heard
}

const FROM: IpAddr = IpAddr::V4(Ipv4Addr::new(10, 9, 0, 5));

// conforms: C02+ C03+ C27+ C27-
#[test]
fn adverts_cross_and_foreign_vrids_do_not() {
    in_namespace(|| {
        let sender = on("a0", GROUP, &[]);
        let listener = on("b0", GROUP, &[51, 7]);
        for (vrid, options) in [(50, 0), (51, 0), (52, 0), (7, 3), (51, 0)] {
            sender
                .send((0, false), FROM, GROUP, &advert(vrid, options))
                .expect("send");
        }
        let vrids: Vec<u8> = hear(&listener, 3)
            .iter()
            .map(|Received { bytes, header }| {
                assert_eq!(*header, None, "it is in the bytes");
                let words = usize::from(bytes[0] & 15) * 4;
                assert_eq!((bytes[8], bytes[9]), (255, 112), "TTL and protocol as sent");
                bytes[words + 1]
            })
            .collect();
        assert_eq!(vrids, [51, 7, 51]);
    });
}

// conforms: C27+ C27-
#[test]
fn the_filter_follows_the_configuration() {
    in_namespace(|| {
        let sender = on("a0", GROUP, &[]);
        let listener = on("b0", GROUP, &[51]);
        listener.set_vrids(&[60]).expect("filter");
        sender
            .send((0, false), FROM, GROUP, &advert(51, 0))
            .expect("send");
        sender
            .send((0, false), FROM, GROUP, &advert(60, 0))
            .expect("send");
        let heard = hear(&listener, 1);
        assert_eq!(heard[0].bytes[21], 60);
        assert_eq!(heard.len(), 1);
    });
}

/// C02, C03, C04 over IPv6, where the kernel writes the header.
// conforms: C02+ C03+ C04+
#[test]
fn c03_v3v6_the_header_is_as_the_rfc_wants_it() {
    in_namespace(|| {
        ip("addr add fe80::a/64 dev a0 nodad");
        ip("addr add fe80::b/64 dev b0 nodad");
        let group: IpAddr = "ff02::12".parse().expect("address");
        let source: Ipv6Addr = "fe80::a".parse().expect("address");
        let sender = on("a0", group, &[]);
        let listener = on("b0", group, &[51]);
        for vrid in [50, 51] {
            let message = [0x31, vrid, 100, 0, 0, 100, 1, 2];
            let link = index("a0");
            sender
                .send((link, false), source.into(), group, &message)
                .expect("send");
        }
        let heard = hear(&listener, 1);
        let expected = Received {
            // the checksum is ours, not the kernel's
            bytes: vec![0x31, 51, 100, 0, 0, 100, 1, 2],
            header: Some((source, Ipv6Addr::new(0xff02, 0, 0, 0, 0, 0, 0, 0x12), 255)),
        };
        assert_eq!(heard, [expected]);
    });
}

#[test]
fn unicast_and_multicast_have_an_ear_each() {
    in_namespace(|| {
        ip("addr add fd00::1/64 dev a0 nodad");
        let six: IpAddr = "fd00::1".parse().expect("address");
        let four: IpAddr = "10.9.0.1".parse().expect("address");
        let open = |family| VrrpSocket::open(family, &Place::Unicast, &[51]).expect("socket");
        let (unicast, unicast6) = (open(AddressFamily::V4), open(AddressFamily::V6));
        let group = on("b0", GROUP, &[51]);
        let sender = on("a0", GROUP, &[]);
        sender
            .send((0, false), FROM, GROUP, &advert(51, 0))
            .expect("send");
        let mut to_us = advert(51, 0);
        to_us[12..20].copy_from_slice(&[10, 9, 0, 1, 10, 9, 0, 1]);
        unicast.send((0, false), four, four, &to_us).expect("send");
        let message = [0x31, 51, 100, 0, 0, 100, 1, 2];

        let heard = hear(&group, 1);
        assert_eq!(
            (heard.len(), &heard[0].bytes[16..20]),
            (1, &[224, 0, 0, 18][..])
        );
        let heard = hear(&unicast, 1);
        assert_eq!(
            (heard.len(), &heard[0].bytes[16..20]),
            (1, &[10, 9, 0, 1][..])
        );
        // the kernel knows an IPv6 address as its own a while after it was added
        let mut tries = 0..50;
        let heard = loop {
            assert!(tries.next().is_some(), "nothing was heard");
            unicast6.send((0, false), six, six, &message).expect("send");
            if comes_within(unicast6.as_fd(), 100) {
                break hear(&unicast6, 1);
            }
        };
        assert_eq!(heard[0].bytes, message);
        assert_eq!(heard[0].header.map(|(_, to, _)| IpAddr::V6(to)), Some(six));
    });
}
