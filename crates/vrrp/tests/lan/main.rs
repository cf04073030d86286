//! Two or three routers on a small LAN in virtual time, driven by random scripts; the invariants
//! hold after every step.
#![allow(clippy::unwrap_used, reason = "test code")]

mod net;
#[path = "../support/mod.rs"]
mod support;

use core::time::Duration;
use holdfast_model::State;
use net::{Lan, Step};
use proptest::prelude::*;
use support::*;

fn step() -> impl Strategy<Value = Step> {
    prop_oneof![
        8 => (1u16..3_000).prop_map(Step::Wait),
        1 => (0usize..3).prop_map(Step::LinkDown),
        2 => (0usize..3).prop_map(Step::LinkUp),
        1 => (0usize..3, any::<bool>()).prop_map(|(node, on)| Step::Mute(node, on)),
        1 => (0usize..3).prop_map(Step::Restart),
        1 => (0usize..3, 1u8..255).prop_map(|(node, priority)| Step::Reload(node, priority)),
        1 => (0usize..3).prop_map(Step::LoseVip),
        2 => Just(Step::Junk),
        1 => (0usize..3, 0u16..900).prop_map(|(node, slow)| Step::SlowKernel(node, slow)),
    ]
}

fn lan_of(priorities: &[u8], nopreempt: bool) -> Lan {
    let make = |priority: &u8| {
        let mut config = config(*priority);
        config.nopreempt = nopreempt && *priority != 255;
        config
    };
    Lan::new(priorities.iter().map(make).collect())
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 2_000, ..ProptestConfig::default() })]

    // conforms: C14+ C14- C16- C32- C60-
    #[test]
    fn invariants_hold_and_the_lan_settles(
        priorities in prop::collection::vec(1u8..255, 2..=3),
        nopreempt in any::<bool>(),
        steps in prop::collection::vec(step(), 1..40),
    ) {
        let mut lan = lan_of(&priorities, nopreempt);
        for step in steps {
            lan.take(step);
        }
        lan.settle();
    }

    /// S5: while a master is heard, a backup with nopreempt stays one, however good it is.
    // conforms: C44+
    #[test]
    fn nopreempt_never_takes_over_from_a_living_master(
        priority in 2u8..255,
        waits in prop::collection::vec(1u64..3_000, 1..30),
    ) {
        let mut patient = config(priority);
        patient.nopreempt = true;
        let mut rig = Rig::at(State::Backup, patient);
        for wait in waits {
            rig.hears(PEER, 1);
            rig.advance(Duration::from_millis(wait));
            prop_assert_eq!(rig.state(), State::Backup);
        }
    }
}

// conforms: C49+
#[test]
fn an_owner_wins_and_two_masters_end_after_healing() {
    let mut lan = lan_of(&[255, 100, 90], false);
    lan.run(Duration::from_secs(10));
    assert_eq!(lan.masters(), [0]);
    lan.nodes[0].muted = true;
    lan.run(Duration::from_secs(10));
    assert_eq!(lan.masters(), [0, 1]);
    lan.nodes[0].muted = false;
    // The owner hears the other's next advert and answers it.
    lan.run(Duration::from_millis(1_005));
    assert_eq!(lan.masters(), [0]);
}

// conforms: C42+ C46+
#[test]
fn a_killed_master_is_replaced_within_the_down_interval() {
    let mut lan = lan_of(&[150, 100], false);
    lan.run(Duration::from_secs(10));
    assert_eq!(lan.masters(), [0]);
    lan.nodes[0].muted = true;
    lan.run(Duration::from_millis(3_609 + 5));
    assert!(lan.masters().contains(&1));
}
