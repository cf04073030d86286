//! What the RFCs ask of a sender and of its states, line by line, in each form of the protocol:
//! docs/conformance.md. What is received: conformance_receive.rs.
#![allow(clippy::unwrap_used, reason = "test code")]

mod support;

use core::net::IpAddr;
use core::time::Duration;
use holdfast_model::{Authentication, Centis, Instance, State};
use holdfast_vrrp::{Action, Input, Outgoing};
use support::forms::{KINDS, Kind, V2, V3, V3_IPV6, sent};
use support::*;

const NS: Duration = Duration::from_nanos(1);

fn skew(priority: u64) -> Duration {
    Duration::from_nanos((256 - priority) * 3_906_250)
}

/// Everything that can make a router speak.
fn life(kind: Kind, config: Instance) -> Vec<Action> {
    let mut rig = kind.rig(config);
    let mut done = rig.input(Input::Start);
    done.extend(rig.advance(Duration::from_secs(20)));
    done.extend(kind.hears(&mut rig, kind.low(), 1));
    done.extend(kind.hears(&mut rig, kind.low(), 0));
    done.extend(kind.link(&mut rig, false));
    done.extend(kind.link(&mut rig, true));
    done.extend(rig.advance(Duration::from_secs(20)));
    done.extend(rig.input(Input::Stop { release: true }));
    done
}

fn message(outgoing: &Outgoing) -> &[u8] {
    let at = if outgoing.source.is_ipv4() { 20 } else { 0 };
    &outgoing.packet[at..]
}

// conforms: C01+ C01- C02+ C02- C03+ C03- C04+ C06+ C06- C07+ C08+ C13- C14+
#[test]
fn every_advert_of_a_life() {
    for kind in KINDS {
        for priority in [1, 100, 254, 255] {
            // a password that version 3 has no place for
            let mut config = kind.config(priority);
            config.authentication = Authentication::Password(PASSWORD);
            let all = sent(&life(kind, config));
            let mut resigned = 0;
            assert!(all.len() > 30, "{kind:?} {priority}: {}", all.len());
            for outgoing in &all {
                let name = format!("{kind:?} {priority}: {outgoing:?}");
                assert_eq!(outgoing.source, kind.own(), "{name}");
                assert_eq!(outgoing.destination, kind.group(), "{name}");
                if outgoing.source.is_ipv4() {
                    assert_eq!(outgoing.packet[8..10], [255, 112], "{name}");
                    assert_eq!(outgoing.packet[12..16], [10, 0, 0, 5], "{name}");
                    assert_eq!(outgoing.packet[16..20], [224, 0, 0, 18], "{name}");
                }
                let message = message(outgoing);
                let (first, length) = match (kind.v3(), outgoing.source.is_ipv4()) {
                    (false, _) => (0x21, 8 + 2 * 4 + 8),
                    (true, true) => (0x31, 8 + 2 * 4),
                    (true, false) => (0x31, 8 + 2 * 16),
                };
                assert_eq!(message.len(), length, "{name}");
                assert_eq!(message[..2], [first, 51], "{name}");
                assert!(message[2] == priority || message[2] == 0, "{name}");
                let interval = if kind.v3() { [0, 100] } else { [1, 1] };
                assert_eq!((message[3], &message[4..6]), (2, &interval[..]), "{name}");
                resigned += usize::from(message[2] == 0);
            }
            assert_eq!(resigned, 2, "{kind:?} {priority}: a fault and a stop");
        }
    }
}

// conforms: C07+ C07-
#[test]
fn intervals_on_the_wire() {
    for (kind, interval, bytes) in [
        (V2, 100, [1, 1]),
        (V2, 25_500, [1, 255]),
        (V3, 1, [0, 1]),
        (V3, 256, [1, 0]),
        (V3, 4_095, [0x0f, 0xff]),
        (V3_IPV6, 4_095, [0x0f, 0xff]),
    ] {
        let mut config = kind.config(100);
        config.advert_interval = Centis::new(interval).unwrap();
        let mut rig = kind.backup(config);
        let all = sent(&rig.advance(Duration::from_millis(u64::from(interval) * 50)));
        assert!(!all.is_empty(), "{kind:?} {interval}");
        for outgoing in &all {
            assert_eq!(message(outgoing)[4..6], bytes, "{kind:?} {interval}");
        }
    }
}

// conforms: C08+ C08-
#[test]
fn only_addresses_of_its_own_family_are_listed() {
    let six: IpAddr = "fe80::101".parse().unwrap();
    for kind in KINDS {
        let mut config = kind.config(100);
        let other = if kind == V3_IPV6 { VIP.into() } else { six };
        config.addresses[1].address = other;
        let listed = config.addresses[0].address;
        let mut rig = kind.backup(config);
        let all = sent(&rig.advance(Duration::from_secs(4)));
        let message = message(&all[0]);
        let octets = match listed {
            IpAddr::V4(address) => address.octets().to_vec(),
            IpAddr::V6(address) => address.octets().to_vec(),
        };
        assert_eq!(message[3], 1, "{kind:?}");
        assert_eq!(message[8..8 + octets.len()], octets, "{kind:?}");
        let data = if kind == V2 { 8 } else { 0 };
        assert_eq!(message.len(), 8 + octets.len() + data, "{kind:?}");
    }
}

