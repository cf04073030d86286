//! Messages byte by byte, little endian as on the machines this runs on.
#![cfg(target_endian = "little")]
#![allow(clippy::unwrap_used, reason = "a test may fail loudly")]

use holdfast_ipvs::{
    Destination, DestinationId, Family, ForwardMethod, IpvsCommand, IpvsMessage, Load, Netmask,
    Service, ServiceId, Stats, SyncDaemon, SyncRole, Timeouts, flag,
};
use netlink_packet_core::{Emitable, ParseableParametrized};
use netlink_packet_generic::{GenlFamily, GenlHeader};
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

fn emit(message: &IpvsMessage) -> Vec<u8> {
    let mut bytes = vec![0xEE; message.buffer_len()];
    message.emit(&mut bytes);
    bytes
}

fn parse(command: IpvsCommand, bytes: &[u8]) -> IpvsMessage {
    let header = GenlHeader {
        cmd: command.number(),
        version: 1,
    };
    IpvsMessage::parse_with_param(bytes, header).unwrap()
}

fn web() -> ServiceId {
    ServiceId::Address {
        protocol: 6,
        address: Ipv4Addr::new(10, 0, 0, 100).into(),
        port: 8088,
    }
}

/// AF_INET, IPPROTO_TCP, 10.0.0.100 in sixteen bytes, port 8088 big endian.
#[rustfmt::skip]
const WEB: [u8; 44] = [
    6, 0, 1, 0, 2, 0, 0, 0,
    6, 0, 2, 0, 6, 0, 0, 0,
    20, 0, 3, 0, 10, 0, 0, 100, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0,
    6, 0, 4, 0, 0x1F, 0x98, 0, 0,
];

fn nested(kind: u8, parts: &[&[u8]]) -> Vec<u8> {
    let body = parts.concat();
    let length = (body.len() + 4) as u16;
    let mut bytes = length.to_le_bytes().to_vec();
    bytes.extend([kind, 0x80]);
    bytes.extend(body);
    bytes
}

#[test]
fn new_service_with_persistence() {
    let service = Service {
        id: web(),
        scheduler: "wlc".into(),
        flags: flag::PERSISTENT,
        timeout: 50,
        netmask: Netmask::from_prefix(Family::Inet, 24),
        persistence_engine: None,
    };
    #[rustfmt::skip]
    let settings = [
        8, 0, 6, 0, b'w', b'l', b'c', 0,
        12, 0, 7, 0, 1, 0, 0, 0, 0xFF, 0xFF, 0xFF, 0xFF,
        8, 0, 8, 0, 50, 0, 0, 0,
        8, 0, 9, 0, 255, 255, 255, 0,
    ];
    let message = IpvsMessage::new_service(&service);
    assert_eq!(emit(&message), nested(1, &[&WEB, &settings]));
    assert_eq!((message.command(), message.version()), (1, 1));
    assert_eq!(IpvsMessage::set_service(&service).command(), 2);
}

#[test]
fn services_by_mark_and_of_ipv6() {
    let mark = ServiceId::Fwmark {
        mark: 3,
        family: Family::Inet6,
    };
    #[rustfmt::skip]
    let expected = [6, 0, 1, 0, 10, 0, 0, 0, 8, 0, 5, 0, 3, 0, 0, 0];
    let message = IpvsMessage::del_service(&mark);
    assert_eq!(emit(&message), nested(1, &[&expected]));
    assert_eq!(message.command(), 3);
    // A prefix length in host order for IPv6, a mask in network order for IPv4.
    assert_eq!(Netmask::host(Family::Inet6).0, [128, 0, 0, 0]);
    assert_eq!(Netmask::from_prefix(Family::Inet6, 64).0, [64, 0, 0, 0]);
    assert_eq!(Netmask::from_prefix(Family::Inet, 0).0, [0; 4]);
    assert_eq!(Netmask([255, 0, 255, 0]).prefix(Family::Inet), None);
    for prefix in 0..=32 {
        let mask = Netmask::from_prefix(Family::Inet, prefix);
        assert_eq!(mask.prefix(Family::Inet), Some(prefix));
    }
}

fn destination() -> Destination {
    Destination {
        id: DestinationId {
            address: Ipv4Addr::new(10, 0, 0, 1).into(),
            port: 80,
        },
        forward: ForwardMethod::Route,
        weight: 5,
        upper_threshold: 0,
        lower_threshold: 0,
        tunnel_type: 0,
        tunnel_port: 0,
        tunnel_flags: 0,
    }
}

