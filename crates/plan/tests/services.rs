//! The service domain: difference, order, and the reconciler against a fake kernel.
#![allow(clippy::unwrap_used, clippy::panic, reason = "a test may fail loudly")]

mod support;

use holdfast_model::{
    Forwarding, Machine, Mono, Protocol, Scheduler, ServiceKey, Tunnel, TunnelChecksum, Weight,
};
use holdfast_plan::service::{Row, RowId, Settings, Target, row, want};
use holdfast_plan::{
    Act, Desired, Input, Observed, Op, Origin, Ours, Patience, Reconciler, Report, ServiceDomain,
    Want, apply, diff,
};
use proptest::prelude::*;
use std::collections::BTreeSet;
use std::net::Ipv4Addr;
use std::time::Duration;
use support::{Fault, Rules, World};

impl Rules for ServiceDomain {
    const EVENTS: bool = false;

    fn errno(table: &Observed<Self>, op: &Op<RowId, Row>) -> i32 {
        let id = op.id();
        let (parent, there) = (
            table.contains_key(&RowId::service(id.service)),
            table.contains_key(id),
        );
        match (id.destination.is_some(), op.act()) {
            (_, Act::Create) if there => 17,
            (true, _) if !parent => 3,
            (_, Act::Create) => 0,
            (_, Act::Edit | Act::Delete) if there => 0,
            (true, Act::Edit | Act::Delete) => 2,
            (false, Act::Edit | Act::Delete) => 3,
        }
    }
}

type Table = Observed<ServiceDomain>;
type Rows = Want<ServiceDomain>;

fn key(number: u8) -> ServiceKey {
    ServiceKey::Address {
        protocol: Protocol::Tcp,
        address: Ipv4Addr::new(10, 0, 0, number).into(),
        port: 80,
    }
}

fn service(scheduler: Scheduler) -> Row {
    Row::Service(Settings {
        scheduler: Some(scheduler),
        persistence: None,
        flags: 0,
        persistence_engine: None,
    })
}

fn target(weight: u32) -> Row {
    Row::Destination(Target {
        forwarding: Some(Forwarding::Dr),
        weight,
        upper_threshold: 0,
        lower_threshold: 0,
    })
}

fn real(service: u8, number: u8) -> RowId {
    RowId::destination(key(service), Ipv4Addr::new(10, 1, 0, number).into(), 80)
}

fn wish(service_number: u8, scheduler: Scheduler, reals: &[(u8, Option<u32>)]) -> Rows {
    let mut rows = vec![Desired {
        id: RowId::service(key(service_number)),
        attr: Some(service(scheduler)),
    }];
    rows.extend(reals.iter().map(|(number, weight)| Desired {
        id: real(service_number, *number),
        attr: weight.map(target),
    }));
    rows
}

#[test]
fn a_virtual_server_says_what_it_wants() {
    use holdfast_model::{RealServer, RealServerKey, SorryServer, VirtualServer, VirtualServerKey};
    use holdfast_model::{ServiceOptions, Thresholds};
    let host = |number| Ipv4Addr::new(10, 1, 0, number).into();
    let name = VirtualServerKey::Service(key(1));
    let real_server = |number| RealServer {
        key: RealServerKey {
            virtual_server: name.clone(),
            address: host(number),
            port: 80,
        },
        weight: Weight::ONE,
        forwarding: Forwarding::Dr,
        inhibit_on_failure: false,
        checkers: Vec::new(),
        thresholds: Thresholds::default(),
        slow_start: holdfast_model::SlowStart::NONE,
    };
    let mut server = VirtualServer {
        key: name.clone(),
        scheduler: Scheduler::Rr,
        forwarding: Forwarding::Dr,
        persistence: None,
        quorum: 1,
        hysteresis: 0,
        sorry_server: Some(SorryServer {
            address: host(9),
            port: 80,
            forwarding: Forwarding::Dr,
            inhibit: false,
        }),
        real_servers: vec![real_server(1), real_server(2)],
        options: ServiceOptions::default(),
        group: None,
    };
    let up = |real: &RealServer| (real.key.address == host(1)).then_some(real.weight);
    assert_eq!(
        want(&server, key(1), up, None),
        wish(1, Scheduler::Rr, &[(1, Some(1)), (2, None), (9, None)])
    );
    assert_eq!(
        want(&server, key(1), |_| None, Some(Weight::ONE)),
        wish(1, Scheduler::Rr, &[(1, None), (2, None), (9, Some(1))])
    );
    // One of them alone says the same, unless the sorry server has its row too.
    let alone = |server: &VirtualServer, number: usize| {
        let real = &server.real_servers[number];
        row(server, key(1), real, up(real))
    };
    let whole = want(&server, key(1), up, None);
    for number in [0, 1] {
        assert_eq!(alone(&server, number).as_ref(), whole.get(1 + number));
    }
    // The sorry server is one of the real servers: one row.
    server.sorry_server = server.sorry_server.map(|sorry| SorryServer {
        address: host(2),
        ..sorry
    });
    assert!(alone(&server, 0).is_some() && alone(&server, 1).is_none());
    assert_eq!(
        want(&server, key(1), up, Some(Weight::ONE)),
        wish(1, Scheduler::Rr, &[(1, Some(1)), (2, Some(1))])
    );
    // `sorry_server_inhibit`: its row rests with weight 0, unless the real server's is in.
    let resting = Some(Weight::ZERO);
    assert_eq!(
        want(&server, key(1), up, resting),
        wish(1, Scheduler::Rr, &[(1, Some(1)), (2, Some(0))])
    );
    assert_eq!(
        want(&server, key(1), |real| Some(real.weight), resting),
        wish(1, Scheduler::Rr, &[(1, Some(1)), (2, Some(1))])
    );
}

