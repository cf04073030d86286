//! Every reason to throw a packet away, in every state: it is counted, and nothing else changes.
#![allow(clippy::unwrap_used, reason = "test code")]

mod support;

use core::net::Ipv4Addr;
use core::time::Duration;
use holdfast_model::event::{Event, RejectReason, VrrpEvent};
use holdfast_model::{AddressFamily, Authentication, State, Version};
use holdfast_packet::vrrp::Form;
use holdfast_packet::vrrp::auth::AuthField;
use holdfast_vrrp::{Action, Datagram, Ear, Input};
use proptest::prelude::*;
use support::*;

const STATES: [State; 3] = [State::Backup, State::Master, State::Fault];

/// A packet that has exactly this wrong.
fn wrong(reason: RejectReason) -> Vec<u8> {
    // Priority 200 from a high address: obeyed at once, were it not for the one mistake.
    let mut advert = advert(HIGH_PEER, 200);
    match reason {
        RejectReason::Header => return advert.bytes()[..30].to_vec(),
        RejectReason::Destination => {
            return advert.to(OWN);
        }
        RejectReason::Ttl => return spoil(advert.bytes(), 8, 64, false),
        RejectReason::Version => return spoil(advert.bytes(), 20, 0x41, true),
        RejectReason::Type => return spoil(advert.bytes(), 20, 0x22, true),
        RejectReason::Length => return spoil(advert.bytes(), 23, 3, true),
        RejectReason::Checksum => return spoil(advert.bytes(), 22, 201, false),
        RejectReason::UnknownVrid => advert.vrid = 52,
        RejectReason::AuthType => advert.auth = AuthField::NONE,
        RejectReason::Password => advert.auth = AuthField::password(*b"11112223"),
        RejectReason::Interval => advert.interval = 200,
        RejectReason::Addresses => advert.addresses = vec![Ipv4Addr::new(10, 9, 9, 9)],
        RejectReason::Owner => advert.priority = 255,
        RejectReason::Own => advert.source = OWN,
        // these need another receiver: tests/wire.rs
        RejectReason::Stranger | RejectReason::Empty => unreachable!(),
    }
    advert.bytes()
}

/// Sets one byte; with `sum` the message's checksum is made right again.
fn spoil(mut bytes: Vec<u8>, at: usize, value: u8, sum: bool) -> Vec<u8> {
    bytes[at] = value;
    if sum {
        bytes[26..28].fill(0);
        let sum = holdfast_packet::checksum::internet(&bytes[20..]);
        bytes[26..28].copy_from_slice(&sum.to_be_bytes());
    }
    bytes
}

const REASONS: [RejectReason; 14] = [
    RejectReason::Header,
    RejectReason::Destination,
    RejectReason::Ttl,
    RejectReason::Version,
    RejectReason::Type,
    RejectReason::Length,
    RejectReason::Checksum,
    RejectReason::UnknownVrid,
    RejectReason::AuthType,
    RejectReason::Password,
    RejectReason::Interval,
    RejectReason::Addresses,
    RejectReason::Owner,
    RejectReason::Own,
];

/// Header errors and foreign VRIDs belong to no instance.
fn is_nobodys(reason: RejectReason) -> bool {
    matches!(reason, RejectReason::Header | RejectReason::UnknownVrid)
}

