//! What an edit changes in an instance that goes on, and what it leaves alone.
#![allow(clippy::unwrap_used, reason = "test code")]

mod support;

use core::time::Duration;
use holdfast_model::event::Kind;
use holdfast_model::route::{Route, Rule, RuleAction};
use holdfast_model::{AddressFamily, Instance, State};
use holdfast_vrrp::{Action, Input, removing};
use support::*;

fn reload(rig: &mut Rig, config: Instance) -> Vec<Action> {
    rig.input(Input::Reconfigure(&model(vec![config])))
}

/// Before its start there is nobody who could have known the old one.
#[test]
fn a_new_priority_is_told_of_by_who_runs() {
    for (state, told) in [
        (State::Init, &[] as &[&str]),
        (State::Backup, &["PriorityChanged"]),
        (State::Master, &["PriorityChanged", "send 150"]),
        (State::Fault, &["PriorityChanged"]),
    ] {
        let mut rig = Rig::at(state, config(100));
        assert_eq!(words(&reload(&mut rig, config(150))), told, "{state}");
        assert_eq!(rig.status().priority, 150, "{state}");
    }
}

#[test]
fn another_edit_says_nothing_of_the_priority() {
    let mut patient = config(100);
    patient.nopreempt = true;
    for (state, told) in [
        (State::Init, &[] as &[&str]),
        (State::Backup, &[]),
        (State::Master, &["send 100"]),
        (State::Fault, &[]),
    ] {
        let mut rig = Rig::at(state, config(100));
        let said = words(&reload(&mut rig, patient.clone()));
        assert_eq!(said, told, "{state}");
    }
}

/// It has just spoken: the next advert comes one interval later.
#[test]
fn the_beat_of_a_master_begins_with_the_advert_that_tells_of_the_edit() {
    let mut rig = Rig::at(State::Master, config(100));
    rig.advance(Duration::from_millis(300));
    reload(&mut rig, config(150));
    assert_eq!(rig.next_advert(), A);
    let quiet = rig.advance(Duration::from_millis(999));
    assert_eq!(count(&deeds(&quiet), "send 150"), 0);
    let next = rig.advance(Duration::from_millis(1));
    assert_eq!(count(&deeds(&next), "send 150"), 1);
}

fn route() -> Route {
    Route::to(([10, 9, 0, 0].into(), 16))
}

/// Routes, rules, what nobody may reach, the lease: the kernel hears of each alone.
#[test]
fn what_is_edited_in_the_kernel_is_asked_for_anew() {
    type Edit = fn(&mut Instance);
    let edits: [(&str, Edit, &[&str]); 5] = [
        ("nothing of it", |c| c.nopreempt = true, &["send 100"]),
        (
            "address",
            |c| c.addresses.truncate(1),
            &["send 100", "want 1"],
        ),
        (
            "route",
            |c| c.objects.routes = vec![route()],
            &["send 100", "want 2"],
        ),
        (
            "no_accept",
            |c| c.objects.refuses = true,
            &["send 100", "want 2"],
        ),
        (
            "vip_lease",
            |c| c.wire.habits.lease = Some(Duration::from_secs(3)),
            &["send 100", "want 2"],
        ),
    ];
    for (what, edit, done) in edits {
        let mut rig = Rig::at(State::Master, config(100));
        rig.advance(Duration::from_secs(10));
        let mut edited = config(100);
        edit(&mut edited);
        assert_eq!(deeds(&reload(&mut rig, edited)), done, "{what}");
    }
}

/// What needs the addresses goes before them, and who lets nobody in does so until they are gone.
#[test]
fn all_goes_in_keepalived_s_order() {
    let mut rich = config(100);
    rich.objects.excluded = vec![vip([10, 0, 0, 103].into())];
    rich.objects.routes = vec![route()];
    rich.objects.rules = vec![Rule::all(AddressFamily::V4, 100, RuleAction::Nop)];
    rich.objects.refuses = true;
    let order = [
        format!("removing {}", Kind::Rules),
        format!("removing {}", Kind::Routes),
        "removing VIPs.".to_owned(),
        format!("removing {}", Kind::Excluded),
        format!("removing {}", Kind::Firewall),
    ];
    let mut rig = Rig::at(State::Master, rich.clone());
    let said = words(&rig.hears(PEER, 200));
    let removed: Vec<_> = said
        .iter()
        .filter(|word| word.starts_with("removing"))
        .collect();
    assert_eq!(removed, order.each_ref());
    assert_eq!(removing(&config(100)).len(), 1, "addresses alone");
}
