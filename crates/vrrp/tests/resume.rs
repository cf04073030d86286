//! What a successor goes on with: of a snapshot, or of a list of masters.
#![allow(clippy::unwrap_used, reason = "test code")]

mod support;

use core::time::Duration;
use holdfast_model::{Instance, InstanceKey, Mono, State};
use holdfast_vrrp::{Action, Input, Router};
use std::collections::BTreeSet;
use support::*;

/// Begins as a successor, which knows its link, at that moment.
fn begins(router: Router, now: Mono) -> (Rig, Vec<Action>) {
    let mut rig = Rig::new(Vec::new());
    (rig.router, rig.now) = (router, now);
    rig.input(Input::Link(link(Some(OWN), true)));
    let said = rig.input(Input::Start);
    (rig, said)
}

fn resumed(before: &Rig, config: Instance, pause: Duration) -> (Rig, Vec<Action>) {
    let now = before.now + pause;
    let state = before.router.snapshot();
    begins(Router::resume(&model(vec![config]), &state, now), now)
}

/// A backup waits for three intervals and its skew; the advert of a successor needs time to be heard.
#[test]
fn a_master_that_was_silent_for_two_of_three_intervals_begins_anew() {
    let mut before = Rig::at(State::Backup, config(100));
    before.advance(before.down());
    assert_eq!(before.state(), State::Master);
    for (silent, state) in [(1_999, State::Master), (2_000, State::Backup)] {
        let silent = Duration::from_millis(silent);
        let (next, _) = resumed(&before, config(100), silent);
        assert_eq!(next.state(), state, "{silent:?}");
    }
}

#[test]
fn a_resumed_master_speaks_at_once_and_then_every_interval() {
    let before = Rig::at(State::Master, config(100));
    let (mut next, said) = resumed(&before, config(100), Duration::from_millis(100));
    assert_eq!(deeds(&said), ["send 100", "want 2"]);
    assert_eq!(next.next_advert(), A);
    for _ in 0..5 {
        let quiet = next.advance(Duration::from_millis(999));
        assert_eq!(count(&deeds(&quiet), "send 100"), 0);
        let beat = next.advance(Duration::from_millis(1));
        assert_eq!(count(&deeds(&beat), "send 100"), 1);
    }
}

/// Its sockets were kept and are read before it begins: where nobody spoke, nobody else serves.
#[test]
fn a_successor_that_takes_long_to_begin_goes_on_if_nobody_spoke() {
    let before = Rig::at(State::Master, config(100));
    for (heard, state) in [(None, State::Master), (Some(50), State::Backup)] {
        let mut next = Rig::new(Vec::new());
        let saved = before.router.snapshot();
        next.router = Router::resume(&model(vec![config(100)]), &saved, before.now);
        next.now = before.now + Duration::from_secs(5);
        next.input(Input::Link(link(Some(OWN), true)));
        if let Some(priority) = heard {
            next.hears(PEER, priority);
        }
        next.input(Input::Start);
        assert_eq!(next.state(), state, "{heard:?}");
    }
}

/// Another program was master, and knows when it last refreshed: its successor begins to count.
#[test]
fn an_adopted_master_refreshes_gratuitous_arp_from_then_on() {
    let masters: BTreeSet<InstanceKey> = [config(100).key].into();
    for (refresh, rounds) in [(30, [0, 1, 1]), (0, [0, 0, 0])] {
        let mut config = config(100);
        config.garp.refresh = Duration::from_secs(refresh);
        config.garp.refresh_repeat = 3;
        let now = Mono::from_secs(1_000);
        let router = Router::adopt(&model(vec![config]), &masters, now);
        let (mut rig, said) = begins(router, now + Duration::from_millis(1));
        assert_eq!(deeds(&said), ["send 100", "want 2"]);
        assert_eq!(rig.state(), State::Master);
        let seen = [29, 1, 30].map(|seconds| {
            let said = deeds(&rig.advance(Duration::from_secs(seconds)));
            said.iter()
                .filter(|deed| deed.starts_with("announce"))
                .count()
        });
        assert_eq!(seen, rounds, "{refresh}");
    }
}

#[test]
fn nobody_else_is_adopted() {
    let now = Mono::from_secs(1_000);
    let (rig, said) = begins(
        Router::adopt(&model(vec![config(100)]), &BTreeSet::new(), now),
        now,
    );
    assert_eq!(rig.state(), State::Backup);
    assert!(deeds(&said).iter().all(|deed| deed.starts_with("watch")));
}