// conforms: C20- C21- C22- C23- C25- C26- C27- C28- C29- C30- C32+ C32- C33+ C33- C34+ C35+
#[test]
fn a_rejected_packet_changes_nothing_in_any_state() {
    for state in STATES {
        for reason in REASONS {
            // Two owners is the only case for which we have to be one.
            let owner = reason == RejectReason::Owner;
            if owner && state == State::Backup {
                continue;
            }
            let mut rig = Rig::at(state, config(if owner { 255 } else { 100 }));
            let (before, deadline) = (rig.router.snapshot(), rig.router.deadline());
            for round in 1..=3u64 {
                let actions = rig.hear(&wrong(reason));
                assert!(deeds(&actions).is_empty(), "{state} {reason:?}");
                assert_eq!(rig.router.snapshot(), before, "{state} {reason:?}");
                assert_eq!(rig.router.deadline(), deadline, "{state} {reason:?}");
                let stats = rig.router.stats(&config(1).key).unwrap();
                let counters = if is_nobodys(reason) {
                    &rig.router.router_stats().rejected
                } else {
                    &stats.rejected
                };
                assert_eq!(counters.get(&reason), Some(&round), "{state} {reason:?}");
                assert_eq!(stats.adverts_received, 0);
                // Told once a state, not once a packet.
                let silent = round > 1 || reason == RejectReason::UnknownVrid;
                assert_eq!(actions.is_empty(), silent, "{state} {reason:?}");
            }
        }
    }
}

// conforms: C32-
#[test]
fn rejected_packets_stop_neither_adverts_nor_takeover() {
    for reason in REASONS {
        if reason == RejectReason::Owner {
            continue;
        }
        let mut rig = Rig::at(State::Master, config(100));
        let mut sent = 0;
        for _ in 0..20 {
            sent += count(&words(&rig.advance(Duration::from_millis(400))), "send 100");
            rig.hear(&wrong(reason));
        }
        assert_eq!(sent, 8, "{reason:?}");

        let mut rig = Rig::at(State::Backup, config(100));
        for _ in 0..10 {
            rig.hear(&wrong(reason));
            rig.advance(Duration::from_millis(400));
        }
        assert_eq!(rig.state(), State::Master, "{reason:?}");
    }
}

// conforms: C32- C35-
#[test]
fn the_log_cannot_be_filled_from_outside() {
    let mut rig = Rig::at(State::Master, config(100));
    let mut lines = 0;
    for turn in 0..100_000u32 {
        let reason = REASONS[turn as usize % REASONS.len()];
        // To a router of priority 100 an owner is no mistake.
        if reason == RejectReason::Owner {
            continue;
        }
        let mut bytes = wrong(reason);
        // Another sender every time, but where the sender is the mistake.
        if reason != RejectReason::Own {
            bytes[14..16].copy_from_slice(&(turn as u16).to_be_bytes());
        }
        lines += rig.hear(&bytes).len();
    }
    assert!(lines <= 20, "{lines} lines");
}

// conforms: C26+
#[test]
fn overlapping_lists_are_accepted_and_told_once() {
    let mut rig = Rig::at(State::Backup, config(100));
    let mut other = advert(PEER, 200);
    other.addresses = vec![VIP, Ipv4Addr::new(10, 0, 0, 177)];
    rig.advance(A);
    let told = |actions: &[Action]| {
        let mismatch = |action: &&Action| {
            matches!(
                action,
                Action::Report(Event::Vrrp {
                    event: VrrpEvent::AddressMismatch { .. },
                    ..
                })
            )
        };
        actions.iter().filter(mismatch).count()
    };
    assert_eq!(told(&rig.hear(&other.bytes())), 1);
    assert_eq!(rig.down(), Duration::from_nanos(3_609_375_000));
    assert_eq!(told(&rig.hear(&other.bytes())), 0);
    // The same addresses in another order are the same.
    let mut turned = advert(PEER, 200);
    turned.addresses.reverse();
    rig.hear(&turned.bytes());
    let stats = rig.router.stats(&config(1).key).unwrap();
    assert_eq!((stats.adverts_received, stats.address_mismatches), (3, 2));
}

// conforms: C26+
#[test]
fn an_owner_may_have_other_addresses() {
    let mut rig = Rig::at(State::Backup, config(100));
    let mut owner = advert(PEER, 255);
    owner.addresses = vec![Ipv4Addr::new(10, 9, 9, 9)];
    rig.advance(A);
    rig.hear(&owner.bytes());
    assert_eq!(rig.down(), Duration::from_nanos(3_609_375_000));
}

