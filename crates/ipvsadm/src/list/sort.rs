//! ipvsadm's order.
//!
//! It compares by differences of 32 bits that may overflow, so that addresses more than half the
//! number space apart go round: its order is no order, and what comes out depends on the algorithm.
//! To print what it prints, this is the algorithm too: glibc's qsort(3) merges halves.

use super::Entry;
use holdfast_ipvs::{Destination, Load, Service, ServiceId};
use std::net::IpAddr;

/// By mark, family, protocol, address and port.
pub(crate) fn services(entries: &mut Vec<Entry>) {
    merge(entries, &mut |one, other| {
        compare_services(&one.service, &other.service)
    });
}

/// By address and port.
pub(crate) fn destinations(entries: &mut Vec<(Destination, Load)>) {
    merge(entries, &mut |(one, _), (other, _)| {
        let difference = address(one.id.address, other.id.address);
        first([
            difference,
            i32::from(one.id.port) - i32::from(other.id.port),
        ])
    });
}

/// Above 0 when `one` goes behind `other`.
fn compare_services(one: &Service, other: &Service) -> i32 {
    let marks = difference(mark(one), mark(other));
    let families = i32::from(one.id.family().number()) - i32::from(other.id.family().number());
    let (protocol, place, port) = parts(one);
    let (other_protocol, other_place, other_port) = parts(other);
    first([
        marks,
        families,
        i32::from(protocol) - i32::from(other_protocol),
        match (place, other_place) {
            (Some(one), Some(other)) => address(one, other),
            _by_marks => 0,
        },
        i32::from(port) - i32::from(other_port),
    ])
}

fn first<const N: usize>(differences: [i32; N]) -> i32 {
    let found = differences.into_iter().find(|difference| *difference != 0);
    found.unwrap_or_default()
}

fn mark(service: &Service) -> u32 {
    match service.id {
        ServiceId::Fwmark { mark, .. } => mark,
        ServiceId::Address { .. } => 0,
    }
}

fn parts(service: &Service) -> (u16, Option<IpAddr>, u16) {
    match service.id {
        ServiceId::Fwmark { .. } => (0, None, 0),
        ServiceId::Address {
            protocol,
            address,
            port,
        } => (protocol, Some(address), port),
    }
}

fn difference(one: u32, other: u32) -> i32 {
    one.wrapping_sub(other).cast_signed()
}

/// The kernel's 16 bytes as words: IPv4 has one.
fn words(address: IpAddr) -> [u32; 4] {
    match address {
        IpAddr::V4(v4) => [u32::from(v4), 0, 0, 0],
        IpAddr::V6(v6) => {
            let all = u128::from(v6);
            [96, 64, 32, 0].map(|shift| (all >> shift) as u32)
        }
    }
}

/// All words where `one` is IPv6, the first where it is IPv4, whatever `other` is.
fn address(one: IpAddr, other: IpAddr) -> i32 {
    let (mine, theirs) = (words(one), words(other));
    let [a, b, c, d] = [0, 1, 2, 3].map(|at| {
        let word = |words: &[u32; 4]| words.get(at).copied().unwrap_or_default();
        difference(word(&mine), word(&theirs))
    });
    if one.is_ipv6() {
        first([a, b, c, d])
    } else {
        a
    }
}

/// Sorts the first half (the smaller), then the second, then merges: of equals the left one first.
fn merge<T>(items: &mut Vec<T>, compare: &mut impl FnMut(&T, &T) -> i32) {
    if items.len() <= 1 {
        return;
    }
    let mut right = items.split_off(items.len() / 2);
    merge(items, compare);
    merge(&mut right, compare);
    let room = items.len() + right.len();
    let left = core::mem::replace(items, Vec::with_capacity(room));
    let mut left = left.into_iter().peekable();
    let mut right = right.into_iter().peekable();
    while let (Some(one), Some(other)) = (left.peek(), right.peek()) {
        let next = if compare(one, other) <= 0 {
            left.next()
        } else {
            right.next()
        };
        items.extend(next);
    }
    items.extend(left);
    items.extend(right);
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn far_addresses_go_round() {
        let order = |one: &str, other: &str| address(one.parse().unwrap(), other.parse().unwrap());
        assert!(order("10.0.0.2", "10.0.0.10") < 0);
        assert!(order("10.0.0.1", "192.168.0.1") > 0, "more than 2^31 apart");
        assert!(order("fd00::2", "fd00::10") < 0);
        assert_eq!(order("10.0.0.1", "a00:1::1"), 0, "IPv4 looks at one word");
        assert!(order("a00:1::1", "10.0.0.1") > 0);
    }

    #[test]
    fn merging_is_stable_and_sorts_what_has_an_order() {
        let mut items: Vec<(u32, u32)> = (0..1000).map(|n| (n * 7919 % 101, n)).collect();
        let mut expected = items.clone();
        expected.sort_by_key(|(key, _)| *key);
        merge(&mut items, &mut |(one, _), (other, _)| {
            difference(*one, *other)
        });
        assert_eq!(items, expected);
    }
}
