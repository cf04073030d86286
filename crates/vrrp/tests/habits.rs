//! What few instances ask for: trust in a list, lateness, unknown VRIDs, peers that are missing.
#![allow(clippy::unwrap_used, reason = "test code")]

mod support;

use core::time::Duration;
use holdfast_model::event::{Event, FaultCause, RejectReason, VrrpEvent};
use holdfast_model::{AddressFamily, Cast, IfName, Peers, Room, State, Version};
use holdfast_vrrp::advert::room;
use holdfast_vrrp::{Action, Datagram, Ear, Input, Link};
use support::*;

fn events(actions: &[Action]) -> Vec<&Event> {
    let reports = actions.iter().filter_map(|action| match action {
        Action::Report(event) => Some(event),
        _ => None,
    });
    reports.collect()
}

/// Another list than ours: version 2 drops it, unless its sender was believed once.
#[test]
fn of_one_master_only_the_first_list_is_looked_at() {
    let foreign = || {
        let mut foreign = advert(HIGH_PEER, 200);
        foreign.addresses = vec![PEER];
        foreign.bytes()
    };
    for trusts in [false, true] {
        let mut config = config(100);
        config.wire.habits.trusts_list = trusts;
        let key = config.key.clone();
        let mut rig = Rig::at(State::Backup, config);
        let dropped = |rig: &Rig| {
            let rejected = &rig.router.stats(&key).unwrap().rejected;
            rejected.get(&RejectReason::Addresses).copied().unwrap_or(0)
        };
        rig.hear(&foreign());
        assert_eq!(dropped(&rig), 1, "the first is looked at");
        rig.hears(HIGH_PEER, 200);
        rig.hear(&foreign());
        assert_eq!(dropped(&rig), if trusts { 1 } else { 2 });
        // another sender's is looked at
        rig.hears(PEER, 200);
        rig.hear(&foreign());
        assert_eq!(dropped(&rig), if trusts { 2 } else { 3 });
    }
}

#[test]
fn a_stranger_is_told_of_once_a_minute_where_somebody_asks() {
    for asked in [false, true] {
        let mut whole = model(vec![config(100)]);
        whole.listening.tells_unknown = asked;
        let mut rig = Rig::at(State::Backup, config(100));
        rig.input(Input::Reconfigure(&whole));
        let stranger = |vrid| {
            let mut stranger = advert(PEER, 100);
            stranger.vrid = vrid;
            stranger.bytes()
        };
        let hear = |rig: &mut Rig, vrid: u8| {
            let actions = rig.hear(&stranger(vrid));
            let said = events(&actions);
            let told = |event: &&&Event| matches!(event, Event::UnknownVrid { vrid: its, .. } if *its == vrid);
            said.iter().filter(told).count()
        };
        let once = usize::from(asked);
        assert_eq!(hear(&mut rig, 99), once);
        assert_eq!(hear(&mut rig, 99), 0);
        assert_eq!(hear(&mut rig, 98), once);
        rig.now = rig.now + Duration::from_secs(60);
        assert_eq!(hear(&mut rig, 99), once);
    }
}

/// So is a broken packet. A link that comes back is another; what was told of the others stays told.
#[test]
fn drops_are_told_of_once_a_minute_and_link() {
    let mut whole = model(vec![config(100)]);
    whole.listening.tells_unknown = true;
    let mut stranger = advert(PEER, 100);
    stranger.vrid = 99;
    for bytes in [vec![0; 7], stranger.bytes()] {
        let mut rig = Rig::at(State::Backup, config(100));
        rig.input(Input::Reconfigure(&whole));
        let other = Link {
            name: IfName::new("eth1").unwrap(),
            index: 8,
            ..link(Some(OWN), true)
        };
        rig.input(Input::Link(other.clone()));
        let hear = |rig: &mut Rig, link| {
            let actions = rig.input(Input::Datagram(Datagram {
                ear: Ear::Link(link, AddressFamily::V4),
                ..datagram(&bytes)
            }));
            events(&actions).len()
        };
        let told = [7, 8, 7, 8].map(|link| hear(&mut rig, link));
        assert_eq!(told, [1, 1, 0, 0]);
        rig.input(Input::LinkGone(8));
        rig.input(Input::Link(other));
        assert_eq!([7, 8].map(|link| hear(&mut rig, link)), [0, 1]);
        rig.now = rig.now + Duration::from_secs(60);
        assert_eq!(hear(&mut rig, 7), 1);
    }
}

