//! `slow_start` beside checks, quorum and orders.

use crate::testing::{Bench, model, real_key, server};
use crate::{Input, Pool, PoolState};
use core::time::Duration;
use holdfast_model::{Given, Machine as _, Order, SlowStart, VirtualServer, Weight};

/// Two servers, the first of weight 10 in no hurry: half a minute.
fn slow() -> VirtualServer {
    let mut server = server(1, &[10, 4], 5);
    server.real_servers[0].slow_start = SlowStart::new(30);
    server
}

/// On by so many seconds, every check succeeding.
fn pass(bench: &mut Bench, seconds: u64) {
    let end = bench.now + Duration::from_secs(seconds);
    while let Some(due) = bench.pool.deadline().filter(|due| *due <= end) {
        bench.now = bench.now.max(due);
        bench.feed(Input::Tick);
        for check in bench.flying.clone().into_keys() {
            bench.verdict(check, true);
        }
    }
    bench.now = end;
}

fn back() -> Bench {
    let mut bench = Bench::started(&[slow()]);
    assert_eq!(bench.rows(1), "1:10 2:4", "the start is no return");
    bench.round(|real, _| real != 1);
    assert_eq!(bench.rows(1), "2:4");
    bench.round(|_, _| true);
    bench
}

#[test]
fn its_weight_grows_once_a_second_and_counts_in_full() {
    let mut bench = Bench::started(&[slow()]);
    bench.round(|real, _| real != 1);
    bench.said.clear();
    while bench.rows(1) == "2:4" {
        pass(&mut bench, 1);
    }
    assert_eq!(bench.rows(1), "1:1 2:4");
    assert_eq!(bench.said, ["good 1", "+1", "gained 14"]);
    bench.said.clear();
    let mut seen = Vec::new();
    for _ in 0..32 {
        bench.dirty.clear();
        let before = bench.rows(1);
        pass(&mut bench, 1);
        let moved = usize::from(bench.rows(1) != before);
        assert_eq!(bench.dirty.len(), moved, "only what moves is told");
        if moved > 0 {
            seen.push(bench.rows(1).replace(" 2:4", ""));
        }
    }
    let expected = [
        "1:2", "1:3", "1:4", "1:5", "1:6", "1:7", "1:8", "1:9", "1:10",
    ];
    assert_eq!(seen, expected);
    assert_eq!(bench.said, Vec::<String>::new(), "and nothing is said");
}

#[test]
fn failing_again_begins_again() {
    let mut bench = back();
    pass(&mut bench, 15);
    let half = bench.rows(1);
    bench.round(|real, _| real != 1);
    assert_eq!(bench.rows(1), "2:4");
    bench.round(|_, _| true);
    assert_ne!(bench.rows(1), half);
    pass(&mut bench, 40);
    assert_eq!(bench.rows(1), "1:10 2:4");
}

#[test]
fn an_operators_word_is_not_made_less() {
    let mut bench = back();
    let real_server = &real_key(1, 1);
    let order = |bench: &mut Bench, order: Option<Order>| {
        let given = order.map(|order| Given { order, until: None });
        bench.feed(Input::Order { real_server, given });
        bench.rows(1)
    };
    let nine = Order::Weight(Weight::new(9).unwrap());
    assert_eq!(order(&mut bench, Some(nine)), "1:9 2:4");
    assert_eq!(order(&mut bench, Some(Order::Disable)), "2:4");
    pass(&mut bench, 60);
    assert_eq!(order(&mut bench, None), "1:1 2:4", "enabled: it comes back");
    pass(&mut bench, 31);
    assert_eq!(bench.rows(1), "1:10 2:4");
}

#[test]
fn a_reload_without_slow_start_ends_it_and_one_with_it_goes_on() {
    let mut bench = back();
    pass(&mut bench, 6);
    let before = bench.rows(1);
    bench.reload(&[slow()]);
    assert_eq!(bench.rows(1), before);
    bench.reload(&[server(1, &[10, 4], 5)]);
    assert_eq!(bench.rows(1), "1:10 2:4");
}

/// A process that goes on for the one that ended, with what that one left.
fn follow(bench: &mut Bench, left: &PoolState, server: &VirtualServer) {
    let servers = [server.clone()];
    bench.pool = Pool::resume(&model(&servers), left);
    bench.flying.clear();
    bench.said.clear();
    bench.start(&model(&servers));
    assert_eq!(bench.said, Vec::<String>::new(), "nobody came back");
}

#[test]
fn who_follows_a_dead_process_goes_on_with_the_weight_where_it_was() {
    let mut bench = back();
    pass(&mut bench, 10);
    let (before, left) = (bench.rows(1), bench.pool.snapshot());
    assert_eq!((before.as_str(), left.ramps.len()), ("1:6 2:4", 1));
    let mut other = bench.clone();
    follow(&mut other, &left, &slow());
    assert_eq!(other.rows(1), before, "not even for a moment another one");
    for _ in 0..30 {
        pass(&mut bench, 1);
        pass(&mut other, 1);
        assert_eq!(other.rows(1), bench.rows(1));
    }
    assert_eq!(other.rows(1), "1:10 2:4");
    assert_eq!(other.pool.snapshot().ramps, []);
}

#[test]
fn a_weight_on_its_way_is_what_the_clock_and_the_file_say() {
    let mut bench = back();
    pass(&mut bench, 10);
    let left = bench.pool.snapshot();
    // (seconds later, slow_start, the rows at once after the first look)
    let [faster, none] = [SlowStart::new(15), SlowStart::NONE];
    for (later, slow_start, rows) in [
        (10, slow().real_servers[0].slow_start, "1:9 2:4"),
        (60, slow().real_servers[0].slow_start, "1:10 2:4"),
        (3, faster, "1:10 2:4"),
        (0, none, "1:10 2:4"),
    ] {
        let mut next = bench.clone();
        next.now = next.now + Duration::from_secs(later);
        let mut server = slow();
        server.real_servers[0].slow_start = slow_start;
        follow(&mut next, &left, &server);
        next.feed(Input::Tick);
        assert_eq!(next.rows(1), rows, "{later} s later, {slow_start:?}");
    }
    // of a time that has not come: nobody's
    let mut spoilt = left;
    spoilt.ramps[0].since = bench.now + Duration::from_secs(3600);
    follow(&mut bench, &spoilt, &slow());
    bench.feed(Input::Tick);
    assert_eq!(bench.rows(1), "1:10 2:4");
    assert_eq!(bench.pool.snapshot().ramps, []);
}
