//! Sync groups (S11): all members are master or none, and none while one is in FAULT.
#![allow(clippy::unwrap_used, reason = "test code")]

mod support;

use core::net::Ipv4Addr;
use core::time::Duration;
use holdfast_model::{
    AddressFamily, Event, GroupKey, IfName, Instance, InstanceKey, Level, Name, State, SyncGroup,
    Track, TrackKey, TrackKind, Vrid, VrrpModel,
};
use holdfast_vrrp::{Action, Datagram, Ear, Input, Link, Router};
use support::*;

fn eth1() -> IfName {
    IfName::new("eth1").unwrap()
}

fn link1(up: bool) -> Link {
    Link {
        name: eth1(),
        index: 8,
        ..link(Some(OWN), up)
    }
}

/// `VI`, VRID 51 on eth0, and `VI_2`, VRID 52 on eth1.
fn pair(first: u8, second: u8) -> Vec<Instance> {
    let mut other = config(second);
    other.key = InstanceKey(Name::from("VI_2"));
    other.vrid = Vrid::new(52).unwrap();
    other.interface = eth1();
    for vip in &mut other.addresses {
        vip.interface = eth1();
    }
    vec![config(first), other]
}

fn grouped(instances: Vec<Instance>) -> VrrpModel {
    let members = instances.iter().map(|instance| instance.key.clone());
    VrrpModel {
        groups: vec![SyncGroup {
            notify: holdfast_model::Notify::default(),
            key: GroupKey(Name::from("G")),
            members: members.collect(),
        }],
        instances,
        ..VrrpModel::default()
    }
}

fn rig(model: &VrrpModel) -> Rig {
    let mut rig = Rig::new(Vec::new());
    rig.router = Router::new(model);
    rig.input(Input::Link(link(Some(OWN), true)));
    rig.input(Input::Link(link1(true)));
    rig.input(Input::Start);
    rig
}

fn master(first: u8, second: u8) -> Rig {
    let mut rig = rig(&grouped(pair(first, second)));
    rig.advance(Duration::from_secs(5));
    assert_eq!(states(&rig), [State::Master; 2]);
    rig
}

fn states(rig: &Rig) -> Vec<State> {
    rig.router.status().map(|status| status.state).collect()
}

/// Where the group was brought to.
fn group(rig: &Rig) -> State {
    rig.router.groups().next().unwrap().1
}

/// What was said of the group.
fn told(actions: &[Action]) -> Vec<State> {
    let of_group = |action: &Action| match action {
        Action::Report(Event::Group { state, .. }) => Some(*state),
        _ => None,
    };
    actions.iter().filter_map(of_group).collect()
}

/// An advert for the second instance.
fn hears_second(rig: &mut Rig, source: Ipv4Addr, priority: u8) -> Vec<Action> {
    let mut advert = advert(source, priority);
    advert.vrid = 52;
    rig.input(Input::Datagram(Datagram {
        ear: Ear::Link(8, AddressFamily::V4),
        header: None,
        bytes: &advert.bytes(),
    }))
}

#[test]
fn s11_master_only_when_every_member_wants_it() {
    let mut rig = rig(&grouped(pair(200, 50)));
    // The first is due after 3.22 s, the second after 3.80 s: both become master then.
    rig.advance(Duration::from_millis(3_700));
    assert_eq!(states(&rig), [State::Backup; 2]);
    let actions = words(&rig.advance(Duration::from_millis(200)));
    assert_eq!(states(&rig), [State::Master; 2]);
    assert_eq!(count(&actions, "send 200") + count(&actions, "send 50"), 2);
}

#[test]
fn s11_a_member_that_follows_holds_back_the_group() {
    let mut rig = rig(&grouped(pair(100, 100)));
    for _ in 0..20 {
        hears_second(&mut rig, PEER, 110);
        rig.advance(A);
        assert_eq!(states(&rig), [State::Backup; 2]);
    }
    // The master of the second falls silent: both within its down interval.
    rig.advance(Duration::from_millis(3_700));
    assert_eq!(states(&rig), [State::Master; 2]);
}