// conforms: C30+ C30-
#[test]
fn without_authentication_type_1_is_refused() {
    let mut open = config(100);
    open.authentication = Authentication::None;
    let mut rig = Rig::at(State::Backup, open);
    rig.hears(PEER, 200);
    let mut plain = advert(PEER, 200);
    plain.auth = AuthField::NONE;
    rig.hear(&plain.bytes());
    let stats = rig.router.stats(&config(1).key).unwrap();
    assert_eq!(stats.rejected.get(&RejectReason::AuthType), Some(&1));
    assert_eq!(stats.adverts_received, 1);
}

// conforms: C27-
#[test]
fn packets_of_other_links_are_only_counted() {
    let mut rig = Rig::at(State::Backup, config(100));
    let bytes = advert(PEER, 200).bytes();
    let datagram = Datagram {
        ear: Ear::Link(8, AddressFamily::V4),
        header: None,
        bytes: &bytes,
    };
    assert!(rig.input(Input::Datagram(datagram)).is_empty());
    assert_eq!(rig.router.router_stats().unknown_link, 1);
}

/// An advert of keepalived 2.2.7 with the same VRID, addresses and password as [`config`], from
/// 10.0.0.1, captured on a veth.
const KEEPALIVED: [u8; 44] = [
    0x45, 0xc0, 0x00, 0x2c, 0x00, 0x01, 0x00, 0x00, 0xff, 0x70, 0xd0, 0x8d, 0x0a, 0x00, 0x00, 0x01,
    0xe0, 0x00, 0x00, 0x12, 0x21, 0x33, 0x64, 0x02, 0x01, 0x01, 0x9e, 0x39, 0x0a, 0x00, 0x00, 0x64,
    0x0a, 0x00, 0x00, 0x65, 0x31, 0x31, 0x31, 0x31, 0x32, 0x32, 0x32, 0x32,
];

// conforms: C20+ C21+ C22+ C23+ C25+ C27+ C30+ C44+
#[test]
fn keepalived_is_followed() {
    let mut rig = Rig::at(State::Backup, config(90));
    rig.advance(A);
    assert!(rig.hear(&KEEPALIVED).is_empty());
    assert_eq!(
        rig.status().master,
        Some((Ipv4Addr::new(10, 0, 0, 1).into(), 100))
    );
    assert_eq!(rig.down(), Duration::from_nanos(3_648_437_500));
}

// conforms: C01+ C02+ C03+ C04+ C07+ C08+ C12+ C13+
#[test]
fn our_first_advert_is_keepaliveds_byte_for_byte() {
    let mut rig = Rig::new(vec![config(100)]);
    rig.input(Input::Link(link(Some(Ipv4Addr::new(10, 0, 0, 1)), true)));
    rig.input(Input::Start);
    let actions = rig.advance(Duration::from_secs(4));
    let Some(Action::Send { outgoing, link, .. }) = actions.first() else {
        panic!("no advert first: {actions:?}");
    };
    assert_eq!((&outgoing.packet[..], *link), (&KEEPALIVED[..], 7));
}

/// What a router accepts, in any order of checks (RFC 3768 s7.1, RFC 9568 s7.1).
fn is_acceptable(sent: &Advert, intact: bool, ours: &holdfast_model::Instance) -> bool {
    let v3 = ours.wire.version == Version::V3;
    let authentic = match ours.authentication {
        Authentication::None => sent.auth.kind == 0,
        Authentication::Password(data) => sent.auth == AuthField::password(data),
    };
    let owner = ours.priority.is_owner();
    let common = sent.addresses.iter().any(|a| [VIP, OTHER_VIP].contains(a));
    let plausible = common || sent.addresses.is_empty() || sent.priority == 255;
    // RFC 5798's checksum beside RFC 9568's
    let summed = sent.form != Form::PseudoGroup || sent.version == 2;
    let v2_good =
        sent.interval == 100 && authentic && plausible && !(owner && sent.priority == 255);
    // RFC 9568 s7.1, erratum 8298: an owner processes another's adverts
    let v3_good = sent.interval > 0 && !sent.addresses.is_empty() && summed;
    intact
        && sent.ttl == 255
        && sent.vrid == 51
        && sent.version == ours.wire.version.number()
        && if v3 { v3_good } else { v2_good }
        && sent.source != OWN
}