#[test]
fn unicast_to_nobody_is_a_fault_until_somebody_is_named() {
    let mut alone = config(100);
    alone.wire.cast = Cast::Peers(Peers::default());
    let mut rig = Rig::new(vec![alone]);
    let actions = rig.input(Input::Start);
    assert_eq!(rig.state(), State::Fault);
    let fault = |event: &&&Event| {
        matches!(
            event,
            Event::Vrrp {
                event: VrrpEvent::FaultRaised(FaultCause::NoPeers),
                ..
            }
        )
    };
    assert_eq!(events(&actions).iter().filter(fault).count(), 1);
    rig.advance(Duration::from_secs(20));
    assert_eq!(rig.state(), State::Fault);
    rig.input(Input::Reconfigure(&model(vec![config(100)])));
    assert_eq!(rig.state(), State::Backup);
}

/// What keepalived 2.2.7 asks of the kernel for one instance with one address.
#[test]
fn the_room_for_adverts() {
    let mut config = config(100);
    config.addresses.truncate(1);
    for (asked, version, bytes) in [
        (Room::System, Version::V2, 0),
        (Room::Bytes(7000), Version::V2, 7000),
        (Room::Packets(3), Version::V2, 4500),
        (Room::Adverts(3), Version::V2, 120),
        (Room::Adverts(3), Version::V3, 96),
    ] {
        config.wire.habits.room = asked;
        config.wire.version = version;
        assert_eq!(room(&config, 1500), bytes, "{asked:?}");
    }
}

/// The first who speaks has the place, however weak, once it has the addresses as well; somebody who resigns does
/// not want it.
#[test]
fn a_place_on_offer_goes_to_whoever_speaks_and_has_the_addresses() {
    let key = &config(200).key;
    let mut rig = Rig::at(State::Master, config(200));
    let said = deeds(&rig.input(Input::Offer));
    assert_eq!(count(&said, "send 0"), 1, "{said:?}");
    assert!(rig.router.offers());
    rig.hears(PEER, 0);
    assert_eq!(deeds(&rig.hears(PEER, 1)), [] as [&str; 0]);
    assert_eq!((rig.state(), rig.router.offers()), (State::Master, true));
    assert_eq!(deeds(&rig.input(Input::Claimed(key))), ["want 0"]);
    assert_eq!((rig.state(), rig.router.offers()), (State::Backup, false));
}

#[test]
fn a_place_goes_to_whoever_has_the_addresses_before_it_speaks() {
    let key = &config(200).key;
    let mut rig = Rig::at(State::Master, config(200));
    rig.input(Input::Claimed(key));
    assert_eq!(rig.state(), State::Master, "a claim alone is nothing");
    rig.input(Input::Offer);
    rig.input(Input::Claimed(key));
    assert_eq!(rig.state(), State::Master);
    assert_eq!(deeds(&rig.hears(PEER, 100)), ["want 0"]);
    assert_eq!(rig.state(), State::Backup);
}

/// Nobody hears what is behind a router.
#[test]
fn a_place_goes_to_whoever_speaks_and_is_not_seen() {
    let mut rig = Rig::at(State::Master, config(200));
    rig.input(Input::Offer);
    rig.hears(PEER, 100);
    let soon = Duration::from_millis(200);
    assert_eq!(rig.next_advert(), soon);
    rig.hears(PEER, 100);
    assert_eq!(rig.next_advert(), soon, "it speaks once more");
    assert_eq!(deeds(&rig.advance(soon)), ["want 0"]);
    assert_eq!((rig.state(), rig.router.offers()), (State::Backup, false));
}

#[test]
fn who_speaks_and_resigns_has_no_place() {
    let mut rig = Rig::at(State::Master, config(200));
    rig.input(Input::Offer);
    rig.hears(PEER, 100);
    rig.hears(PEER, 0);
    let said = deeds(&rig.advance(Duration::ZERO));
    assert_eq!(count(&said, "send 200"), 1, "{said:?}");
    assert_eq!((rig.state(), rig.router.offers()), (State::Master, false));
}

/// Where nobody wants it, adverts go on after the longest that a backup waits.
#[test]
fn a_place_that_nobody_wants_is_kept() {
    let mut rig = Rig::at(State::Master, config(200));
    rig.input(Input::Offer);
    let down = rig.next_advert();
    assert!(down > Duration::from_secs(3));
    let silent = deeds(&rig.advance(down - Duration::from_millis(1)));
    assert_eq!(count(&silent, "send 200"), 0, "{silent:?}");
    let said = deeds(&rig.advance(Duration::from_millis(1)));
    assert_eq!(count(&said, "send 200"), 1, "{said:?}");
    assert_eq!((rig.state(), rig.router.offers()), (State::Master, false));
}
