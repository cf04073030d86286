//! Version 3 over IPv6.
#![allow(clippy::unwrap_used, reason = "test code")]

mod support;

use core::net::{IpAddr, Ipv6Addr};
use core::time::Duration;
use holdfast_model::event::RejectReason;
use holdfast_model::{AddressFamily, Authentication, Cast, Instance, Peer, Peers, State, Version};
use holdfast_packet::vrrp::auth::AuthField;
use holdfast_packet::vrrp::{self, Ends, Form};
use holdfast_vrrp::{Action, Datagram, Ear, Input, Ipv6Header, Link};
use support::*;

const MS: Duration = Duration::from_millis(1);

fn v3(priority: u8) -> Instance {
    let mut config = config(priority);
    config.wire.version = Version::V3;
    config.authentication = Authentication::None;
    config
}

const LOCAL: Ipv6Addr = Ipv6Addr::new(0xfe80, 0, 0, 0, 0, 0, 0, 5);

fn six(priority: u8) -> Instance {
    let mut config = v3(priority);
    config.wire.family = AddressFamily::V6;
    config.wire.cast = Cast::group(AddressFamily::V6);
    for (vip, last) in config.addresses.iter_mut().zip(1u16..) {
        vip.address = Ipv6Addr::new(0xfe80, 0, 0, 0, 0, 0, 1, last).into();
        vip.prefix = 64;
    }
    config
}

fn link6(link_local: Option<Ipv6Addr>) -> Link {
    Link {
        link_local,
        ..link(Some(OWN), true)
    }
}

fn advert6(source: u16, priority: u8) -> (Vec<u8>, Ipv6Header) {
    let header = Ipv6Header {
        source: Ipv6Addr::new(0xfe80, 0, 0, 0, 0, 0, 0, source),
        destination: vrrp::GROUP_V6,
        hops: 255,
    };
    (
        message6(header.source, header.destination, priority),
        header,
    )
}

fn message6(source: Ipv6Addr, destination: Ipv6Addr, priority: u8) -> Vec<u8> {
    let ends = Ends {
        source: source.into(),
        destination: destination.into(),
    };
    let addresses: Vec<IpAddr> = six(1).addresses.iter().map(|vip| vip.address).collect();
    let emit = vrrp::Emit {
        version: 3,
        vrid: 51,
        priority,
        interval: 100,
        auth: AuthField::NONE,
        addresses: &addresses,
    };
    vrrp::build(&emit, &ends, Form::Pseudo).unwrap()
}

fn hear6(rig: &mut Rig, (bytes, header): &(Vec<u8>, Ipv6Header)) -> Vec<Action> {
    rig.input(Input::Datagram(Datagram {
        ear: Ear::Link(7, AddressFamily::V6),
        bytes,
        header: Some(*header),
    }))
}

fn rig6(priority: u8) -> Rig {
    let mut rig = Rig::new(vec![six(priority)]);
    rig.input(Input::Link(link6(Some(LOCAL))));
    let started = deeds(&rig.input(Input::Start));
    assert_eq!(started, ["watch 7 (IPv6)"]);
    rig
}

/// C04: without a link-local address there is nothing to send from.
// conforms: C04-
#[test]
fn c04_v3v6_needs_a_link_local_source() {
    let mut rig = Rig::new(vec![six(100)]);
    rig.input(Input::Start);
    assert_eq!(rig.state(), State::Fault);
    rig.input(Input::Link(link6(Some(LOCAL))));
    assert_eq!(rig.state(), State::Backup);
}

// conforms: C27+ C27-
#[test]
fn c27_families_of_one_vrid_are_two_routers() {
    let mut four = v3(100);
    four.key = holdfast_model::InstanceKey("V4".into());
    let mut rig = Rig::new(vec![four, six(100)]);
    rig.input(Input::Link(link6(Some(LOCAL))));
    rig.input(Input::Start);
    hear6(&mut rig, &advert6(9, 200));
    let masters: Vec<_> = rig
        .router
        .status()
        .map(|status| status.master.is_some())
        .collect();
    assert_eq!(masters, [false, true]);
}

/// C40 to C50 over IPv6: election, hand-over, tie.
// conforms: C03+ C04+ C43+ C46+ C49+ C50+
#[test]
fn c46_c49_v3v6_elects_and_gives_way() {
    let mut rig = rig6(100);
    let actions = rig.advance(Duration::from_secs(4));
    assert_eq!(deeds(&actions)[..2], ["send 100", "want 2"]);
    let sent = actions.iter().find_map(|action| match action {
        Action::Send { outgoing, .. } => Some(outgoing.clone()),
        _ => None,
    });
    let sent = sent.unwrap();
    assert_eq!(sent.source, IpAddr::V6(LOCAL));
    assert_eq!(sent.destination, IpAddr::V6(vrrp::GROUP_V6));
    // equal priority: the higher address wins, as numbers
    assert_eq!(
        deeds(&hear6(&mut rig, &advert6(4, 100))),
        ["send 100", "announce 2x5"]
    );
    assert_eq!(rig.state(), State::Master);
    hear6(&mut rig, &advert6(0x10, 100));
    assert_eq!(rig.state(), State::Backup);
    // resigned: only the skew is waited for
    hear6(&mut rig, &advert6(0x10, 0));
    assert_eq!(rig.down(), MS * 609 + Duration::from_micros(375));
}

// conforms: C21-
#[test]
fn c02_v3v6_hop_limit() {
    let mut rig = rig6(100);
    let mut far = advert6(9, 200);
    far.1.hops = 254;
    hear6(&mut rig, &far);
    let stats = rig.router.stats(&config(1).key).unwrap();
    assert_eq!(stats.rejected.get(&RejectReason::Ttl), Some(&1));
}

// conforms: C21+ C21-
#[test]
fn c21_v3v6_unicast_hops_and_strangers() {
    let peer = |last, min_ttl| Peer {
        address: Ipv6Addr::new(0xfe80, 0, 0, 0, 0, 0, 0, last).into(),
        min_ttl,
        max_ttl: 255,
    };
    let mut config = six(100);
    config.wire.cast = Cast::Peers(Peers {
        list: vec![peer(9, 254), peer(8, 0)],
        ttl: None,
        only_known: true,
    });
    for (source, hops, expected) in [
        (9, 255, None),
        (9, 254, None),
        (9, 253, Some(RejectReason::Ttl)),
        (8, 1, None),
        (7, 255, Some(RejectReason::Stranger)),
    ] {
        let mut rig = Rig::new(vec![config.clone()]);
        rig.input(Input::Link(link6(Some(LOCAL))));
        rig.input(Input::Start);
        rig.advance(Duration::from_secs(20));
        let (_, mut header) = advert6(source, 200);
        (header.destination, header.hops) = (LOCAL, hops);
        let bytes = message6(header.source, LOCAL, 200);
        rig.input(Input::Datagram(Datagram {
            ear: Ear::Peers(AddressFamily::V6),
            bytes: &bytes,
            header: Some(header),
        }));
        let stats = rig.router.stats(&config.key).unwrap();
        let rejected = stats.rejected.keys().next().copied();
        assert_eq!(rejected, expected, "{source} {hops}");
        let obeyed = if expected.is_none() {
            State::Backup
        } else {
            State::Master
        };
        assert_eq!(rig.state(), obeyed, "{source} {hops}");
    }
}