#[test]
fn what_the_kernel_is_told_besides() {
    use holdfast_model::{
        RealServer, RealServerKey, ServiceOptions, Thresholds, VirtualServer, VirtualServerKey,
    };
    let server = VirtualServer {
        key: VirtualServerKey::Service(key(1)),
        scheduler: Scheduler::Mh,
        forwarding: Forwarding::Dr,
        persistence: None,
        quorum: 1,
        hysteresis: 0,
        sorry_server: None,
        real_servers: vec![RealServer {
            key: RealServerKey {
                virtual_server: VirtualServerKey::Service(key(1)),
                address: Ipv4Addr::new(10, 1, 0, 1).into(),
                port: 80,
            },
            weight: Weight::ONE,
            forwarding: Forwarding::Tun(Tunnel::Gue(6000, TunnelChecksum::Remote)),
            inhibit_on_failure: false,
            checkers: Vec::new(),
            thresholds: Thresholds { upper: 9, lower: 7 },
            slow_start: holdfast_model::SlowStart::NONE,
        }],
        options: ServiceOptions {
            one_packet: true,
            scheduler_flags: [false, true, true],
            engine: Some("sip".into()),
            ..ServiceOptions::default()
        },
        group: None,
    };
    let rows = want(&server, key(1), |real| Some(real.weight), None);
    let rows: Vec<_> = rows.into_iter().filter_map(|row| row.attr).collect();
    assert_eq!(
        rows,
        [
            Row::Service(Settings {
                scheduler: Some(Scheduler::Mh),
                persistence: None,
                flags: 0x34,
                persistence_engine: Some("sip".into()),
            }),
            Row::Destination(Target {
                forwarding: Some(Forwarding::Tun(Tunnel::Gue(6000, TunnelChecksum::Remote))),
                weight: 1,
                upper_threshold: 9,
                lower_threshold: 7,
            }),
        ]
    );
}

fn set(world: &mut World<ServiceDomain>, number: u8, epoch: u64, want: Option<Rows>) {
    let key = key(number);
    world.input(Input::Want { key, epoch, want });
}

fn applied(number: u8, epoch: u64) -> Report<ServiceDomain> {
    let key = key(number);
    Report::Applied { key, epoch }
}

fn world() -> World<ServiceDomain> {
    World::new(Reconciler::new())
}

#[test]
fn sorry_server_is_in_before_the_last_real_server_leaves() {
    let mut world = world();
    set(
        &mut world,
        1,
        1,
        Some(wish(1, Scheduler::Rr, &[(1, Some(1)), (9, None)])),
    );
    world.settle();
    world.log.clear();
    set(
        &mut world,
        1,
        2,
        Some(wish(1, Scheduler::Rr, &[(1, None), (9, Some(1))])),
    );
    world.settle();
    assert_eq!(
        world.log,
        [Op::Create(real(1, 9), target(1)), Op::Delete(real(1, 1))]
    );
    assert_eq!(world.reports, [applied(1, 1), applied(1, 2)]);
}

