//! What becomes of what others change in the table (`ipvs_drift`).
#![allow(clippy::unwrap_used, clippy::panic, reason = "a test may fail loudly")]

mod support;

use holdfast_model::{Forwarding, Protocol, Scheduler, ServiceKey};
use holdfast_plan::service::{Row, RowId, ServiceDomain, Settings, Target};
use holdfast_plan::{Desired, Input, Op, Patience, Reconciler, Report, Want};
use std::collections::BTreeSet;
use std::net::Ipv4Addr;
use std::time::Duration;
use support::{Rules, World};

impl Rules for ServiceDomain {
    fn errno(table: &holdfast_plan::Observed<Self>, op: &Op<RowId, Row>) -> i32 {
        let root = RowId::service(op.id().service);
        match op {
            Op::Create(id, _) if table.contains_key(id) => 17,
            Op::Create(id, _) if id.destination.is_some() && !table.contains_key(&root) => 3,
            Op::Create(..) => 0,
            Op::Edit(id, _) | Op::Delete(id) if !table.contains_key(id) => 2,
            Op::Edit(..) | Op::Delete(_) => 0,
        }
    }

    const EVENTS: bool = false;
}

const KEY: ServiceKey = ServiceKey::Address {
    protocol: Protocol::Tcp,
    address: std::net::IpAddr::V4(Ipv4Addr::new(10, 0, 0, 1)),
    port: 80,
};

fn real(number: u8) -> RowId {
    RowId::destination(KEY, Ipv4Addr::new(10, 1, 0, number).into(), 80)
}

fn target(weight: u32) -> Row {
    Row::Destination(Target {
        forwarding: Some(Forwarding::Dr),
        weight,
        upper_threshold: 0,
        lower_threshold: 0,
    })
}

fn want(weights: &[(u8, Option<u32>)]) -> Want<ServiceDomain> {
    let service = Row::Service(Settings {
        scheduler: Some(Scheduler::Rr),
        persistence: None,
        flags: 0,
        persistence_engine: None,
    });
    let mut rows = vec![Desired {
        id: RowId::service(KEY),
        attr: Some(service),
    }];
    rows.extend(weights.iter().map(|(number, weight)| Desired {
        id: real(*number),
        attr: weight.map(target),
    }));
    rows
}

fn world(patience: Patience) -> World<ServiceDomain> {
    let mut world = World::new(Reconciler::new());
    world.input(Input::Patience(patience));
    tell(&mut world, 1, &[(1, Some(1)), (2, Some(1))]);
    world.log.clear();
    world.reports.clear();
    world
}

fn tell(world: &mut World<ServiceDomain>, epoch: u64, weights: &[(u8, Option<u32>)]) {
    let want = Some(want(weights));
    let key = KEY;
    world.input(Input::Want { key, epoch, want });
    world.settle();
}

fn look(world: &mut World<ServiceDomain>) {
    world.input(Input::Look(BTreeSet::from([KEY])));
    world.settle();
}

#[test]
fn what_a_person_changed_is_taken_back_by_name() {
    let mut world = world(Patience::Leaves);
    let retake = |number| Input::Retake {
        key: KEY,
        ids: vec![real(number)],
    };
    world.table.remove(&real(1));
    world.table.insert(real(2), target(9));
    look(&mut world);
    assert_eq!(world.log, []);
    world.input(retake(1));
    world.settle();
    assert_eq!(world.table.get(&real(1)), Some(&target(1)));
    assert_eq!(world.table.get(&real(2)), Some(&target(9)), "not asked for");
    look(&mut world);
    assert_eq!(world.table.get(&real(2)), Some(&target(9)));
    // nobody has looked since the change
    world.table.insert(real(1), target(7));
    world.input(retake(1));
    world.settle();
    assert_eq!(world.table.get(&real(1)), Some(&target(1)));
    // and from now on a person's word counts again
    world.table.remove(&real(1));
    look(&mut world);
    assert_eq!(world.table.get(&real(1)), None);
    world.input(retake(2));
    world.settle();
    assert_eq!(world.table.get(&real(1)), None);
    assert_eq!(world.table.get(&real(2)), Some(&target(1)));
}