/// 10.0.0.1, port 80, AF_INET.
#[rustfmt::skip]
const REAL: [u8; 36] = [
    20, 0, 1, 0, 10, 0, 0, 1, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0,
    6, 0, 2, 0, 0, 80, 0, 0,
    6, 0, 11, 0, 2, 0, 0, 0,
];

#[rustfmt::skip]
const REAL_SETTINGS: [u8; 32] = [
    8, 0, 3, 0, 3, 0, 0, 0,
    8, 0, 4, 0, 5, 0, 0, 0,
    8, 0, 5, 0, 0, 0, 0, 0,
    8, 0, 6, 0, 0, 0, 0, 0,
];

#[test]
fn destinations() {
    let service = nested(1, &[&WEB]);
    let expected = [service.clone(), nested(2, &[&REAL, &REAL_SETTINGS])].concat();
    let new = IpvsMessage::new_destination(&web(), &destination());
    assert_eq!(emit(&new), expected);
    assert_eq!(new.command(), 5);
    let set = IpvsMessage::set_destination(&web(), &destination());
    assert_eq!((emit(&set), set.command()), (expected, 6));
    let del = IpvsMessage::del_destination(&web(), &destination().id);
    assert_eq!(emit(&del), [service, nested(2, &[&REAL])].concat());
    assert_eq!(del.command(), 7);
}

#[test]
fn tunnels_name_their_type_only_when_it_is_not_ipip() {
    let mut gue = destination();
    gue.forward = ForwardMethod::Tunnel;
    gue.tunnel_type = 1;
    gue.tunnel_port = 6080;
    let bytes = emit(&IpvsMessage::new_destination(&web(), &gue));
    #[rustfmt::skip]
    let tail = [
        5, 0, 13, 0, 1, 0, 0, 0,
        6, 0, 14, 0, 0x17, 0xC0, 0, 0,
        6, 0, 15, 0, 0, 0, 0, 0,
    ];
    assert!(bytes.ends_with(&tail));
}

#[test]
fn questions_without_attributes() {
    for (message, command) in [
        (IpvsMessage::dump_services(), 4),
        (IpvsMessage::dump_daemons(), 11),
        (IpvsMessage::get_config(), 13),
        (IpvsMessage::get_info(), 15),
        (IpvsMessage::zero(None), 16),
        (IpvsMessage::flush(), 17),
    ] {
        assert_eq!(emit(&message), [0; 0]);
        assert_eq!(message.command(), command);
    }
}

#[test]
fn a_dumped_service_with_both_counters() {
    #[rustfmt::skip]
    let settings = [
        // "rr" with padding, flags PERSISTENT | HASHED, 300 s, 255.255.255.255
        7, 0, 6, 0, b'r', b'r', 0, 0,
        12, 0, 7, 0, 3, 0, 0, 0, 0xFF, 0xFF, 0xFF, 0xFF,
        8, 0, 8, 0, 0x2C, 1, 0, 0,
        8, 0, 9, 0, 255, 255, 255, 255,
    ];
    #[rustfmt::skip]
    let stats = [
        8, 0, 1, 0, 1, 0, 0, 0,
        12, 0, 4, 0, 2, 0, 0, 0, 0, 0, 0, 0,
    ];
    #[rustfmt::skip]
    let stats64 = [
        12, 0, 1, 0, 1, 0, 0, 0, 1, 0, 0, 0,
        12, 0, 4, 0, 0, 0, 0, 0, 2, 0, 0, 0,
        4, 0, 11, 0, // padding, as kernels that align 64-bit values send it
        12, 0, 10, 0, 9, 0, 0, 0, 0, 0, 0, 0,
    ];
    let bytes = nested(
        1,
        &[
            &WEB,
            &settings,
            &nested(10, &[&stats]),
            &nested(12, &[&stats64]),
        ],
    );
    let message = parse(IpvsCommand::NewService, &bytes);
    let (service, counters) = Service::from_attributes(message.service().unwrap()).unwrap();
    assert_eq!(service.id, web());
    assert_eq!(service.scheduler, "rr");
    assert_eq!(service.flags, flag::PERSISTENT | flag::HASHED);
    assert_eq!(
        (service.timeout, service.netmask),
        (300, Netmask::host(Family::Inet))
    );
    let expected = Stats {
        connections: (1 << 32) + 1,
        bytes_in: 2 << 32,
        byte_rate_out: 9,
        ..Stats::default()
    };
    assert_eq!(counters, expected);
}