proptest! {
    // conforms: C21+ C21- C22+ C22- C24+ C24- C25+ C25- C26+ C26- C27+ C27- C28+ C28- C29+ C29- C30+ C30- C33-
    #[test]
    fn exactly_the_acceptable_is_accepted(
        (own_source, vrid) in (prop::bool::weighted(0.1), 50u8..53),
        interval in prop::sample::select(vec![0u16, 100, 100, 100, 200]),
        (priority, ours) in (prop::sample::select(vec![0u8, 1, 99, 100, 101, 255]),
            prop::sample::select(vec![100u8, 255])),
        (kind, right, open) in (0u8..3, any::<bool>(), any::<bool>()),
        addresses in prop::sample::subsequence(
            vec![VIP, OTHER_VIP, Ipv4Addr::new(10, 9, 9, 9)], 0..=3),
        (ttl, intact) in (prop::sample::select(vec![254u8, 255, 255]), prop::bool::weighted(0.8)),
        (v3, same) in (any::<bool>(), prop::bool::weighted(0.9)),
        form in prop::sample::select(vec![Form::Message, Form::Pseudo]),
    ) {
        let mut receiver = config(ours);
        if open {
            receiver.authentication = Authentication::None;
        }
        if v3 {
            receiver.wire.version = Version::V3;
            receiver.authentication = Authentication::None;
        }
        let data = if right { PASSWORD } else { [0; 8] };
        let source = if own_source { OWN } else { PEER };
        let auth = AuthField { kind, data };
        let version = if same == v3 { 3 } else { 2 };
        let sent =
            Advert { version, source, vrid, priority, interval, auth, addresses, ttl, form };
        let mut bytes = sent.bytes();
        if !intact {
            bytes[26] ^= 0x10;
        }
        let expected = is_acceptable(&sent, intact, &receiver);
        let mut rig = Rig::new(vec![receiver]);
        rig.input(Input::Start);
        rig.hear(&bytes);
        let stats = rig.router.stats(&config(1).key).unwrap();
        prop_assert_eq!(stats.adverts_received, u64::from(expected));
        let elsewhere = rig.router.router_stats().rejected.values().sum::<u64>();
        let rejected = stats.rejected.values().sum::<u64>() + elsewhere;
        prop_assert_eq!(rejected, u64::from(!expected));
    }

    // conforms: C25- C32-
    #[test]
    fn any_bytes_change_nothing(
        bytes in prop::collection::vec(any::<u8>(), 0..80),
        at in 0usize..44,
        value in any::<u8>(),
    ) {
        let mut rig = Rig::at(State::Master, config(100));
        let before = rig.router.snapshot();
        rig.hear(&bytes);
        prop_assert_eq!(rig.router.snapshot(), before.clone());
        // One byte of a good message changed: a wrong sum, or a mistake of its own.
        if at >= 20 {
            let good = advert(PEER, 200).bytes();
            if good[at] != value {
                rig.hear(&spoil(good, at, value, false));
                prop_assert_eq!(rig.router.snapshot(), before);
            }
        }
    }

    // conforms: C32-
    #[test]
    fn settings_do_not_open_a_door(reason in 0usize..REASONS.len(), quiet in any::<bool>()) {
        let mut quiet_one = config(100);
        quiet_one.wire.answers_lower = !quiet;
        let mut rig = Rig::at(State::Backup, quiet_one);
        let before = rig.router.snapshot();
        if REASONS[reason] != RejectReason::Owner {
            rig.hear(&wrong(REASONS[reason]));
            prop_assert_eq!(rig.router.snapshot(), before);
        }
    }
}
