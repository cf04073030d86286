//! What an instance watches: effective priority (S12), faults of weight 0, and their timers.
#![allow(clippy::unwrap_used, reason = "test code")]

mod support;

use core::time::Duration;
use holdfast_model::event::{Event, VrrpEvent};
use holdfast_model::{Instance, Level, Name, State, Track, TrackKey, TrackKind};
use holdfast_vrrp::{Action, Input, Router};
use support::*;

fn key(kind: TrackKind, name: &str) -> TrackKey {
    TrackKey::new(kind, Name::from(name))
}

fn script() -> TrackKey {
    key(TrackKind::Script, "chk")
}

fn watching(priority: u8, tracks: &[(TrackKey, i32, bool)]) -> Instance {
    let mut config = config(priority);
    config.tracks.list = tracks
        .iter()
        .map(|(key, weight, reverse)| Track {
            key: key.clone(),
            weight: *weight,
            reverse: *reverse,
        })
        .collect();
    config
}

fn tell(rig: &mut Rig, key: &TrackKey, level: Level) -> Vec<Action> {
    rig.input(Input::Level { key, level })
}

/// In that state, with a script of that weight that is up.
fn at(state: State, priority: u8, weight: i32) -> Rig {
    let mut rig = Rig::new(vec![watching(priority, &[(script(), weight, false)])]);
    tell(&mut rig, &script(), Level::Up);
    rig.input(Input::Start);
    match state {
        State::Master => drop(rig.advance(Duration::from_secs(4))),
        State::Fault => drop(rig.input(Input::Link(link(Some(OWN), false)))),
        State::Init | State::Backup => {}
    }
    assert_eq!(rig.state(), state);
    rig
}

fn skew(priority: u64) -> Duration {
    Duration::from_nanos((256 - priority) * 3_906_250)
}

// conforms: C06+ C06-
#[test]
fn s12_priority_is_clamped_and_an_owner_never_changes() {
    let file = || key(TrackKind::File, "f");
    for (base, weight, level, effective) in [
        (100, 20, Level::Up, 120),
        (100, 20, Level::Down, 100),
        (100, -20, Level::Down, 80),
        (100, 253, Level::Up, 254),
        (100, -253, Level::Down, 1),
        (254, 1, Level::Up, 254),
        (1, -1, Level::Down, 1),
        (100, 2, Level::Value(-30), 40),
        (100, 1, Level::Value(1000), 254),
        (255, -100, Level::Down, 255),
        (255, 100, Level::Value(1), 255),
    ] {
        let what = match level {
            Level::Value(_) => file(),
            Level::Up | Level::Down | Level::Unknown => script(),
        };
        let mut rig = Rig::new(vec![watching(base, &[(what.clone(), weight, false)])]);
        rig.input(Input::Start);
        tell(&mut rig, &what, level);
        assert_eq!(
            rig.status().priority,
            effective,
            "{base} {weight} {level:?}"
        );
    }
}

#[test]
fn s12_all_that_is_watched_adds_up() {
    let (up, down, file) = (
        key(TrackKind::Script, "a"),
        key(TrackKind::Process, "b"),
        key(TrackKind::File, "c"),
    );
    let tracks = [
        (up.clone(), 10, false),
        (down, -20, false),
        (file.clone(), 3, true),
    ];
    let mut rig = Rig::new(vec![watching(100, &tracks)]);
    rig.input(Input::Start);
    // The script is not judged yet, the process is not there, the file is empty.
    assert_eq!(rig.status().priority, 80);
    tell(&mut rig, &up, Level::Up);
    assert_eq!(rig.status().priority, 90);
    tell(&mut rig, &file, Level::Value(4));
    assert_eq!(rig.status().priority, 78);
}

// conforms: C42+
#[test]
fn a_backup_keeps_its_clock_when_its_priority_changes() {
    let mut rig = at(State::Backup, 100, -50);
    rig.advance(Duration::from_millis(700));
    assert_eq!(rig.down() + Duration::from_millis(700), A * 3 + skew(100));
    let actions = words(&tell(&mut rig, &script(), Level::Down));
    assert_eq!(actions, ["PriorityChanged"]);
    assert_eq!(rig.down() + Duration::from_millis(700), A * 3 + skew(50));
}

