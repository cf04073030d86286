//! Strict mode at the receiver.
#![allow(clippy::unwrap_used, reason = "test code")]

mod support;

use core::net::Ipv4Addr;
use holdfast_model::State;
use holdfast_model::event::RejectReason;
use support::forms::{KINDS, Kind, Packet, V3_IPV6};
use support::*;

/// An advert whose last address is another.
fn longer(kind: Kind, priority: u8) -> Packet {
    let size = if kind == V3_IPV6 { 16 } else { 4 };
    kind.advert(kind.high(), priority)
        .changed(|message| message[8 + 2 * size - 1] = 0xef)
}

// conforms: C26+ C26-
#[test]
fn c26_the_very_list_or_none() {
    for kind in KINDS {
        for (packet, obeyed) in [
            (longer(kind, 200), false),
            (longer(kind, 255), true),
            (kind.advert(kind.high(), 200), true),
        ] {
            for strict in [true, false] {
                let mut config = kind.config(100);
                config.wire.strict = strict;
                let key = config.key.clone();
                let mut rig = kind.backup(config);
                packet.to(&mut rig);
                let stats = rig.router.stats(&key).unwrap();
                let refused = stats.rejected.contains_key(&RejectReason::Addresses);
                assert_eq!(refused, strict && !obeyed, "{kind:?}");
                assert_eq!(stats.adverts_received, u64::from(!refused), "{kind:?}");
            }
        }
    }
}

/// The same list, in any order, or not; strict mode drops what is not.
// conforms: C26+ C26-
#[test]
fn what_counts_as_the_same_list() {
    const THIRD: Ipv4Addr = Ipv4Addr::new(10, 0, 0, 102);
    for (ours, theirs, same) in [
        (&[VIP] as &[Ipv4Addr], &[VIP] as &[Ipv4Addr], true),
        (&[VIP, OTHER_VIP], &[VIP, OTHER_VIP], true),
        (&[VIP, OTHER_VIP], &[OTHER_VIP, VIP], true),
        (&[VIP, OTHER_VIP], &[VIP], false),
        (&[VIP], &[VIP, OTHER_VIP], false),
        (&[VIP, OTHER_VIP, THIRD], &[VIP, OTHER_VIP], false),
        (&[VIP, OTHER_VIP], &[VIP, OTHER_VIP, THIRD], false),
        (&[VIP, OTHER_VIP], &[VIP, THIRD], false),
    ] {
        for strict in [false, true] {
            let mut config = config(100);
            config.addresses = ours.iter().copied().map(vip).collect();
            config.wire.strict = strict;
            let mut rig = Rig::at(State::Backup, config);
            let mut advert = advert(PEER, 200);
            advert.addresses = theirs.to_vec();
            rig.hear(&advert.bytes());
            let stats = rig.router.stats(&support::config(1).key).unwrap();
            let dropped = stats.rejected.contains_key(&RejectReason::Addresses);
            let told = stats.address_mismatches == 1;
            assert_eq!(dropped, strict && !same, "{ours:?} {theirs:?}");
            assert_eq!(told, !strict && !same, "{ours:?} {theirs:?}");
        }
    }
}