#[test]
fn a_person_takes_servers_out_and_in() {
    let mut world = world(Patience::Leaves);
    // ipvsadm -d
    world.table.remove(&real(1));
    look(&mut world);
    assert_eq!(world.log, []);
    let left = |number| Report::Left {
        key: KEY,
        ids: vec![real(number)],
    };
    assert_eq!(world.reports, [left(1)]);
    // ipvsadm -a -w 10, and out again: nothing new is said
    world.table.insert(real(1), target(10));
    look(&mut world);
    world.table.remove(&real(1));
    look(&mut world);
    // ipvsadm -a, as it was: from now on it is ours again
    world.table.insert(real(1), target(1));
    look(&mut world);
    assert_eq!(world.log, []);
    assert_eq!(world.reports.len(), 1);
    world.table.insert(real(1), target(3));
    look(&mut world);
    assert_eq!(world.reports, [left(1), left(1)]);
}

#[test]
fn what_stands_is_over_when_its_want_changes() {
    let mut world = world(Patience::Leaves);
    world.table.insert(real(1), target(10));
    look(&mut world);
    // another server's check leaves it alone, and so does a reload
    tell(&mut world, 2, &[(1, Some(1)), (2, None)]);
    assert_eq!(world.log, [Op::Delete(real(2))]);
    tell(&mut world, 3, &[(1, Some(1)), (2, None), (3, Some(1))]);
    assert_eq!(world.table.get(&real(1)), Some(&target(10)));
    // its own check does not
    tell(&mut world, 4, &[(1, None), (2, None), (3, Some(1))]);
    assert_eq!(world.table.get(&real(1)), None);
    tell(&mut world, 5, &[(1, Some(1)), (2, None), (3, Some(1))]);
    assert_eq!(world.table.get(&real(1)), Some(&target(1)));
    // a server that is down, and that somebody puts in
    world.table.insert(real(2), target(1));
    look(&mut world);
    assert_eq!(world.table.get(&real(2)), Some(&target(1)));
}

#[test]
fn a_missing_service_is_put_back_whole() {
    let mut world = world(Patience::Leaves);
    let before = world.table.clone();
    world.table.remove(&real(1));
    look(&mut world);
    world.table.clear();
    look(&mut world);
    assert_eq!(
        world.table, before,
        "a whole table that went is put back whole"
    );
}

#[test]
fn others_undo_all_or_nothing() {
    for (patience, stands) in [(Patience::None, false), (Patience::All, true)] {
        let mut world = world(patience);
        let before = world.table.clone();
        world.table.insert(real(1), target(10));
        world.table.remove(&real(2));
        look(&mut world);
        assert_eq!(world.table != before, stands, "{patience:?}");
        world.table.clear();
        look(&mut world);
        assert_eq!(world.table.is_empty(), stands, "{patience:?}");
    }
}

/// Time passes, and what is asked for meanwhile is done.
fn pass(world: &mut World<ServiceDomain>, time: Duration) {
    world.wait(time);
    for _ in 0..6 {
        world.answer();
    }
}

/// Somebody takes a service out again and again, and it is looked at every two seconds: each repair
/// waits for its pause, and for no more than that.
#[test]
fn a_pause_is_not_made_longer_by_looking() {
    const STEP: Duration = Duration::from_millis(100);
    let mut world = world(Patience::Leaves);
    let before = world.table.clone();
    for pause in [0, 0, 0, 0, 0, 10, 20, 40] {
        pass(&mut world, STEP);
        world.table.clear();
        let mut steps = 0;
        while world.table != before {
            // the sweep comes just when a pause is over, too
            if steps % 20 == 0 {
                world.input(Input::Look(BTreeSet::from([KEY])));
                pass(&mut world, Duration::ZERO);
            }
            if world.table != before {
                pass(&mut world, STEP);
                steps += 1;
            }
            assert!(steps < 100, "it never comes");
        }
        assert_eq!(steps, pause);
    }
}

/// `report`: a service that somebody removed stays away, and nobody tries to change its servers.
#[test]
fn below_a_service_that_stays_away_nothing_is_changed() {
    let mut world = world(Patience::All);
    world.table.clear();
    look(&mut world);
    // a check fails, and succeeds again
    for (epoch, weight) in [(2, None), (3, Some(1)), (4, Some(5))] {
        tell(&mut world, epoch, &[(1, weight), (2, Some(1))]);
        look(&mut world);
        assert_eq!(world.log, [], "epoch {epoch}");
        let key = KEY;
        assert!(world.reports.contains(&Report::Applied { key, epoch }));
    }
    assert!(world.table.is_empty());
    assert!(world.machine.is_quiet());
    // who puts the service back, as an operator does, has all of it back
    let service = want(&[]).remove(0);
    world.table.insert(service.id, service.attr.unwrap());
    look(&mut world);
    assert_eq!(world.table.get(&real(1)), Some(&target(5)));
}
