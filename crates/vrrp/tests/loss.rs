//! Somebody takes a master's addresses away (`on_vip_loss`), and the three brakes.
#![allow(clippy::unwrap_used, reason = "test code")]

mod support;

use core::time::Duration;
use holdfast_model::{Instance, OnLoss, State};
use holdfast_vrrp::{Action, Input};
use support::*;

const SECOND: Duration = Duration::from_secs(1);

fn calm(on_loss: OnLoss) -> Instance {
    let mut config = config(100);
    // nothing else is announced
    (config.garp.delay, config.garp.refresh) = (Duration::ZERO, Duration::ZERO);
    config.wire.habits.on_loss = on_loss;
    config
}

fn lose(rig: &mut Rig) -> Vec<Action> {
    let (instance, address) = (&config(100).key, &vip(VIP));
    rig.input(Input::Lost { instance, address })
}

/// Wants and announcements, and when after `from`.
fn follows(rig: &mut Rig, time: Duration) -> Vec<(u64, String)> {
    let (from, mut all) = (rig.now, Vec::new());
    while let Some(due) = rig.router.deadline().filter(|due| *due <= from + time) {
        rig.now = due;
        for deed in deeds(&rig.input(Input::Tick)) {
            if !deed.starts_with("send") {
                all.push((due.since(from).as_secs(), deed));
            }
        }
    }
    rig.now = from + time;
    all
}

#[test]
fn five_waves_are_repaired_at_once_and_further_ones_after_a_while() {
    let mut rig = Rig::at(State::Master, calm(OnLoss::Restore));
    for wave in 0..5 {
        let repaired = ["want 2", "announce 1x5"];
        assert_eq!(deeds(&lose(&mut rig)), repaired, "wave {wave}");
        rig.advance(Duration::from_millis(200));
    }
    for pause in [1, 2, 4] {
        let told = words(&lose(&mut rig));
        assert_eq!(told, ["AddressLost", "VipContested"], "{pause}");
        // the rest of a flush is the same wave
        assert_eq!(words(&lose(&mut rig)), ["AddressLost"]);
        let then = follows(&mut rig, Duration::from_millis(pause * 1_000 + 50));
        let due = |deed: &str| (pause, deed.to_owned());
        assert_eq!(then, [due("want 2"), due("announce 1x5")]);
        assert_eq!(rig.state(), State::Master);
    }
    // ten seconds after the first of them all is forgiven
    rig.advance(SECOND * 3);
    assert_eq!(deeds(&lose(&mut rig)), ["want 2", "announce 1x5"]);
}

/// Who announced it meanwhile would ask for what it cannot answer.
#[test]
fn what_is_not_back_is_not_announced() {
    let mut config = calm(OnLoss::Restore);
    config.garp.refresh = SECOND / 2;
    config.garp.refresh_repeat = 1;
    let mut rig = Rig::at(State::Master, config);
    for _ in 0..6 {
        lose(&mut rig);
        rig.advance(Duration::from_millis(60));
    }
    let then = follows(&mut rig, SECOND * 2);
    let due = |after, deed: &str| (after, deed.to_owned());
    let expected = [
        due(0, "announce 1x1"),
        due(0, "announce 1x1"),
        due(0, "want 2"),
        due(0, "announce 1x5"),
        due(1, "announce 2x1"),
        due(1, "announce 2x1"),
    ];
    assert_eq!(then, expected);
}

/// What follows within 50 ms is the rest of a wave; ten seconds after the first all is forgiven.
#[test]
fn what_a_wave_is_and_how_long_it_counts() {
    let millis = Duration::from_millis;
    for (apart, contested) in [(49, false), (50, true), (51, true)] {
        let mut rig = Rig::at(State::Master, calm(OnLoss::Restore));
        let mut last = Vec::new();
        for _ in 0..6 {
            last = words(&lose(&mut rig));
            rig.now = rig.now + millis(apart);
        }
        let told = count(&last, "VipContested") == 1;
        assert_eq!(told, contested, "{apart} ms apart");
    }
    for (sixth, contested) in [(9_999, true), (10_000, false)] {
        let mut rig = Rig::at(State::Master, calm(OnLoss::Restore));
        let first = rig.now;
        for _ in 0..5 {
            lose(&mut rig);
            rig.advance(millis(100));
        }
        rig.advance((first + millis(sixth)).since(rig.now));
        let told = count(&words(&lose(&mut rig)), "VipContested") == 1;
        assert_eq!(told, contested, "after {sixth} ms");
    }
}

/// Somebody else is master, too: it may serve.
#[test]
fn it_gives_way_only_where_a_peer_was_heard() {
    let down = SECOND * 3 + Duration::from_nanos(3_906_250) * 156;
    for (ago, then) in [
        (down, State::Fault),
        (down + Duration::from_millis(1), State::Master),
    ] {
        let mut rig = Rig::at(State::Master, calm(OnLoss::Restore));
        rig.hears(PEER, 50);
        let heard = rig.now;
        for _ in 0..5 {
            rig.advance(Duration::from_millis(100));
            lose(&mut rig);
            assert_eq!(rig.state(), State::Master);
        }
        rig.advance((heard + ago).since(rig.now));
        lose(&mut rig);
        assert_eq!(rig.state(), then, "{ago:?}");
    }
}

#[test]
fn nothing_is_put_back_while_the_link_is_down() {
    let mut config = calm(OnLoss::Restore);
    config.tracks.not_own_interface = true;
    let mut rig = Rig::at(State::Master, config);
    rig.input(Input::Link(link(Some(OWN), false)));
    assert_eq!(rig.state(), State::Master, "its own link is no fault");
    assert_eq!(words(&lose(&mut rig)), ["AddressLost"]);
    assert_eq!(follows(&mut rig, SECOND * 5), []);
    rig.input(Input::Link(link(Some(OWN), true)));
    let then = follows(&mut rig, SECOND);
    let deeds: Vec<_> = then.into_iter().map(|(_, deed)| deed).collect();
    assert_eq!(deeds, ["want 2", "announce 1x5"]);
}

/// keepalived's way.
#[test]
fn backup_resigns_and_comes_back_after_the_skew_time() {
    let mut rig = Rig::at(State::Master, calm(OnLoss::Backup));
    let resigned = ["send 0", "want 0"];
    assert_eq!(deeds(&lose(&mut rig)), resigned);
    assert_eq!(rig.state(), State::Backup);
    assert!(lose(&mut rig).is_empty(), "once");
    let skew = Duration::from_nanos(3_906_250) * 156;
    let due = rig.router.deadline().unwrap();
    assert_eq!(due.since(rig.now), skew);
    rig.advance(skew);
    assert_eq!(rig.state(), State::Master);
    // somebody better is there meanwhile
    lose(&mut rig);
    rig.hears(PEER, 150);
    rig.advance(skew);
    assert_eq!(rig.state(), State::Backup);
}
