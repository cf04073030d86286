//! Random scripts of verdicts, ticks and reloads; what must hold after every step.

use crate::testing::{Bench, real, server, service_key, tcp, timing, with_sorry};
use crate::{CheckId, Row};
use core::net::IpAddr;
use core::time::Duration;
use holdfast_model::{Checker, Machine as _, Manner, VirtualServer, Weight};
use proptest::prelude::*;
use std::collections::BTreeMap;

const SERVICES: u8 = 3;

#[derive(Debug, Clone)]
enum Step {
    Tick,
    /// The n-th probe in flight ends.
    Verdict(usize, bool),
    Reload(Vec<VirtualServer>),
    Wait(u64),
}

prop_compose! {
    fn a_server(service: u8)(
        weights in prop::collection::btree_map(1_u8..5, 0_u32..4, 1..4),
        checks in 0_u8..3,
        retry in 0_u32..3,
        quorum in 1_u32..5,
        hysteresis in 0_u32..2,
        inhibit in any::<bool>(),
        sorry in any::<bool>(),
        alpha in any::<bool>(),
        further in 0_u32..3,
    ) -> VirtualServer {
        let mut config = server(service, &[], quorum);
        config.hysteresis = hysteresis.min(quorum - 1);
        for (number, weight) in weights {
            let mut one = real(service, number, weight);
            one.weight = Weight::new(weight).unwrap();
            one.inhibit_on_failure = inhibit;
            one.checkers = (0..checks)
                .map(|check| Checker {
                    probe: tcp(number, check),
                    timing: timing(retry),
                    manner: Manner {
                        alpha,
                        log_all: true,
                        further,
                    },
                })
                .collect();
            config.real_servers.push(one);
        }
        if sorry { with_sorry(config) } else { config }
    }
}

fn a_model() -> impl Strategy<Value = Vec<VirtualServer>> {
    let present = prop::collection::vec(any::<bool>(), usize::from(SERVICES));
    let servers = (a_server(1), a_server(2), a_server(3));
    (present, servers).prop_map(|(present, (one, two, three))| {
        let servers = [one, two, three].into_iter().zip(present);
        servers
            .filter_map(|(server, is)| is.then_some(server))
            .collect()
    })
}

fn a_script() -> impl Strategy<Value = Vec<Step>> {
    let step = prop_oneof![
        4 => Just(Step::Tick),
        8 => (0_usize..20, prop::bool::weighted(0.4)).prop_map(|(n, good)| Step::Verdict(n, good)),
        1 => a_model().prop_map(Step::Reload),
        1 => (0_u64..30).prop_map(Step::Wait),
    ];
    prop::collection::vec(step, 0..120)
}

/// What a step must leave behind.
fn invariants(bench: &Bench) -> Result<(), TestCaseError> {
    prop_assert_eq!(bench.flying.len(), bench.pool.in_flight());
    for view in bench.pool.views() {
        let config = view.config();
        let checks: BTreeMap<_, _> = bench.pool.checks().map(|(key, up, _)| (key, up)).collect();
        let mut weight = 0;
        for server in &config.real_servers {
            let mut own = checks
                .iter()
                .filter(|(key, _)| key.real_server == server.key);
            let lives = own.all(|(_, up)| *up);
            prop_assert_eq!(view.lives(server), lives, "down iff a check fails");
            weight += if lives {
                u64::from(server.weight.get())
            } else {
                0
            };
        }
        prop_assert_eq!(view.living_weight(), weight);
        let (quorum, hysteresis) = (u64::from(config.quorum), u64::from(config.hysteresis));
        if weight == 0 || weight < quorum - hysteresis {
            prop_assert!(!view.has_quorum());
        }
        if weight >= quorum + hysteresis {
            prop_assert!(view.has_quorum());
        }
        let rows = view.rows();
        if config.sorry_server.is_some() || weight > 0 {
            prop_assert!(rows.iter().any(|row| row.weight.get() > 0), "nobody serves");
        }
        for server in &config.real_servers {
            let row = rows.iter().find(|row| row.address == server.key.address);
            let full = view.lives(server) && !view.sorry();
            let expected = match (full, server.inhibit_on_failure) {
                (true, _) => Some(server.weight),
                (false, true) => Some(Weight::ZERO),
                (false, false) => None,
            };
            prop_assert_eq!(row.map(|row| row.weight), expected);
        }
    }
    Ok(())
}

/// A service's rows.
type Rows = BTreeMap<(IpAddr, u16), Row>;

fn rows(bench: &Bench, service: u8) -> Option<Rows> {
    let rows = bench.pool.view(&service_key(service))?.rows();
    let place = |row: &Row| (row.address, row.port);
    Some(rows.into_iter().map(|row| (place(&row), row)).collect())
}

/// Every service's rows, by looking at all of them.
fn whole(bench: &Bench) -> BTreeMap<u8, Rows> {
    let all = (1..=SERVICES).filter_map(|n| Some((n, rows(bench, n)?)));
    all.collect()
}

/// Looks at what was said to be dirty of a service, and at nothing else.
fn follow(table: &mut BTreeMap<u8, Rows>, bench: &Bench, n: u8) {
    let named = bench.dirty.iter().filter(|key| **key == service_key(n));
    let turned = bench.turned.iter();
    let turned: Vec<_> = turned
        .filter(|key| key.virtual_server == service_key(n))
        .collect();
    let mut now = rows(bench, n);
    if named.count() > turned.len() {
        match now {
            Some(rows) => table.insert(n, rows),
            None => table.remove(&n),
        };
        return;
    }
    for place in turned.iter().map(|key| (key.address, key.port)) {
        let row = now.as_mut().and_then(|rows| rows.remove(&place));
        let rows = table.entry(n).or_default();
        match row {
            Some(row) => rows.insert(place, row),
            None => rows.remove(&place),
        };
    }
}

proptest! {
    #[test]
    fn scripts_keep_the_rules(first in a_model(), script in a_script()) {
        let mut bench = Bench::started(&first);
        let mut now = first;
        // kept up by dirty keys alone, as the kernel's table is
        let mut table = whole(&bench);
        for step in script {
            bench.dirty.clear();
            bench.turned.clear();
            match step {
                Step::Tick => {
                    if bench.pool.deadline().is_some() {
                        bench.tick();
                        let next = bench.pool.deadline();
                        prop_assert!(next.is_none_or(|due| due > bench.now));
                    }
                }
                Step::Verdict(n, good) => {
                    let flying: Vec<CheckId> = bench.flying.keys().copied().collect();
                    if !flying.is_empty() {
                        bench.verdict(flying[n % flying.len()], good);
                    }
                }
                Step::Reload(model) => {
                    bench.reload(&model);
                    now = model;
                }
                Step::Wait(seconds) => bench.now = bench.now + Duration::from_secs(seconds),
            }
            invariants(&bench)?;
            for n in 1..=SERVICES {
                follow(&mut table, &bench, n);
            }
            prop_assert_eq!(&table, &whole(&bench), "a change without a dirty key");
        }
        let before = bench.pool.snapshot();
        let held = postcard::to_stdvec(&before);
        let written = {
            let head = postcard::to_stdvec(&bench.pool.written()).expect("bytes");
            let mut checks = bench.pool.written_checks(None);
            checks.try_fold(head, |bytes, (_, check)| postcard::to_extend(&check, bytes))
        };
        prop_assert_eq!(written, held);
        bench.reload(&now);
        prop_assert!(bench.dirty.is_empty() && bench.said.is_empty());
        prop_assert_eq!(before, bench.pool.snapshot());
    }
}