// conforms: C10+ C11+ C12+
#[test]
fn sums_are_as_the_rfcs_have_them() {
    for kind in KINDS {
        let mut rig = kind.backup(kind.config(100));
        let ours = sent(&rig.advance(Duration::from_secs(4)));
        // summed by the test itself, over its own idea of a pseudo-header
        let theirs = kind.advert(kind.own(), 100).changed(|_| ());
        assert_eq!(message(&ours[0]), theirs.message(), "{kind:?}");
    }
}

// conforms: C40+ C40-
#[test]
fn only_an_owner_starts_as_master() {
    for kind in KINDS {
        for (priority, owner) in [(1, false), (254, false), (255, true)] {
            let mut rig = kind.rig(kind.config(priority));
            let mut done = deeds(&rig.input(Input::Start));
            assert!(done.remove(0).starts_with("watch"));
            let name = format!("{kind:?} {priority}");
            if owner {
                assert_eq!(done, ["send 255", "want 2", "announce 2x5"], "{name}");
                assert_eq!(
                    (rig.state(), rig.next_advert()),
                    (State::Master, A),
                    "{name}"
                );
            } else {
                assert!(done.is_empty(), "{name}: {done:?}");
                assert_eq!(rig.state(), State::Backup, "{name}");
            }
        }
    }
}

// conforms: C41+ C41- C42+ C46+ C46- C60- C69+ C69-
#[test]
fn a_backup_is_silent_until_its_timer_and_not_longer() {
    for kind in KINDS {
        for priority in [1, 100, 254] {
            let mut rig = kind.backup(kind.config(priority));
            let wait = A * 3 + skew(priority.into());
            assert_eq!(rig.down(), wait, "{kind:?} {priority}");
            // neither an advert, nor an address, nor an announcement
            let early = deeds(&rig.advance(wait - NS));
            assert!(early.is_empty(), "{kind:?} {priority}: {early:?}");
            let done = deeds(&rig.advance(NS));
            let send = format!("send {priority}");
            assert_eq!(done, [send.as_str(), "want 2", "announce 2x5"], "{kind:?}");
            assert_eq!((rig.state(), rig.next_advert()), (State::Master, A));
        }
    }
}

// conforms: C43+ C43- C46+
#[test]
fn a_resignation_leaves_the_skew() {
    for kind in KINDS {
        let mut rig = kind.backup(kind.config(100));
        assert!(deeds(&kind.hears(&mut rig, kind.high(), 0)).is_empty());
        assert_eq!(rig.down(), skew(100), "{kind:?}");
        assert!(deeds(&rig.advance(skew(100) - NS)).is_empty(), "{kind:?}");
        assert_eq!(rig.state(), State::Backup, "{kind:?}");
        assert_eq!(deeds(&rig.advance(NS))[0], "send 100", "{kind:?}");
        assert_eq!(rig.state(), State::Master, "{kind:?}");
    }
}

// conforms: C44+ C44- C45+ C45- C60-
#[test]
fn a_backup_follows_or_discards() {
    let gone = Duration::from_millis(700);
    for kind in KINDS {
        for (nopreempt, theirs, follows) in [
            (false, 255, true),
            (false, 101, true),
            (false, 100, true),
            (false, 99, false),
            (false, 1, false),
            (true, 99, true),
            (true, 1, true),
        ] {
            // whose address is higher makes no difference to a backup
            for source in [kind.low(), kind.high()] {
                let mut config = kind.config(100);
                config.nopreempt = nopreempt;
                let mut rig = kind.backup(config);
                rig.advance(gone);
                let name = format!("{kind:?} {nopreempt} {theirs} {source}");
                let done = deeds(&kind.hears(&mut rig, source, theirs));
                assert!(done.is_empty(), "{name}: {done:?}");
                let full = A * 3 + skew(100);
                let expected = if follows { full } else { full - gone };
                assert_eq!(rig.down(), expected, "{name}");
                assert_eq!(rig.status().master.is_some(), follows, "{name}");
            }
        }
    }
}

// conforms: C47+ C47-
#[test]
fn a_master_speaks_once_an_interval() {
    for kind in KINDS {
        let mut rig = kind.master(kind.config(100));
        let wait = rig.next_advert();
        assert!(deeds(&rig.advance(wait - NS)).is_empty(), "{kind:?}");
        for _ in 0..5 {
            assert_eq!(deeds(&rig.advance(NS)), ["send 100"], "{kind:?}");
            assert_eq!(rig.next_advert(), A, "{kind:?}");
            assert!(deeds(&rig.advance(A - NS)).is_empty(), "{kind:?}");
        }
    }
}

