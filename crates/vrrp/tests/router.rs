//! The router around its instances: who is meant by a packet, links that are renamed, what can be asked of it.
#![allow(clippy::unwrap_used, reason = "test code")]

mod support;

use core::net::Ipv4Addr;
use core::time::Duration;
use holdfast_model::{
    AddressFamily, Cast, IfName, Instance, InstanceKey, Machine, Mono, Name, Peer, Peers, State,
    drive,
};
use holdfast_vrrp::{Action, Datagram, Ear, Input, Link, Router};
use support::*;

fn unicast(name: &str, peer: Ipv4Addr) -> Instance {
    let mut config = config(100);
    config.key = InstanceKey(Name::from(name));
    config.wire.cast = Cast::Peers(Peers {
        list: vec![Peer {
            address: peer.into(),
            min_ttl: 0,
            max_ttl: 255,
        }],
        ttl: None,
        only_known: false,
    });
    config
}

/// Two unicast instances of one VRID speak from one address: an advert is for the one that names its sender.
#[test]
fn of_several_unicast_instances_the_one_with_that_peer_is_meant() {
    for (sender, received) in [(PEER, [1, 0]), (HIGH_PEER, [0, 1])] {
        let (first, second) = (unicast("A", PEER), unicast("B", HIGH_PEER));
        let keys = [first.key.clone(), second.key.clone()];
        let mut rig = Rig::new(vec![first, second]);
        rig.input(Input::Start);
        let bytes = advert(sender, 200).to(OWN);
        rig.input(Input::Datagram(Datagram {
            ear: Ear::Peers(AddressFamily::V4),
            header: None,
            bytes: &bytes,
        }));
        let heard = keys.map(|key| rig.router.stats(&key).unwrap().adverts_received);
        assert_eq!(heard, received, "{sender}");
    }
}

/// What has our interface's index has another name by now, so there is no such interface. One that comes under
/// that name is ours again.
#[test]
fn an_interface_that_is_renamed_is_gone() {
    let mut rig = Rig::at(State::Master, config(100));
    let renamed = Link {
        name: IfName::new("old0").unwrap(),
        ..link(Some(OWN), true)
    };
    let said = words(&rig.input(Input::Link(renamed)));
    assert_eq!(count(&said, "raised InterfaceMissing"), 1, "{said:?}");
    assert_eq!(rig.state(), State::Fault);
    let back = Link {
        index: 9,
        ..link(Some(OWN), true)
    };
    let said = words(&rig.input(Input::Link(back)));
    assert_eq!(count(&said, "watch 9"), 1, "{said:?}");
    assert_eq!(rig.state(), State::Backup);
}

/// Another link's index says nothing of ours.
#[test]
fn other_links_come_and_go() {
    let mut rig = Rig::at(State::Master, config(100));
    for (name, index) in [("eth1", 8), ("eth2", 9), ("eth3", 8)] {
        let name = IfName::new(name).unwrap();
        rig.input(Input::Link(Link {
            name,
            index,
            ..link(None, true)
        }));
        assert_eq!(rig.state(), State::Master);
    }
}

/// A master serves when its addresses are in the kernel and nothing of them is in question.
#[test]
fn who_serves() {
    let mut rig = Rig::at(State::Backup, config(100));
    assert!(!rig.status().serving, "a backup");
    rig.applies = false;
    rig.advance(rig.down());
    assert_eq!((rig.state(), rig.status().serving), (State::Master, false));
    let applied = |rig: &mut Rig| {
        let (instance, epoch) = (&config(100).key, rig.snapshot().want.0);
        rig.input(Input::Applied { instance, epoch });
    };
    applied(&mut rig);
    assert!(rig.status().serving);
    let (instance, address) = (&config(100).key, &vip(VIP));
    rig.input(Input::Lost { instance, address });
    assert!(!rig.status().serving, "one is to be put back");
    applied(&mut rig);
    assert!(rig.status().serving);
    rig.applies = true;
    rig.hears(PEER, 200);
    assert_eq!((rig.state(), rig.status().serving), (State::Backup, false));
}

#[test]
fn a_glance_tells_who_has_a_reason_not_to_serve() {
    for state in [State::Backup, State::Master, State::Fault] {
        let rig = Rig::at(state, config(100));
        let seen: Vec<_> = rig.router.glance().collect();
        assert_eq!(seen, [(state, 100, state == State::Fault)]);
    }
}

/// Ticks at each deadline until `end`, as any machine is driven.
fn run<M>(machine: &mut M, end: Mono, tick: impl Fn() -> M::Input<'static>) -> Vec<(Mono, Action)>
where
    M: Machine<Action = Action>,
{
    let mut done = Vec::new();
    while let Some(due) = machine.deadline().filter(|due| *due <= end) {
        drive(machine, due, tick(), |action| done.push((due, action)));
    }
    done
}

#[test]
fn it_is_driven_like_any_machine() {
    let mut router = Router::new(&model(vec![config(100)]));
    let now = Mono::from_secs(1_000);
    let mut first = Vec::new();
    drive(&mut router, now, Input::Link(link(Some(OWN), true)), |_| ());
    drive(&mut router, now, Input::Start, |action| first.push(action));
    assert_eq!(words(&first), ["watch 7", "Entering BACKUP STATE (init)"]);
    let done = run(&mut router, now + Duration::from_millis(3_610), || {
        Input::Tick
    });
    let takeover = now + Duration::from_nanos(3_609_375_000);
    assert!(done.iter().all(|(at, _)| *at == takeover), "{done:?}");
    let done: Vec<Action> = done.into_iter().map(|(_, action)| action).collect();
    assert_eq!(deeds(&done), ["send 100", "want 2"]);
}