#[test]
fn settings_are_edited_in_place_and_a_service_goes_in_one_operation() {
    let mut world = world();
    set(
        &mut world,
        1,
        1,
        Some(wish(1, Scheduler::Rr, &[(1, Some(1)), (2, Some(1))])),
    );
    world.settle();
    world.log.clear();
    set(
        &mut world,
        1,
        2,
        Some(wish(
            1,
            Scheduler::Wlc,
            &[(1, Some(5)), (2, Some(1)), (3, Some(1))],
        )),
    );
    world.settle();
    assert_eq!(world.acts(), [Act::Edit, Act::Create, Act::Edit]);
    world.log.clear();
    set(&mut world, 1, 3, None);
    world.settle();
    assert_eq!(world.log, [Op::Delete(RowId::service(key(1)))]);
    assert!(world.table.is_empty());
    assert!(world.machine.snapshot().is_empty());
    assert_eq!(world.machine.keys().count(), 0);
}

#[test]
fn foreign_rows_stay_and_configured_ones_are_adopted() {
    let mut world = world();
    for (id, row) in [
        (RowId::service(key(1)), service(Scheduler::Rr)),
        (real(1, 1), target(1)),
        (real(1, 2), target(1)), // configured, down: left by a process that died
        (real(1, 7), target(1)), // an operator's
        (RowId::service(key(8)), service(Scheduler::Lc)),
        (real(8, 1), target(3)),
    ] {
        world.table.insert(id, row);
    }
    set(
        &mut world,
        1,
        1,
        Some(wish(1, Scheduler::Rr, &[(1, Some(1)), (2, None)])),
    );
    world.settle();
    assert_eq!(world.log, [Op::Delete(real(1, 2))]);
    let ours = world.machine.ours(&key(1)).unwrap();
    assert!(ours.values().all(|origin| *origin == Origin::Found) && ours.len() == 2);
    set(&mut world, 1, 2, None);
    world.settle();
    assert!(world.table.keys().all(|id| id.service == key(8)) && world.table.len() == 2);
}

#[test]
fn a_row_that_appears_meanwhile_is_looked_at_and_edited() {
    let mut world = world();
    set(&mut world, 1, 1, None);
    world.settle();
    world
        .table
        .insert(RowId::service(key(1)), service(Scheduler::Lc));
    world.table.insert(real(1, 1), target(9));
    set(
        &mut world,
        1,
        2,
        Some(wish(1, Scheduler::Rr, &[(1, Some(1))])),
    );
    world.settle();
    assert_eq!(world.table.get(&real(1, 1)), Some(&target(1)));
    assert_eq!(
        world.table.get(&RowId::service(key(1))),
        Some(&service(Scheduler::Rr))
    );
    assert_eq!(world.dumps, 2, "the second one of this service only");
    assert_eq!(world.reports.last(), Some(&applied(1, 2)));
}

#[test]
fn a_missing_scheduler_is_told_once_and_tried_on() {
    let mut world = world();
    world.answer();
    set(
        &mut world,
        1,
        7,
        Some(wish(1, Scheduler::Twos, &[(1, Some(1))])),
    );
    world.answer();
    for _ in 0..3 {
        world.fault = Fault::Errno(0, 2);
        world.answer();
        assert_eq!(
            world.reports,
            [Report::GaveUp {
                key: key(1),
                epoch: 7,
                errno: 2
            }]
        );
        assert_eq!(
            world.machine.deadline(),
            Some(world.now + Duration::from_secs(2))
        );
        world.wait(Duration::from_secs(2));
    }
    world.settle();
    assert_eq!(world.reports.last(), Some(&applied(1, 7)));
}

#[test]
fn lost_answers_lead_to_a_look_at_those_services_only() {
    let mut world = world();
    set(
        &mut world,
        1,
        1,
        Some(wish(1, Scheduler::Rr, &[(1, Some(1))])),
    );
    set(
        &mut world,
        2,
        1,
        Some(wish(2, Scheduler::Rr, &[(1, Some(1))])),
    );
    world.settle();
    set(
        &mut world,
        1,
        2,
        Some(wish(
            1,
            Scheduler::Rr,
            &[(1, Some(1)), (2, Some(1)), (3, Some(1))],
        )),
    );
    world.fault = Fault::Unknown(1);
    world.answer();
    let dumps = world.dumps;
    // Overtaken: what was made by the lost batch is ours all the same.
    set(
        &mut world,
        1,
        3,
        Some(wish(1, Scheduler::Rr, &[(1, Some(1))])),
    );
    world.settle();
    assert_eq!(world.dumps, dumps + 1);
    assert!(!world.table.contains_key(&real(1, 2)));
    assert_eq!(world.reports, [applied(1, 1), applied(2, 1), applied(1, 3)]);
}