// conforms: C48+ C48- C49+ C49- C50+ C60+
#[test]
fn a_master_answers_or_gives_way() {
    for kind in KINDS {
        for (high, theirs, gives_way) in [
            (false, 101, true),
            (true, 101, true),
            (false, 255, true),
            (true, 100, true),
            (false, 100, false),
            (true, 99, false),
            (false, 1, false),
            // priority 0 is an answer's worth, whoever says it
            (true, 0, false),
            (false, 0, false),
        ] {
            let source = if high { kind.high() } else { kind.low() };
            let mut rig = kind.master(kind.config(100));
            rig.advance(Duration::from_millis(300));
            let done = deeds(&kind.hears(&mut rig, source, theirs));
            let name = format!("{kind:?} {source} {theirs}: {done:?}");
            if gives_way {
                assert_eq!(
                    (rig.state(), done),
                    (State::Backup, vec!["want 0".into()]),
                    "{name}"
                );
                assert_eq!(rig.down(), A * 3 + skew(100), "{name}");
                let silent = rig.advance(A * 3);
                assert!(deeds(&silent).is_empty(), "{name}");
            } else {
                assert_eq!(
                    (rig.state(), done[0].as_str()),
                    (State::Master, "send 100"),
                    "{name}"
                );
                assert_eq!(rig.next_advert(), A, "{name}");
                assert_eq!(count(&done, "want 0"), 0, "{name}");
            }
        }
    }
}

// conforms: C14+ C14- C51+ C51-
#[test]
fn a_stop_resigns_if_there_is_something_to_resign() {
    for kind in KINDS {
        let mut rig = kind.master(kind.config(100));
        let done = deeds(&rig.input(Input::Stop { release: true }));
        assert_eq!(done[..2], ["send 0", "want 0"], "{kind:?}");
        assert_eq!((rig.state(), rig.router.deadline()), (State::Init, None));
        assert!(rig.advance(Duration::from_secs(60)).is_empty(), "{kind:?}");

        let mut rig = kind.backup(kind.config(100));
        let done = rig.input(Input::Stop { release: true });
        assert!(sent(&done).is_empty(), "{kind:?}: {done:?}");
        assert_eq!((rig.state(), rig.router.deadline()), (State::Init, None));
        assert!(rig.advance(Duration::from_secs(60)).is_empty(), "{kind:?}");
    }
}

// conforms: C52+ C52-
#[test]
fn an_owner_preempts_in_spite_of_nopreempt() {
    for kind in KINDS {
        for (priority, takes_over) in [(255, true), (254, false)] {
            let mut config = kind.config(priority);
            config.nopreempt = true;
            let mut rig = kind.rig(config);
            rig.input(Input::Start);
            kind.link(&mut rig, false);
            kind.link(&mut rig, true);
            assert_eq!(
                rig.state(),
                State::Backup,
                "an owner that was in FAULT listens, too"
            );
            for _ in 0..20 {
                kind.hears(&mut rig, kind.low(), 100);
                rig.advance(A / 2);
            }
            let expected = if takes_over {
                State::Master
            } else {
                State::Backup
            };
            assert_eq!(rig.state(), expected, "{kind:?} {priority}");
        }
    }
}

// conforms: C73+ C73-
#[test]
fn a_second_master_is_said_once_a_run() {
    for kind in KINDS {
        let mut rig = kind.master(kind.config(100));
        let mut said = Vec::new();
        for _ in 0..50 {
            said.extend(words(&kind.hears(&mut rig, kind.low(), 50)));
            rig.advance(Duration::from_millis(500));
        }
        assert_eq!(count(&said, "LowerPriority"), 1, "{kind:?}");
        assert_eq!(count(&said, "TwoMasters"), 1, "{kind:?}");
    }
}

// conforms: C04-
#[test]
fn without_a_source_nothing_is_sent_at_all() {
    for kind in KINDS {
        for priority in [100, 255] {
            let mut rig = Rig::new(vec![kind.config(priority)]);
            // the other family's address does not help
            let source = (kind == V3_IPV6).then_some(OWN);
            let link_local = (kind != V3_IPV6).then(|| "fe80::5".parse().unwrap());
            rig.input(Input::Link(holdfast_vrrp::Link {
                link_local,
                ..link(source, true)
            }));
            let mut done = rig.input(Input::Start);
            done.extend(rig.advance(Duration::from_secs(60)));
            let said: Vec<String> = deeds(&done);
            assert!(
                said.iter().all(|word| word.starts_with("watch")),
                "{kind:?} {said:?}"
            );
            assert_eq!(rig.state(), State::Fault, "{kind:?} {priority}");
        }
    }
}

// conforms: C16+ C16- C69+
#[test]
fn announcements_wait_for_the_kernel() {
    for kind in KINDS {
        let mut rig = kind.backup(kind.config(100));
        rig.applies = false;
        rig.advance(A * 3 + skew(100));
        let (epoch, instance) = (rig.snapshot().want.0, kind.config(100).key);
        let early = deeds(&rig.advance(Duration::from_millis(900)));
        assert!(early.is_empty(), "{kind:?}: {early:?}");
        let instance = &instance;
        let done = deeds(&rig.input(Input::Applied { instance, epoch }));
        assert_eq!(done, ["announce 2x5"], "{kind:?}");
    }
}
