//! What the messages look like; the kernel's own opinion of them is asked in `kernel/tests/nft.rs`.
#![allow(clippy::expect_used, reason = "a test that stops says what was wrong")]

use core::net::IpAddr;
use holdfast_nft::{Family, Guard, Place, Table, replace, table};

const PLACE: Place<'_> = Place {
    name: "t",
    mark: "m",
    priority: -1,
    counts: false,
};

/// The type of each message without its subsystem, and its family.
fn kinds(ours: &[Table], guard: &Guard) -> Vec<(u16, u8)> {
    let all = replace(ours, &PLACE, guard);
    all.iter()
        .map(|message| (message.kind & 0xff, message.body[0]))
        .collect()
}

fn guard(addresses: &[&str]) -> Guard {
    let parse = |text: &&str| text.parse::<IpAddr>().expect("address");
    Guard {
        addresses: addresses.iter().map(parse).collect(),
        ..Guard::default()
    }
}

#[test]
fn only_the_families_that_are_needed() {
    let (begin, end) = ((16, 0), (17, 0));
    assert_eq!(kinds(&[], &Guard::default()), [begin, end]);
    let four = [(0, 2), (3, 2), (3, 2), (9, 2), (12, 2), (6, 2), (6, 2)];
    let wanted: Vec<_> = [&[begin], four.as_slice(), &[end]].concat();
    assert_eq!(kinds(&[], &guard(&["10.0.0.1"])), wanted);
    let six = kinds(&[], &guard(&["fd00::1"]));
    assert!(six.iter().all(|(kind, family)| *family == 10 || *kind > 15));
}

#[test]
fn a_rule_counts_before_it_drops() {
    let counting = Place {
        counts: true,
        ..PLACE
    };
    let words = |place: &Place<'_>| {
        let all = replace(&[], place, &guard(&["10.0.0.1", "fd00::1"]));
        let bytes: Vec<u8> = all
            .iter()
            .flat_map(|message| message.body.clone())
            .collect();
        let count = |word: &[u8]| {
            bytes
                .windows(word.len())
                .filter(|some| *some == word)
                .count()
        };
        (count(b"counter\0"), count(b"immediate\0"))
    };
    // two rules drop IPv4 packets, four IPv6 ones; four more let neighbours pass
    assert_eq!(words(&counting), (6, 10));
    assert_eq!(words(&PLACE), (0, 10));
}

#[test]
fn what_was_ours_goes_in_the_same_transaction() {
    let old = Table {
        family: Family::Ipv6,
        name: "old".to_owned(),
        comment: Some("m".to_owned()),
    };
    let kinds = kinds(&[old], &guard(&["10.0.0.1"]));
    assert_eq!(kinds.get(1), Some(&(2, 10)));
    assert_eq!(kinds.get(2), Some(&(0, 2)));
}

#[test]
fn the_table_as_bytes() {
    let all = replace(&[], &PLACE, &guard(&["10.0.0.1"]));
    let message = all.get(1).expect("table");
    assert_eq!((message.kind, message.flags), (0x0a00, 0x400));
    let name = [6, 0, 1, 0, b't', 0, 0, 0];
    let note = [8, 0, 6, 0, 0, 2, b'm', 0];
    let body = [&[2, 0, 0, 0], name.as_slice(), &note].concat();
    assert_eq!(message.body, body);
    let read = table(&message.body).expect("table");
    assert_eq!(
        (read.name.as_str(), read.comment.as_deref()),
        ("t", Some("m"))
    );
    // shorter by any number of bytes: nothing, or the same table, and no panic
    for length in 0..body.len() {
        let _some_or_none = table(&body[..length]);
    }
}

#[test]
fn no_attribute_is_longer_than_one_can_be() {
    let number = |n: u32| IpAddr::from((u128::from(n) | 0xfd << 120).to_be_bytes());
    let guard = Guard {
        addresses: (0..5000).map(number).collect(),
        ..Guard::default()
    };
    let all = replace(&[], &PLACE, &guard);
    assert!(all.iter().all(|message| message.body.len() < 0xffff));
    let elements = all.iter().filter(|message| message.kind == 0x0a0c);
    assert_eq!(elements.count(), 10);
}
