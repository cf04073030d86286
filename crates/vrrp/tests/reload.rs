//! What a reload keeps and what it ends.
#![allow(clippy::unwrap_used, reason = "test code")]

mod support;

use core::time::Duration;
use holdfast_model::{Authentication, Centis, IfName, Instance, InstanceKey, Name, State, Vrid};
use holdfast_vrrp::{Action, Input};
use support::*;

fn reload(rig: &mut Rig, instances: Vec<Instance>) -> Vec<Action> {
    rig.input(Input::Reconfigure(&model(instances)))
}

#[test]
fn the_same_file_changes_nothing() {
    for state in [State::Backup, State::Master, State::Fault] {
        let mut rig = Rig::at(state, config(100));
        rig.advance(Duration::from_millis(300));
        let before = rig.router.snapshot();
        assert!(reload(&mut rig, vec![config(100)]).is_empty(), "{state}");
        assert_eq!(rig.router.snapshot(), before, "{state}");
    }
}

// conforms: C42+
#[test]
fn edits_are_taken_over_in_place() {
    type Edit = fn(&mut Instance);
    // (what is edited, what a master does at once, new down interval of a backup in ms)
    let rows: [(&str, Edit, &[&str], u64); 6] = [
        (
            "priority",
            |c| c.priority = holdfast_model::Priority::new(228).unwrap(),
            &["send 228"],
            3_109,
        ),
        (
            "interval",
            |c| c.advert_interval = Centis::from_secs(2).unwrap(),
            &["send 100"],
            // Anew, 300 ms later than the others.
            6_909,
        ),
        (
            "authentication",
            |c| c.authentication = Authentication::None,
            &["send 100"],
            3_609,
        ),
        (
            "address added",
            |c| c.addresses.push(vip([10, 0, 0, 102].into())),
            &["send 100", "want 3", "announce 1x5"],
            3_609,
        ),
        (
            "address removed",
            |c| c.addresses.truncate(1),
            &["send 100", "want 1"],
            3_609,
        ),
        ("nopreempt", |c| c.nopreempt = true, &["send 100"], 3_609),
    ];
    for (name, edit, done, down) in rows {
        let mut edited = config(100);
        edit(&mut edited);

        let mut rig = Rig::at(State::Master, config(100));
        rig.advance(Duration::from_millis(300));
        let since = rig.status().since;
        assert_eq!(
            deeds(&reload(&mut rig, vec![edited.clone()])),
            done,
            "{name}"
        );
        assert_eq!(rig.state(), State::Master, "{name}");
        assert_eq!(rig.status().since, since, "{name}");

        let mut rig = Rig::at(State::Backup, config(100));
        rig.advance(Duration::from_millis(300));
        assert!(deeds(&reload(&mut rig, vec![edited])).is_empty(), "{name}");
        assert_eq!(rig.state(), State::Backup, "{name}");
        assert_eq!(rig.down().as_millis() as u64 + 300, down, "{name}");
    }
}

// conforms: C14+
#[test]
fn another_router_under_the_same_name_is_ended_and_begun() {
    let mut other_vrid = config(100);
    other_vrid.vrid = Vrid::new(52).unwrap();
    let mut rig = Rig::at(State::Master, config(100));
    assert_eq!(
        words(&reload(&mut rig, vec![other_vrid])),
        [
            "send 0",
            "sent 0 priority",
            "removing VIPs.",
            "want 0",
            "Entering BACKUP STATE (init)",
        ]
    );
    assert_eq!(rig.state(), State::Backup);
    assert_eq!(rig.down(), Duration::from_nanos(3_609_375_000));

    let mut elsewhere = config(100);
    elsewhere.interface = IfName::new("eth1").unwrap();
    let mut rig = Rig::at(State::Master, config(100));
    let actions = words(&reload(&mut rig, vec![elsewhere]));
    assert_eq!(actions[0], "send 0");
    assert_eq!(actions.last().unwrap(), "unwatch 7");
    assert_eq!(rig.state(), State::Fault);
}

#[test]
fn removed_and_added_instances() {
    let named = |name: &str, vrid: u8| {
        let mut other = config(100);
        other.key = InstanceKey(Name::from(name));
        other.vrid = Vrid::new(vrid).unwrap();
        other
    };
    let mut rig = Rig::at(State::Master, config(100));
    // One comes: the other is not disturbed.
    let came = reload(&mut rig, vec![named("VI_2", 52), config(100)]);
    assert_eq!(words(&came), ["Entering BACKUP STATE (init)"]);
    let states: Vec<State> = rig.router.status().map(|status| status.state).collect();
    assert_eq!(states, [State::Backup, State::Master]);
    // One goes.
    let went = reload(&mut rig, vec![named("VI_2", 52)]);
    assert_eq!(
        words(&went),
        [
            "send 0",
            "sent 0 priority",
            "removing VIPs.",
            "want 0",
            "Stopped",
        ]
    );
    // All go: the sockets are closed, and a stop has nothing to wait for.
    assert_eq!(words(&reload(&mut rig, vec![])), ["Stopped", "unwatch 7"]);
    assert_eq!(
        words(&rig.input(Input::Stop { release: true })),
        ["stopped"]
    );
}

