//! Two sessions against each other: how they come up, keep time, notice a death, and come back.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    reason = "test code"
)]

mod support;

use core::num::NonZeroU8;
use holdfast_bfd::{Input, Speaker};
use holdfast_model::{BfdState, Micros};
use holdfast_packet::bfd::State as Wire;
use proptest::prelude::*;
use support::{Pair, key, millis, session};

#[test]
fn two_ends_come_up_at_once_and_then_keep_the_pace_that_was_agreed() {
    let mut pair = Pair::new([session(0), session(1)]);
    let start = pair.now;
    assert_eq!(pair.levels, [Some(false); 2]);
    pair.run(millis(20));
    assert_eq!(pair.states(), [BfdState::Up; 2], "no second is waited for");
    assert_eq!(pair.levels, [Some(true); 2]);
    let first = pair.sent_by(0, start)[0].1;
    assert_eq!(first.state, Wire::Down);
    assert_eq!(
        (first.desired_min_tx, first.required_min_rx),
        (1_000_000, 50_000)
    );
    assert_eq!(first.your_discriminator, 0);

    pair.run(millis(1000));
    let from = pair.now;
    pair.run(millis(10_000));
    for end in 0..2 {
        let status = pair.status(end);
        assert_eq!(status.detection_time, Some(millis(150)));
        let packets = pair.sent_by(end, from);
        for (packet, next) in packets.iter().zip(packets.iter().skip(1)) {
            let gap = next.0.since(packet.0);
            assert!(gap >= micros(37_500) && gap <= millis(50), "{gap:?}");
            assert_eq!(packet.1.desired_min_tx, 50_000);
            assert!(!packet.1.poll && !packet.1.r#final, "the polls are over");
        }
        assert!((200..=270).contains(&packets.len()), "{}", packets.len());
    }
}

fn micros(micros: u64) -> core::time::Duration {
    core::time::Duration::from_micros(micros)
}

#[test]
fn with_a_multiplier_of_one_a_packet_is_never_later_than_nine_tenths() {
    let mut sessions = [session(0), session(1)];
    sessions[0].multiplier = NonZeroU8::MIN;
    let mut pair = Pair::up(sessions);
    let from = pair.now;
    pair.run(millis(10_000));
    let packets = pair.sent_by(0, from);
    for (packet, next) in packets.iter().zip(packets.iter().skip(1)) {
        let gap = next.0.since(packet.0);
        assert!(gap >= micros(37_500) && gap <= millis(45), "{gap:?}");
    }
    assert_eq!(pair.states(), [BfdState::Up; 2]);
}

#[test]
fn a_dead_neighbour_is_noticed_a_detection_time_after_its_last_packet() {
    let mut pair = Pair::up([session(0), session(1)]);
    let died = pair.now;
    let last = pair.sent_by(1, support_zero()).last().unwrap().0;
    pair.alive[1] = false;
    pair.run(millis(500));
    let (at, state, local, _) = pair.entered(0, died)[0];
    assert_eq!((state, local), (BfdState::Down, 1));
    assert_eq!(at.since(last + pair.delay), millis(150));
    assert_eq!(pair.levels[0], Some(false));
    let status = pair.status(0);
    assert_eq!(
        status.discriminators.1, 0,
        "the neighbour is a stranger again"
    );
    assert_eq!(status.detection_time, None);

    // it comes back as a new process
    pair.alive[1] = true;
    pair.ends[1] = Speaker::new(&[session(1)]);
    let back = pair.now;
    pair.input(1, Input::Start { seed: 99 });
    pair.run(millis(20));
    assert_eq!(pair.states(), [BfdState::Up; 2]);
    assert_eq!(pair.levels[0], Some(true));
    assert!(pair.entered(0, back).iter().any(|e| e.1 == BfdState::Up));
}

fn support_zero() -> holdfast_model::Mono {
    holdfast_model::Mono::ZERO
}

#[test]
fn a_neighbour_that_restarts_faster_than_it_is_missed_takes_the_session_down_and_up() {
    let mut pair = Pair::up([session(0), session(1)]);
    let at = pair.now;
    pair.ends[1] = Speaker::new(&[session(1)]);
    pair.input(1, Input::Start { seed: 77 });
    pair.run(millis(2000));
    let states: Vec<BfdState> = pair.entered(0, at).iter().map(|e| e.1).collect();
    assert_eq!(states[0], BfdState::Down, "its Down is heard: {states:?}");
    assert_eq!(pair.states(), [BfdState::Up; 2]);
}

#[test]
fn a_stop_tells_the_neighbour() {
    let mut pair = Pair::up([session(0), session(1)]);
    let at = pair.now;
    pair.input(1, Input::Stop);
    pair.alive[1] = false;
    pair.run(millis(5));
    let (_, state, local, remote) = pair.entered(0, at)[0];
    assert_eq!((state, local, remote), (BfdState::Down, 3, 7));
    assert_eq!(pair.levels[0], Some(false));
    assert_eq!(pair.ends[1].deadline(), None);
}

#[test]
fn loss_below_the_multiplier_is_nothing() {
    let mut pair = Pair::up([session(0), session(1)]);
    let from = pair.now;
    // two in a row of every three
    let mut count = [0_u64; 2];
    pair.lose = Box::new(move |end, _, _| {
        count[end] += 1;
        count[end] % 3 != 0
    });
    pair.run(millis(20_000));
    assert!(pair.entered(0, from).is_empty() && pair.entered(1, from).is_empty());
    // and one direction alone is not enough
    pair.lose = Box::new(|end, _, _| end == 1);
    pair.run(millis(200));
    assert_eq!(pair.state(0), BfdState::Down);
    pair.run(millis(5));
    assert_eq!(pair.state(1), BfdState::Down, "it is told");
    assert_eq!(pair.entered(1, from)[0].2, 3);
    assert_eq!(pair.levels, [Some(false); 2]);
}

#[test]
fn the_slower_wish_counts() {
    let mut sessions = [session(0), session(1)];
    sessions[0].min_tx = Micros::from_millis(20);
    sessions[1].min_rx = Micros::from_millis(300);
    sessions[0].multiplier = NonZeroU8::new(5).unwrap();
    let pair = Pair::up(sessions);
    assert_eq!(pair.status(0).interval, millis(300));
    assert_eq!(pair.status(1).detection_time, Some(millis(1500)));
    assert_eq!(pair.status(1).interval, millis(50));
    assert_eq!(pair.status(0).detection_time, Some(millis(150)));
}

#[test]
fn a_passive_end_waits_to_be_spoken_to() {
    let mut sessions = [session(0), session(1)];
    sessions[0].passive = true;
    let mut pair = Pair::stopped(sessions);
    pair.input(0, Input::Start { seed: 1 });
    pair.run(millis(5000));
    assert!(pair.sent.is_empty());
    pair.input(1, Input::Start { seed: 2 });
    pair.run(millis(20));
    assert_eq!(pair.states(), [BfdState::Up; 2]);
    // two passive ends never meet
    let mut sessions = [session(0), session(1)];
    sessions
        .iter_mut()
        .for_each(|session| session.passive = true);
    let mut pair = Pair::new(sessions);
    pair.run(millis(60_000));
    assert!(pair.sent.is_empty());
}

#[test]
fn a_reload_to_another_pace_keeps_the_session_and_polls() {
    let mut pair = Pair::up([session(0), session(1)]);
    let from = pair.now;
    let mut slower = session(0);
    slower.min_tx = Micros::from_millis(200);
    // the first answers are lost: until one comes, the old pace holds
    let until = from + millis(400);
    pair.lose = Box::new(|_, _, packet| packet.r#final);
    pair.input(0, Input::Reconfigure(&[slower]));
    pair.run(millis(400));
    let packets = pair.sent_by(0, from);
    assert!(
        packets
            .iter()
            .all(|(_, p)| p.poll && p.desired_min_tx == 200_000),
        "{packets:?}"
    );
    assert!(packets.len() >= 8, "{}", packets.len());
    assert_eq!(pair.status(0).interval, millis(50));
    pair.lose = Box::new(|_, _, _| false);
    pair.run(millis(1000));
    assert_eq!(pair.status(0).interval, millis(200));
    assert_eq!(pair.status(1).detection_time, Some(millis(600)));
    let late = pair.sent_by(0, until + millis(100));
    assert!(late.iter().all(|(_, packet)| !packet.poll));

    // less patience counts only when the neighbour has agreed
    let mut faster = session(0);
    faster.min_rx = Micros::from_millis(20);
    pair.input(0, Input::Reconfigure(&[faster]));
    pair.run(millis(1000));
    assert_eq!(pair.status(0).interval, millis(50));
    assert_eq!(pair.states(), [BfdState::Up; 2]);
    assert!(pair.entered(0, from).is_empty() && pair.entered(1, from).is_empty());
}

#[test]
fn two_reloads_within_one_poll_need_two_polls() {
    let mut pair = Pair::up([session(0), session(1)]);
    for pace in [100, 200] {
        let mut slower = session(0);
        slower.min_tx = Micros::from_millis(pace);
        pair.input(0, Input::Reconfigure(&[slower]));
    }
    pair.run(millis(2000));
    assert_eq!(pair.status(0).interval, millis(200));
    let last = pair.sent_by(0, support_zero()).last().unwrap().1;
    assert!(!last.poll);
}

#[test]
fn a_reload_to_another_neighbour_leaves_the_old_one_and_comes_back() {
    let mut pair = Pair::up([session(0), session(1)]);
    let from = pair.now;
    let mut other = session(0);
    other.neighbor = "10.0.0.77".parse().unwrap();
    pair.input(0, Input::Reconfigure(&[other]));
    pair.run(millis(5));
    let (_, state, local, remote) = pair.entered(1, from)[0];
    assert_eq!((state, local, remote), (BfdState::Down, 3, 7));
    assert_eq!(pair.levels, [Some(false); 2]);
    pair.lose = Box::new(|end, _, _| end == 0);
    pair.run(millis(4000));
    pair.lose = Box::new(|_, _, _| false);
    pair.input(0, Input::Reconfigure(&[session(0)]));
    pair.run(millis(1500));
    assert_eq!(pair.states(), [BfdState::Up; 2]);
    pair.input(0, Input::Reconfigure(&[]));
    pair.run(millis(5));
    assert_eq!(pair.state(1), BfdState::Down);
    assert!(!pair.ends[0].is_up(&key()));
}

#[test]
fn a_successor_goes_on_without_the_neighbour_noticing() {
    let mut pair = Pair::up([session(0), session(1)]);
    let from = pair.now;
    let state = pair.ends[0].snapshot();
    pair.run(millis(30));
    pair.ends[0] = Speaker::resume(&[session(0)], &state, pair.now);
    assert_eq!(pair.ends[0].up().count(), 1);
    pair.input(0, Input::Start { seed: 5 });
    pair.run(millis(3000));
    assert!(pair.entered(0, from).is_empty() && pair.entered(1, from).is_empty());
    assert_eq!(pair.levels[0], Some(true));
    // too late, another boot, another configuration: anew
    let late = Speaker::resume(&[session(0)], &state, from + millis(200));
    assert_eq!(late.up().count(), 0);
    let earlier = Speaker::resume(&[session(0)], &state, holdfast_model::Mono::ZERO);
    assert_eq!(earlier.up().count(), 0);
    let mut other = session(0);
    other.passive = true;
    assert_eq!(Speaker::resume(&[other], &state, from).up().count(), 0);
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    /// Whatever the wire does: when it is well again both ends are Up within two slow intervals,
    /// and while it is cut both are Down after the detection time.
    #[test]
    fn a_wire_that_is_well_again_heals_the_session(
        losses in proptest::collection::vec((any::<bool>(), any::<bool>(), 1_u64..700), 1..12),
        delay in 0_u64..30,
        passive in any::<bool>(),
    ) {
        let mut sessions = [session(0), session(1)];
        sessions[1].passive = passive;
        let mut pair = Pair::new(sessions);
        pair.delay = millis(delay);
        for (first, second, time) in losses {
            pair.lose = Box::new(move |end, _, _| [first, second][end]);
            pair.run(millis(time));
        }
        pair.lose = Box::new(|_, _, _| false);
        pair.run(millis(6000));
        prop_assert_eq!(pair.states(), [BfdState::Up; 2]);
        prop_assert_eq!(pair.levels, [Some(true); 2]);
        pair.lose = Box::new(|_, _, _| true);
        pair.run(millis(150 + delay + 1));
        prop_assert_eq!(pair.states(), [BfdState::Down; 2]);
        prop_assert_eq!(pair.levels, [Some(false); 2]);
    }
}
