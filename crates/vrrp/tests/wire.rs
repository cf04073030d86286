//! Version 3 and unicast: what differs from version 2 multicast.
#![allow(clippy::unwrap_used, reason = "test code")]

mod support;

use core::net::{IpAddr, Ipv4Addr};
use core::time::Duration;
use holdfast_model::event::RejectReason;
use holdfast_model::{
    AddressFamily, Cast, Centis, Checksum, IfName, Instance, InstanceKey, LastWord, Name, Peer,
    Peers, Priority, State,
};
use holdfast_packet::vrrp::{self, Ends, Form};
use holdfast_vrrp::{Action, Datagram, Ear, Input, Link, Router};
use support::*;

/// Why the packet was thrown away; `None` when it was not.
fn verdict(rig: &mut Rig, bytes: &[u8]) -> Option<RejectReason> {
    refusal(rig, datagram(bytes))
}

fn refusal(rig: &mut Rig, datagram: Datagram<'_>) -> Option<RejectReason> {
    let before = rig.router.stats(&config(1).key).unwrap().rejected.clone();
    rig.input(Input::Datagram(datagram));
    let after = &rig.router.stats(&config(1).key).unwrap().rejected;
    after
        .iter()
        .find(|(reason, count)| before.get(reason) != Some(count))
        .map(|(reason, _)| *reason)
}

/// C45: what is not followed teaches nothing.
// conforms: C45-
#[test]
fn c45_a_weaker_advert_teaches_nothing() {
    let mut rig = Rig::at(State::Backup, v3(100));
    let down = rig.down();
    let mut weak = v3_advert(PEER, 50);
    weak.interval = 4095;
    rig.hear(&weak.bytes());
    assert_eq!((rig.down(), rig.snapshot().learned), (down, None));
}

// conforms: C24-
#[test]
fn c24_nothing_in_it_is_nothing_to_obey() {
    let mut rig = Rig::at(State::Backup, v3(100));
    let before = rig.router.snapshot();
    let mut empty = v3_advert(PEER, 200);
    empty.addresses.clear();
    assert_eq!(verdict(&mut rig, &empty.bytes()), Some(RejectReason::Empty));
    let mut timeless = v3_advert(PEER, 200);
    timeless.interval = 0;
    assert_eq!(
        verdict(&mut rig, &timeless.bytes()),
        Some(RejectReason::Interval)
    );
    assert_eq!(rig.router.snapshot(), before);
}

// conforms: C22+ C22-
#[test]
fn c22_each_version_hears_its_own() {
    let mut three = Rig::at(State::Backup, v3(100));
    assert_eq!(
        verdict(&mut three, &advert(PEER, 200).bytes()),
        Some(RejectReason::Version)
    );
    assert_eq!(verdict(&mut three, &v3_advert(PEER, 200).bytes()), None);
    let mut two = Rig::at(State::Backup, config(100));
    assert_eq!(
        verdict(&mut two, &v3_advert(PEER, 200).bytes()),
        Some(RejectReason::Version)
    );
    assert_eq!(verdict(&mut two, &advert(PEER, 200).bytes()), None);
}

/// C25: either form is right; C11: ours is the configured one.
// conforms: C11+ C11- C25+
#[test]
fn c11_c25_checksum_forms() {
    for (configured, expected) in [
        (Checksum::Message, Form::Message),
        (Checksum::Pseudo, Form::Pseudo),
        (Checksum::PseudoOrOld, Form::Pseudo),
    ] {
        let mut config = v3(100);
        config.wire.checksum = configured;
        let mut rig = Rig::at(State::Backup, config);
        for form in [Form::Message, Form::Pseudo] {
            let sent = Advert {
                form,
                ..v3_advert(PEER, 200)
            };
            assert_eq!(verdict(&mut rig, &sent.bytes()), None, "{form:?}");
        }
        let actions = rig.advance(Duration::from_secs(5));
        assert_eq!(form_of(&actions), expected);
    }
}

fn form_of(actions: &[Action]) -> Form {
    let sent = actions.iter().find_map(|action| match action {
        Action::Send { outgoing, .. } => Some(outgoing),
        _ => None,
    });
    let out = sent.unwrap();
    let ends = Ends {
        source: out.source,
        destination: out.destination,
    };
    vrrp::parse(&out.packet[20..], &ends).unwrap().form
}

fn unicast(priority: u8, peers: &[Ipv4Addr], only_known: bool) -> Instance {
    let mut config = v3(priority);
    let peer = |address: &Ipv4Addr| Peer {
        address: IpAddr::V4(*address),
        min_ttl: 254,
        max_ttl: 255,
    };
    config.wire.cast = Cast::Peers(Peers {
        list: peers.iter().map(peer).collect(),
        ttl: Some(64),
        only_known,
    });
    config.wire.checksum = Checksum::PseudoOrOld;
    config
}