#[test]
fn what_others_delete_is_reported_and_put_back() {
    let mut world = world();
    set(
        &mut world,
        1,
        1,
        Some(wish(1, Scheduler::Rr, &[(1, Some(1))])),
    );
    world.settle();
    world.table.clear();
    world.input(Input::Overrun);
    world.settle();
    let ids = vec![RowId::service(key(1)), real(1, 1)];
    assert_eq!(
        world.reports,
        [
            applied(1, 1),
            Report::Lost { key: key(1), ids },
            Report::Restored {
                key: key(1),
                epoch: 1
            },
        ]
    );
    assert_eq!(world.table.len(), 2);
}

#[test]
fn two_programs_that_undo_each_other_do_not_spin() {
    let mut world = world();
    set(
        &mut world,
        1,
        1,
        Some(wish(1, Scheduler::Rr, &[(1, Some(1))])),
    );
    world.settle();
    let start = world.now;
    for _ in 0..7 {
        world.table.clear();
        world.input(Input::Overrun);
        world.settle();
    }
    assert!(world.now.since(start) >= Duration::from_secs(3));
}

#[test]
fn a_snapshot_lets_the_next_process_remove_what_this_one_made() {
    let mut first = world();
    set(
        &mut first,
        1,
        1,
        Some(wish(1, Scheduler::Rr, &[(1, Some(1))])),
    );
    set(
        &mut first,
        2,
        1,
        Some(wish(2, Scheduler::Rr, &[(1, Some(1))])),
    );
    first.settle();
    let mut second = World::new(Reconciler::resume(first.machine.snapshot()));
    second.table = first.table.clone();
    set(
        &mut second,
        1,
        1,
        Some(wish(1, Scheduler::Rr, &[(2, Some(1))])),
    );
    second.settle();
    assert!(
        !second.table.contains_key(&real(1, 1)),
        "ours, wanted no more"
    );
    assert!(
        second.table.contains_key(&real(2, 1)),
        "nobody spoke for it yet"
    );
    set(&mut second, 2, 1, None);
    second.settle();
    assert_eq!(second.table.len(), 2);
}

#[test]
fn twenty_thousand_rows_take_full_batches() {
    let mut world = world();
    world.answer();
    for number in 1..=20 {
        let reals: Vec<_> = (0..=255).map(|real| (real, Some(1))).collect();
        set(
            &mut world,
            number,
            1,
            Some(wish(number, Scheduler::Rr, &reals)),
        );
    }
    world.settle();
    assert_eq!(world.table.len(), 20 * 257);
    assert_eq!(world.log.len(), 20 * 257, "each row written once");
    assert!(world.batches <= 20 * 257 / 256 + 2, "{}", world.batches);
}

// Random tables.

fn wishes() -> impl Strategy<Value = Vec<(u8, Option<u32>)>> {
    proptest::collection::btree_map(0..6_u8, proptest::option::weighted(0.8, 0..3_u32), 0..6)
        .prop_map(|map| map.into_iter().collect())
}

fn scheduler() -> impl Strategy<Value = Scheduler> {
    prop_oneof![Just(Scheduler::Rr), Just(Scheduler::Wlc)]
}

