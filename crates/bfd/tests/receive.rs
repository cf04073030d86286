//! Every reason to throw a packet away: it is counted, and changes no timer and no state.
#![allow(clippy::unwrap_used, clippy::panic, reason = "test code")]

mod support;

use core::net::IpAddr;
use holdfast_bfd::{Action, Input, Packet, Speaker};
use holdfast_model::bfd::{BfdDiscard, BfdEvent};
use holdfast_model::{BfdKey, BfdState, Event, Mono, Name};
use holdfast_packet::bfd::{self, ControlPacket, Diagnostic, State as Wire};
use support::{ENDS, Pair, millis, session};

fn control(state: Wire, your_discriminator: u32) -> ControlPacket {
    ControlPacket {
        diagnostic: Diagnostic::NONE,
        state,
        poll: false,
        r#final: false,
        independent: false,
        demand: false,
        detect_mult: 3,
        my_discriminator: 4711,
        your_discriminator,
        desired_min_tx: 50_000,
        required_min_rx: 50_000,
        required_min_echo_rx: 0,
    }
}

fn from(source: IpAddr, hop_limit: u8, bytes: &[u8]) -> Packet<'_> {
    Packet {
        source,
        destination: Some(ENDS[0]),
        hop_limit,
        multihop: false,
        bytes,
    }
}

