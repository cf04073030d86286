//! What a reload and a restart keep.

use crate::testing::{Bench, model, server, service_key, tcp, timing, with_sorry};
use crate::{Input, Pool};
use core::slice::from_ref;
use core::time::Duration;
use holdfast_model::{Machine as _, Scheduler, VirtualServer, Weight};

fn weight(mut server: VirtualServer, real: usize, weight: u32) -> VirtualServer {
    server.real_servers[real].weight = Weight::new(weight).unwrap();
    server
}

#[test]
fn nothing_changed_nothing_done() {
    let config = [with_sorry(server(1, &[1, 1], 2)), server(2, &[1, 1], 1)];
    let mut bench = Bench::started(&config);
    bench.round(|real, _| real == 1);
    bench.tick();
    let before = (
        bench.pool.snapshot(),
        bench.pool.deadline(),
        bench.flying.len(),
    );
    bench.reload(&config);
    let after = (
        bench.pool.snapshot(),
        bench.pool.deadline(),
        bench.flying.len(),
    );
    assert_eq!(before, after);
    assert!(bench.dirty.is_empty() && bench.said.is_empty() && bench.cancelled.is_empty());
}

#[test]
fn only_what_changed_is_dirty() {
    let other = server(2, &[1, 1], 1);
    let base = server(1, &[1, 2], 1);
    let mut scheduler = base.clone();
    scheduler.scheduler = Scheduler::Sh;
    let mut patient = base.clone();
    patient.real_servers[0].checkers[0].timing = timing(5);
    let mut without = base.clone();
    without.real_servers.remove(0);
    let mut quorum = base.clone();
    quorum.quorum = 3;
    let cases = [
        (
            "weight",
            weight(base.clone(), 1, 7),
            true,
            "1:1 2:7",
            "weight 2 2>7",
        ),
        ("scheduler", scheduler, true, "1:1 2:2", ""),
        ("timing", patient, false, "1:1 2:2", ""),
        ("one out", without, true, "2:2", "gone 1, -1"),
        ("quorum", quorum, false, "1:1 2:2", ""),
        (
            "sorry server",
            with_sorry(base.clone()),
            false,
            "1:1 2:2",
            "",
        ),
        (
            "one in",
            server(1, &[1, 2, 3], 1),
            true,
            "1:1 2:2 3:3",
            "check 3",
        ),
    ];
    for (name, config, dirty, rows, said) in cases {
        let mut bench = Bench::started(&[base.clone(), other.clone()]);
        bench.round(|_, _| true);
        bench.reload(&[config, other.clone()]);
        let expected: Vec<_> = dirty.then(|| service_key(1)).into_iter().collect();
        assert_eq!(bench.dirty, expected, "{name}");
        assert_eq!(bench.rows(1), rows, "{name}");
        assert_eq!(bench.said.join(", "), said, "{name}");
    }
}

#[test]
fn commented_out_and_in_again_is_new() {
    let config = server(1, &[1, 1], 1);
    let mut without = config.clone();
    without.real_servers.remove(1);
    let mut bench = Bench::started(from_ref(&config));
    bench.round(|real, _| real == 1);
    assert_eq!(bench.rows(1), "1:1");
    bench.tick();
    bench.reload(&[without]);
    // it was out of the table: nothing to do there
    assert_eq!(
        (bench.dirty.len(), bench.said.join(", ")),
        (0, "gone 2".to_owned())
    );
    assert_eq!((bench.cancelled.len(), bench.flying.len()), (1, 1));
    bench.reload(&[config]);
    assert_eq!((bench.rows(1).as_str(), bench.dirty.len()), ("1:1 2:1", 1));
    let said = bench.round(|real, _| real == 1).join(", ");
    assert_eq!(said, "bad 2/0, -2");
}

#[test]
fn a_failed_server_at_weight_0_takes_its_row_along() {
    let mut config = server(1, &[1, 1], 1);
    config.real_servers[1].inhibit_on_failure = true;
    let mut without = config.clone();
    without.real_servers.remove(1);
    let mut bench = Bench::started(from_ref(&config));
    bench.round(|real, _| real == 1);
    assert_eq!(bench.rows(1), "1:1 2:0");
    bench.tick();
    bench.reload(&[without]);
    assert_eq!((bench.rows(1).as_str(), bench.dirty.len()), ("1:1", 1));
    assert_eq!(bench.said.join(", "), "gone 2, -(2)");
}

