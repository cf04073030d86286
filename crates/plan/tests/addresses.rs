//! The address domain against a fake kernel that also tells of changes, late.
#![allow(clippy::unwrap_used, clippy::panic, reason = "a test may fail loudly")]

mod support;

use holdfast_model::{IfName, InstanceKey, Machine, Name, Owner, Scope, VirtualAddress};
use holdfast_plan::address::{AddressAttr, AddressId, absent, claim, desired};
use holdfast_plan::{Act, AddressDomain, Input, Observed, Op, Origin, Reconciler, Report, Want};
use proptest::prelude::*;
use std::collections::{BTreeMap, BTreeSet};
use std::net::Ipv4Addr;
use std::time::Duration;
use support::{Fault, Rules, World};

impl Rules for AddressDomain {
    const EVENTS: bool = true;

    fn errno(table: &Observed<Self>, op: &Op<AddressId, AddressAttr>) -> i32 {
        match (op.act(), table.contains_key(op.id())) {
            (Act::Create, true) => 17,
            (Act::Delete, false) => 99,
            (Act::Create, false) | (Act::Delete, true) | (Act::Edit, _) => 0,
        }
    }
}

fn vip(number: u8) -> VirtualAddress {
    VirtualAddress {
        address: Ipv4Addr::new(192, 0, 2, number).into(),
        prefix: 32,
        interface: IfName::new("eth0").unwrap(),
        label: (number % 2 == 1).then(|| Name::from("eth0:vip")),
        scope: Scope::Global,
        broadcast: None,
        options: holdfast_model::AddressOptions::default(),
    }
}

fn vips(numbers: &[u8]) -> Vec<VirtualAddress> {
    numbers.iter().copied().map(vip).collect()
}

fn id(number: u8) -> AddressId {
    desired(&vip(number)).0
}

fn instance(name: &str) -> Owner {
    Owner::Instance(InstanceKey(Name::from(name)))
}

fn set(
    world: &mut World<AddressDomain>,
    name: &str,
    epoch: u64,
    want: Option<Want<AddressDomain>>,
) {
    let key = instance(name);
    world.input(Input::Want { key, epoch, want });
}

fn world() -> World<AddressDomain> {
    World::new(Reconciler::new())
}

fn applied(name: &str, epoch: u64) -> Report<AddressDomain> {
    let key = instance(name);
    Report::Applied { key, epoch }
}

fn put(world: &mut World<AddressDomain>, number: u8) {
    let (id, attr) = desired(&vip(number));
    world.table.insert(id, attr);
}

#[test]
fn claims_in_the_order_of_the_file_and_gives_up_what_it_made() {
    let mut world = world();
    put(&mut world, 2);
    set(&mut world, "VI_1", 1, Some(claim(&vips(&[3, 1, 2]))));
    world.settle();
    let made: Vec<_> = world.log.iter().map(|op| op.id().clone()).collect();
    assert_eq!(made, [id(3), id(1)], "2 was found");
    set(&mut world, "VI_1", 2, None);
    world.settle();
    assert_eq!(world.table.keys().collect::<Vec<_>>(), [&id(2)]);
    assert_eq!(world.reports, [applied("VI_1", 1), applied("VI_1", 2)]);
}

// conforms: C60+
#[test]
fn a_backup_at_start_removes_what_a_dead_daemon_left() {
    let mut world = world();
    put(&mut world, 1);
    put(&mut world, 9);
    set(&mut world, "VI_1", 1, Some(absent(&vips(&[1, 2]))));
    world.settle();
    assert_eq!(world.table.keys().collect::<Vec<_>>(), [&id(9)]);
}

#[test]
fn own_echoes_are_no_news_however_late() {
    let mut world = world();
    set(&mut world, "VI_1", 1, Some(claim(&vips(&[1]))));
    world.answer();
    world.answer();
    set(&mut world, "VI_1", 2, None);
    world.answer();
    set(&mut world, "VI_1", 3, Some(claim(&vips(&[1]))));
    world.answer();
    assert_eq!(world.reports.last(), Some(&applied("VI_1", 3)));
    // Only now the kernel's events arrive: new, gone, new.
    world.settle();
    assert_eq!(world.reports.len(), 3, "{:?}", world.reports);
    assert_eq!(world.batches, 3);
}

#[test]
fn a_deleted_vip_is_reported_and_back_after_one_look() {
    let mut world = world();
    set(&mut world, "VI_1", 1, Some(claim(&vips(&[1, 2]))));
    world.settle();
    world.execute(&Op::Delete(id(2)));
    world.settle();
    let key = instance("VI_1");
    assert_eq!(
        world.reports.get(1..).unwrap(),
        [
            Report::Lost {
                key: key.clone(),
                ids: vec![id(2)]
            },
            Report::Restored { key, epoch: 1 },
        ]
    );
    assert!(world.table.contains_key(&id(2)));
}

#[test]
fn an_address_moves_between_instances_without_a_gap() {
    let mut world = world();
    set(&mut world, "VI_1", 1, Some(claim(&vips(&[1, 2]))));
    world.settle();
    world.log.clear();
    set(&mut world, "VI_2", 1, Some(claim(&vips(&[2, 3]))));
    set(&mut world, "VI_1", 2, Some(claim(&vips(&[1]))));
    world.settle();
    let acts: Vec<_> = world
        .log
        .iter()
        .map(|op| (op.act(), op.id().clone()))
        .collect();
    assert_eq!(acts, [(Act::Create, id(3))]);
    let ours = world.machine.ours(&instance("VI_2")).unwrap();
    assert_eq!(
        ours.get(&id(2)),
        Some(&Origin::Made),
        "it goes with VI_2 now"
    );
}

