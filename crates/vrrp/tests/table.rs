//! The transition table of version 2 (RFC 3768 s6.4, and what keepalived adds), one row a line.
#![allow(clippy::unwrap_used, clippy::too_many_lines, reason = "test code")]

mod support;

use core::time::Duration;
use holdfast_model::{Instance, State};
use holdfast_vrrp::{Action, Input};
use support::*;

/// What has to be true of the timer afterwards.
#[derive(Clone, Copy)]
enum Timer {
    /// As it was.
    Kept,
    /// Master_Down_Timer: 3 A + skew from now.
    DownInterval,
    /// Master_Down_Timer: skew from now.
    Skew,
    /// Adver_Timer: A from now.
    Advert,
    /// There is none.
    Off,
}

struct Row {
    name: &'static str,
    state: State,
    config: Instance,
    event: fn(&mut Rig) -> Vec<Action>,
    then: State,
    deeds: &'static [&'static str],
    timer: Timer,
}

fn with(priority: u8, change: fn(&mut Instance)) -> Instance {
    let mut config = config(priority);
    change(&mut config);
    config
}

fn rows() -> Vec<Row> {
    use State::{Backup, Fault, Init, Master};
    use Timer::{Advert, DownInterval, Kept, Off, Skew};
    let plain = || config(100);
    let nopreempt = || with(100, |config| config.nopreempt = true);
    let delayed = || with(100, |config| config.preempt_delay = Duration::from_secs(10));
    let wants_master = || with(100, |config| config.wants_master = true);
    let until_due: fn(&mut Rig) -> Vec<Action> = |rig| {
        let wait = rig.router.deadline().unwrap().since(rig.now);
        rig.advance(wait)
    };
    let stop: fn(&mut Rig) -> Vec<Action> = |rig| rig.input(Input::Stop { release: true });
    let link_down: fn(&mut Rig) -> Vec<Action> =
        |rig| rig.input(Input::Link(link(Some(OWN), false)));
    let no_source: fn(&mut Rig) -> Vec<Action> = |rig| rig.input(Input::Link(link(None, true)));
    let link_gone: fn(&mut Rig) -> Vec<Action> = |rig| rig.input(Input::LinkGone(7));
    let link_up: fn(&mut Rig) -> Vec<Action> = |rig| rig.input(Input::Link(link(Some(OWN), true)));
    let no_ipvs: fn(&mut Rig) -> Vec<Action> = |rig| rig.input(Input::Ipvs(false));
    let serves = || with(100, |config| config.serves_ipvs = true);
    #[rustfmt::skip]
    let rows = [
        // conforms: C40+
        ("c40 start as owner", Init, config(255), (|rig| rig.input(Input::Start)) as fn(&mut Rig) -> Vec<Action>,
            Master, &["watch 7", "send 255", "want 2", "announce 2x5"] as &[&str], Advert),
        // conforms: C41+
        ("c41 start", Init, plain(), |rig| rig.input(Input::Start), Backup, &["watch 7"], DownInterval),
        // conforms: C41+
        ("c41 start, state MASTER", Init, wants_master(), |rig| rig.input(Input::Start), Backup, &["watch 7"], DownInterval),
        ("start, interface down", Init, plain(), |rig| {
            rig.input(Input::Link(link(Some(OWN), false)));
            rig.input(Input::Start)
        }, Fault, &["watch 7"], Off),
        ("start, interface missing", Init, plain(), |rig| {
            rig.input(Input::LinkGone(7));
            rig.input(Input::Start)
        }, Fault, &[], Off),
        ("advert before start", Init, plain(), |rig| rig.hears(PEER, 200), Init, &[], Off),

        // conforms: C46+
        ("c46 timer", Backup, plain(), until_due, Master, &["send 100", "want 2", "announce 2x5"], Advert),
        // conforms: C43+
        ("c43 priority 0", Backup, plain(), |rig| rig.hears(PEER, 0), Backup, &[], Skew),
        // conforms: C44+
        ("c44 better", Backup, plain(), |rig| rig.hears(PEER, 101), Backup, &[], DownInterval),
        // conforms: C44+
        ("c44 equal", Backup, plain(), |rig| rig.hears(PEER, 100), Backup, &[], DownInterval),
        // conforms: C44+
        ("c44 owner", Backup, plain(), |rig| rig.hears(PEER, 255), Backup, &[], DownInterval),
        // conforms: C45+ C44-
        ("c45 worse", Backup, plain(), |rig| rig.hears(PEER, 99), Backup, &[], Kept),
        // conforms: C44+
        ("c44 worse, nopreempt", Backup, nopreempt(), |rig| rig.hears(PEER, 99), Backup, &[], DownInterval),
        ("worse, preempt_delay begins", Backup, delayed(), |rig| rig.hears(PEER, 99), Backup, &[], DownInterval),
        // conforms: C43+
        ("c43 priority 0, nopreempt", Backup, nopreempt(), |rig| rig.hears(PEER, 0), Backup, &[], Skew),
        ("fault", Backup, plain(), link_down, Fault, &[], Off),
        // conforms: C04-
        ("no source", Backup, plain(), no_source, Fault, &[], Off),
        ("interface gone", Backup, plain(), link_gone, Fault, &["unwatch 7"], Off),
        ("no ipvs, needed", Backup, serves(), no_ipvs, Fault, &[], Off),
        ("no ipvs, not needed", Backup, plain(), no_ipvs, Backup, &[], Kept),
        // conforms: C14- C51-
        ("c51 shutdown", Backup, plain(), stop, Init, &["unwatch 7", "stopped"], Off),

        // conforms: C47+
        ("c47 timer", Master, plain(), until_due, Master, &["send 100"], Advert),
        // conforms: C48+ C48-
        ("c48 priority 0", Master, plain(), |rig| rig.hears(PEER, 0), Master, &["send 100"], Advert),
        // conforms: C49+ C60+
        ("c49 better", Master, plain(), |rig| rig.hears(PEER, 101), Backup, &["want 0"], DownInterval),
        // conforms: C49+
        ("c49 better, though nopreempt", Master, nopreempt(), |rig| rig.hears(PEER, 101), Backup, &["want 0"], DownInterval),
        // conforms: C49+
        ("c49 equal, higher address", Master, plain(), |rig| rig.hears(HIGH_PEER, 100), Backup, &["want 0"], DownInterval),
        // conforms: C49- C50+
        ("c50 equal, lower address", Master, plain(), |rig| rig.hears(PEER, 100), Master, &["send 100", "announce 2x5"], Advert),
        // conforms: C49- C50+
        ("c50 worse", Master, plain(), |rig| rig.hears(PEER, 99), Master, &["send 100", "announce 2x5"], Advert),
        // conforms: C33-
        ("c33 equal, own address", Master, plain(), |rig| rig.hears(OWN, 100), Master, &[], Kept),
        // conforms: C28-
        ("c28 owner hears owner", Master, config(255), |rig| rig.hears(HIGH_PEER, 255), Master, &[], Kept),
        // conforms: C49- C50+
        ("owner hears worse", Master, config(255), |rig| rig.hears(HIGH_PEER, 254), Master, &["send 255", "announce 2x5"], Advert),
        // conforms: C14+ C60+
        ("fault", Master, plain(), link_down, Fault, &["send 0", "want 0"], Off),
        // conforms: C04-
        ("no source left", Master, plain(), no_source, Fault, &["send 0", "want 0"], Off),
        ("interface gone", Master, plain(), link_gone, Fault, &["unwatch 7", "want 0"], Off),
        ("no ipvs, needed", Master, serves(), no_ipvs, Fault, &["send 0", "want 0"], Off),
        // conforms: C14+ C51+ C60+
        ("c51 shutdown", Master, plain(), stop, Init, &["send 0", "want 0", "unwatch 7", "stopped"], Off),

        ("any advert", Fault, plain(), |rig| rig.hears(PEER, 0), Fault, &[], Off),
        ("last cause gone", Fault, plain(), link_up, Backup, &[], DownInterval),
        ("another cause", Fault, plain(), no_source, Fault, &[], Off),
        ("shutdown", Fault, plain(), stop, Init, &["unwatch 7", "stopped"], Off),
        ("start again", Backup, plain(), |rig| rig.input(Input::Start), Backup, &[], Kept),
    ];
    rows.map(|(name, state, config, event, then, deeds, timer)| Row {
        name,
        state,
        config,
        event,
        then,
        deeds,
        timer,
    })
    .into()
}