#[test]
fn a_dumped_destination_of_another_family_under_a_tunnel() {
    let address = Ipv6Addr::new(0x2001, 0xdb8, 0, 0, 0, 0, 0, 9);
    let mut bytes = vec![20, 0, 1, 0];
    bytes.extend(address.octets());
    #[rustfmt::skip]
    bytes.extend([
        6, 0, 2, 0, 0, 80, 0, 0,
        8, 0, 3, 0, 2, 0, 0, 0,
        8, 0, 4, 0, 1, 0, 0, 0,
        8, 0, 7, 0, 11, 0, 0, 0,
        8, 0, 8, 0, 12, 0, 0, 0,
        8, 0, 9, 0, 13, 0, 0, 0,
        6, 0, 11, 0, 10, 0, 0, 0,
    ]);
    let message = parse(IpvsCommand::NewDestination, &nested(2, &[&bytes]));
    let attributes = message.destination().unwrap();
    let (destination, load) = Destination::from_attributes(Family::Inet, attributes).unwrap();
    assert_eq!(destination.id.address, IpAddr::from(address));
    assert_eq!(destination.forward, ForwardMethod::Tunnel);
    let expected = Load {
        active: 11,
        inactive: 12,
        persistent: 13,
        stats: Stats::default(),
    };
    assert_eq!(load, expected);
}

#[test]
fn info_and_timeouts() {
    #[rustfmt::skip]
    let bytes = [8, 0, 1, 0, 1, 2, 1, 0, 8, 0, 2, 0, 0, 16, 0, 0];
    let info = parse(IpvsCommand::SetInfo, &bytes).info().unwrap();
    assert_eq!(
        (info.version, info.connection_table_size),
        ((1, 2, 1), 4096)
    );
    let timeouts = Timeouts {
        tcp: 900,
        tcp_fin: 120,
        udp: 300,
    };
    let message = IpvsMessage::set_config(&timeouts);
    #[rustfmt::skip]
    let expected = [
        8, 0, 4, 0, 0x84, 3, 0, 0,
        8, 0, 5, 0, 120, 0, 0, 0,
        8, 0, 6, 0, 0x2C, 1, 0, 0,
    ];
    assert_eq!(emit(&message), expected);
    assert_eq!(
        parse(IpvsCommand::SetConfig, &expected).timeouts(),
        timeouts
    );
}

#[test]
fn sync_daemons() {
    #[rustfmt::skip]
    let plain = [
        8, 0, 1, 0, 2, 0, 0, 0,
        7, 0, 2, 0, b'e', b'0', 0, 0,
        8, 0, 3, 0, 51, 0, 0, 0,
    ];
    let mut daemon = SyncDaemon::new(SyncRole::Backup, "e0", 51);
    let message = IpvsMessage::new_daemon(&daemon);
    assert_eq!(emit(&message), nested(3, &[&plain]));
    assert_eq!(message.command(), 9);
    assert_eq!(IpvsMessage::del_daemon(&daemon).command(), 10);
    #[rustfmt::skip]
    let group = [8, 0, 5, 0, 224, 0, 0, 81];
    #[rustfmt::skip]
    let rest = [
        6, 0, 7, 0, 0x90, 0x22, 0, 0, // the port in host order
        5, 0, 8, 0, 3, 0, 0, 0,
    ];
    #[rustfmt::skip]
    let length = [6, 0, 4, 0, 0xAC, 5, 0, 0];
    daemon.max_length = Some(1452);
    daemon.group = Some(Ipv4Addr::new(224, 0, 0, 81).into());
    daemon.port = Some(8848);
    daemon.ttl = Some(3);
    let bytes = nested(3, &[&plain, &length, &group, &rest]);
    assert_eq!(emit(&IpvsMessage::new_daemon(&daemon)), bytes);
    let message = parse(IpvsCommand::NewDaemon, &bytes);
    let read = SyncDaemon::from_attributes(message.daemon().unwrap());
    assert_eq!(read.unwrap(), daemon);

    daemon.group = Some(Ipv6Addr::new(0xff02, 0, 0, 0, 0, 0, 0, 0x81).into());
    let bytes = emit(&IpvsMessage::new_daemon(&daemon));
    let message = parse(IpvsCommand::NewDaemon, &bytes);
    let read = SyncDaemon::from_attributes(message.daemon().unwrap());
    assert_eq!(read.unwrap(), daemon);
    let message = parse(IpvsCommand::NewDaemon, &nested(3, &[&plain[8..]]));
    assert!(SyncDaemon::from_attributes(message.daemon().unwrap()).is_err());
}

#[test]
fn an_incomplete_reply_says_what_is_missing() {
    let bytes = nested(1, &[&WEB[..16]]);
    let message = parse(IpvsCommand::NewService, &bytes);
    let error = Service::from_attributes(message.service().unwrap()).unwrap_err();
    assert_eq!(error.to_string(), "IPVS reply lacks a usable address");
}