#[test]
fn no_interface_is_retried_fast_then_slowly_and_told_after_a_second() {
    let mut world = world();
    world.answer();
    set(&mut world, "VI_1", 4, Some(claim(&vips(&[1]))));
    world.answer();
    let mut pauses = Vec::new();
    for _ in 0..12 {
        world.fault = Fault::Errno(0, 19);
        world.answer();
        let pause = world.machine.deadline().unwrap().since(world.now);
        pauses.push(pause.as_millis());
        world.wait(pause);
    }
    assert_eq!(pauses[..6], [10, 20, 40, 80, 160, 200]);
    let key = instance("VI_1");
    assert_eq!(
        world.reports,
        [Report::GaveUp {
            key,
            epoch: 4,
            errno: 19
        }]
    );
    world.settle();
    assert_eq!(world.reports.last(), Some(&applied("VI_1", 4)));
}

#[test]
fn another_label_makes_a_new_address_and_ipv6_has_none() {
    let mut world = world();
    world.table.insert(id(1), AddressAttr::default());
    set(&mut world, "VI_1", 1, Some(claim(&vips(&[1]))));
    world.settle();
    assert_eq!(world.acts(), [Act::Delete, Act::Create]);
    let mut six = vip(1);
    six.address = "fe80::1".parse().unwrap();
    six.scope = Scope::Link;
    assert_eq!(desired(&six).1, AddressAttr::default());
}

#[derive(Debug, Clone)]
enum Step {
    Claim(&'static str, Vec<u8>),
    Absent(&'static str, Vec<u8>),
    Release(&'static str),
    Answer,
    Deliver,
    Lose,
    Fault(Fault),
    Wait(u64),
    Delete(u8),
    Create(u8),
}

fn step() -> impl Strategy<Value = Step> {
    // Each instance has addresses of its own, and 0 and 1 wander between them.
    let name = prop_oneof![Just(("VI_1", 10)), Just(("VI_2", 20)), Just(("VI_3", 30))];
    let some = (name.clone(), proptest::collection::btree_set(0..5_u8, 0..4)).prop_map(
        |((name, base), set)| {
            let own = set.into_iter().map(|n| if n < 2 { n } else { base + n });
            (name, own.collect::<Vec<_>>())
        },
    );
    let number = prop_oneof![0..5_u8, 12..15_u8, 100..102_u8];
    prop_oneof![
        4 => some.clone().prop_map(|(name, set)| Step::Claim(name, set)),
        1 => some.prop_map(|(name, mut set)| {
            set.retain(|n| *n > 9);
            Step::Absent(name, set)
        }),
        2 => name.prop_map(|(name, _)| Step::Release(name)),
        8 => Just(Step::Answer),
        4 => Just(Step::Deliver),
        1 => Just(Step::Lose),
        1 => (0..4_usize).prop_map(|ran| Step::Fault(Fault::Unknown(ran))),
        1 => (0..4_usize, prop_oneof![Just(12), Just(1)])
            .prop_map(|(at, errno)| Step::Fault(Fault::Errno(at, errno))),
        1 => Just(Step::Fault(Fault::Interrupted)),
        2 => (0..300_u64).prop_map(Step::Wait),
        1 => number.clone().prop_map(Step::Delete),
        1 => number.prop_map(Step::Create),
    ]
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 800, failure_persistence: None, ..ProptestConfig::default() })]
    #[test]
    fn whatever_happens_it_converges(steps in proptest::collection::vec(step(), 0..60)) {
        let mut world = world();
        let mut wanted: BTreeMap<&str, Vec<u8>> = BTreeMap::new();
        let mut foreign = BTreeSet::new();
        for (epoch, step) in (1..).zip(steps) {
            match step {
                Step::Claim(name, set_of) => {
                    set(&mut world, name, epoch, Some(claim(&vips(&set_of))));
                    wanted.insert(name, set_of);
                }
                Step::Absent(name, set_of) => {
                    set(&mut world, name, epoch, Some(absent(&vips(&set_of))));
                    wanted.remove(name);
                }
                Step::Release(name) => {
                    set(&mut world, name, epoch, None);
                    wanted.remove(name);
                }
                Step::Answer => world.answer(),
                Step::Deliver => world.deliver(),
                Step::Lose => world.lose_events(),
                Step::Fault(fault) => world.fault = fault,
                Step::Wait(ms) => world.wait(Duration::from_millis(ms)),
                Step::Delete(number) => {
                    world.execute(&Op::Delete(id(number)));
                }
                Step::Create(number) => {
                    let (id, attr) = desired(&vip(number));
                    world.execute(&Op::Create(id, attr));
                    foreign.insert(number);
                }
            }
        }
        world.settle();
        let all: BTreeSet<u8> = wanted.values().flatten().copied().collect();
        for number in &all {
            let (id, attr) = desired(&vip(*number));
            prop_assert_eq!(world.table.get(&id), Some(&attr), "{}", number);
        }
        for number in (0..=40).filter(|n| !all.contains(n) && !foreign.contains(n)) {
            prop_assert!(!world.table.contains_key(&id(number)), "left behind: {number}");
        }
    }
}

#[test]
fn nobody_misses_what_is_not_tracked() {
    let mut world = world();
    let mut wanted = vips(&[1, 2]);
    wanted[1].options.untracked = true;
    set(&mut world, "VI_1", 1, Some(claim(&wanted)));
    world.settle();
    for number in [1, 2] {
        world.execute(&Op::Delete(id(number)));
        world.settle();
    }
    assert!(world.table.contains_key(&id(1)), "put back");
    assert!(!world.table.contains_key(&id(2)), "left alone");
    set(&mut world, "VI_1", 2, Some(claim(&wanted)));
    world.settle();
    assert!(world.table.contains_key(&id(2)), "a new want is a new want");
}
