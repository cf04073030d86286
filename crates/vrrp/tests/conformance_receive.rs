//! What the RFCs ask of a receiver, line by line, in each form of the protocol: docs/conformance.md.
//! Each packet would be obeyed, were it not for the one thing that is wrong with it.
#![allow(clippy::unwrap_used, reason = "test code")]

mod support;

use core::time::Duration;
use holdfast_model::event::{Event, RejectReason, VrrpEvent};
use holdfast_model::{Authentication, Centis, State};
use holdfast_packet::vrrp::auth::AuthField;
use holdfast_vrrp::Action;
use support::forms::{KINDS, Kind, Packet, V2, V3, V3_IPV6};
use support::*;

fn better(kind: Kind) -> Packet {
    kind.advert(kind.high(), 200)
}

/// Why it was thrown away by an instance or the router; `None` when it was not.
fn rejected(rig: &mut Rig, packet: &Packet) -> Option<RejectReason> {
    let all = |rig: &Rig| {
        let mut all = rig.router.router_stats().rejected.clone();
        for (reason, count) in &rig.router.stats(&config(1).key).unwrap().rejected {
            *all.entry(*reason).or_default() += count;
        }
        all
    };
    let before = all(rig);
    packet.to(rig);
    let changed = |(reason, count): &(RejectReason, u64)| before.get(reason) != Some(count);
    let mut reasons = all(rig).into_iter().filter(changed);
    reasons.next().map(|(reason, _)| reason)
}

/// Dropped for that reason, as backup, as master and in FAULT, and nothing moves.
fn dropped(kind: Kind, packet: &Packet, reason: RejectReason, name: &str) {
    let mut faulty = kind.master(kind.config(100));
    kind.link(&mut faulty, false);
    let rigs = [
        kind.backup(kind.config(100)),
        kind.master(kind.config(100)),
        faulty,
    ];
    for mut rig in rigs {
        let (before, deadline) = (rig.router.snapshot(), rig.router.deadline());
        assert_eq!(rejected(&mut rig, packet), Some(reason), "{kind:?} {name}");
        assert!(deeds(&packet.to(&mut rig)).is_empty(), "{kind:?} {name}");
        assert_eq!(rig.router.snapshot(), before, "{kind:?} {name}");
        assert_eq!(rig.router.deadline(), deadline, "{kind:?} {name}");
    }
}

/// Obeyed by a master: it gives way.
fn obeyed(kind: Kind, packet: &Packet, name: &str) {
    let mut rig = kind.master(kind.config(100));
    assert_eq!(rejected(&mut rig, packet), None, "{kind:?} {name}");
    assert_eq!(rig.state(), State::Backup, "{kind:?} {name}");
}

// conforms: C20+ C21+ C22+ C23+ C24+ C25+ C26+ C27+ C30+
#[test]
fn a_good_advert_is_obeyed_in_every_form() {
    for kind in KINDS {
        obeyed(kind, &better(kind), "good");
        obeyed(kind, &better(kind).changed(|_| ()), "summed by the test");
    }
}

// conforms: C20- C32-
#[test]
fn c20_headers_that_are_not_whole() {
    for kind in [V2, V3] {
        for length in 0..20 {
            let mut packet = better(kind);
            packet.bytes.truncate(length);
            dropped(kind, &packet, RejectReason::Header, "cut");
        }
        let mut longer = better(kind);
        longer.bytes.resize(47, 0);
        dropped(
            kind,
            &longer,
            RejectReason::Header,
            "padded beyond a small frame",
        );
        for (at, value) in [(0, 0x44), (0, 0x4f), (3, 200), (9, 17)] {
            let mut packet = better(kind);
            packet.bytes[at] = value;
            dropped(kind, &packet, RejectReason::Header, "a field");
        }
    }
}

// conforms: C21- C32-
#[test]
fn c21_hops() {
    for kind in KINDS {
        for hops in [0, 1, 64, 128, 254] {
            dropped(kind, &better(kind).hops(hops), RejectReason::Ttl, "hops");
        }
    }
}

// conforms: C22- C32-
#[test]
fn c22_version_and_type() {
    for kind in KINDS {
        let right = if kind.v3() { 0x31 } else { 0x21 };
        for first in 0..=u8::MAX {
            let packet = better(kind).changed(|message| message[0] = first);
            match (first >> 4, first & 15) {
                _ if first == right => obeyed(kind, &packet, "right"),
                (2 | 3, 1) => {
                    // another version has another length and another sum: whatever is seen first
                    let mut rig = kind.master(kind.config(100));
                    let before = rig.router.snapshot();
                    assert!(rejected(&mut rig, &packet).is_some(), "{kind:?} {first:#x}");
                    assert_eq!(rig.router.snapshot(), before, "{kind:?} {first:#x}");
                }
                (2 | 3, _) => dropped(kind, &packet, RejectReason::Type, "type"),
                _ => dropped(kind, &packet, RejectReason::Version, "version"),
            }
        }
    }
}