#[test]
fn a_stop_waits_for_what_a_reload_removed() {
    let mut rig = Rig::at(State::Master, config(100));
    rig.applies = false;
    reload(&mut rig, vec![]);
    assert!(rig.input(Input::Stop { release: true }).is_empty());
    let (instance, epoch) = (&config(1).key, rig.router.snapshot().epoch);
    let last = rig.input(Input::Applied { instance, epoch });
    assert_eq!(words(&last), ["Stopped", "stopped"]);
}

/// Found by the simulator: nobody's packet ends it, and no answer but the last.
#[test]
fn a_stop_that_takes_too_long_ends_by_its_timer() {
    let mut rig = Rig::at(State::Master, config(100));
    rig.applies = false;
    rig.input(Input::Stop { release: true });
    rig.now = rig.now + Duration::from_secs(20);
    assert!(rig.hears(PEER, 200).is_empty());
    assert_eq!(words(&rig.input(Input::Tick)), ["unwatch 7", "stopped"]);
}

#[test]
fn a_successor_goes_on_from_the_snapshot() {
    let mut rig = Rig::at(State::Master, config(100));
    rig.advance(Duration::from_millis(400));
    let state = rig.router.snapshot();
    for (silence, expected, first) in [
        (Duration::from_millis(500), State::Master, "send 100"),
        (
            Duration::from_millis(2_500),
            State::Backup,
            "Entering BACKUP STATE (init)",
        ),
    ] {
        let mut next = Rig::new(vec![config(100)]);
        next.now = rig.now + silence;
        next.router = holdfast_vrrp::Router::resume(&model(vec![config(100)]), &state, next.now);
        next.input(Input::Link(link(Some(OWN), true)));
        assert_eq!(words(&next.input(Input::Start))[0], first);
        assert_eq!(next.state(), expected);
        assert!(next.router.snapshot().epoch >= state.epoch);
    }
}

/// The addresses are there: a kernel, or a machine, that takes its time to say so is no reason to give them up. One that
/// was not there yet is worth a second, as ever.
#[test]
fn a_resumed_master_waits_longer_for_the_kernel() {
    for (before, serves) in [(Duration::from_secs(1), 9_900), (Duration::ZERO, 900)] {
        let mut rig = Rig::at(State::Backup, config(100));
        rig.applies = !before.is_zero();
        rig.advance(Duration::from_millis(3_610) + before);
        assert_eq!(rig.state(), State::Master);
        let mut next = Rig::new(vec![config(100)]);
        next.applies = false;
        next.now = rig.now;
        let state = rig.router.snapshot();
        next.router = holdfast_vrrp::Router::resume(&model(vec![config(100)]), &state, next.now);
        next.input(Input::Link(link(Some(OWN), true)));
        next.input(Input::Start);
        next.advance(Duration::from_millis(serves));
        assert_eq!(next.state(), State::Master, "{before:?}");
        next.advance(Duration::from_millis(200));
        assert_eq!(next.state(), State::Fault, "{before:?}");
    }
}

/// Somebody with a higher priority serves by now: the successor of a master never speaks.
#[test]
fn what_came_in_meanwhile_is_heard_before_a_successor_speaks() {
    let mut rig = Rig::at(State::Master, config(100));
    rig.advance(Duration::from_millis(400));
    let state = rig.router.snapshot();
    for (priority, ends) in [(200, State::Backup), (50, State::Master)] {
        let mut next = Rig::new(vec![config(100)]);
        next.now = rig.now + Duration::from_millis(100);
        next.router = holdfast_vrrp::Router::resume(&model(vec![config(100)]), &state, next.now);
        let mut said = next.input(Input::Link(link(Some(OWN), true)));
        said.extend(next.hears(PEER, priority));
        assert_eq!(next.state(), ends, "{priority}");
        said.extend(next.input(Input::Start));
        assert_eq!(next.state(), ends, "{priority}");
        let spoke = words(&said).iter().any(|word| word.starts_with("send"));
        assert_eq!(spoke, ends == State::Master, "{:?}", words(&said));
    }
}

/// A file that makes another router of it was read just before the end.
#[test]
fn another_router_does_not_go_on() {
    let state = {
        let mut rig = Rig::at(State::Master, config(100));
        rig.advance(Duration::from_millis(400));
        (rig.router.snapshot(), rig.now)
    };
    let mut other_group = config(100);
    other_group.wire.cast = holdfast_model::Cast::Group([224, 0, 0, 118].into());
    for (config, masters) in [(config(100), 1), (other_group, 0)] {
        let router = holdfast_vrrp::Router::resume(&model(vec![config]), &state.0, state.1);
        assert_eq!(router.masters().count(), masters);
    }
}

