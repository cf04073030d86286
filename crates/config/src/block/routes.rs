//! Lines of routes and rules: `static_routes`, `virtual_routes`, `static_rules`, `virtual_rules`.

use super::check;
use crate::code;
use crate::context::Context;
use crate::value::{address as ip, number, words};
use holdfast_syntax::{Finding, Item};

/// What follows a word of a route or a rule.
#[derive(Clone, Copy)]
enum Takes {
    Nothing,
    /// Any word.
    Word,
    /// A whole number, perhaps after `lock`.
    Number,
    /// An address, perhaps with a prefix length, perhaps after its family.
    Address,
    Interface,
    Scope,
    /// `A-B`.
    Range,
    /// An old spelling of this, with an address.
    Old(&'static str),
}

/// iproute2's words of a route.
const ROUTE: &[(&str, Takes)] = &[
    ("inet", Takes::Nothing),
    ("inet6", Takes::Nothing),
    ("unicast", Takes::Nothing),
    ("local", Takes::Nothing),
    ("broadcast", Takes::Nothing),
    ("multicast", Takes::Nothing),
    ("throw", Takes::Nothing),
    ("unreachable", Takes::Nothing),
    ("prohibit", Takes::Nothing),
    ("blackhole", Takes::Nothing),
    ("nat", Takes::Nothing),
    ("src", Takes::Address),
    ("via", Takes::Address),
    ("gw", Takes::Old("via")),
    ("or", Takes::Old("nexthop")),
    ("from", Takes::Address),
    ("to", Takes::Address),
    ("tos", Takes::Word),
    ("dsfield", Takes::Word),
    ("table", Takes::Word),
    ("protocol", Takes::Word),
    ("scope", Takes::Scope),
    ("metric", Takes::Number),
    ("priority", Takes::Number),
    ("preference", Takes::Number),
    ("dev", Takes::Interface),
    ("oif", Takes::Interface),
    ("vrf", Takes::Interface),
    ("onlink", Takes::Nothing),
    ("encap", Takes::Word),
    ("expires", Takes::Number),
    ("mtu", Takes::Number),
    ("advmss", Takes::Number),
    ("rtt", Takes::Word),
    ("rttvar", Takes::Word),
    ("reordering", Takes::Number),
    ("cwnd", Takes::Number),
    ("ssthresh", Takes::Number),
    ("rto_min", Takes::Word),
    ("hoplimit", Takes::Number),
    ("window", Takes::Number),
    ("realms", Takes::Word),
    ("initcwnd", Takes::Number),
    ("initrwnd", Takes::Number),
    ("features", Takes::Word),
    ("quickack", Takes::Number),
    ("congctl", Takes::Word),
    ("pref", Takes::Word),
    ("ttl-propagate", Takes::Word),
    ("fastopen_no_cookie", Takes::Number),
    ("add", Takes::Nothing),
    ("prepend", Takes::Nothing),
    ("append", Takes::Nothing),
    ("nexthop", Takes::Nothing),
    ("weight", Takes::Number),
    ("no_track", Takes::Nothing),
    ("track_group", Takes::Word),
];

/// iproute2's words of a rule.
const RULE: &[(&str, Takes)] = &[
    ("inet", Takes::Nothing),
    ("inet6", Takes::Nothing),
    ("not", Takes::Nothing),
    ("from", Takes::Address),
    ("to", Takes::Address),
    ("table", Takes::Word),
    ("lookup", Takes::Word),
    ("preference", Takes::Number),
    ("order", Takes::Number),
    ("priority", Takes::Number),
    ("tos", Takes::Word),
    ("dsfield", Takes::Word),
    ("fwmark", Takes::Word),
    ("realms", Takes::Word),
    ("suppress_prefixlength", Takes::Number),
    ("sup_pl", Takes::Number),
    ("suppress_ifgroup", Takes::Word),
    ("sup_group", Takes::Word),
    ("iif", Takes::Interface),
    ("dev", Takes::Interface),
    ("oif", Takes::Interface),
    ("tunnel-id", Takes::Number),
    ("uidrange", Takes::Range),
    ("l3mdev", Takes::Nothing),
    ("protocol", Takes::Word),
    ("ipproto", Takes::Word),
    ("sport", Takes::Range),
    ("dport", Takes::Range),
    ("goto", Takes::Number),
    ("nop", Takes::Nothing),
    ("blackhole", Takes::Nothing),
    ("unreachable", Takes::Nothing),
    ("prohibit", Takes::Nothing),
    ("type", Takes::Word),
    ("no_track", Takes::Nothing),
    ("track_group", Takes::Word),
];

/// Words that say what a rule does.
const ACTIONS: &[&[u8]] = &[
    b"table",
    b"lookup",
    b"goto",
    b"nop",
    b"blackhole",
    b"unreachable",
    b"prohibit",
    b"type",
    b"l3mdev",
];

/// The lines of a block of routes.
pub(super) fn routes(context: &mut Context<'_>, item: Item<'_, '_>) {
    for line in item.items() {
        let Some(seen) = read(context, line, ROUTE, true) else {
            continue;
        };
        if seen.has(b"no_track") {
            continue;
        }
        if seen
            .after(b"protocol")
            .is_some_and(|p| !matches!(p, b"18" | b"keepalived"))
        {
            let finding = Finding::warning(
                code::ROUTE,
                line.head(),
                "a route that is watched has the protocol 18, keepalived's: it is set to that",
            )
            .help("remove `protocol`, or add `no_track`");
            context.push(finding);
        }
        if !seen.before_nexthop(b"dev") && !seen.before_nexthop(b"oif") {
            let finding = Finding::warning(
                code::ROUTE,
                line.head(),
                "this route names no interface: nobody notices when it is deleted",
            )
            .help("add `dev INTERFACE`, or `no_track` if that is what you want");
            context.push(finding);
        }
    }
}

/// The lines of a block of rules.
pub(super) fn rules(context: &mut Context<'_>, item: Item<'_, '_>) {
    for line in item.items() {
        let Some(seen) = read(context, line, RULE, false) else {
            continue;
        };
        if !ACTIONS.iter().any(|action| seen.has(action)) {
            let finding = Finding::error(
                code::RULE,
                line.head(),
                "this rule does nothing: it is left out",
            )
            .help("add what it does: `table N`, `goto N`, `blackhole`, ...");
            context.push(finding);
            continue;
        }
        let placed = [&b"preference"[..], b"order", b"priority"];
        if !placed.iter().any(|word| seen.has(word)) {
            let finding = Finding::warning(
                code::RULE,
                line.head(),
                "this rule has no place in the order of rules: it gets one from 16384 down",
            )
            .help("add `priority N`; two directors could otherwise differ");
            context.push(finding);
        }
    }
}

/// The keywords that a line has.
struct Seen<'t, 's>(Item<'t, 's>, Vec<usize>);

impl Seen<'_, '_> {
    fn has(&self, word: &[u8]) -> bool {
        self.1
            .iter()
            .any(|index| self.0.bytes(*index) == Some(word))
    }