#[test]
fn every_row() {
    for row in rows() {
        let mut rig = Rig::at(row.state, row.config.clone());
        // Off the beat, so that a timer that was set anew differs from one that was kept.
        rig.advance(Duration::from_millis(137));
        let kept = rig.router.deadline();
        let before = rig.snapshot();
        let deeds = deeds(&(row.event)(&mut rig));
        let name = format!("{} / {}", row.state, row.name);
        assert_eq!(rig.state(), row.then, "{name}");
        assert_eq!(deeds, row.deeds, "{name}");
        let skew = (256 - u64::from(row.config.priority.get())) * 3_906_250;
        let skew = Duration::from_nanos(skew);
        match row.timer {
            Timer::Kept => {
                assert_eq!(rig.router.deadline(), kept, "{name}");
                assert_eq!(rig.snapshot().down, before.down, "{name}");
            }
            Timer::DownInterval => assert_eq!(rig.down(), A * 3 + skew, "{name}"),
            Timer::Skew => assert_eq!(rig.down(), skew, "{name}"),
            Timer::Advert => assert_eq!(rig.next_advert(), A, "{name}"),
            Timer::Off => assert_eq!(rig.router.deadline(), None, "{name}"),
        }
    }
}

#[test]
fn an_owner_that_recovers_listens_for_one_interval() {
    let mut rig = Rig::new(vec![config(255)]);
    rig.input(Input::Start);
    rig.input(Input::Link(link(Some(OWN), false)));
    rig.input(Input::Link(link(Some(OWN), true)));
    assert_eq!(rig.down(), A + Duration::from_nanos(3_906_250));
    rig.advance(Duration::from_millis(1_004));
    assert_eq!(rig.state(), State::Master);
}