/// What a master owed when its process ended, and the file has lost since, is not announced.
#[test]
fn s10_a_resumed_master_announces_what_is_configured() {
    let mut rig = Rig::at(State::Master, config(100));
    rig.advance(Duration::from_secs(1));
    let state = rig.router.snapshot();
    assert!(state.instances[0].second_arp.is_some(), "a round is due");
    let mut less = config(100);
    less.addresses.truncate(1);
    let mut next = Rig::new(vec![less.clone()]);
    next.now = rig.now;
    next.router = holdfast_vrrp::Router::resume(&model(vec![less]), &state, next.now);
    next.input(Input::Link(link(Some(OWN), true)));
    next.input(Input::Start);
    let said = deeds(&next.advance(Duration::from_secs(10)));
    assert_eq!(count(&said, "announce 1x5"), 1);
    assert_eq!(count(&said, "announce 2x5"), 0);
}

/// The file has a shorter interval than when the process ended: nobody waits for the old one.
#[test]
fn a_resumed_backup_waits_no_longer_than_a_new_one() {
    let mut slow = config(100);
    slow.advert_interval = Centis::from_secs(4).unwrap();
    let mut rig = Rig::at(State::Backup, slow);
    rig.advance(Duration::from_millis(100));
    let state = rig.router.snapshot();
    let mut next = Rig::new(vec![config(100)]);
    next.now = rig.now;
    next.router = holdfast_vrrp::Router::resume(&model(vec![config(100)]), &state, next.now);
    next.input(Input::Link(link(Some(OWN), true)));
    next.input(Input::Start);
    next.advance(Duration::from_millis(3_600));
    assert_eq!(next.state(), State::Backup);
    next.advance(Duration::from_millis(20));
    assert_eq!(next.state(), State::Master);
}

/// What took an instance from MASTER to BACKUP is told when its addresses are out of the kernel: who
/// died before that has it asked for again.
#[test]
fn a_removal_that_nobody_answered_is_asked_for_again() {
    for answered in [false, true] {
        let mut rig = Rig::at(State::Master, config(100));
        let bytes = advert(PEER, 200).bytes();
        rig.router
            .handle(rig.now, Input::Datagram(datagram(&bytes)));
        assert_eq!(rig.state(), State::Backup);
        if answered {
            let epoch = rig.router.snapshot().instances[0].want.0;
            let instance = &config(100).key;
            rig.router
                .handle(rig.now, Input::Applied { instance, epoch });
        }
        let state = rig.router.snapshot();
        let mut next = Rig::new(vec![config(100)]);
        next.now = rig.now;
        next.router = holdfast_vrrp::Router::resume(&model(vec![config(100)]), &state, next.now);
        next.input(Input::Link(link(Some(OWN), true)));
        // the rig answers what is wanted
        let said = next.input(Input::Start);
        assert_eq!(next.state(), State::Backup);
        let wants = |action: &Action| match action {
            Action::Want {
                epoch, addresses, ..
            } => *epoch > state.epoch && addresses.is_empty(),
            _ => false,
        };
        let removed = |action: &Action| format!("{action:?}").contains("AddressesRemoved");
        assert_eq!(said.iter().any(wants), !answered, "{said:?}");
        assert_eq!(said.iter().any(removed), !answered, "{said:?}");
    }
}

/// Nobody kept its socket: a master may have spoken all the while.
#[test]
fn a_resumed_backup_that_could_not_hear_waits_as_long_as_a_new_one() {
    let mut rig = Rig::at(State::Backup, config(100));
    rig.advance(Duration::from_millis(100));
    let state = rig.router.snapshot();
    let ear = holdfast_vrrp::Ear::Link(7, holdfast_model::AddressFamily::V4);
    let other = holdfast_vrrp::Ear::Link(8, holdfast_model::AddressFamily::V4);
    for (unheard, ends) in [
        (None, State::Master),
        (Some(other), State::Master),
        (Some(ear), State::Backup),
    ] {
        let mut next = Rig::new(vec![config(100)]);
        next.now = rig.now + Duration::from_secs(10);
        next.router = holdfast_vrrp::Router::resume(&model(vec![config(100)]), &state, next.now);
        next.input(Input::Link(link(Some(OWN), true)));
        if let Some(ear) = unheard {
            next.input(Input::Unheard(ear));
        }
        next.input(Input::Start);
        next.advance(Duration::from_millis(1));
        assert_eq!(next.state(), ends, "{unheard:?}");
        next.advance(Duration::from_millis(3_600));
        assert_eq!(next.state(), ends, "{unheard:?}: as long as a new one");
        next.advance(Duration::from_millis(20));
        assert_eq!(next.state(), State::Master);
    }
}