    /// What follows a keyword.
    fn after(&self, word: &[u8]) -> Option<&[u8]> {
        let mut keywords = self.1.iter();
        let index = keywords.find(|index| self.0.bytes(**index) == Some(word))?;
        self.0.bytes(index + 1)
    }

    /// Has it the keyword for the route as a whole?
    fn before_nexthop(&self, word: &[u8]) -> bool {
        let keywords = self.1.iter().filter_map(|index| self.0.bytes(*index));
        let mut own = keywords.take_while(|keyword| *keyword != b"nexthop" && *keyword != b"or");
        own.any(|keyword| keyword == word)
    }
}

/// Reads a line. None: it is left out.
fn read<'t, 's>(
    context: &mut Context<'_>,
    line: Item<'t, 's>,
    grammar: &[(&str, Takes)],
    route: bool,
) -> Option<Seen<'t, 's>> {
    let mut seen = Seen(line, Vec::new());
    let (mut index, mut good, mut bare) = (0, true, false);
    while let Some(word) = line.bytes(index) {
        let Some((_, takes)) = grammar.iter().find(|(name, _)| name.as_bytes() == word) else {
            // a route's destination stands alone
            if route && !bare && destination(word) {
                bare = true;
                index += 1;
                continue;
            }
            let kind = if route { "route" } else { "rule" };
            let expected = format!("a word of a {kind}");
            let consequence = format!("the {kind} is left out");
            context.bad_value(code::ROUTE, line, index, &expected, &consequence);
            return None;
        };
        seen.1.push(index);
        let (next, fine) = value(context, line, index, *takes);
        good &= fine;
        index = next;
    }
    good.then_some(seen)
}

fn destination(word: &[u8]) -> bool {
    matches!(word, b"default" | b"any" | b"all" | b"default6") || is_prefix(word)
}

fn is_prefix(word: &[u8]) -> bool {
    let (address, prefix) = ip::split_slash(word);
    let Some(address) = ip::address(address) else {
        // `10/8`: iproute2 fills up with zeros
        return short_prefix(word);
    };
    prefix.is_none_or(|prefix| {
        number::number(prefix, 0..=u32::from(ip::full_prefix(address))).is_some()
    })
}

/// One to three octets before the slash.
fn short_prefix(word: &[u8]) -> bool {
    let (address, prefix) = ip::split_slash(word);
    let mut octets = address.split(|byte| *byte == b'.');
    prefix.is_some_and(|prefix| number::number(prefix, 0..=32).is_some())
        && octets.clone().count() < 4
        && octets.all(|octet| number::number(octet, 0..=255).is_some())
}

/// What follows the word at `index`: the next index, and whether it is fine.
fn value(
    context: &mut Context<'_>,
    line: Item<'_, '_>,
    index: usize,
    takes: Takes,
) -> (usize, bool) {
    if matches!(takes, Takes::Nothing) {
        return (index + 1, true);
    }
    let mut at = index + 1;
    if matches!(line.bytes(at), Some(b"lock" | b"inet" | b"inet6")) && line.bytes(at + 1).is_some()
    {
        at += 1;
    }
    let Some(word) = line.bytes(at) else {
        let consequence = "the line is left out";
        context.bad_value(
            code::ROUTE,
            line,
            index,
            "a value after this word",
            consequence,
        );
        return (at, false);
    };
    let (fine, expected) = match takes {
        Takes::Nothing | Takes::Word => (true, ""),
        Takes::Number => (
            number::number(word, 0..=u32::MAX).is_some(),
            "a whole number",
        ),
        Takes::Address => (destination(word), "an IP address"),
        Takes::Interface => (interface(context, line, at), ""),
        Takes::Scope => (words::scope(word).is_some(), "a scope"),
        Takes::Range => (range(word), "a range, `FROM-TO`"),
        Takes::Old(instead) => {
            check::old_word(context, line, index, &format!("`{instead}`"));
            (ip::address(word).is_some(), "an IP address")
        }
    };
    if !fine && !expected.is_empty() {
        context.bad_value(code::ROUTE, line, at, expected, "the line is left out");
    }
    (at + 1, fine)
}

fn range(word: &[u8]) -> bool {
    let mut ends = word.splitn(2, |byte| *byte == b'-');
    let mut end = || {
        ends.next()
            .and_then(|end| number::number(end, 0..=u32::MAX))
    };
    matches!((end(), end()), (Some(from), Some(to)) if from <= to)
}

fn interface(context: &mut Context<'_>, line: Item<'_, '_>, index: usize) -> bool {
    let text = line.text(index).unwrap_or_default();
    context.has_interface(&text)
        || context.missing_interface(line.word_span(index), &text, "the line is left out")
}