fn hear_unicast(rig: &mut Rig, bytes: &[u8]) -> Option<RejectReason> {
    let unicast = Datagram {
        ear: Ear::Peers(AddressFamily::V4),
        bytes,
        header: None,
    };
    refusal(rig, unicast)
}

// conforms: C02+
#[test]
fn each_peer_gets_its_own_packet() {
    let mut rig = Rig::at(State::Backup, unicast(100, &[PEER, HIGH_PEER], false));
    let actions = rig.advance(Duration::from_secs(4));
    let sent: Vec<(IpAddr, u8, Ear)> = actions
        .iter()
        .filter_map(|action| match action {
            Action::Send { outgoing, ear, .. } => {
                Some((outgoing.destination, outgoing.packet[8], *ear))
            }
            _ => None,
        })
        .take(2)
        .collect();
    let ear = Ear::Peers(AddressFamily::V4);
    assert_eq!(sent, [(PEER.into(), 64, ear), (HIGH_PEER.into(), 64, ear)]);
}

// conforms: C21+ C21-
#[test]
fn c21_unicast_hops_and_strangers() {
    let to_us = |source, ttl| {
        let sent = Advert {
            ttl,
            ..v3_advert(source, 200)
        };
        sent.to(OWN)
    };
    for (only_known, source, ttl, expected) in [
        (false, PEER, 3, None),
        (false, HIGH_PEER, 255, None),
        (true, PEER, 255, None),
        (true, PEER, 254, None),
        (true, PEER, 253, Some(RejectReason::Ttl)),
        (true, HIGH_PEER, 255, Some(RejectReason::Stranger)),
    ] {
        let mut rig = Rig::at(State::Backup, unicast(100, &[PEER], only_known));
        let got = hear_unicast(&mut rig, &to_us(source, ttl));
        assert_eq!(got, expected, "{only_known} {source} {ttl}");
    }
    let mut rig = Rig::at(State::Backup, unicast(100, &[PEER], false));
    let group = v3_advert(PEER, 200).bytes();
    assert_eq!(
        hear_unicast(&mut rig, &group),
        Some(RejectReason::Destination)
    );
}

/// A peer that sums the group though it sends to us would not understand the other form.
#[test]
fn the_old_unicast_checksum_is_answered_in_kind() {
    let old = Advert {
        form: Form::PseudoGroup,
        ..v3_advert(PEER, 90)
    };
    for (configured, answers) in [
        (Checksum::PseudoOrOld, Form::PseudoGroup),
        (Checksum::Pseudo, Form::Pseudo),
    ] {
        let mut config = unicast(100, &[PEER], false);
        config.wire.checksum = configured;
        let mut rig = Rig::at(State::Backup, config);
        assert_eq!(form_of(&rig.advance(Duration::from_secs(4))), Form::Pseudo);
        assert_eq!(hear_unicast(&mut rig, &old.to(OWN)), None);
        assert_eq!(form_of(&rig.advance(A)), answers);
    }
}

/// `higher_prio_send_advert`: one more advert before giving way.
#[test]
fn higher_prio_send_advert_speaks_once_more() {
    let mut config = v3(100);
    config.wire.last_word = LastWord::Always;
    let mut rig = Rig::at(State::Master, config);
    let deeds = deeds(&rig.hear(&v3_advert(PEER, 200).bytes()));
    assert_eq!(deeds, ["send 100", "want 0"]);
    assert_eq!(rig.state(), State::Backup);
}

/// Who gives way to a master that had fallen silent without a word tells it: it may have been master all
/// the time. Who resigned, or was replaced in the regular way, has announced its addresses just now.
#[test]
fn a_master_that_returns_unheard_is_told() {
    use LastWord::{Always, Never, ToReturned};
    // what it is asked to do, what was heard before it took over, who returns, is that one told
    for (last_word, before, returns, told) in [
        (ToReturned, &[(PEER, 200)][..], PEER, true),
        (Never, &[(PEER, 200)], PEER, false),
        // somebody else
        (ToReturned, &[(PEER, 200)], HIGH_PEER, false),
        (Always, &[(PEER, 200)], HIGH_PEER, true),
        (ToReturned, &[], PEER, false),
        // it resigned, another one did
        (ToReturned, &[(PEER, 200), (PEER, 0)], PEER, false),
        (ToReturned, &[(PEER, 200), (HIGH_PEER, 0)], PEER, true),
        // it was weaker for a while, and heard us
        (ToReturned, &[(PEER, 200), (PEER, 90)], PEER, false),
    ] {
        let mut config = config(100);
        config.wire.last_word = last_word;
        let mut rig = Rig::at(State::Backup, config);
        for (source, priority) in before {
            rig.hears(*source, *priority);
        }
        rig.advance(Duration::from_secs(5));
        assert_eq!(rig.state(), State::Master, "{before:?}");
        let expected = if told {
            &["send 100", "want 0"][..]
        } else {
            &["want 0"]
        };
        let what = format!("{last_word:?} {before:?} {returns}");
        assert_eq!(deeds(&rig.hears(returns, 200)), expected, "{what}");
        assert_eq!(rig.state(), State::Backup, "{what}");
        // it is master, and heard: once is enough
        rig.advance(A);
        assert_eq!(deeds(&rig.hears(returns, 200)), [] as [&str; 0], "{what}");
    }
}