#[test]
fn a_master_tells_at_once_and_yields_to_what_is_better_now() {
    let mut rig = at(State::Master, 100, -50);
    rig.advance(Duration::from_millis(300));
    let actions = words(&tell(&mut rig, &script(), Level::Down));
    assert_eq!(actions, ["PriorityChanged", "send 50"]);
    assert_eq!(rig.next_advert(), A);
    assert_eq!(deeds(&rig.hears(PEER, 60)), ["want 0"]);
    assert_eq!((rig.state(), rig.down()), (State::Backup, A * 3 + skew(50)));
    // Better again: the next weaker advert is not followed, and the time runs out.
    tell(&mut rig, &script(), Level::Up);
    let left = rig.down();
    rig.hears(PEER, 60);
    assert_eq!(rig.down(), left);
    rig.advance(left);
    assert_eq!(rig.state(), State::Master);
}

#[test]
fn weight_0_is_a_fault_in_every_state() {
    for (state, failed, left) in [
        (State::Backup, &[] as &[&str], State::Backup),
        (State::Master, &["send 0", "want 0"], State::Backup),
        (State::Fault, &[], State::Fault),
    ] {
        let mut rig = at(state, 100, 0);
        let actions = tell(&mut rig, &script(), Level::Down);
        assert_eq!(deeds(&actions), failed, "{state}");
        assert_eq!(rig.state(), State::Fault, "{state}");
        // S6: an advert changes nothing, and the time does not run.
        rig.hears(PEER, 0);
        rig.advance(Duration::from_secs(10));
        assert_eq!(rig.state(), State::Fault, "{state}");
        tell(&mut rig, &script(), Level::Up);
        assert_eq!(rig.state(), left, "{state}");
    }
}

#[test]
fn init_tracker_not_yet_known_holds_the_instance() {
    let mut rig = Rig::new(vec![watching(100, &[(script(), 0, false)])]);
    let started = words(&rig.input(Input::Start));
    // Held, and nothing is said of a failure that nobody has seen.
    assert_eq!(started, ["watch 7", "raised Unjudged"]);
    rig.advance(Duration::from_secs(20));
    assert_eq!(rig.state(), State::Fault);
    let first = words(&tell(&mut rig, &script(), Level::Up));
    assert_eq!(first, ["cleared Unjudged", "Entering BACKUP STATE"]);
    assert_eq!(rig.down(), A * 3 + skew(100));
}

#[test]
fn init_tracker_that_starts_failed_is_a_fault() {
    let mut rig = Rig::new(vec![watching(100, &[(script(), 0, false)])]);
    tell(&mut rig, &script(), Level::Down);
    let started = words(&rig.input(Input::Start));
    let wanted = [
        "watch 7",
        "raised Tracked",
        "TrackFailed(TrackKey",
        "Entering FAULT STATE",
    ];
    assert_eq!(started, wanted);
}

/// One reason that is known is enough. `notify_fault` hangs on what is said, once.
#[test]
fn a_fault_is_told_once_something_is_known_to_be_wrong() {
    const FAULT: &str = "Entering FAULT STATE";
    let mut rig = Rig::new(vec![watching(100, &[(script(), 0, false)])]);
    rig.input(Input::Link(link(Some(OWN), false)));
    let said = words(&rig.input(Input::Start));
    assert_eq!(count(&said, FAULT), 1, "{said:?}");
    let mut said = rig.input(Input::Link(link(Some(OWN), true)));
    said.extend(tell(&mut rig, &script(), Level::Down));
    assert_eq!(count(&words(&said), FAULT), 0, "{said:?}");

    let mut rig = Rig::new(vec![watching(100, &[(script(), 0, false)])]);
    assert_eq!(count(&words(&rig.input(Input::Start)), FAULT), 0);
    let said = words(&tell(&mut rig, &script(), Level::Down));
    assert_eq!(count(&said, FAULT), 1, "{said:?}");
    let said = words(&rig.input(Input::Link(link(Some(OWN), false))));
    assert_eq!(count(&said, FAULT), 0, "{said:?}");
}

