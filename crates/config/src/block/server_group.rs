//! `virtual_server_group`, one entry a line: `IP [PORT]`, `IP-LAST [PORT]`, `IP/LEN [PORT]`, `fwmark N`.

use super::root::Draft;
use crate::code;
use crate::context::Context;
use crate::draft::{GroupMark, ServerGroup};
use crate::value::{address as ip, number};
use core::net::{IpAddr, Ipv6Addr};
use holdfast_model::{AddressFamily, AddressRange};
use holdfast_syntax::{Finding, Item};

/// Addresses of a group, at most: each is a service in the kernel.
const MOST: usize = 65_536;

/// `virtual_server_group`: addresses and marks that share their real servers.
pub(super) fn apply(context: &mut Context<'_>, item: Item<'_, '_>, draft: &mut Draft) {
    let mut group = ServerGroup::default();
    for line in item.items() {
        entry(context, line, &mut group);
    }
    let name = item.text(1).unwrap_or_default();
    if group.ranges.is_empty() && group.marks.is_empty() {
        let finding = Finding::error(
            code::NO_SUBJECT,
            item.head(),
            format!("virtual server group `{name}` has no usable line: it is left out"),
        )
        .help("write an address and a port, or `fwmark N`, on each line");
        context.push(finding);
        return;
    }
    if group.families().len() > 1 && group.marks.iter().any(|mark| mark.family.is_none()) {
        let finding = Finding::error(
            code::FAMILY,
            item.head(),
            format!(
                "virtual server group `{name}` has IPv4, IPv6 and a mark without a family: it is left out"
            ),
        )
        .help("write `fwmark N inet` or `fwmark N inet6`");
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
        return group.marks.extend(mark(context, line, consequence));
    }
    let Some((first, last)) = range(word) else {
        let expected = "an IP address, a range of them (`10.0.0.1-9`) or `fwmark`, and a port";
        context.bad_value(code::ADDRESS, line, 0, expected, consequence);
        return;
    };
    let port = |word| number::number(word, 0..=65_535).and_then(|port| u16::try_from(port).ok());
    let Some(port) = line.bytes(1).map_or(Some(0), port) else {
        let expected = "a port from 0 to 65535";
        context.bad_value(code::NUMBER, line, 1, expected, consequence);
        return;
    };
    let range = AddressRange { first, last, port };
    let before: usize = group.ranges.iter().map(AddressRange::len).sum();
    if before.saturating_add(range.len()) > MOST {
        let expected = format!("at most {MOST} addresses in a group");
        context.bad_value(code::ADDRESS, line, 0, &expected, consequence);
        return;
    }
    group.ranges.push(range);
}

/// `fwmark N [inet|inet6]`.
fn mark(context: &mut Context<'_>, line: Item<'_, '_>, consequence: &str) -> Option<GroupMark> {
    let mark = line
        .bytes(1)
        .and_then(|mark| number::number(mark, 0..=u32::MAX));
    let Some(mark) = mark else {
        let index = usize::from(line.len() > 1);
        let expected = "a firewall mark, a whole number";
        context.bad_value(code::NUMBER, line, index, expected, consequence);
        return None;
    };
    if mark == 0 {
        let finding = Finding::advice(
            code::NUMBER,
            line.head(),
            format!("mark 0 is what every packet has that nobody marked: {consequence}"),
        );
        context.push(finding.help("write a mark above 0"));
        return None;
    }
    let family = match line.bytes(2) {
        None => None,
        Some(b"inet") => Some(AddressFamily::V4),
        Some(b"inet6") => Some(AddressFamily::V6),
        Some(_) => {
            let expected = "`inet`, `inet6` or nothing";
            context.bad_value(code::CHOICE, line, 2, expected, consequence);
            return None;
        }
    };
    Some(GroupMark { mark, family })
}

/// An address, alone, with a prefix length, or up to another.
fn range(word: &[u8]) -> Option<(IpAddr, IpAddr)> {
    let (first, prefix) = ip::split_slash(word);
    if let Some(prefix) = prefix {
        let first = ip::address(first)?;
        let prefix = number::number(prefix, 0..=u32::from(ip::full_prefix(first)))?;
        return network(first, prefix);
    }
    let Some(dash) = word.iter().position(|byte| *byte == b'-') else {
        return ip::address(word).map(|address| (address, address));
    };
    let (first, last) = (ip::address(word.get(..dash)?)?, word.get(dash + 1..)?);
    let last = match (first, ip::address(last)) {
        (_, Some(last)) => last,
        // the last octet or the last group of the end
        (IpAddr::V4(first), None) => {
            let [a, b, c, _] = first.octets();
            let low = u8::try_from(number::number(last, 0..=255)?).ok()?;
            IpAddr::from([a, b, c, low])
        }
        (IpAddr::V6(first), None) => {
            let text = core::str::from_utf8(last).ok()?;
            let low = u16::from_str_radix(text, 16).ok()?;
            let [a, b, c, d, e, f, g, _] = first.segments();
            IpAddr::from([a, b, c, d, e, f, g, low])
        }
    };
    let same = AddressFamily::of(first) == AddressFamily::of(last);
    (same && first < last).then_some((first, last))
}

/// All addresses of a network; `None` when the address has bits beyond the prefix.
fn network(first: IpAddr, prefix: u32) -> Option<(IpAddr, IpAddr)> {
    match first {
        IpAddr::V4(address) => {
            let rest = u32::MAX.checked_shr(prefix).unwrap_or(0);
            let bits = u32::from(address);
            (bits & rest == 0).then(|| (first, core::net::Ipv4Addr::from(bits | rest).into()))
        }
        IpAddr::V6(address) => {
            let rest = u128::MAX.checked_shr(prefix).unwrap_or(0);
            let bits = u128::from(address);
            (bits & rest == 0).then(|| (first, Ipv6Addr::from(bits | rest).into()))
        }
    }
}