#[test]
fn s11_a_member_that_gives_way_takes_the_group_along_without_priority_0() {
    let mut rig = master(100, 100);
    let actions = hears_second(&mut rig, PEER, 110);
    assert_eq!(states(&rig), [State::Backup; 2]);
    assert_eq!(deeds(&actions), ["want 0", "want 0"]);
    assert_eq!(rig.down(), A * 3 + Duration::from_nanos(156 * 3_906_250));
}

#[test]
fn s11_one_fault_is_everybodys_fault_and_each_resigns() {
    let mut rig = master(100, 100);
    let actions = rig.input(Input::Link(link1(false)));
    assert_eq!(states(&rig), [State::Fault; 2]);
    assert_eq!(count(&words(&actions), "sent 0 priority"), 2);
    rig.advance(Duration::from_secs(20));
    assert_eq!(states(&rig), [State::Fault; 2]);
    // The second of two reasons: the group waits for the last.
    rig.input(Input::Link(link(Some(OWN), false)));
    rig.input(Input::Link(link1(true)));
    assert_eq!(states(&rig), [State::Fault; 2]);
    rig.input(Input::Link(link(Some(OWN), true)));
    assert_eq!(states(&rig), [State::Backup; 2]);
    rig.advance(Duration::from_secs(4));
    assert_eq!(states(&rig), [State::Master; 2]);
}

#[test]
fn s11_a_fault_at_the_start_is_everybodys() {
    let mut rig = Rig::new(Vec::new());
    rig.router = Router::new(&grouped(pair(100, 100)));
    rig.input(Input::Link(link(Some(OWN), true)));
    rig.input(Input::Link(link1(false)));
    let actions = words(&rig.input(Input::Start));
    assert_eq!(states(&rig), [State::Fault; 2]);
    assert_eq!(count(&actions, "Entering BACKUP STATE (init)"), 0);
    assert_eq!(count(&actions, "Entering FAULT STATE"), 2);
}

/// `notify_master` and its kin of a group hang on this.
#[test]
fn where_a_group_is_brought_to_is_told_once() {
    let mut rig = Rig::new(Vec::new());
    rig.router = Router::new(&grouped(pair(100, 100)));
    rig.input(Input::Link(link(Some(OWN), true)));
    rig.input(Input::Link(link1(true)));
    assert_eq!(group(&rig), State::Init);
    assert_eq!(told(&rig.input(Input::Start)), [State::Backup]);
    assert_eq!(group(&rig), State::Backup);
    let start = rig.advance(Duration::from_secs(20));
    assert_eq!(told(&start), [State::Master]);
    assert_eq!(group(&rig), State::Master);
    // the same file, and one that edits an instance
    for first in [100, 110] {
        let same = grouped(pair(first, 100));
        assert_eq!(told(&rig.input(Input::Reconfigure(&same))), []);
        assert_eq!(group(&rig), State::Master);
    }
    let down = rig.input(Input::Link(link1(false)));
    assert_eq!(told(&down), [State::Fault]);
    assert_eq!(told(&rig.input(Input::Link(link(Some(OWN), false)))), []);
    assert_eq!(told(&rig.input(Input::Link(link(Some(OWN), true)))), []);
    assert_eq!(group(&rig), State::Fault);
    let up = rig.input(Input::Link(link1(true)));
    assert_eq!(told(&up), [State::Backup]);
    assert_eq!(group(&rig), State::Backup);
}

/// Each instance says so once, and the group only when all of it wants to be master.
#[test]
fn a_member_that_waits_for_the_others_says_so_once() {
    let mut rig = rig(&grouped(pair(100, 100)));
    let mut said = Vec::new();
    for _ in 0..20 {
        hears_second(&mut rig, PEER, 110);
        said.extend(words(&rig.advance(A)));
    }
    assert_eq!(count(&said, "Receive advertisement timeout"), 1, "{said:?}");
    assert_eq!(group(&rig), State::Backup);
}