#[test]
fn preempt_delay_counts_from_the_first_weaker_advert() {
    let mut delayed = config(110);
    delayed.preempt_delay = Duration::from_secs(4);
    let mut rig = Rig::at(State::Backup, delayed);
    rig.advance(A);
    let mut taken_at = None;
    // The weaker master speaks once a second; second 0 is its first advert.
    for second in 0..10 {
        rig.hears(PEER, 100);
        rig.advance(A);
        if rig.state() == State::Master {
            taken_at = Some(second);
            break;
        }
    }
    // Followed at 0 to 3, discarded from 4 on: the timer set at 3 runs out at 6.57.
    assert_eq!(taken_at, Some(6));
}

#[test]
fn preempt_delay_is_forgotten_when_somebody_better_speaks() {
    let mut delayed = config(110);
    delayed.preempt_delay = Duration::from_secs(4);
    let mut rig = Rig::at(State::Backup, delayed);
    rig.hears(PEER, 100);
    assert!(rig.snapshot().preempt_from.is_some());
    rig.hears(HIGH_PEER, 120);
    assert!(rig.snapshot().preempt_from.is_none());
}

// conforms: C48+ C50-
#[test]
fn lower_prio_no_advert_only_announces() {
    let mut quiet = config(100);
    quiet.wire.answers_lower = false;
    let mut rig = Rig::at(State::Master, quiet);
    assert_eq!(deeds(&rig.hears(PEER, 90)), ["announce 2x5"]);
    assert_eq!(deeds(&rig.hears(PEER, 0)), ["send 100"]);
}

// conforms: C47+
#[test]
fn a_master_that_slept_sends_one_advert_and_begins_a_new_beat() {
    let mut rig = Rig::at(State::Master, config(100));
    rig.advance(Duration::from_secs(20));
    let woken = deeds(&rig.sleep(Duration::from_millis(2_300)));
    assert_eq!(woken, ["send 100", "announce 2x1"]);
    assert_eq!(rig.next_advert(), A);
}

// conforms: C47+
#[test]
fn small_lateness_does_not_move_the_beat() {
    let mut rig = Rig::at(State::Master, config(100));
    let due = rig.router.deadline().unwrap();
    let wait = due.since(rig.now);
    rig.sleep(wait + Duration::from_millis(300));
    assert_eq!(rig.router.deadline(), Some(due + A));
}

#[test]
fn answers_are_bounded() {
    let mut rig = Rig::at(State::Master, config(100));
    rig.advance(Duration::from_secs(10));
    let mut sent = 0;
    for _ in 0..5_000 {
        let mut actions = rig.advance(Duration::from_millis(1));
        actions.extend(rig.hears(PEER, 90));
        sent += count(&words(&actions), "send 100");
    }
    // Ten an interval and the regular ones, for five intervals.
    assert!((5..=60).contains(&sent), "{sent}");
    assert_eq!(rig.state(), State::Master);
}

#[test]
fn refresh_and_lower_prio_counts() {
    let mut tuned = config(100);
    tuned.garp.repeat = 3;
    tuned.garp.delay = Duration::ZERO;
    tuned.garp.refresh = Duration::from_secs(30);
    tuned.garp.refresh_repeat = 2;
    tuned.garp.lower_prio_repeat = 4;
    tuned.garp.lower_prio_delay = Duration::from_secs(2);
    let mut rig = Rig::at(State::Backup, tuned);
    let first = words(&rig.advance(Duration::from_secs(4)));
    assert_eq!(count(&first, "announce 2x3"), 1);
    let minutes = words(&rig.advance(Duration::from_secs(120)));
    assert_eq!(count(&minutes, "announce 2x2"), 4);
    assert_eq!(deeds(&rig.hears(PEER, 1)), ["send 100", "announce 2x4"]);
    let again = words(&rig.advance(Duration::from_millis(2_500)));
    assert_eq!(count(&again, "announce 2x4"), 1);
}
