//! What `holdfast why` is made of: all that bears on the state of an instance.
#![allow(clippy::unwrap_used, reason = "test code")]

mod support;

use core::time::Duration;
use holdfast_model::{
    GroupKey, IfName, Instance, InstanceKey, Level, Name, Notify, State, SyncGroup, Track,
    TrackKey, TrackKind, Vrid, VrrpModel,
};
use holdfast_vrrp::{Account, Effect, Input, Link, Router};
use std::collections::BTreeSet;
use support::*;

fn eth(number: u32) -> IfName {
    IfName::new(&format!("eth{number}")).unwrap()
}

fn device(number: u32, up: bool) -> Link {
    Link {
        name: eth(number),
        index: 7 + number,
        ..link(Some(OWN), up)
    }
}

fn named(name: &str, vrid: u8, priority: u8) -> Instance {
    let mut config = config(priority);
    config.key = InstanceKey(Name::from(name));
    config.vrid = Vrid::new(vrid).unwrap();
    config
}

fn account(rig: &Rig, name: &str) -> Account {
    let key = InstanceKey(Name::from(name));
    rig.router.account(&key).unwrap()
}

#[test]
fn nobody_has_no_account() {
    let rig = Rig::new(vec![config(100)]);
    let key = InstanceKey(Name::from("VI_2"));
    assert_eq!(rig.router.account(&key), None);
}

/// VIPs on three interfaces: of those that are up nothing is said.
#[test]
fn interfaces_that_are_missing_or_down() {
    let set = |numbers: &[u32]| -> BTreeSet<IfName> { numbers.iter().copied().map(eth).collect() };
    let mut config = config(100);
    config.addresses.push(vip(VIP));
    for (vip, number) in config.addresses.iter_mut().zip(0..) {
        vip.interface = eth(number);
    }
    let mut rig = Rig::new(vec![config]);
    rig.input(Input::Link(device(1, false)));
    let lacking = |rig: &Rig| {
        let account = account(rig, "VI");
        (account.missing, account.down)
    };
    assert_eq!(lacking(&rig), (set(&[2]), set(&[1])));
    rig.input(Input::Link(device(2, true)));
    rig.input(Input::Link(device(0, false)));
    assert_eq!(lacking(&rig), (set(&[]), set(&[0, 1])));
    rig.input(Input::LinkGone(7));
    assert_eq!(lacking(&rig), (set(&[0]), set(&[1])));
}

#[test]
fn what_is_watched_and_what_it_does() {
    let key = TrackKey::new(TrackKind::Script, Name::from("chk"));
    let mut config = config(100);
    let track = Track {
        key: key.clone(),
        weight: -20,
        reverse: false,
    };
    config.tracks.list = vec![track.clone()];
    let mut rig = Rig::new(vec![config]);
    for (level, effect) in [
        (Level::Up, Effect::Nothing),
        (Level::Down, Effect::Weight(-20)),
    ] {
        rig.input(Input::Level { key: &key, level });
        let watched = account(&rig, "VI").watched;
        assert_eq!(watched, [(track.clone(), level, effect)]);
    }
}

#[test]
fn times_of_a_backup() {
    let mut config = config(100);
    config.preempt_delay = Duration::from_secs(30);
    let mut rig = Rig::at(State::Backup, config.clone());
    let before = account(&rig, "VI");
    assert_eq!(before.takes_over, Some(rig.now + rig.down()));
    assert_eq!(before.preempts_from, None);
    assert!(before.preempts);
    rig.hears(PEER, 50);
    let after = account(&rig, "VI");
    let delay = rig.now + config.preempt_delay;
    assert_eq!(after.preempts_from, Some(delay));
    config.nopreempt = true;
    let master = Rig::at(State::Master, config);
    let account = account(&master, "VI");
    assert_eq!((account.takes_over, account.preempts), (None, false));
}

/// `A` and `B` are in a group, `C` and `D` in another, `E` in none.
#[test]
fn the_others_of_its_group() {
    let group = |name: &str, members: [&str; 2]| SyncGroup {
        key: GroupKey(Name::from(name)),
        members: members.map(|m| InstanceKey(Name::from(m))).to_vec(),
        notify: Notify::default(),
    };
    let mut b = named("B", 52, 100);
    b.interface = eth(1);
    b.addresses
        .iter_mut()
        .for_each(|vip| vip.interface = eth(1));
    let model = VrrpModel {
        instances: vec![
            named("A", 51, 100),
            b,
            named("C", 53, 100),
            named("D", 54, 100),
            named("E", 55, 100),
        ],
        groups: vec![group("G", ["A", "B"]), group("H", ["C", "D"])],
        ..VrrpModel::default()
    };
    let mut rig = Rig::new(Vec::new());
    rig.router = Router::new(&model);
    rig.input(Input::Link(device(0, true)));
    rig.input(Input::Link(device(1, false)));
    rig.input(Input::Start);
    // a fault that `A` has because of `B` is none of its own
    for (name, other) in [
        ("A", Some(("B", State::Fault, true))),
        ("B", Some(("A", State::Fault, false))),
        ("C", Some(("D", State::Backup, false))),
        ("D", Some(("C", State::Backup, false))),
        ("E", None),
    ] {
        let others = other.map(|(key, state, own)| (InstanceKey(Name::from(key)), state, own));
        let others: Vec<_> = others.into_iter().collect();
        assert_eq!(account(&rig, name).others, others, "{name}");
    }
}