// conforms: C23- C32-
#[test]
fn c23_every_other_length() {
    for kind in KINDS {
        let right = better(kind).message().len();
        for length in (8..right + 40).filter(|length| *length != right) {
            let resize = |message: &mut Vec<u8>| message.resize(length, 0);
            // a trailer of auth_hmac, which nobody expects: over IPv4 no sum covers it
            let trailer = length == right + 28 && kind != V3_IPV6;
            let packet = if trailer {
                better(kind).spoiled(resize)
            } else {
                better(kind).changed(resize)
            };
            dropped(kind, &packet, RejectReason::Length, &format!("{length}"));
        }
        for count in (0..=u8::MAX).filter(|count| *count != 2) {
            let packet = better(kind).changed(|message| message[3] = count);
            dropped(
                kind,
                &packet,
                RejectReason::Length,
                &format!("count {count}"),
            );
        }
    }
}

// conforms: C24- C32-
#[test]
fn c24_no_addresses_and_no_interval() {
    for kind in [V3, V3_IPV6] {
        let empty = kind.advert_with(kind.high(), 200, |emit| emit.addresses = &[]);
        dropped(kind, &empty, RejectReason::Empty, "empty");
        // the Reserve bits are no interval
        for reserve in [0, 0xf0] {
            let timeless = better(kind).changed(|message| {
                message[4] = reserve;
                message[5] = 0;
            });
            dropped(kind, &timeless, RejectReason::Interval, "interval 0");
        }
    }
}

// conforms: C25- C32-
#[test]
fn c25_any_other_checksum() {
    for kind in KINDS {
        let good = better(kind).message().to_vec();
        for bit in 0..16 {
            let packet = better(kind).spoiled(|message| message[6 + bit / 8] ^= 1 << (bit % 8));
            dropped(kind, &packet, RejectReason::Checksum, "flipped");
        }
        let zero = better(kind).spoiled(|message| message[6..8].fill(0));
        assert_ne!(good[6..8], [0, 0]);
        dropped(kind, &zero, RejectReason::Checksum, "none at all");
    }
    // over IPv6 the message alone is no form
    let bare = better(V3_IPV6).spoiled(|message| {
        message[6..8].fill(0);
        let sum = holdfast_packet::checksum::internet(message);
        message[6..8].copy_from_slice(&sum.to_be_bytes());
    });
    dropped(
        V3_IPV6,
        &bare,
        RejectReason::Checksum,
        "without a pseudo-header",
    );
}

/// A list without an address of ours.
fn foreign(kind: Kind, priority: u8) -> Packet {
    let listed = |message: &mut Vec<u8>| {
        let size = if kind == V3_IPV6 { 16 } else { 4 };
        message[8 + size - 1] = 0xee;
        message[8 + 2 * size - 1] = 0xef;
    };
    kind.advert(kind.high(), priority).changed(listed)
}

// conforms: C26+ C26- C32-
#[test]
fn c26_other_addresses() {
    dropped(V2, &foreign(V2, 200), RejectReason::Addresses, "disjoint");
    obeyed(V2, &foreign(V2, 255), "of an owner");
    for kind in [V3, V3_IPV6] {
        obeyed(kind, &foreign(kind, 200), "disjoint");
        let mut rig = kind.backup(kind.config(100));
        let said = words(&foreign(kind, 200).to(&mut rig));
        assert_eq!(said, ["AddressMismatch"], "{kind:?}");
    }
}

// conforms: C27- C32-
#[test]
fn c27_every_other_vrid() {
    for kind in KINDS {
        for vrid in (0..=u8::MAX).filter(|vrid| *vrid != 51) {
            let packet = better(kind).changed(|message| message[1] = vrid);
            dropped(kind, &packet, RejectReason::UnknownVrid, "VRID");
        }
    }
}

// conforms: C28+ C28- C34+
#[test]
fn c28_two_owners() {
    let mut rig = V2.master(V2.config(255));
    let rival = V2.advert(V2.high(), 255);
    let before = rig.router.snapshot();
    let said = words(&rival.to(&mut rig));
    assert_eq!(said, ["Rejected"]);
    assert_eq!(rejected(&mut rig, &rival), Some(RejectReason::Owner));
    assert_eq!(rig.router.snapshot(), before);
    for kind in [V3, V3_IPV6] {
        // processed: the higher address stays, and it is said
        let mut rig = kind.master(kind.config(255));
        let said = words(&kind.hears(&mut rig, kind.low(), 255));
        assert_eq!(said[..2], ["LowerPriority", "send 255"], "{kind:?}");
        assert_eq!(rig.state(), State::Master, "{kind:?}");
        let said = words(&kind.hears(&mut rig, kind.high(), 255));
        assert_eq!(said[0], "HigherAddress", "{kind:?}");
        assert_eq!(rig.state(), State::Backup, "{kind:?}");
    }
}

