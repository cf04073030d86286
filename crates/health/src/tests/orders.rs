//! What an operator wants, beside what checks say.

use crate::testing::{Bench, model, real_key, server, with_sorry};
use crate::{Input, Pool};
use core::time::Duration;
use holdfast_model::{Given, Machine as _, Order, VirtualServer, Weight};

const W9: Order = Order::Weight(Weight::new(9).unwrap());

/// Gives real server 1 an order; what was said.
fn order(bench: &mut Bench, order: Option<Order>) -> String {
    lasting(bench, order, None)
}

fn lasting(bench: &mut Bench, order: Option<Order>, time: Option<Duration>) -> String {
    bench.said.clear();
    bench.dirty.clear();
    let until = time.map(|time| bench.now + time);
    let given = order.map(|order| Given { order, until });
    let real_server = &real_key(1, 1);
    bench.feed(Input::Order { real_server, given });
    assert!(!bench.dirty.is_empty(), "whoever orders wants it shown");
    bench.said.join(", ")
}

fn two() -> VirtualServer {
    server(1, &[5, 4], 5)
}

fn inhibit(mut server: VirtualServer) -> VirtualServer {
    server.real_servers[0].inhibit_on_failure = true;
    server
}

/// The server, its order, rows and words while its check passes, rows and words once it fails,
/// rows and words when it is enabled again, its check still failing.
type Case = (
    VirtualServer,
    Order,
    [&'static str; 2],
    [&'static str; 2],
    [&'static str; 2],
);

fn cases() -> [Case; 9] {
    [
        (
            two(),
            Order::Drain,
            ["1:0 2:4", "Drain 1, weight 1 5>0, lost 4"],
            ["2:4", "bad 1/0, -1"],
            ["2:4", "over 1"],
        ),
        (
            two(),
            Order::Disable,
            ["2:4", "Disable 1, -1, lost 4"],
            ["2:4", "bad 1/0"],
            ["2:4", "over 1"],
        ),
        (
            two(),
            W9,
            ["1:9 2:4", "Weight(Weight(9)) 1, weight 1 5>9"],
            ["2:4", "bad 1/0, -1, lost 4"],
            ["2:4", "over 1"],
        ),
        (
            inhibit(two()),
            Order::Drain,
            ["1:0 2:4", "Drain 1, weight 1 5>0, lost 4"],
            ["1:0 2:4", "bad 1/0, disable 1"],
            ["1:0 2:4", "over 1"],
        ),
        (
            inhibit(two()),
            Order::Disable,
            ["1:0 2:4", "Disable 1, disable 1, lost 4"],
            ["1:0 2:4", "bad 1/0"],
            ["1:0 2:4", "over 1"],
        ),
        (
            inhibit(two()),
            W9,
            ["1:9 2:4", "Weight(Weight(9)) 1, weight 1 5>9"],
            ["1:0 2:4", "bad 1/0, disable 1, lost 4"],
            ["1:0 2:4", "over 1"],
        ),
        (
            with_sorry(two()),
            Order::Drain,
            [
                "1:0 sorry:1",
                "Drain 1, weight 1 5>0, lost 4, sorry in, alive out",
            ],
            ["sorry:1", "bad 1/0, -1"],
            ["sorry:1", "over 1"],
        ),
        (
            with_sorry(two()),
            Order::Disable,
            ["sorry:1", "Disable 1, -1, lost 4, sorry in, alive out"],
            ["sorry:1", "bad 1/0"],
            ["sorry:1", "over 1"],
        ),
        (
            with_sorry(inhibit(two())),
            Order::Disable,
            [
                "1:0 sorry:1",
                "Disable 1, disable 1, lost 4, sorry in, alive out",
            ],
            ["1:0 sorry:1", "bad 1/0"],
            ["1:0 sorry:1", "over 1"],
        ),
    ]
}

#[test]
fn every_order_beside_a_check() {
    for (server, given, passing, failing, enabled) in cases() {
        let what = format!("{given:?} {server:?}");
        let mut bench = Bench::started(core::slice::from_ref(&server));
        bench.round(|_, _| true);
        let whole = bench.rows(1);
        let said = order(&mut bench, Some(given));
        assert_eq!([bench.rows(1).as_str(), &said], passing, "{what}");
        let said = bench.round(|real, _| real != 1).join(", ");
        assert_eq!([bench.rows(1).as_str(), &said], failing, "{what}");
        let said = order(&mut bench, None);
        assert_eq!([bench.rows(1).as_str(), &said], enabled, "{what}");
        bench.round(|_, _| true);
        assert_eq!(bench.rows(1), whole, "{what}");
    }
}

#[test]
fn a_check_that_comes_back_does_not_bring_back_what_is_disabled() {
    let mut bench = Bench::started(&[two()]);
    bench.round(|real, _| real != 1);
    assert_eq!(order(&mut bench, Some(Order::Disable)), "Disable 1");
    assert_eq!(bench.round(|_, _| true), ["good 1"]);
    assert_eq!(bench.rows(1), "2:4");
    assert_eq!(order(&mut bench, None), "over 1, +1, gained 9");
    assert_eq!(bench.rows(1), "1:5 2:4");
    // nothing to take back: the table is shown all the same
    assert_eq!(order(&mut bench, None), "");
}

#[test]
fn orders_outlast_reloads_and_processes_and_end_in_time() {
    let mut bench = Bench::started(&[two()]);
    bench.round(|_, _| true);
    lasting(&mut bench, Some(W9), Some(Duration::from_secs(60)));
    bench.reload(&[server(1, &[3, 4], 5)]);
    assert_eq!(bench.rows(1), "1:9 2:4");
    assert_eq!(bench.said, ["weight 1 5>3"], "the file's, which waits");
    let resumed = Pool::resume(&model(&[two()]), &bench.pool.snapshot());
    let mut next = Bench::new(resumed);
    next.now = bench.now;
    next.start(&model(&[two()]));
    assert_eq!(next.rows(1), "1:9 2:4");
    for bench in [&mut bench, &mut next] {
        bench.said.clear();
        let end = bench.now + Duration::from_secs(60);
        while bench.now < end {
            bench.round(|_, _| true);
        }
        assert!(bench.rows(1).ends_with(" 2:4") && !bench.rows(1).starts_with("1:9"));
    }
    // another order, and none, forget the first one's end
    lasting(&mut bench, Some(W9), Some(Duration::from_secs(20)));
    order(&mut bench, Some(Order::Drain));
    for _ in 0..4 {
        bench.round(|_, _| true);
    }
    assert_eq!(bench.rows(1), "1:0 2:4");
    // a server that is configured no more leaves its order behind
    bench.reload(&[server(1, &[], 1)]);
    bench.reload(&[two()]);
    assert_eq!(bench.rows(1), "1:5 2:4");
}

#[test]
fn an_end_wakes_the_pool_though_nothing_is_checked() {
    let mut bare = two();
    bare.real_servers
        .iter_mut()
        .for_each(|s| s.checkers.clear());
    let mut bench = Bench::started(&[bare]);
    assert_eq!(bench.pool.deadline(), None);
    lasting(
        &mut bench,
        Some(Order::Disable),
        Some(Duration::from_secs(5)),
    );
    assert_eq!(
        bench.pool.deadline(),
        Some(bench.now + Duration::from_secs(5))
    );
    bench.said.clear();
    bench.tick();
    assert_eq!(bench.said.join(", "), "over 1, +1, gained 9");
    assert_eq!(bench.pool.deadline(), None);
}

#[test]
fn who_is_not_there_gets_no_order() {
    let mut bench = Bench::started(&[two()]);
    bench.said.clear();
    let given = Some(Given {
        order: Order::Drain,
        until: Some(bench.now),
    });
    for real_server in [&real_key(1, 7), &real_key(2, 1)] {
        bench.feed(Input::Order { real_server, given });
    }
    assert_eq!(bench.said, Vec::<String>::new());
    assert_eq!(bench.rows(1), "1:5 2:4");
}
