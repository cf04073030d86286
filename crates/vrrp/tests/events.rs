//! The order of everything that is done and said at each transition. keepalived 2.2.7 with `-D`
//! writes the same lines in the same order (recorded from a pair on a veth).
#![allow(clippy::unwrap_used, reason = "test code")]

mod support;

use core::net::{IpAddr, Ipv4Addr};
use core::time::Duration;
use holdfast_model::State;
use holdfast_vrrp::Input;
use support::*;

// conforms: C41+ C46+ C47+ C69+
#[test]
fn start_takeover_and_second_round() {
    let mut rig = Rig::new(vec![config(100)]);
    assert_eq!(
        words(&rig.input(Input::Start)),
        ["watch 7", "Entering BACKUP STATE (init)"]
    );
    assert_eq!(
        words(&rig.advance(Duration::from_millis(3_610))),
        [
            "send 100",
            "Receive advertisement timeout",
            "Entering MASTER STATE",
            "setting VIPs.",
            "want 2",
            "AddressesSet",
            "gratuitous ARPs for 10.0.0.100",
            "gratuitous ARPs for 10.0.0.101",
            "announce 2x5",
        ]
    );
    let later = words(&rig.advance(Duration::from_secs(7)));
    assert_eq!(count(&later, "send 100"), 7);
    assert_eq!(count(&later, "announce 2x5"), 1);
    assert_eq!(later.len(), 7 + 3);
}

// conforms: C40+
#[test]
fn owner_starts_at_once() {
    let mut rig = Rig::new(vec![config(255)]);
    assert_eq!(
        words(&rig.input(Input::Start))[..4],
        [
            "watch 7",
            "send 255",
            "Receive advertisement timeout",
            "Entering MASTER STATE"
        ]
    );
}

// conforms: C49+ C60+ C73+
#[test]
fn master_gives_way() {
    let mut rig = Rig::at(State::Master, config(100));
    assert_eq!(
        words(&rig.hears(PEER, 200)),
        [
            "HigherPriority",
            "Entering BACKUP STATE",
            "removing VIPs.",
            "want 0",
            "AddressesRemoved"
        ]
    );
    let mut rig = Rig::at(State::Master, config(100));
    assert_eq!(
        words(&rig.hears(HIGH_PEER, 100))[..2],
        ["HigherAddress", "Entering BACKUP STATE"]
    );
}

// conforms: C50+ C73+
#[test]
fn master_insists() {
    let mut rig = Rig::at(State::Master, config(100));
    assert_eq!(
        words(&rig.hears(PEER, 90)),
        [
            "LowerPriority",
            "send 100",
            "gratuitous ARPs for 10.0.0.100",
            "gratuitous ARPs for 10.0.0.101",
            "announce 2x5",
        ]
    );
}

/// Who hears us gives way; who is there after a whole down interval does not hear us. One who comes back
/// after that time without a word is news again.
#[test]
fn a_master_that_does_not_give_way_is_told_of_once() {
    let mut rig = Rig::at(State::Master, config(100));
    let mut told = Vec::new();
    let mut speak = |rig: &mut Rig, seconds: u64| {
        for second in 0..seconds {
            let said = words(&rig.hears(PEER, 90));
            if said.iter().any(|word| word == "TwoMasters") {
                told.push(second);
            }
            rig.advance(Duration::from_secs(1));
        }
    };
    speak(&mut rig, 3);
    rig.advance(Duration::from_secs(10));
    speak(&mut rig, 20);
    rig.advance(Duration::from_secs(10));
    speak(&mut rig, 20);
    // 3.6 s of adverts: the fifth of each run
    assert_eq!(told, [4, 4]);
}

// conforms: C43+
#[test]
fn backup_hears_resignation_and_takes_over_after_skew() {
    let mut rig = Rig::at(State::Backup, config(90));
    assert_eq!(words(&rig.hears(PEER, 0)), ["PriorityZero"]);
    assert_eq!(rig.down(), Duration::from_nanos(166 * 3_906_250));
    let taken = words(&rig.advance(Duration::from_millis(649)));
    assert_eq!(taken[..2], ["send 90", "Receive advertisement timeout"]);
}

