//! `virtual_server_group`, one entry a line: `IP [PORT]`, `IP-LAST [PORT]`, `IP/LEN [PORT]`, `fwmark N`.

use super::root::Draft;
use crate::code;
use crate::context::Context;
use crate::draft::ServerGroup;
use crate::value::{address as ip, number};
use core::net::IpAddr;
use holdfast_syntax::{Finding, Item};

/// `virtual_server_group`: addresses and marks that share their real servers.
pub(super) fn apply(context: &mut Context<'_>, item: Item<'_, '_>, draft: &mut Draft) {
    let mut group = ServerGroup::default();
    for line in item.items() {
        entry(context, line, &mut group);
    }
    let name = item.text(1).unwrap_or_default();
    if group.ports.is_empty() && !group.marks {
        let finding = Finding::error(
            code::NO_SUBJECT,
            item.head(),
            format!("virtual server group `{name}` has no usable line: it is left out"),
        )
        .help("write an address and a port, or `fwmark N`, on each line");
        context.push(finding);
        return;
    }
    draft.server_groups.insert(name.into_owned(), group);
}

/// Adds what the line names to its group.
fn entry(context: &mut Context<'_>, line: Item<'_, '_>, group: &mut ServerGroup) {
    let consequence = "the line is left out";
    let word = line.keyword();
    if word == b"fwmark" {
        let mark = line
            .bytes(1)
            .and_then(|mark| number::number(mark, 0..=u32::MAX));
        if mark.is_none() {
            let index = usize::from(line.len() > 1);
            let expected = "a firewall mark, a whole number";
            context.bad_value(code::NUMBER, line, index, expected, consequence);
        }
        group.marks |= mark.is_some();
        return;
    }
    if !range(word) {
        let expected = "an IP address, a range of them (`10.0.0.1-9`) or `fwmark`, and a port";
        context.bad_value(code::ADDRESS, line, 0, expected, consequence);
        return;
    }
    match line.bytes(1).map_or(Some(0), number::port) {
        Some(port) => {
            group.ports.insert(port);
        }
        None => {
            let expected = "a port from 1 to 65535";
            context.bad_value(code::NUMBER, line, 1, expected, consequence);
        }
    }
}

/// An address, alone, with a prefix length, or up to another.
fn range(word: &[u8]) -> bool {
    let (first, prefix) = ip::split_slash(word);
    if let Some(prefix) = prefix {
        return ip::address(first).is_some_and(|address| {
            number::number(prefix, 0..=u32::from(ip::full_prefix(address))).is_some()
        });
    }
    let Some(dash) = word.iter().position(|byte| *byte == b'-') else {
        return ip::address(word).is_some();
    };
    let (first, last) = (word.get(..dash), word.get(dash + 1..));
    let (Some(first), Some(last)) = (first.and_then(ip::address), last) else {
        return false;
    };
    match (first, ip::address(last)) {
        (IpAddr::V4(first), Some(IpAddr::V4(last))) => first <= last,
        (IpAddr::V6(first), Some(IpAddr::V6(last))) => first <= last,
        (_, Some(_)) => false,
        // the last octet or the last group of the end
        (IpAddr::V4(first), None) => {
            let low = u32::from(first.octets()[3]);
            number::number(last, low..=255).is_some()
        }
        (IpAddr::V6(first), None) => {
            let text = core::str::from_utf8(last).unwrap_or_default();
            u16::from_str_radix(text, 16).is_ok_and(|last| last >= first.segments()[7])
        }
    }
}