#[test]
fn several_reasons_for_fault_have_to_go_all() {
    let other = key(TrackKind::File, "f");
    let tracks = [(script(), 0, false), (other.clone(), 0, false)];
    let mut rig = Rig::new(vec![watching(100, &tracks)]);
    tell(&mut rig, &script(), Level::Up);
    rig.input(Input::Start);
    tell(&mut rig, &script(), Level::Down);
    tell(&mut rig, &other, Level::Value(1));
    tell(&mut rig, &script(), Level::Up);
    assert_eq!(rig.state(), State::Fault);
    tell(&mut rig, &other, Level::Value(0));
    assert_eq!(rig.state(), State::Backup);
}

#[test]
fn interfaces_are_watched_by_their_links() {
    let eth1 = |up| {
        let mut other = link(None, up);
        other.name = holdfast_model::IfName::new("eth1").unwrap();
        other.index = 8;
        other
    };
    let tracks = [(key(TrackKind::Interface, "eth1"), 0, false)];
    let mut rig = Rig::new(vec![watching(100, &tracks)]);
    rig.input(Input::Start);
    assert_eq!(rig.state(), State::Fault);
    rig.input(Input::Link(eth1(true)));
    assert_eq!(rig.state(), State::Backup);
    rig.input(Input::Link(eth1(false)));
    assert_eq!(rig.state(), State::Fault);

    let tracks = [(key(TrackKind::Interface, "eth1"), -30, false)];
    let mut rig = Rig::new(vec![watching(100, &tracks)]);
    rig.input(Input::Link(eth1(true)));
    rig.input(Input::Start);
    assert_eq!(rig.status().priority, 100);
    rig.input(Input::LinkGone(8));
    assert_eq!((rig.state(), rig.status().priority), (State::Backup, 70));
}

// conforms: C04-
#[test]
fn dont_track_primary_goes_on_without_its_own_interface() {
    let mut config = config(100);
    config.tracks.not_own_interface = true;
    let mut rig = Rig::at(State::Master, config);
    rig.input(Input::Link(link(Some(OWN), false)));
    assert_eq!(rig.state(), State::Master);
    // Without an address there is nothing to send from.
    rig.input(Input::Link(link(None, false)));
    assert_eq!(rig.state(), State::Fault);
}

// conforms: C44+
#[test]
fn nopreempt_stays_master_when_weight_is_lost() {
    let mut config = watching(100, &[(script(), -50, false)]);
    config.nopreempt = true;
    let mut rig = Rig::new(vec![config]);
    tell(&mut rig, &script(), Level::Up);
    rig.input(Input::Start);
    // S5: our priority rises above the master's, which goes on.
    tell(&mut rig, &script(), Level::Down);
    for _ in 0..10 {
        rig.hears(PEER, 60);
        tell(&mut rig, &script(), Level::Up);
        rig.advance(A);
        assert_eq!(rig.state(), State::Backup);
    }
}

#[test]
fn a_resumed_worker_keeps_its_levels() {
    let mut rig = at(State::Master, 100, -50);
    tell(&mut rig, &script(), Level::Down);
    rig.advance(Duration::from_millis(400));
    let (saved, model) = (
        rig.router.snapshot(),
        model(vec![watching(100, &[(script(), -50, false)])]),
    );
    let mut next = Rig::new(Vec::new());
    next.now = rig.now + Duration::from_millis(200);
    next.router = Router::resume(&model, &saved, next.now);
    next.input(Input::Link(link(Some(OWN), true)));
    let actions = next.input(Input::Start);
    assert_eq!(deeds(&actions), ["send 50", "want 2"]);
    let changed = |action: &Action| {
        matches!(
            action,
            Action::Report(Event::Vrrp {
                event: VrrpEvent::PriorityChanged { .. },
                ..
            })
        )
    };
    assert!(!actions.iter().any(changed));
    assert_eq!((next.state(), next.status().priority), (State::Master, 50));
}