fn table() -> impl Strategy<Value = Table> {
    let services = proptest::collection::btree_map(
        1..4_u8,
        (
            scheduler(),
            proptest::collection::btree_map(0..9_u8, 0..3_u32, 0..5),
        ),
        0..4,
    );
    services.prop_map(|services| {
        let mut table = Table::new();
        for (number, (scheduler, reals)) in services {
            table.insert(RowId::service(key(number)), service(scheduler));
            let rows = reals.into_iter().map(|(n, w)| (real(number, n), target(w)));
            table.extend(rows);
        }
        table
    })
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::default() })]
    #[test]
    fn diff_reaches_the_want_and_then_is_empty(
        before in table(),
        scheduler in scheduler(),
        reals in wishes(),
        mine in proptest::collection::btree_set(0..9_u8, 0..5),
        wanted in any::<bool>(),
    ) {
        let want = wish(1, scheduler, &reals);
        let want = wanted.then_some(want.as_slice());
        let mut ours = Ours::<ServiceDomain>::new();
        if !mine.is_empty() {
            ours.insert(RowId::service(key(1)), Origin::Made);
        }
        ours.extend(mine.iter().map(|n| (real(1, *n), Origin::Made)));
        let mut after = before.clone();
        for op in diff::<ServiceDomain>(want, &before, &ours) {
            prop_assert_eq!(ServiceDomain::errno(&after, &op), 0, "{:?}", op);
            apply::<ServiceDomain>(&mut after, &op);
        }
        prop_assert_eq!(diff::<ServiceDomain>(want, &after, &ours), vec![]);
        let gone = want.is_none() && ours.contains_key(&RowId::service(key(1)));
        for desired in want.unwrap_or_default() {
            prop_assert_eq!(after.get(&desired.id), desired.attr.as_ref());
        }
        for (id, row) in &before {
            let named = want.unwrap_or_default().iter().any(|d| d.id == *id);
            if !(named || ours.contains_key(id) || gone && id.service == key(1)) {
                prop_assert_eq!(after.get(id), Some(row), "foreign");
            }
        }
    }

    #[test]
    fn any_order_of_dirty_keys_ends_in_the_same_place(
        before in table(),
        want in proptest::collection::vec((1..4_u8, scheduler(), wishes()), 1..4),
        order in Just([1_u8, 2, 3]).prop_shuffle(),
    ) {
        let end = |order: &[u8]| {
            let mut world = world();
            world.table = before.clone();
            for number in order {
                let rows = want.iter().rev().find(|(n, ..)| n == number);
                set(&mut world, *number, 1, rows.map(|(n, s, r)| wish(*n, *s, r)));
                if order.len() != 3 { world.answer(); }
            }
            world.settle();
            world.table
        };
        prop_assert_eq!(end(&order), end(&[1, 2, 3]));
    }
}

#[derive(Debug, Clone)]
enum Step {
    Want(u8, Scheduler, Vec<(u8, Option<u32>)>),
    Unwant(u8),
    /// One entry of the last want changes, as when a check fails or succeeds.
    Flip(u8, prop::sample::Index, Option<u32>),
    Answer,
    Fault(Fault),
    Wait(u64),
    Look,
    /// An operator deletes.
    Delete(u8, Option<u8>),
    /// An operator reweights.
    Weigh(u8, u8, u32),
    /// An operator adds a server of his own (numbers from 100).
    Add(u8, u8),
}

fn step() -> impl Strategy<Value = Step> {
    let number = 1..4_u8;
    prop_oneof![
        4 => (number.clone(), scheduler(), wishes()).prop_map(|(n, s, r)| Step::Want(n, s, r)),
        1 => number.clone().prop_map(Step::Unwant),
        4 => (number.clone(), any::<prop::sample::Index>(), proptest::option::of(0..3_u32))
            .prop_map(|(n, which, weight)| Step::Flip(n, which, weight)),
        8 => Just(Step::Answer),
        1 => (0..4_usize).prop_map(|ran| Step::Fault(Fault::Unknown(ran))),
        1 => (0..4_usize, prop_oneof![Just(12), Just(22), Just(1)])
            .prop_map(|(at, errno)| Step::Fault(Fault::Errno(at, errno))),
        1 => Just(Step::Fault(Fault::Interrupted)),
        2 => (0..3000_u64).prop_map(Step::Wait),
        1 => Just(Step::Look),
        1 => (number.clone(), proptest::option::of(0..6_u8)).prop_map(|(s, r)| Step::Delete(s, r)),
        1 => (number.clone(), 0..6_u8, 0..9_u32).prop_map(|(s, r, w)| Step::Weigh(s, r, w)),
        1 => (number, 100..103_u8).prop_map(|(s, r)| Step::Add(s, r)),
    ]
}

/// Each key's last epoch and want.
type Last = std::collections::BTreeMap<u8, Option<(u64, Rows)>>;