/// Until a master has spoken again, it is the same news.
#[test]
fn each_resignation_is_told_once() {
    for (nopreempt, priority) in [(false, 200), (true, 50)] {
        let mut config = config(90);
        config.nopreempt = nopreempt;
        let mut rig = Rig::at(State::Backup, config);
        for _ in 0..3 {
            assert_eq!(words(&rig.hears(PEER, 0)), ["PriorityZero"]);
            assert!(rig.hears(PEER, 0).is_empty());
            assert!(rig.hears(PEER, priority).is_empty());
        }
    }
}

/// `track_src_ip`: the address that adverts come from goes, and comes back.
#[test]
fn the_named_source_is_watched() {
    const NAMED: Ipv4Addr = Ipv4Addr::new(10, 0, 0, 6);
    for tracked in [false, true] {
        let mut config = config(100);
        config.wire.source = Some(NAMED.into());
        config.wire.tracks_source = tracked;
        let mut rig = Rig::new(vec![config]);
        let with = |has: bool| {
            let mut link = link(Some(OWN), true);
            link.addresses.extend(has.then_some(IpAddr::V4(NAMED)));
            Input::Link(link)
        };
        rig.input(with(true));
        rig.input(Input::Start);
        rig.advance(Duration::from_secs(4));
        rig.input(with(false));
        let gone = if tracked { State::Fault } else { State::Master };
        assert_eq!(rig.state(), gone);
        rig.input(with(true));
        let back = if tracked {
            State::Backup
        } else {
            State::Master
        };
        assert_eq!(rig.state(), back);
    }
}

// conforms: C14+
#[test]
fn fault_and_recovery() {
    let mut rig = Rig::at(State::Master, config(100));
    assert_eq!(
        words(&rig.input(Input::Link(link(Some(OWN), false)))),
        [
            "raised InterfaceDown",
            "Entering FAULT STATE",
            "send 0",
            "sent 0 priority",
            "removing VIPs.",
            "want 0",
            "AddressesRemoved",
        ]
    );
    assert_eq!(
        words(&rig.input(Input::Link(link(Some(OWN), true)))),
        ["cleared InterfaceDown", "Entering BACKUP STATE"]
    );
    assert_eq!(rig.down(), Duration::from_nanos(3_609_375_000));
}

// conforms: C14+ C51+
#[test]
fn stop_of_a_master() {
    let mut rig = Rig::at(State::Master, config(100));
    assert_eq!(
        words(&rig.input(Input::Stop { release: true })),
        [
            "send 0",
            "sent 0 priority",
            "removing VIPs.",
            "want 0",
            "Stopped",
            "unwatch 7",
            "stopped",
        ]
    );
    assert_eq!(rig.router.deadline(), None);
}

// conforms: C14+
#[test]
fn stop_that_keeps_the_addresses() {
    let mut rig = Rig::at(State::Master, config(100));
    assert_eq!(
        words(&rig.input(Input::Stop { release: false })),
        [
            "send 0",
            "sent 0 priority",
            "Stopped",
            "unwatch 7",
            "stopped"
        ]
    );
}

#[test]
fn stop_waits_for_the_kernel_but_not_for_ever() {
    let mut rig = Rig::at(State::Master, config(100));
    rig.applies = false;
    let first = words(&rig.input(Input::Stop { release: true }));
    assert!(!first.contains(&"stopped".to_owned()));
    assert!(rig.sleep(Duration::from_millis(1_999)).is_empty());
    let last = words(&rig.sleep(Duration::from_millis(1)));
    assert_eq!(last, ["unwatch 7", "stopped"]);
}

// conforms: C14- C51-
#[test]
fn stop_of_a_backup_sends_nothing() {
    let mut rig = Rig::at(State::Backup, config(100));
    assert_eq!(
        words(&rig.input(Input::Stop { release: true })),
        ["Stopped", "unwatch 7", "stopped"]
    );
}

// conforms: C16+ C16-
#[test]
fn announcement_waits_for_the_kernel() {
    let mut rig = Rig::at(State::Backup, config(100));
    rig.applies = false;
    let taken = words(&rig.advance(Duration::from_millis(3_610)));
    assert_eq!(taken.last().unwrap(), "want 2");
    let epoch = rig.snapshot().want.0;
    let instance = &config(100).key;
    // An answer to another question is none.
    let stale = Input::Applied {
        instance,
        epoch: epoch - 1,
    };
    assert!(rig.input(stale).is_empty());
    let right = rig.input(Input::Applied { instance, epoch });
    assert_eq!(words(&right)[0], "AddressesSet");
    assert_eq!(deeds(&right), ["announce 2x5"]);
}