/// Whatever else is looked at: the fault of another stays until that is gone.
#[test]
fn news_of_a_link_does_not_shake_who_is_in_fault_for_another() {
    let mut rig = master(100, 100);
    rig.input(Input::Link(link1(false)));
    assert_eq!(states(&rig), [State::Fault; 2]);
    let again = rig.input(Input::Link(link(Some(OWN), true)));
    assert!(again.is_empty(), "{:?}", words(&again));
}

/// What nobody has run yet has not failed, neither for the one that watches it nor for its group.
#[test]
fn a_group_that_waits_for_a_first_result_is_not_in_fault() {
    let script = TrackKey::new(TrackKind::Script, Name::from("chk"));
    let mut instances = pair(100, 100);
    instances[0].tracks.list = vec![Track {
        key: script.clone(),
        weight: 0,
        reverse: false,
    }];
    let mut rig = Rig::new(Vec::new());
    rig.router = Router::new(&grouped(instances));
    rig.input(Input::Link(link(Some(OWN), true)));
    rig.input(Input::Link(link1(true)));
    let started = rig.input(Input::Start);
    assert_eq!(told(&started), []);
    assert_eq!(group(&rig), State::Init);
    assert_eq!(count(&words(&started), "Entering FAULT STATE"), 0);
    assert_eq!(states(&rig), [State::Fault; 2]);
    let level = |level| Input::Level {
        key: &script,
        level,
    };
    let waiting = rig.router.clone();
    let known = rig.input(level(Level::Down));
    assert_eq!(
        count(&words(&known), "Entering FAULT STATE"),
        2,
        "it failed"
    );
    assert_eq!(told(&known), [State::Fault]);
    assert_eq!(states(&rig), [State::Fault; 2]);
    rig.router = waiting;
    let known = rig.input(level(Level::Up));
    assert_eq!(told(&known), [State::Backup]);
    assert_eq!(states(&rig), [State::Backup; 2]);
}

// conforms: C40+
#[test]
fn c40_a_group_starts_as_master_only_if_all_of_it_is_the_owners() {
    let all = rig(&grouped(pair(255, 255)));
    assert_eq!(states(&all), [State::Master; 2]);
    let mut some = rig(&grouped(pair(255, 100)));
    assert_eq!(states(&some), [State::Backup; 2]);
    some.advance(Duration::from_secs(4));
    assert_eq!(states(&some), [State::Master; 2]);
}

#[test]
fn s14_a_reload_that_adds_a_member_moves_nobody_else() {
    let mut one = pair(100, 100);
    let second = one.pop().unwrap();
    let mut rig = rig(&grouped(one.clone()));
    rig.advance(Duration::from_secs(5));
    assert_eq!(states(&rig), [State::Master]);
    one.push(second);
    let actions = rig.input(Input::Reconfigure(&grouped(one.clone())));
    assert_eq!(states(&rig), [State::Master; 2]);
    assert_eq!(count(&words(&actions), "want 0"), 0);
    // And one that dissolves the group moves nobody at all.
    let actions = rig.input(Input::Reconfigure(&model(one)));
    assert_eq!(deeds(&actions), [] as [&str; 0]);
    hears_second(&mut rig, PEER, 110);
    assert_eq!(states(&rig), [State::Master, State::Backup]);
}

#[test]
fn a_member_that_leaves_a_faulty_group_is_free_of_it() {
    let mut rig = master(100, 100);
    rig.input(Input::Link(link1(false)));
    rig.input(Input::Reconfigure(&model(pair(100, 100))));
    assert_eq!(states(&rig), [State::Backup, State::Fault]);
}

