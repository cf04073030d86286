//! Packets on their way out, in each form of the protocol.
#![allow(clippy::unwrap_used, reason = "test code")]

mod support;

use core::net::IpAddr;
use core::time::Duration;
use holdfast_model::{AntiReplay, Authentication, Hmac, HmacKey, HmacMode, Room, Secret};
use holdfast_packet::ipv4;
use holdfast_packet::vrrp::hmac::Stamp;
use holdfast_vrrp::advert::{adverts, room};
use holdfast_vrrp::{Action, Input, Outgoing};
use support::forms::{KINDS, V2};

fn sent(actions: Vec<Action>) -> Vec<Outgoing> {
    let outgoing = |action| match action {
        Action::Send { outgoing, .. } => Some(outgoing),
        _ => None,
    };
    actions.into_iter().filter_map(outgoing).collect()
}

#[test]
fn only_priority_0_resigns() {
    for kind in KINDS {
        let mut rig = kind.master(kind.config(200));
        let living = sent(rig.advance(Duration::from_secs(3)));
        assert_eq!(living.len(), 3, "{kind:?}");
        assert!(!living.iter().any(Outgoing::resigns), "{kind:?}");
        let last = sent(rig.input(Input::Stop { release: true }));
        assert_eq!(last.len(), 1, "{kind:?}");
        assert!(last.iter().all(Outgoing::resigns), "{kind:?}");
    }
}

/// RFC 791 s3.2: another identification for each packet. The kernel would replace a 0.
#[test]
fn identifications_follow_each_other_and_are_never_0() {
    let config = V2.config(100);
    for (last, next) in [(0, 1), (7, 8), (u16::MAX - 1, u16::MAX), (u16::MAX, 1)] {
        let mut id = last;
        let packets = adverts(&config, V2.own(), 100, false, &mut id);
        let (header, _) = ipv4::parse(&packets[0].packet).unwrap();
        assert_eq!((header.id, id), (next, next));
    }
}

/// `vrrp_rx_bufs_policy ADVERT`: the room for one advert is what one advert takes.
#[test]
fn the_room_for_an_advert_is_its_length() {
    let key = HmacKey {
        id: 1,
        secret: Secret(vec![1; 32]),
    };
    let hmac = Hmac {
        keys: vec![key.clone()],
        active: 1,
        window: Duration::from_secs(5),
        replay: AntiReplay::Time,
        mode: HmacMode::Enforce,
    };
    for kind in KINDS {
        for hmac in [None, Some(hmac.clone())] {
            let mut config = kind.config(100);
            config.authentication = Authentication::None;
            config.wire.habits.room = Room::Adverts(1);
            config.wire.hmac = hmac;
            let mut packets = adverts(&config, kind.own(), 100, false, &mut 0);
            let out = packets.first_mut().unwrap();
            if config.wire.hmac.is_some() {
                out.sign(&key, Stamp(0));
            }
            // its header is the kernel's
            let header = match out.source {
                IpAddr::V4(_) => 0,
                IpAddr::V6(_) => 40,
            };
            let length = u32::try_from(out.packet.len()).unwrap() + header;
            assert_eq!(room(&config, 1500), length, "{kind:?}");
        }
    }
}