/// The same of equal priority, from a higher address; and by the next process, if this one dies meanwhile.
#[test]
fn who_was_replaced_is_remembered() {
    let mut rig = Rig::at(State::Backup, config(100));
    rig.hears(HIGH_PEER, 100);
    rig.advance(Duration::from_secs(4));
    let state = rig.router.snapshot();
    let model = model(vec![config(100)]);
    rig.router = Router::resume(&model, &state, rig.now);
    rig.input(Input::Link(link(Some(OWN), true)));
    rig.input(Input::Start);
    let deeds = deeds(&rig.hears(HIGH_PEER, 100));
    assert_eq!(deeds, ["send 100", "want 0"]);
}

/// Who offers its place must not drive away the one that takes it.
#[test]
fn who_offers_its_place_has_no_last_word() {
    let mut config = config(200);
    config.wire.last_word = LastWord::Always;
    let key = config.key.clone();
    let mut rig = Rig::at(State::Master, config);
    rig.input(Input::Offer);
    assert_eq!(deeds(&rig.hears(PEER, 100)), [] as [&str; 0]);
    assert_eq!(deeds(&rig.input(Input::Claimed(&key))), ["want 0"]);
    assert_eq!(rig.state(), State::Backup);
}

/// C28: two owners. Version 3 processes, so the higher address stays; `owner_ignore_adverts` does not.
// conforms: C28+
#[test]
fn c28_two_owners_of_version_3() {
    let mut rig = Rig::at(State::Master, v3(255));
    rig.hear(&v3_advert(HIGH_PEER, 255).bytes());
    assert_eq!(rig.state(), State::Backup);
    let mut deaf = v3(255);
    deaf.wire.owner_deaf = true;
    let mut rig = Rig::at(State::Master, deaf);
    let heard = v3_advert(HIGH_PEER, 255).bytes();
    assert_eq!(verdict(&mut rig, &heard), Some(RejectReason::Owner));
    assert_eq!(rig.state(), State::Master);
}

/// An interval learnt from a master outlives the process, and a reload.
// conforms: C42+
#[test]
fn what_was_learnt_is_kept() {
    let mut rig = Rig::at(State::Backup, v3(100));
    let mut slow = v3_advert(PEER, 150);
    slow.interval = 200;
    rig.hear(&slow.bytes());
    let down = rig.down();
    let mut better = v3(120);
    better.priority = Priority::new(120).unwrap();
    rig.input(Input::Reconfigure(&model(vec![better])));
    assert_eq!(rig.snapshot().learned, Centis::new(200));
    assert!(rig.down() < down, "the skew is shorter now");
}

/// One VRID on two links: each instance hears its own peer, for the packet says to which of our
/// addresses it was sent.
// conforms: C27+ C27-
#[test]
fn c27_unicast_instances_of_one_vrid_on_two_links() {
    let other_own = Ipv4Addr::new(10, 1, 0, 2);
    let other_peer = Ipv4Addr::new(10, 1, 0, 9);
    let mut other = unicast(100, &[other_peer], false);
    other.key = InstanceKey(Name::from("VI_2"));
    other.interface = IfName::new("eth1").unwrap();
    let mut rig = Rig::new(vec![unicast(100, &[PEER], false), other.clone()]);
    rig.input(Input::Link(link(Some(OWN), true)));
    let eth1 = Link {
        name: other.interface.clone(),
        index: 8,
        ..link(Some(other_own), true)
    };
    rig.input(Input::Link(eth1));
    rig.input(Input::Start);
    let heard = |rig: &Rig, key: &InstanceKey| rig.router.stats(key).unwrap().adverts_received;
    hear_unicast(&mut rig, &v3_advert(other_peer, 200).to(other_own));
    let counts = (heard(&rig, &config(1).key), heard(&rig, &other.key));
    assert_eq!(counts, (0, 1));
    hear_unicast(&mut rig, &v3_advert(PEER, 200).to(OWN));
    let counts = (heard(&rig, &config(1).key), heard(&rig, &other.key));
    assert_eq!(counts, (1, 1));
}