#[test]
fn a_resumed_group_goes_on_as_it_was() {
    let mut waiting = rig(&grouped(pair(200, 50)));
    waiting.advance(Duration::from_millis(3_300));
    for before in [master(100, 100), waiting] {
        let (saved, now) = (before.router.snapshot(), before.now);
        let model = grouped(pair(
            saved.instances[0].priority,
            saved.instances[1].priority,
        ));
        let mut next = Rig::new(Vec::new());
        next.now = now + Duration::from_millis(100);
        next.router = Router::resume(&model, &saved, next.now);
        next.input(Input::Link(link(Some(OWN), true)));
        next.input(Input::Link(link1(true)));
        next.input(Input::Start);
        assert_eq!(states(&next), states(&before));
        assert_eq!(group(&next), group(&before));
        assert_eq!(
            next.router.snapshot().instances[0].wants,
            saved.instances[0].wants
        );
        next.advance(Duration::from_millis(600));
        assert_eq!(states(&next), [State::Master; 2]);
    }
}

/// Found by the simulator: the next process finds a file in which nobody holds it back any more,
/// and still hears first what came in meanwhile.
#[test]
fn a_resumed_group_is_not_master_before_it_has_listened() {
    let mut waiting = rig(&grouped(pair(200, 50)));
    waiting.advance(Duration::from_millis(3_300));
    let saved = waiting.router.snapshot();
    assert!(saved.instances[0].wants);
    for served in [false, true] {
        let mut next = Rig::new(Vec::new());
        next.now = waiting.now + Duration::from_millis(100);
        next.router = Router::resume(&grouped(vec![config(200)]), &saved, next.now);
        next.input(Input::Link(link(Some(OWN), true)));
        assert_eq!(states(&next), [State::Backup]);
        if served {
            next.hears(PEER, 250);
        }
        next.input(Input::Start);
        let state = if served { State::Backup } else { State::Master };
        assert_eq!(states(&next), [state]);
    }
}

/// Found by the simulator: one that was silent for too long begins anew, and the others with it,
/// without an advert that they do not stand by.
#[test]
fn a_group_of_which_one_cannot_go_on_begins_anew_as_a_whole() {
    let mut instances = pair(100, 100);
    instances[1].wire.down_adverts = 2;
    let model = grouped(instances);
    let mut before = rig(&model);
    before.advance(Duration::from_secs(5));
    assert_eq!(states(&before), [State::Master; 2]);
    let mut next = Rig::new(Vec::new());
    next.now = before.now + Duration::from_millis(1_500);
    next.router = Router::resume(&model, &before.router.snapshot(), next.now);
    next.input(Input::Link(link(Some(OWN), true)));
    next.input(Input::Link(link1(true)));
    let started = next.input(Input::Start);
    assert_eq!(states(&next), [State::Backup; 2]);
    let sends = |action: &Action| matches!(action, Action::Send { .. });
    assert!(!started.iter().any(sends), "{started:?}");
}

#[test]
fn two_nodes_agree() {
    // Two groups face each other, each better in one instance: the earlier of them keeps both.
    let mut a = rig(&grouped(pair(100, 150)));
    a.advance(Duration::from_millis(300));
    let mut b = rig(&grouped(pair(150, 100)));
    for _ in 0..200 {
        let step = Duration::from_millis(100);
        let (from_a, from_b) = (a.advance(step), b.advance(step));
        for (actions, to, source) in [(from_a, &mut b, HIGH_PEER), (from_b, &mut a, PEER)] {
            for action in actions {
                if let Action::Send { ear, outgoing, .. } = action {
                    let mut advert = advert(source, outgoing.packet[22]);
                    advert.vrid = outgoing.packet[21];
                    let bytes = advert.bytes();
                    to.input(Input::Datagram(Datagram {
                        ear,
                        header: None,
                        bytes: &bytes,
                    }));
                }
            }
        }
        for rig in [&a, &b] {
            let states = states(rig);
            assert!(
                states == [State::Master; 2] || states == [State::Backup; 2],
                "{states:?}"
            );
        }
    }
    assert_ne!(states(&a), states(&b));
}
