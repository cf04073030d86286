//! Who hears of which session, and when.

use super::*;
use holdfast_model::{Micros, Name};
use std::num::NonZeroU8;

fn session(name: &str, last: u8, vrrp: bool) -> BfdSession {
    BfdSession {
        key: BfdKey(Name::from(name)),
        neighbor: [127, 1, 0, last].into(),
        source: None,
        multihop: false,
        passive: true,
        min_tx: Micros::from_millis(10),
        min_rx: Micros::from_millis(10),
        idle_tx: Micros::from_secs(1),
        multiplier: NonZeroU8::MIN,
        hop_limit: 255,
        least_hop_limit: 255,
        listeners: BfdListeners {
            vrrp,
            checkers: true,
        },
    }
}

#[test]
fn listeners_hear_once_of_what_is_for_them() {
    let (near, servers) = (session("near", 2, true), session("servers", 3, false));
    let mut bfd = Bfd::new(&[near.clone(), servers.clone()], false, false);
    bfd.start();
    let key = near.key.clone();
    let (all, checks) = (near.listeners, servers.listeners);
    assert_eq!(
        bfd.take_levels(),
        [
            (key.clone(), false, all),
            (servers.key.clone(), false, checks)
        ]
    );
    assert_eq!(bfd.take_levels(), []);
    let known: Vec<_> = bfd
        .for_checks()
        .map(|(session, up)| (session.clone(), up))
        .collect();
    assert_eq!(known, [(key.clone(), false), (servers.key.clone(), false)]);
    // the same sessions: nothing is news
    bfd.reconfigure(&[near.clone(), servers.clone()]);
    assert_eq!(bfd.take_levels(), []);
    // another neighbour is another session; one that is gone says nothing
    let other = session("near", 4, true);
    bfd.reconfigure(std::slice::from_ref(&other));
    assert_eq!(
        bfd.take_levels(),
        [],
        "what begins at a reload takes nothing down"
    );
    assert_eq!(
        bfd.for_checks().next(),
        None,
        "nor does it for checks that ask"
    );
    assert!(bfd.deadline().is_some());
    bfd.tick(now() + YOUTH);
    assert_eq!(bfd.take_levels(), [(key, false, all)]);
    assert_eq!(bfd.take_levels(), []);
    bfd.reconfigure(&[]);
    assert_eq!(bfd.take_levels(), []);
}

#[test]
fn without_bfd_nothing_is_told() {
    let mut bfd = Bfd::new(&[session("near", 2, true)], false, true);
    bfd.start();
    assert_eq!((bfd.take_levels(), bfd.deadline()), (Vec::new(), None));
}
