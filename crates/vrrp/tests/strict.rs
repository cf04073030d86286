//! Strict mode at the receiver.
#![allow(clippy::unwrap_used, reason = "test code")]

mod support;

use holdfast_model::event::RejectReason;
use support::forms::{KINDS, Kind, Packet, V3_IPV6};

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
