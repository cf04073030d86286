//! When gratuitous ARP is sent, and for which addresses.
#![allow(clippy::unwrap_used, reason = "test code")]

mod support;

use core::time::Duration;
use holdfast_model::{Instance, State};
use holdfast_vrrp::{Action, Input};
use support::*;

const fn seconds(number: u64) -> Duration {
    Duration::from_secs(number)
}

/// Master since this very moment, and announced once.
fn master(config: Instance) -> Rig {
    let mut rig = Rig::at(State::Backup, config);
    let announced = deeds(&rig.advance(rig.down()));
    assert_eq!(rig.state(), State::Master);
    assert_eq!(count(&announced, "announce 2x5"), 1);
    rig
}

fn reload(rig: &mut Rig, config: Instance) -> Vec<Action> {
    rig.input(Input::Reconfigure(&model(vec![config])))
}

/// The rounds of the next `time`, and after how many milliseconds they come.
fn rounds(rig: &mut Rig, time: Duration) -> Vec<(u128, String)> {
    let (from, mut all) = (rig.now, Vec::new());
    while let Some(due) = rig.router.deadline().filter(|due| *due <= from + time) {
        rig.now = due;
        let round = deeds(&rig.input(Input::Tick));
        let round = round
            .into_iter()
            .filter(|deed| deed.starts_with("announce"));
        all.extend(round.map(|round| (due.since(from).as_millis(), round)));
    }
    rig.now = from + time;
    all
}

fn round(after: u128, addresses: usize, frames: u16) -> (u128, String) {
    (after, format!("announce {addresses}x{frames}"))
}

/// `garp_lower_prio_delay` and `garp_lower_prio_repeat`: whoever believed somebody weaker learns better twice.
#[test]
fn somebody_weaker_costs_two_rounds() {
    let at_once = ["send 100", "announce 2x4"].as_slice();
    for (delay, repeat, first, later) in [
        (2, 4, at_once, vec![round(2_000, 2, 4)]),
        (0, 4, at_once, vec![]),
        (2, 0, &["send 100"], vec![]),
    ] {
        let mut config = config(100);
        config.garp.delay = Duration::ZERO;
        config.garp.lower_prio_delay = seconds(delay);
        config.garp.lower_prio_repeat = repeat;
        let mut rig = master(config);
        rig.advance(seconds(10));
        assert_eq!(deeds(&rig.hears(PEER, 1)), first, "{delay} {repeat}");
        assert_eq!(rounds(&mut rig, seconds(10)), later, "{delay} {repeat}");
    }
}

#[test]
fn somebody_weaker_who_costs_no_round_leaves_the_second_one_of_the_takeover() {
    for (delay, repeat) in [(2, 0), (0, 0)] {
        let mut config = config(100);
        config.garp.lower_prio_delay = seconds(delay);
        config.garp.lower_prio_repeat = repeat;
        let mut rig = master(config);
        rig.advance(seconds(1));
        assert_eq!(deeds(&rig.hears(PEER, 1)), ["send 100"]);
        assert_eq!(rounds(&mut rig, seconds(10)), [round(4_000, 2, 5)]);
    }
}

/// `garp_master_refresh`: an interval that is as it was runs on, a new one begins with the reload.
#[test]
fn a_reload_moves_the_refresh_only_where_that_is_edited() {
    for (before, after, due) in [
        (60, 60, vec![round(40_000, 2, 1)]),
        (60, 30, vec![round(30_000, 2, 1), round(60_000, 2, 1)]),
        (60, 0, vec![]),
        (0, 30, vec![round(30_000, 2, 1), round(60_000, 2, 1)]),
    ] {
        let mut config = config(100);
        config.garp.delay = Duration::ZERO;
        config.garp.refresh = seconds(before);
        let mut rig = master(config.clone());
        rig.advance(seconds(20));
        config.garp.refresh = seconds(after);
        config.nopreempt = true;
        assert_eq!(deeds(&reload(&mut rig, config)), ["send 100"]);
        assert_eq!(rounds(&mut rig, seconds(65)), due, "{before} {after}");
    }
}

/// It is another's by now, perhaps. What stays has its second round when that was due.
#[test]
fn s10_an_address_that_is_taken_out_is_not_announced_again() {
    let mut rig = master(config(100));
    rig.advance(seconds(1));
    let mut less = config(100);
    less.addresses.truncate(1);
    assert_eq!(deeds(&reload(&mut rig, less)), ["send 100", "want 1"]);
    assert_eq!(rounds(&mut rig, seconds(20)), [round(4_000, 1, 5)]);
}

#[test]
fn an_address_that_is_added_has_two_rounds_as_well() {
    let mut rig = master(config(100));
    rig.advance(seconds(10));
    let mut more = config(100);
    more.addresses.push(vip([10, 0, 0, 102].into()));
    let added = deeds(&reload(&mut rig, more));
    assert_eq!(added, ["send 100", "want 3", "announce 1x5"]);
    assert_eq!(rounds(&mut rig, seconds(20)), [round(5_000, 1, 5)]);
}

/// What is announced then might not be there.
#[test]
fn a_round_that_is_due_while_the_kernel_is_changed_waits_for_it() {
    let mut rig = master(config(100));
    rig.advance(Duration::from_millis(4_500));
    rig.applies = false;
    let mut more = config(100);
    more.addresses.push(vip([10, 0, 0, 102].into()));
    reload(&mut rig, more);
    assert_eq!(rounds(&mut rig, Duration::from_millis(600)), []);
    let (instance, epoch) = (&config(100).key, rig.snapshot().want.0);
    let applied = rig.input(Input::Applied { instance, epoch });
    assert_eq!(deeds(&applied), ["announce 3x5"]);
}
