//! What an instance counts.
#![allow(clippy::unwrap_used, reason = "test code")]

mod support;

use core::time::Duration;
use holdfast_model::State;
use holdfast_vrrp::{Input, Stats};
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