#[test]
fn what_is_thrown_away_changes_nothing() {
    let mut pair = Pair::up([session(0), session(1)]);
    let speaker = &mut pair.ends[0];
    let ours = speaker.status().next().unwrap().discriminators.0;
    let good = bfd::build(&control(Wire::Down, ours));
    let edit = |at: usize, value: u8| {
        let mut bytes = good;
        bytes[at] = value;
        bytes
    };
    let stranger: IpAddr = "10.0.0.9".parse().unwrap();
    let mut elsewhere = from(ENDS[1], 255, &good);
    elsewhere.destination = Some("10.0.0.8".parse().unwrap());
    let mut multihop = from(ENDS[1], 255, &good);
    multihop.multihop = true;
    let (version, short, mult) = (edit(0, 0), edit(3, 23), edit(2, 0));
    let (multipoint, mine) = (edit(1, 0x41), bfd::build(&control(Wire::Down, ours)));
    let unknown = bfd::build(&control(Wire::Down, ours ^ 1));
    let nobody = bfd::build(&control(Wire::Down, 0));
    let mut unnamed = mine;
    unnamed[4..8].fill(0);
    let mut yours = good;
    yours[1] = 0xc0;
    yours[8..12].fill(0);
    let cases: &[(Packet<'_>, BfdDiscard)] = &[
        (from(ENDS[1], 255, &good[..20]), BfdDiscard::Length),
        (from(ENDS[1], 255, &version), BfdDiscard::Version),
        (from(ENDS[1], 255, &short), BfdDiscard::Length),
        (from(ENDS[1], 255, &mult), BfdDiscard::DetectMult),
        (from(ENDS[1], 255, &multipoint), BfdDiscard::Multipoint),
        (from(ENDS[1], 255, &unnamed), BfdDiscard::MyDiscriminator),
        (from(ENDS[1], 255, &yours), BfdDiscard::YourDiscriminator),
        (from(ENDS[1], 255, &unknown), BfdDiscard::NoSession),
        (from(stranger, 255, &nobody), BfdDiscard::NoSession),
        (from(stranger, 255, &good), BfdDiscard::Address),
        (elsewhere, BfdDiscard::Address),
        (multihop, BfdDiscard::Address),
        (from(ENDS[1], 254, &good), BfdDiscard::HopLimit),
    ];
    for (packet, expected) in cases {
        // said once a minute and reason
        pair.now = pair.now + millis(61_000);
        let before = speaker.deadline();
        speaker.handle(pair.now, Input::Packet(*packet));
        match speaker.poll_action() {
            Some(Action::Report(Event::Bfd(BfdEvent::Discarded { reason, .. }))) => {
                assert_eq!(reason, *expected);
            }
            other => panic!("{expected:?}: {other:?}"),
        }
        assert_eq!(speaker.poll_action(), None, "{expected:?}");
        assert_eq!(speaker.deadline(), before, "{expected:?}");
        assert_eq!(speaker.status().next().unwrap().state, BfdState::Up);
        speaker.handle(pair.now, Input::Packet(*packet));
        assert_eq!(speaker.poll_action(), None, "{expected:?}, said twice");
    }
    let counted = speaker.status().next().unwrap().stats.discarded + speaker.strangers();
    assert_eq!(counted, 2 * cases.len() as u64);
    // and the same packet from the right place does what it says
    speaker.handle(pair.now, Input::Packet(from(ENDS[1], 255, &good)));
    assert_eq!(speaker.status().next().unwrap().state, BfdState::Down);
}

#[test]
fn hops_may_be_lost_as_far_as_the_file_allows() {
    let mut near = session(0);
    near.least_hop_limit = 250;
    let mut speaker = Speaker::new(&[near]);
    speaker.handle(Mono::from_secs(1), Input::Start { seed: 3 });
    let bytes = bfd::build(&control(Wire::Down, 0));
    for (hop_limit, state) in [(249, BfdState::Down), (250, BfdState::Init)] {
        let packet = Input::Packet(from(ENDS[1], hop_limit, &bytes));
        speaker.handle(Mono::from_secs(1), packet);
        assert_eq!(speaker.status().next().unwrap().state, state);
    }
}

#[test]
fn sessions_with_one_neighbour_are_told_apart_by_our_address_and_the_hops() {
    let mut far = session(0);
    far.key = BfdKey(Name::from("far"));
    far.multihop = true;
    let mut other = session(0);
    other.key = BfdKey(Name::from("other"));
    other.source = Some("10.0.1.1".parse().unwrap());
    let mut speaker = Speaker::new(&[session(0), far, other]);
    let now = Mono::from_secs(1);
    speaker.handle(now, Input::Start { seed: 3 });
    let bytes = bfd::build(&control(Wire::Down, 0));
    let states = |speaker: &Speaker| speaker.status().map(|s| s.state).collect::<Vec<_>>();
    let mut packet = from(ENDS[1], 255, &bytes);
    packet.multihop = true;
    speaker.handle(now, Input::Packet(packet));
    assert_eq!(
        states(&speaker),
        [BfdState::Down, BfdState::Init, BfdState::Down]
    );
    let mut packet = from(ENDS[1], 255, &bytes);
    packet.destination = Some("10.0.1.1".parse().unwrap());
    speaker.handle(now, Input::Packet(packet));
    assert_eq!(
        states(&speaker),
        [BfdState::Down, BfdState::Init, BfdState::Init]
    );
    let names: Vec<u32> = speaker.status().map(|s| s.discriminators.0).collect();
    assert!(names[0] != names[1] && names[1] != names[2] && !names.contains(&0));
}

#[test]
fn a_neighbour_can_ask_for_silence() {
    let mut pair = Pair::up([session(0), session(1)]);
    let ours = pair.status(0).discriminators.0;
    // Required Min RX 0 (s6.8.7)
    let mut mute = control(Wire::Up, ours);
    mute.required_min_rx = 0;
    pair.alive[1] = false;
    pair.deliver(0, &bfd::build(&mute), 255);
    let from = pair.now;
    pair.run(millis(140));
    assert!(pair.sent_by(0, from).is_empty());
    // and still an answer to a poll
    mute.poll = true;
    pair.deliver(0, &bfd::build(&mute), 255);
    let answers = pair.sent_by(0, from);
    assert!(answers.len() == 1 && answers[0].1.r#final && !answers[0].1.poll);
    // demand mode (s6.6): no periodic packets, but answers, and polls of our own
    let mut demand = control(Wire::Up, ours);
    demand.demand = true;
    pair.deliver(0, &bfd::build(&demand), 255);
    let from = pair.now + millis(1);
    pair.run(millis(140));
    assert!(pair.sent_by(0, from).is_empty());
    // silence of ours is none of theirs: without a packet for 150 ms it is down
    pair.run(millis(20));
    assert_eq!(pair.state(0), BfdState::Down);
    assert!(!pair.sent_by(0, from).is_empty());
}
