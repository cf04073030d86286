//! `encap` on a line of a route: the words that follow it.

use super::path_words as words;
use crate::code;
use crate::context::Context;
use crate::value::{address, number::number};
use core::net::IpAddr;
use core::ops::Range;
use holdfast_model::AddressFamily;
use holdfast_model::encap::{Encap, IpEncap};
use holdfast_syntax::{Finding, Item};

const LEFT_OUT: &str = "the route is left out";

/// One of a line.
pub(super) struct Wrapped {
    /// Its words, `encap` the first.
    pub(super) words: Range<usize>,
    pub(super) encap: Encap,
}

/// What begins at `index`; `None`, and it was said: it is not as it has to be.
pub(super) fn read(context: &mut Context<'_>, line: Item<'_, '_>, index: usize) -> Option<Wrapped> {
    let kind = index + 1;
    let Some(word) = line.bytes(kind) else {
        nothing_follows(context, line, index);
        return None;
    };
    let (encap, end) = match word {
        b"ip" => header(context, line, kind, AddressFamily::V4)?,
        b"ip6" => header(context, line, kind, AddressFamily::V6)?,
        b"mpls" => {
            let expected = "labels from 0 to 1048575, as in `100/200`";
            let labels = one(context, line, kind, labels, expected)?;
            (Encap::Mpls(labels), kind + 2)
        }
        b"ila" => {
            let expected = "a locator, four groups of sixteens as in `2001:db8:0:1`";
            (
                Encap::Ila(one(context, line, kind, locator, expected)?),
                kind + 2,
            )
        }
        _ => {
            let expected = "`ip`, `ip6`, `mpls` or `ila`";
            context.bad_value(code::ROUTE, line, kind, expected, LEFT_OUT);
            return None;
        }
    };
    Some(Wrapped {
        words: index..end,
        encap,
    })
}

fn nothing_follows(context: &mut Context<'_>, line: Item<'_, '_>, index: usize) {
    let word = line.text(index).unwrap_or_default();
    let message = format!("`{word}` is missing its value: {LEFT_OUT}");
    let finding = Finding::error(code::ROUTE, line.word_span(index), message);
    let finding = finding.label("nothing follows");
    context.push(finding.help("write the value after the word, or remove the word"));
}

/// The one value of a kind.
fn one<T>(
    context: &mut Context<'_>,
    line: Item<'_, '_>,
    kind: usize,
    read: impl Fn(&[u8]) -> Option<T>,
    expected: &str,
) -> Option<T> {
    let Some(word) = line.bytes(kind + 1) else {
        nothing_follows(context, line, kind);
        return None;
    };
    let value = read(word);
    if value.is_none() {
        context.bad_value(code::ROUTE, line, kind + 1, expected, LEFT_OUT);
    }
    value
}

/// Words and values of a tunnel's header, and where they end.
fn header(
    context: &mut Context<'_>,
    line: Item<'_, '_>,
    kind: usize,
    family: AddressFamily,
) -> Option<(Encap, usize)> {
    let mut header = IpEncap::new(family);
    let mut index = kind + 1;
    while let Some(word) = line.bytes(index) {
        let expected = match (word, family) {
            (b"id", _) => "a whole number",
            (b"dst" | b"src", AddressFamily::V4) => "an IPv4 address",
            (b"dst" | b"src", AddressFamily::V6) => "an IPv6 address",
            (b"tos" | b"ttl", AddressFamily::V4) => "a number from 0 to 255",
            (b"tc" | b"hoplimit", AddressFamily::V6) => "a number from 0 to 255",
            (b"flags", _) => "a number from 0 to 65535",
            _ => break,
        };
        let Some(value) = line.bytes(index + 1) else {
            nothing_follows(context, line, index);
            return None;
        };
        if take(&mut header, word, value).is_none() {
            context.bad_value(code::ROUTE, line, index + 1, expected, LEFT_OUT);
            return None;
        }
        index += 2;
    }
    if header.id.is_none() && header.destination.is_none() {
        let message = "this encapsulation has neither `dst` nor `id`: the route is left out";
        let finding = Finding::error(code::ROUTE, line.word_span(kind), message);
        context.push(finding.help("say where the tunnel leads to: `dst ADDRESS`, or `id NUMBER`"));
        return None;
    }
    Some((Encap::Ip(header), index))
}

fn take(header: &mut IpEncap, word: &[u8], value: &[u8]) -> Option<()> {
    let family = header.family;
    let of_family = |ip: &IpAddr| AddressFamily::of(*ip) == family;
    let host = || address::address(value).filter(of_family);
    match word {
        b"id" => header.id = Some(core::str::from_utf8(value).ok()?.parse().ok()?),
        b"dst" => header.destination = Some(host()?),
        b"src" => header.source = Some(host()?),
        b"tos" | b"tc" => header.class = Some(words::byte(value)?),
        b"flags" => header.flags = Some(u16::try_from(number(value, 0..=0xffff)?).ok()?),
        _ => header.hops = Some(u8::try_from(number(value, 0..=255)?).ok()?),
    }
    Some(())
}

fn labels(word: &[u8]) -> Option<Vec<u32>> {
    /// linux/mpls_iptunnel.h, MAX_NEW_LABELS; 20 bits each (RFC 3032 section 2.1).
    const MOST: usize = 30;
    let labels = word.split(|byte| *byte == b'/').map(words::any_base);
    let labels: Vec<u32> = labels
        .map(|label| label.filter(|label| *label < 1 << 20))
        .collect::<Option<_>>()?;
    (labels.len() <= MOST).then_some(labels)
}

/// The upper half of an IPv6 address.
fn locator(word: &[u8]) -> Option<u64> {
    let mut groups = word.split(|byte| *byte == b':');
    let mut value = 0;
    for _ in 0..4 {
        let group = core::str::from_utf8(groups.next()?).ok()?;
        let group = u16::from_str_radix(group, 16).ok()?;
        value = value << 16 | u64::from(group);
    }
    groups.next().is_none().then_some(value)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn labels_and_locators() {
        assert_eq!(labels(b"100/0x20/3"), Some(vec![100, 32, 3]));
        for junk in [&b"1048576"[..], b"1//2", b"", b"100/", b"x"] {
            assert_eq!(labels(junk), None);
        }
        assert_eq!(
            labels([&b"1/"[..]; 31].concat().strip_suffix(b"/").unwrap()),
            None
        );
        assert_eq!(locator(b"2001:db8:0:1"), Some(0x2001_0db8_0000_0001));
        for junk in [&b"1:2:3"[..], b"1:2:3:4:5", b"1::3:4", b"1:2:3:10000"] {
            assert_eq!(locator(junk), None);
        }
    }
}