#[test]
fn a_late_answer_for_a_removed_check_is_nothing() {
    let config = server(1, &[1, 1], 1);
    let mut bench = Bench::started(from_ref(&config));
    bench.tick();
    let second = *bench.flying.keys().last().unwrap();
    let mut without = config.clone();
    without.real_servers.remove(1);
    bench.reload(&[without]);
    bench.reload(&[config]);
    bench.said.clear();
    bench.verdict(second, false);
    assert_eq!(bench.rows(1), "1:1 2:1");
    assert!(bench.said.is_empty());
    assert_eq!(bench.pool.in_flight(), 1);
}

#[test]
fn states_and_retries_stay_and_timing_is_taken_over() {
    let mut config = server(1, &[1, 1], 1);
    config.real_servers[0].checkers[0].timing = timing(2);
    let mut bench = Bench::started(from_ref(&config));
    bench.round(|real, _| real == 1);
    // the first failure of server 1: a retry in a second
    bench.tick();
    let first = *bench.flying.keys().next().unwrap();
    bench.verdict(first, false);
    let due = bench.pool.deadline();
    config.real_servers[0].checkers[0].timing = timing(1);
    bench.reload(&[config]);
    assert_eq!(bench.rows(1), "1:1");
    assert_eq!(bench.pool.deadline(), due);
    bench.tick();
    bench.verdict(first, false);
    assert_eq!(bench.rows(1), "");
    assert_eq!(bench.said.join(", "), "bad 1/1, -1, lost 0");
}

#[test]
fn another_question_starts_up() {
    let config = server(1, &[1, 1], 1);
    let mut bench = Bench::started(from_ref(&config));
    bench.round(|real, _| real == 1);
    let mut other = config;
    other.real_servers[1].checkers[0].probe = tcp(2, 3);
    bench.reload(&[other]);
    assert_eq!(bench.rows(1), "1:1 2:1");
    assert_eq!(bench.said.join(", "), "+2, check 2");
}

#[test]
fn quorum_is_judged_with_its_history() {
    let mut config = with_sorry(server(1, &[2, 2, 2], 4));
    config.hysteresis = 1;
    let mut bench = Bench::started(from_ref(&config));
    bench.round(|real, _| real != 1);
    assert_eq!(bench.rows(1), "2:2 3:2");
    // between quorum - hysteresis and quorum + hysteresis: as before
    config = weight(config, 1, 1);
    bench.reload(&[config.clone()]);
    assert_eq!(bench.rows(1), "2:1 3:2");
    config.quorum = 5;
    bench.reload(&[config.clone()]);
    assert_eq!(bench.rows(1), "sorry:1");
    assert_eq!(bench.said.join(", "), "lost 3, sorry in, alive out");
    config.quorum = 4;
    bench.reload(&[config.clone()]);
    assert_eq!(bench.rows(1), "sorry:1");
    config.quorum = 2;
    bench.reload(&[config.clone()]);
    assert_eq!(bench.said.join(", "), "gained 3, sorry out, alive in");
    config.quorum = 7;
    bench.reload(&[config.clone()]);
    config.sorry_server = None;
    bench.reload(&[config]);
    assert_eq!(bench.rows(1), "2:1 3:2");
    assert_eq!(bench.said.join(", "), "sorry out, alive in");
}

#[test]
fn a_service_that_goes_takes_its_checks_along() {
    let both = [server(1, &[1, 1], 1), server(2, &[1], 1)];
    let mut bench = Bench::started(&both);
    bench.tick();
    bench.reload(&both[1..]);
    assert_eq!(bench.dirty, [service_key(1)]);
    assert!(bench.pool.view(&service_key(1)).is_none());
    assert_eq!(bench.said.join(", "), "removed, -1, -2");
    assert_eq!((bench.flying.len(), bench.pool.in_flight()), (1, 1));
}

#[test]
fn a_successor_goes_on() {
    let config = [with_sorry(server(1, &[1, 1], 2)), server(2, &[1, 1], 1)];
    let mut bench = Bench::started(&config);
    bench.round(|real, _| real == 1);
    let state = bench.pool.snapshot();
    let mut next = Bench::new(Pool::resume(&model(&config), &state));
    next.now = bench.now + Duration::from_millis(300);
    next.start(&model(&config));
    assert_eq!(next.said.join(", "), "");
    assert_eq!(next.dirty, [service_key(1), service_key(2)]);
    assert_eq!((next.rows(1), next.rows(2)), (bench.rows(1), bench.rows(2)));
    assert_eq!(next.pool.snapshot(), state);
    assert_eq!(next.pool.deadline(), bench.pool.deadline());
    let mut foreign = state;
    foreign.version += 1;
    let mut fresh = Bench::new(Pool::resume(&model(&config), &foreign));
    fresh.feed(Input::Start {
        model: &model(&config),
        seed: 1,
    });
    assert_eq!(fresh.rows(1), "1:1 2:1");
}