/// Plays the steps; a flip is told as an amendment, or as a whole want.
fn play(steps: &[Step], patience: Patience, amends: bool) -> (World<ServiceDomain>, Last) {
    let mut world = world();
    world.input(Input::Patience(patience));
    world
        .table
        .insert(RowId::service(key(9)), service(Scheduler::Sed));
    world.table.insert(real(9, 1), target(4));
    let mut last = Last::new();
    for (epoch, step) in (1..).zip(steps) {
        match step {
            Step::Want(number, scheduler, reals) => {
                let rows = wish(*number, *scheduler, reals);
                last.insert(*number, Some((epoch, rows.clone())));
                set(&mut world, *number, epoch, Some(rows));
            }
            Step::Flip(number, which, weight) => {
                let Some(Some((told, rows))) = last.get_mut(number) else {
                    continue;
                };
                let which = (rows.len() > 1).then(|| 1 + which.index(rows.len() - 1));
                if let Some(which) = which {
                    rows[which].attr = weight.map(target);
                }
                *told = epoch;
                if amends {
                    let key = key(*number);
                    let rows = which.map(|which| rows[which].clone());
                    let rows = rows.into_iter().collect();
                    world.input(Input::Amend { key, epoch, rows });
                } else {
                    let rows = rows.clone();
                    set(&mut world, *number, epoch, Some(rows));
                }
            }
            Step::Unwant(number) => {
                last.insert(*number, None);
                set(&mut world, *number, epoch, None);
            }
            Step::Answer => world.answer(),
            Step::Fault(fault) => world.fault = *fault,
            Step::Wait(ms) => world.wait(Duration::from_millis(*ms)),
            Step::Look => world.input(Input::Overrun),
            Step::Delete(number, None) => {
                world.execute(&Op::Delete(RowId::service(key(*number))));
            }
            Step::Delete(number, Some(n)) => {
                world.execute(&Op::Delete(real(*number, *n)));
            }
            Step::Weigh(number, n, weight) => {
                world.execute(&Op::Edit(real(*number, *n), target(*weight)));
            }
            Step::Add(number, n) => {
                world.execute(&Op::Create(real(*number, *n), target(1)));
            }
        }
    }
    world.settle();
    world.input(Input::Overrun);
    world.settle();
    (world, last)
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 600, failure_persistence: None, ..ProptestConfig::default() })]
    #[test]
    fn an_amendment_is_what_the_whole_want_would_be(
        steps in proptest::collection::vec(step(), 0..60),
        patience in prop_oneof![Just(Patience::None), Just(Patience::Leaves), Just(Patience::All)],
    ) {
        let (amended, _) = play(&steps, patience, true);
        let (whole, _) = play(&steps, patience, false);
        prop_assert_eq!(amended.log, whole.log);
        prop_assert_eq!(amended.reports, whole.reports);
        prop_assert_eq!(amended.table, whole.table);
    }

    #[test]
    fn whatever_happens_it_converges(steps in proptest::collection::vec(step(), 0..60), amends in any::<bool>()) {
        let (world, last) = play(&steps, Patience::None, amends);
        prop_assert!(world.table.contains_key(&real(9, 1)), "foreign service");
        for (number, want) in last {
            let rows: BTreeSet<_> = world.table.keys().filter(|id| id.service == key(number)).collect();
            let Some((epoch, want)) = want else {
                prop_assert!(rows.is_empty(), "{rows:?}");
                continue;
            };
            for desired in &want {
                prop_assert_eq!(world.table.get(&desired.id), desired.attr.as_ref());
            }
            let foreign = (100..103).map(|n| real(number, n)).collect::<BTreeSet<_>>();
            let extra = rows.into_iter().filter(|id| !want.iter().any(|d| d.id == **id));
            for id in extra {
                prop_assert!(foreign.contains(id), "left behind: {id:?}");
            }
            let told = world.reports.iter().filter(|r| **r == applied(number, epoch)).count();
            prop_assert_eq!(told, 1);
        }
    }
}

/// Generous limits, to catch a step that became O(rows): figures of a debug build on a busy
/// machine are several times those of the bench.
#[test]
fn one_change_among_twenty_thousand_rows_is_cheap() {
    let mut world = world();
    world.answer();
    let reals: Vec<_> = (0..10).map(|real| (real, Some(1))).collect();
    let many = |number: u32| ServiceKey::Fwmark {
        mark: number + 1,
        family: holdfast_model::AddressFamily::V4,
    };
    let rows = |number: u32, reals: &[(u8, Option<u32>)]| -> Rows {
        wish(1, Scheduler::Rr, reals)
            .into_iter()
            .map(|mut desired| {
                desired.id.service = many(number);
                desired
            })
            .collect()
    };
    for number in 0..2000 {
        let (key, want) = (many(number), Some(rows(number, &reals)));
        world.input(Input::Want {
            key,
            epoch: 1,
            want,
        });
    }
    world.settle();
    assert_eq!(world.table.len(), 22_000);
    world.log.clear();
    let mut fewer = reals;
    fewer[3].1 = None;
    let (key, want) = (many(1000), Some(rows(1000, &fewer)));
    world.input(Input::Want {
        key,
        epoch: 2,
        want,
    });
    world.settle();
    assert_eq!(world.log.len(), 1);
    assert_ne!(world.now, Mono::ZERO);
}
