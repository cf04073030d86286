//! A sync group whose master hears a weaker one.
#![allow(clippy::unwrap_used, reason = "test code")]

mod support;

use core::time::Duration;
use holdfast_model::{GroupKey, InstanceKey, Name, State, SyncGroup, Vrid};
use holdfast_vrrp::{Input, Router};
use support::*;

/// Its rival's group has given way as a whole, though one of it alone has spoken.
#[test]
fn a_member_that_insists_announces_the_addresses_of_all() {
    let mut other = config(200);
    other.key = InstanceKey(Name::from("VI_2"));
    other.vrid = Vrid::new(52).unwrap();
    let mut whole = model(vec![config(200), other]);
    whole.groups = vec![SyncGroup {
        notify: holdfast_model::Notify::default(),
        key: GroupKey(Name::from("G")),
        members: whole.instances.iter().map(|i| i.key.clone()).collect(),
    }];
    let mut rig = Rig::new(Vec::new());
    rig.router = Router::new(&whole);
    rig.input(Input::Link(link(Some(OWN), true)));
    rig.input(Input::Start);
    rig.advance(Duration::from_secs(15));
    assert!(rig.router.status().all(|one| one.state == State::Master));
    let actions = deeds(&rig.hears(PEER, 100));
    assert_eq!(actions, ["send 200", "announce 2x5", "announce 2x5"]);
    let again = words(&rig.advance(Duration::from_secs(6)));
    assert_eq!(count(&again, "announce 2x5"), 2);
    // nobody makes it announce more often than it answers
    let mut all = Vec::new();
    for _ in 0..50 {
        all.extend(deeds(&rig.hears(PEER, 100)));
    }
    assert_eq!(count(&all, "announce 2x5"), 20);
}
