//! Who is in the table, and what is said, round by round.

use crate::testing::{Bench, real, server, timing, with_sorry};
use crate::{Input, Pool, Weigh};
use core::time::Duration;
use holdfast_model::{Checker, Machine as _, Manner, Micros, VirtualServer};

/// A round's living real servers, the rows after it, what it said.
type Round = (&'static [u8], &'static str, &'static str);

fn play(name: &str, servers: VirtualServer, rounds: &[Round]) {
    let mut bench = Bench::started(&[servers]);
    for (number, (alive, rows, said)) in rounds.iter().enumerate() {
        let heard = bench.round(|real, _| alive.contains(&real)).join(", ");
        assert_eq!(bench.rows(1), *rows, "{name}, round {number}");
        assert_eq!(heard, *said, "{name}, round {number}");
        assert_eq!(
            bench.dirty.is_empty(),
            !said.contains('-') && !said.contains('+') && !said.contains("able"),
            "{name}, round {number}"
        );
    }
}

#[test]
fn the_sorry_server_comes_with_the_loss_and_goes_with_the_gain() {
    play(
        "quorum 1",
        with_sorry(server(1, &[1, 2], 1)),
        &[
            (&[1, 2], "1:1 2:2", "good 1, good 2"),
            (&[2], "2:2", "bad 1/0, -1"),
            (&[], "sorry:1", "bad 2/0, -2, lost 0, sorry in, alive out"),
            (&[], "sorry:1", ""),
            (&[2], "2:2", "good 2, +2, gained 2, sorry out, alive in"),
            (&[1, 2], "1:1 2:2", "good 1, +1"),
        ],
    );
}

#[test]
fn the_living_wait_below_quorum_when_there_is_a_sorry_server() {
    let mut config = with_sorry(server(1, &[1, 2, 3], 4));
    config.hysteresis = 1;
    play(
        "quorum 4, hysteresis 1",
        config,
        &[
            (&[1, 2, 3], "1:1 2:2 3:3", "good 1, good 2, good 3"),
            (&[1, 2], "1:1 2:2", "bad 3/0, -3"),
            (&[2], "sorry:1", "bad 1/0, -1, lost 2, sorry in, alive out"),
            (&[1, 2], "sorry:1", "good 1, +1"),
            (
                &[1, 2, 3],
                "1:1 2:2 3:3",
                "good 3, +3, gained 6, sorry out, alive in",
            ),
        ],
    );
}

#[test]
fn without_a_sorry_server_the_living_stay() {
    play(
        "quorum 2",
        server(1, &[1, 1], 2),
        &[
            (&[1, 2], "1:1 2:1", "good 1, good 2"),
            (&[2], "2:1", "bad 1/0, -1, lost 1"),
            (&[], "", "bad 2/0, -2"),
            (&[1], "1:1", "good 1, +1"),
            (&[1, 2], "1:1 2:1", "good 2, +2, gained 2"),
        ],
    );
}

#[test]
fn inhibited_servers_stay_with_weight_0() {
    let mut config = with_sorry(server(1, &[1, 1], 2));
    for real in &mut config.real_servers {
        real.inhibit_on_failure = true;
    }
    play(
        "inhibit",
        config,
        &[
            (&[1, 2], "1:1 2:1", "good 1, good 2"),
            (
                &[2],
                "1:0 2:0 sorry:1",
                "bad 1/0, disable 1, lost 1, sorry in, alive out",
            ),
            (&[], "1:0 2:0 sorry:1", "bad 2/0, disable 2"),
            (&[1], "1:0 2:0 sorry:1", "good 1, enable 1"),
            (
                &[1, 2],
                "1:1 2:1",
                "good 2, enable 2, gained 2, sorry out, alive in",
            ),
        ],
    );
}

#[test]
fn everybody_is_in_before_the_first_check_and_out_at_its_failure() {
    let mut config = server(1, &[1, 1], 1);
    for real in &mut config.real_servers {
        real.checkers[0].timing = timing(3);
    }
    let mut bench = Bench::started(&[config]);
    assert_eq!(bench.rows(1), "1:1 2:1");
    assert_eq!(bench.said.join(", "), "added, gained 2, check 1, check 2");
    let start = bench.now;
    bench.tick();
    assert_eq!(bench.now.since(start), Duration::from_secs(1));
    let first = *bench.flying.keys().next().unwrap();
    bench.verdict(first, false);
    assert_eq!(bench.rows(1), "2:1");
    assert_eq!(bench.said.last().map(String::as_str), Some("-1"));
}

#[test]
fn first_checks_are_spread_over_the_warm_up_the_same_for_a_seed() {
    let mut config = server(1, &[1; 200], 1);
    for real in &mut config.real_servers {
        real.checkers[0].timing.warmup = Micros::from_secs(60);
    }
    let bench = Bench::started(core::slice::from_ref(&config));
    let due = |bench: &Bench| -> Vec<Duration> {
        let checks = bench.pool.checks();
        checks.map(|(_, _, due)| due.since(bench.now)).collect()
    };
    let dues = due(&bench);
    let (low, high) = (Duration::from_secs(1), Duration::from_secs(61));
    assert!(dues.iter().all(|due| (low..high).contains(due)));
    assert!(dues.iter().any(|due| *due < Duration::from_secs(6)));
    assert!(dues.iter().any(|due| *due > Duration::from_secs(56)));
    assert_eq!(dues, due(&Bench::started(&[config])));
}

#[test]
fn all_checks_of_a_real_server_must_pass() {
    let mut config = server(1, &[1, 1], 1);
    let mut second = real(1, 1, 1).checkers;
    second[0].probe = crate::testing::tcp(1, 5);
    // asking the same twice is asking once
    let again: Vec<Checker> = second.clone();
    config.real_servers[0].checkers.extend(second);
    config.real_servers[0].checkers.extend(again);
    let mut bench = Bench::started(&[config]);
    assert_eq!(bench.pool.checks().count(), 3);
    let rounds: [(&[u16], &str, usize); 5] = [
        (&[0, 5], "1:1 2:1", 0),
        (&[5], "2:1", 1),
        (&[], "2:1", 0),
        (&[0], "2:1", 0),
        (&[0, 5], "1:1 2:1", 1),
    ];
    for (alive, rows, dirty) in rounds {
        bench.round(|real, check| real == 2 || alive.contains(&check));
        assert_eq!(bench.rows(1), rows, "{alive:?}");
        assert_eq!(bench.dirty.len(), dirty, "{alive:?}");
    }
}

#[test]
fn a_server_without_checks_is_up() {
    let mut config = server(1, &[3], 1);
    config.real_servers[0].checkers.clear();
    let bench = Bench::started(&[config]);
    assert_eq!(bench.rows(1), "1:3");
    assert_eq!(bench.pool.deadline(), None);
}

#[test]
fn too_many_probes_wait_in_the_order_they_were_due() {
    let mut bench = Bench::new(Pool::with_limit(2));
    bench.start(&crate::testing::model(&[server(1, &[1; 5], 1)]));
    bench.tick();
    assert_eq!(bench.flying.len(), 2);
    assert_eq!(bench.pool.deadline(), None);
    let mut asked = Vec::new();
    for _ in 0..5 {
        let flying: Vec<_> = bench.flying.keys().copied().collect();
        for check in flying {
            asked.push(check.0);
            bench.verdict(check, true);
        }
        bench.tick();
        assert!((1..=2).contains(&bench.flying.len()));
    }
    assert_eq!(asked[..5], [0, 1, 2, 3, 4]);
}

#[test]
fn a_stop_ends_all_probes_and_leaves_the_rows() {
    let mut bench = Bench::started(&[server(1, &[1, 1], 1)]);
    bench.tick();
    bench.feed(Input::Stop);
    assert!(bench.flying.is_empty());
    assert_eq!(bench.cancelled.len(), 2);
    assert_eq!((bench.pool.in_flight(), bench.pool.deadline()), (0, None));
    assert_eq!(bench.rows(1), "1:1 2:1");
}

#[test]
fn verdicts_nobody_asked_for_are_nothing() {
    let mut bench = Bench::started(&[server(1, &[1], 1)]);
    bench.said.clear();
    let check = crate::CheckId(0);
    bench.verdict(check, false);
    bench.verdict(crate::CheckId(77), false);
    bench.tick();
    bench.verdict(check, true);
    bench.verdict(check, false);
    assert_eq!(bench.said.join(", "), "good 1");
    assert_eq!(bench.pool.in_flight(), 0);
}

fn alpha(mut server: VirtualServer) -> VirtualServer {
    for checker in server
        .real_servers
        .iter_mut()
        .flat_map(|real| &mut real.checkers)
    {
        checker.manner.alpha = true;
    }
    server
}

#[test]
fn alpha_waits_for_the_first_success() {
    let bench = Bench::started(&[alpha(with_sorry(server(1, &[1, 2], 1)))]);
    assert_eq!(bench.rows(1), "sorry:1");
    assert_eq!(
        bench.said.join(", "),
        "added, sorry in, alive out, check 1, check 2"
    );
    play(
        "alpha",
        alpha(with_sorry(server(1, &[1, 2], 1))),
        &[
            (&[], "sorry:1", "not yet 1, not yet 2"),
            (&[], "sorry:1", ""),
            (&[2], "2:2", "good 2, +2, gained 2, sorry out, alive in"),
            (&[1, 2], "1:1 2:2", "good 1, +1"),
            (&[2], "2:2", "bad 1/0, -1"),
        ],
    );
}

#[test]
fn alpha_stands_with_weight_0_where_failures_do() {
    let mut config = alpha(server(1, &[1, 2], 1));
    for real in &mut config.real_servers {
        real.inhibit_on_failure = true;
    }
    let bench = Bench::started(&[config.clone()]);
    assert_eq!(bench.rows(1), "1:0 2:0");
    play(
        "alpha, inhibit",
        config,
        &[(&[2], "1:0 2:2", "not yet 1, good 2, enable 2, gained 2")],
    );
}

#[test]
fn a_new_alpha_check_takes_a_running_server_out_until_it_succeeds() {
    let plain = server(1, &[1, 1], 1);
    let mut bench = Bench::started(std::slice::from_ref(&plain));
    bench.round(|_, _| true);
    let mut more = plain;
    let mut second = more.real_servers[0].checkers[0].clone();
    second.probe = crate::testing::tcp(1, 1);
    second.manner.alpha = true;
    more.real_servers[0].checkers.push(second);
    bench.reload(&[more]);
    assert_eq!(bench.rows(1), "2:1");
    assert_eq!(bench.said.join(", "), "-1, check 1");
    bench.round(|_, _| true);
    assert_eq!(bench.rows(1), "1:1 2:1");
}

#[test]
fn forgiven_failures_are_told_of_on_request() {
    for (log_all, expected) in [(false, ""), (true, "forgiven 1")] {
        let mut config = server(1, &[1], 1);
        let checker = &mut config.real_servers[0].checkers[0];
        checker.timing = timing(2);
        checker.manner = Manner {
            log_all,
            ..Manner::default()
        };
        let mut bench = Bench::started(&[config]);
        bench.round(|_, _| true);
        bench.said.clear();
        bench.tick();
        let check = *bench.flying.keys().next().unwrap();
        bench.verdict(check, false);
        assert_eq!(bench.said.join(", "), expected);
    }
}

#[test]
fn a_checks_weight_counts_for_table_and_quorum_and_stays_across_a_reload() {
    let config = server(1, &[5, 5], 6);
    let mut bench = Bench::started(std::slice::from_ref(&config));
    bench.tick();
    let check = *bench.flying.keys().next().unwrap();
    bench.said.clear();
    let weigh = Weigh::Is(0);
    bench.feed(Input::Weigh { check, weigh });
    assert_eq!(bench.said.join(", "), "weight 1 5>0, lost 5");
    assert_eq!(bench.rows(1), "1:0 2:5");
    bench.said.clear();
    bench.feed(Input::Weigh { check, weigh });
    assert!(bench.said.is_empty(), "nothing new");
    bench.reload(std::slice::from_ref(&config));
    assert_eq!((bench.rows(1).as_str(), bench.dirty.len()), ("1:0 2:5", 0));
    let mut next = Bench::new(Pool::resume(
        &crate::testing::model(std::slice::from_ref(&config)),
        &bench.pool.snapshot(),
    ));
    next.start(&crate::testing::model(&[config]));
    assert_eq!(next.rows(1), "1:0 2:5");
    bench.feed(Input::Weigh {
        check,
        weigh: Weigh::Own,
    });
    assert_eq!(bench.rows(1), "1:5 2:5");
}

#[test]
fn nobody_is_asked_while_the_address_is_elsewhere() {
    let mut wanted = crate::testing::model(&[server(1, &[1], 1), server(2, &[1], 1)]);
    wanted.suspends = vec![crate::testing::service_key(1)];
    let mut bench = Bench::new(Pool::new());
    bench.start(&wanted);
    assert_eq!(
        bench.said.join(", "),
        "added, gained 1, added, gained 1, check 1",
        "only the other's"
    );
    // down, were it asked
    let asked = |bench: &mut Bench| bench.round(|_, _| false).len();
    bench.round(|_, _| true);
    assert_eq!((asked(&mut bench), bench.rows(1).as_str()), (3, "1:1"));
    let here = std::collections::BTreeSet::from(["10.0.1.1".parse().unwrap()]);
    bench.said.clear();
    bench.feed(Input::Addresses(&here));
    assert_eq!(bench.said.join(", "), "check 1");
    bench.round(|_, _| false);
    assert_eq!(bench.rows(1), "", "asked, and down");
    bench.said.clear();
    bench.feed(Input::Addresses(&std::collections::BTreeSet::new()));
    assert_eq!(bench.said.join(", "), "suspended 1");
    bench.round(|_, _| true);
    assert_eq!(bench.rows(1), "", "what was known stays");
    bench.feed(Input::Addresses(&here));
    bench.round(|_, _| true);
    assert_eq!(bench.rows(1), "1:1");
}
