//! What an instance counts.
#![allow(clippy::unwrap_used, reason = "test code")]

mod support;

use core::time::Duration;
use holdfast_model::{GroupKey, InstanceKey, Name, OnLoss, State, SyncGroup, Vrid, VrrpModel};
use holdfast_vrrp::{Input, Router, Stats};
use support::*;

fn stats(rig: &Rig) -> &Stats {
    rig.router.stats(&config(100).key).unwrap()
}

#[test]
fn a_life_in_numbers() {
    let mut rig = Rig::at(State::Backup, config(100));
    for _ in 0..3 {
        rig.hears(HIGH_PEER, 200);
    }
    assert_eq!(stats(&rig).adverts_received, 3);
    assert_eq!(stats(&rig).adverts_sent, 0);
    rig.hears(HIGH_PEER, 0);
    rig.hears(HIGH_PEER, 0);
    assert_eq!(stats(&rig).priority_zero_received, 2);
    for times in 1..=3 {
        // one at the beginning, and one a second
        let before = stats(&rig).adverts_sent;
        rig.advance(rig.down() + A * 2);
        assert_eq!(stats(&rig).adverts_sent, before + 3);
        assert_eq!(stats(&rig).became_master, times);
        rig.hears(HIGH_PEER, 200);
        assert_eq!(stats(&rig).released_master, times);
    }
    rig.advance(Duration::from_secs(5));
    rig.input(Input::Stop { release: true });
    assert_eq!(stats(&rig).released_master, 4);
    assert_eq!(stats(&rig).priority_zero_sent, 1);
}

/// Each way out of MASTER counts once.
#[test]
fn every_master_that_goes_is_counted() {
    type End = fn(&mut Rig);
    let ends: [(&str, End); 5] = [
        ("somebody better", |rig| drop(rig.hears(PEER, 200))),
        ("a fault", |rig| {
            rig.input(Input::Link(link(Some(OWN), false)));
        }),
        ("a lost address", |rig| {
            let (instance, address) = (&config(100).key, &vip(VIP));
            rig.input(Input::Lost { instance, address });
        }),
        ("a standstill", |rig| {
            drop(rig.sleep(Duration::from_secs(60)))
        }),
        ("a stop", |rig| {
            rig.input(Input::Stop { release: true });
        }),
    ];
    for (name, end) in ends {
        let mut config = config(100);
        config.wire.habits.on_loss = OnLoss::Backup;
        let mut rig = Rig::at(State::Master, config);
        assert_eq!(stats(&rig).released_master, 0, "{name}");
        end(&mut rig);
        assert_ne!(rig.state(), State::Master, "{name}");
        assert_eq!(stats(&rig).released_master, 1, "{name}");
    }
}

/// Whoever goes because another of its sync group does is counted as well.
#[test]
fn a_whole_group_that_gives_way_is_counted() {
    let mut second = config(100);
    second.key = InstanceKey(Name::from("VI_2"));
    second.vrid = Vrid::new(52).unwrap();
    let keys = [config(100).key, second.key.clone()];
    let model = VrrpModel {
        instances: vec![config(100), second],
        groups: vec![SyncGroup {
            notify: holdfast_model::Notify::default(),
            key: GroupKey(Name::from("G")),
            members: keys.to_vec(),
        }],
        ..VrrpModel::default()
    };
    let mut rig = Rig::new(Vec::new());
    rig.router = Router::new(&model);
    rig.input(Input::Link(link(Some(OWN), true)));
    rig.input(Input::Start);
    rig.advance(Duration::from_secs(5));
    rig.hears(PEER, 200);
    for key in &keys {
        let stats = rig.router.stats(key).unwrap();
        assert_eq!((stats.became_master, stats.released_master), (1, 1));
    }
}

#[test]
fn a_master_counts_who_resigns_beside_it() {
    let mut rig = Rig::at(State::Master, config(100));
    rig.hears(PEER, 0);
    assert_eq!(stats(&rig).priority_zero_received, 1);
    rig.hears(PEER, 0);
    assert_eq!(stats(&rig).priority_zero_received, 2);
    assert_eq!(rig.state(), State::Master);
}