#[test]
fn a_reload_that_drops_a_tracker_forgets_what_it_did() {
    let mut rig = at(State::Backup, 100, 0);
    tell(&mut rig, &script(), Level::Down);
    assert_eq!(rig.state(), State::Fault);
    rig.input(Input::Reconfigure(&model(vec![config(100)])));
    assert_eq!(rig.state(), State::Backup);

    let mut rig = at(State::Master, 100, -50);
    tell(&mut rig, &script(), Level::Down);
    let actions = rig.input(Input::Reconfigure(&model(vec![config(100)])));
    // The priority is told at once, and nothing else happens (S14).
    assert_eq!(deeds(&actions), ["send 100"]);
    assert_eq!(rig.status().priority, 100);
}

#[test]
fn s14_a_reload_that_adds_a_script_waits_for_its_first_failure() {
    let mut rig = Rig::at(State::Master, config(100));
    let added = model(vec![watching(100, &[(script(), 0, false)])]);
    let actions = rig.input(Input::Reconfigure(&added));
    assert_eq!(deeds(&actions), ["send 100"]);
    assert_eq!(rig.state(), State::Master);
    tell(&mut rig, &script(), Level::Down);
    assert_eq!(rig.state(), State::Fault);
}

/// What is watched as before is known as before. What was watched once and is watched again is new; a BFD session
/// runs by itself, and what it told stays true.
#[test]
fn a_reload_forgets_what_nobody_watches_but_bfd() {
    let bfd = || key(TrackKind::Bfd, "peer");
    for (what, forgets) in [(script(), true), (bfd(), false)] {
        let watching = |priority| watching(priority, &[(what.clone(), -50, false)]);
        let reload = |rig: &mut Rig, config| {
            rig.input(Input::Reconfigure(&model(vec![config])));
            rig.status().priority
        };
        let mut rig = Rig::new(vec![watching(100)]);
        rig.input(Input::Start);
        tell(&mut rig, &what, Level::Down);
        assert_eq!(rig.status().priority, 50);
        assert_eq!(reload(&mut rig, watching(120)), 70, "{what:?}: kept");
        assert_eq!(reload(&mut rig, config(120)), 120, "{what:?}: not watched");
        let again = if forgets { 120 } else { 70 };
        assert_eq!(reload(&mut rig, watching(120)), again, "{what:?}: again");
    }
}

/// Found by the simulator: a script that nobody has run yet is not judged by a reload either.
#[test]
fn s14_a_reload_without_a_change_judges_nothing() {
    for (kind, weight) in [
        (TrackKind::Script, 0),
        (TrackKind::Process, 0),
        (TrackKind::Process, -20),
    ] {
        let config = watching(100, &[(key(kind, "x"), weight, false)]);
        let mut rig = Rig::new(vec![config.clone()]);
        rig.input(Input::Start);
        let (state, priority) = (rig.state(), rig.status().priority);
        let said = rig.input(Input::Reconfigure(&model(vec![config])));
        assert_eq!(said, [], "{kind:?} {weight}");
        assert_eq!((rig.state(), rig.status().priority), (state, priority));
    }
}

/// Found by the simulator: a worker whose successor reads another priority.
#[test]
fn a_resumed_master_of_another_priority_speaks_once() {
    let before = Rig::at(State::Master, config(100));
    let mut next = Rig::new(Vec::new());
    next.now = before.now + Duration::from_millis(100);
    let model = model(vec![config(50)]);
    next.router = Router::resume(&model, &before.router.snapshot(), next.now);
    next.input(Input::Link(link(Some(OWN), true)));
    let started = next.input(Input::Start);
    assert_eq!(deeds(&started), ["send 50", "want 2"]);
}