// conforms: C16-
#[test]
fn addresses_that_do_not_arrive_within_a_second_are_a_fault() {
    let mut rig = Rig::at(State::Backup, config(100));
    rig.applies = false;
    rig.advance(Duration::from_millis(3_610));
    let actions = words(&rig.advance(Duration::from_millis(1_000)));
    assert_eq!(
        actions,
        [
            "raised NotApplied",
            "Entering FAULT STATE",
            "send 0",
            "sent 0 priority",
            "removing VIPs.",
            "want 0",
        ]
    );
    let actions = words(&rig.advance(Duration::from_secs(5)));
    assert_eq!(actions, ["cleared NotApplied", "Entering BACKUP STATE"]);
}

// conforms: C16-
#[test]
fn refused_addresses_are_a_fault_at_once() {
    let mut rig = Rig::at(State::Backup, config(100));
    rig.applies = false;
    rig.advance(Duration::from_millis(3_610));
    let (epoch, instance) = (rig.snapshot().want.0, &config(100).key);
    let actions = rig.input(Input::ApplyFailed { instance, epoch });
    assert_eq!(deeds(&actions), ["send 0", "want 0"]);
    assert_eq!(rig.state(), State::Fault);
}

#[test]
fn a_lost_address_is_put_back_without_giving_up() {
    let mut rig = Rig::at(State::Master, config(100));
    let (instance, address) = (&config(100).key, &vip(VIP));
    assert_eq!(
        words(&rig.input(Input::Lost { instance, address })),
        [
            "AddressLost",
            "setting VIPs.",
            "want 2",
            "gratuitous ARPs for 10.0.0.100",
            "announce 1x5",
        ]
    );
    assert_eq!(rig.state(), State::Master);
}

#[test]
fn a_flush_of_many_addresses_is_one_loss() {
    let mut wide = config(100);
    wide.addresses = (1..=50).map(|n| vip([10, 0, 1, n].into())).collect();
    let mut rig = Rig::at(State::Master, wide.clone());
    for address in &wide.addresses {
        let instance = &wide.key;
        rig.input(Input::Lost { instance, address });
    }
    assert_eq!(rig.state(), State::Master);
}

#[test]
fn a_passing_fault_outlasts_news_of_the_link() {
    let mut rig = Rig::at(State::Backup, config(100));
    rig.applies = false;
    rig.advance(Duration::from_millis(3_610));
    rig.advance(Duration::from_secs(1));
    assert_eq!(rig.state(), State::Fault);
    assert!(rig.input(Input::Link(link(Some(OWN), true))).is_empty());
    assert_eq!(rig.state(), State::Fault);
}

#[test]
fn an_interface_that_is_made_anew_gets_new_sockets() {
    let mut rig = Rig::at(State::Backup, config(100));
    let mut anew = link(Some(OWN), true);
    anew.index = 9;
    assert_eq!(
        words(&rig.input(Input::Link(anew))),
        ["unwatch 7", "watch 9"]
    );
    let gone = words(&rig.input(Input::LinkGone(9)));
    assert_eq!(
        gone,
        [
            "unwatch 9",
            "raised InterfaceMissing",
            "Entering FAULT STATE"
        ]
    );
    let back = words(&rig.input(Input::Link(link(Some(OWN), true))));
    assert_eq!(
        back,
        [
            "watch 7",
            "cleared InterfaceMissing",
            "Entering BACKUP STATE"
        ]
    );
}

#[test]
fn a_vip_on_another_interface_needs_that_interface() {
    let mut spread = config(100);
    spread.addresses[1].interface = holdfast_model::IfName::new("eth1").unwrap();
    let mut rig = Rig::at(State::Fault, spread);
    rig.input(Input::Link(link(Some(OWN), true)));
    assert_eq!(rig.state(), State::Fault);
    let mut eth1 = link(None, true);
    eth1.name = holdfast_model::IfName::new("eth1").unwrap();
    eth1.index = 8;
    rig.input(Input::Link(eth1));
    assert_eq!(rig.state(), State::Backup);
}