// conforms: C34-
#[test]
fn c34_one_owner_is_no_conflict() {
    for kind in KINDS {
        let mut rig = kind.backup(kind.config(100));
        for _ in 0..5 {
            assert!(
                words(&kind.hears(&mut rig, kind.high(), 255)).is_empty(),
                "{kind:?}"
            );
            rig.advance(A);
        }
        assert_eq!(rejected(&mut rig, &kind.advert(kind.high(), 255)), None);
    }
}

// conforms: C29+ C29- C32-
#[test]
fn c29_other_intervals() {
    let slow = |kind: Kind| kind.advert_with(kind.high(), 200, |emit| emit.interval = 300);
    dropped(V2, &slow(V2), RejectReason::Interval, "3 s");
    for kind in [V3, V3_IPV6] {
        obeyed(kind, &slow(kind), "3 s");
        let mut rig = kind.backup(kind.config(100));
        assert_eq!(
            words(&slow(kind).to(&mut rig)),
            ["IntervalDiffers"],
            "{kind:?}"
        );
        assert_eq!(rig.snapshot().learned, Centis::new(300), "{kind:?}");
        let skew = Duration::from_nanos(156 * 3 * 3_906_250);
        assert_eq!(rig.down(), A * 9 + skew, "{kind:?}");
    }
}

// conforms: C30+ C30- C32-
#[test]
fn c30_authentication() {
    let with = |auth: AuthField| V2.advert_with(V2.high(), 200, |emit| emit.auth = auth);
    for kind in (0..=u8::MAX).filter(|kind| *kind != 1) {
        let packet = with(AuthField {
            kind,
            data: PASSWORD,
        });
        dropped(V2, &packet, RejectReason::AuthType, "type");
    }
    for at in 0..8 {
        let mut data = PASSWORD;
        data[at] ^= 1;
        dropped(
            V2,
            &with(AuthField::password(data)),
            RejectReason::Password,
            "a byte",
        );
    }
    // type 0: whatever the data says (RFC 3768 s5.3.10)
    let mut open = V2.config(100);
    open.authentication = Authentication::None;
    let mut rig = V2.master(open);
    let packet = with(AuthField {
        kind: 0,
        data: [7; 8],
    });
    assert_eq!(rejected(&mut rig, &packet), None);
    assert_eq!(rig.state(), State::Backup);
}

// conforms: C31+ C31-
#[test]
fn c31_reserve_is_ignored() {
    for kind in [V3, V3_IPV6] {
        for reserve in 0..=15u8 {
            let packet = better(kind).changed(|message| message[4] |= reserve << 4);
            obeyed(kind, &packet, "reserve");
            // nor is it a part of the interval
            let mut rig = kind.backup(kind.config(100));
            assert!(words(&packet.to(&mut rig)).is_empty(), "{kind:?} {reserve}");
            assert_eq!(
                rig.snapshot().learned,
                Centis::new(100),
                "{kind:?} {reserve}"
            );
        }
    }
}

// conforms: C33+ C33-
#[test]
fn c33_our_own_packets() {
    for kind in KINDS {
        for priority in [0, 1, 100, 200, 255] {
            let own = kind.advert(kind.own(), priority);
            dropped(kind, &own, RejectReason::Own, &format!("{priority}"));
        }
        let mut rig = kind.master(kind.config(100));
        let said = kind.hears(&mut rig, kind.own(), 100);
        let is_said = |action: &Action| {
            matches!(action, Action::Report(Event::Vrrp { event: VrrpEvent::Rejected { source, reason, .. }, .. })
                if (*source, *reason) == (kind.own(), RejectReason::Own))
        };
        assert!(
            said.len() == 1 && said.iter().all(is_said),
            "{kind:?} {said:?}"
        );
    }
}

// conforms: C32+ C35+ C35-
#[test]
fn c35_said_once_a_state_whatever_is_dropped_between() {
    for kind in KINDS {
        let wrong = [
            better(kind).hops(64),
            better(kind).spoiled(|message| message[6] ^= 1),
            kind.advert(kind.own(), 200),
        ];
        let mut rig = kind.backup(kind.config(100));
        let mut lines = 0;
        for _ in 0..200 {
            lines += wrong
                .iter()
                .map(|packet| packet.to(&mut rig).len())
                .sum::<usize>();
        }
        assert_eq!(lines, wrong.len(), "{kind:?}: each once");
        rig.advance(Duration::from_secs(20));
        assert_eq!(rig.state(), State::Master);
        assert_eq!(
            wrong[0].to(&mut rig).len(),
            1,
            "{kind:?}: another state, and news"
        );
    }
}
