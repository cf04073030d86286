//! Lines of routes and rules: `static_routes`, `virtual_routes`, `static_rules`, `virtual_rules`.

use super::encap::{self, Wrapped};
use super::route_words::{ACTIONS, OTHERS, ROUTE, RULE, Takes};
use super::{check, route_line, rule_line};
use crate::code;
use crate::context::Context;
use crate::hint;
use crate::listening_draft::Followed;
use crate::suggest;
use crate::value::{address as ip, number, words};
use holdfast_model::{IfName, Name, Route, Rule};
use holdfast_syntax::{Finding, Item};

/// The lines of a block of routes.
pub(super) fn routes(
    context: &mut Context<'_>,
    item: Item<'_, '_>,
    list: &mut Vec<Route>,
    mut followed: Option<&mut Vec<Followed>>,
) {
    for line in item.items() {
        let Some(seen) = read(context, line, ROUTE, true) else {
            continue;
        };
        list.extend(route_line::route(context, &seen));
        if seen.has(b"no_track") {
            continue;
        }
        if let Some(followed) = &mut followed {
            followed.extend(seen.followed(&[b"dev", b"oif"]));
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
pub(super) fn rules(
    context: &mut Context<'_>,
    item: Item<'_, '_>,
    list: &mut Vec<Rule>,
    mut followed: Option<&mut Vec<Followed>>,
) {
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
        if let Some(followed) = &mut followed
            && !seen.has(b"no_track")
        {
            followed.extend(seen.followed(&[b"dev", b"iif"]));
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
            list.extend(rule_line::rule(context, &seen, context.rule_place));
            context.rule_place = context.rule_place.saturating_sub(1);
            continue;
        }
        list.extend(rule_line::rule(context, &seen, 0));
    }
}

/// The keywords that a line has.
pub(super) struct Seen<'t, 's> {
    pub(super) line: Item<'t, 's>,
    /// Where they stand.
    pub(super) keywords: Vec<usize>,
    /// Where a destination stands alone.
    pub(super) destination: Option<usize>,
    /// What `encap` says, in order.
    pub(super) wrapped: Vec<Wrapped>,
}

impl Seen<'_, '_> {
    fn has(&self, word: &[u8]) -> bool {
        let mut keywords = self.keywords.iter();
        keywords.any(|index| self.line.bytes(*index) == Some(word))
    }

    /// What follows a keyword.
    fn after(&self, word: &[u8]) -> Option<&[u8]> {
        let mut keywords = self.keywords.iter();
        let index = keywords.find(|index| self.line.bytes(**index) == Some(word))?;
        self.line.bytes(index + 1)
    }

    /// The `track_group` that it names, with the interface behind one of these words.
    fn followed(&self, words: &[&[u8]]) -> Option<Followed> {
        let group = Name::from(String::from_utf8_lossy(self.after(b"track_group")?).as_ref());
        let interface = words.iter().find_map(|word| self.after(word))?;
        Some(Followed {
            group,
            interface: IfName::new(&String::from_utf8_lossy(interface)),
            span: self.line.head(),
        })
    }

    /// Has it the keyword for the route as a whole?
    fn before_nexthop(&self, word: &[u8]) -> bool {
        let keywords = self.keywords.iter();
        let keywords = keywords.filter_map(|index| self.line.bytes(*index));
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
    let mut seen = Seen {
        line,
        keywords: Vec::new(),
        destination: None,
        wrapped: Vec::new(),
    };
    let (mut index, mut good) = (0, true);
    while let Some(word) = line.bytes(index) {
        let Some((_, takes)) = grammar.iter().find(|(name, _)| name.as_bytes() == word) else {
            // a route's destination stands alone
            let alone = route && seen.destination.is_none();
            if alone && (destination(word) || long_prefix(context, line, index)) {
                seen.destination = Some(index);
                index += 1;
                continue;
            }
            stranger(context, line, index, grammar, route);
            return None;
        };
        seen.keywords.push(index);
        if let Takes::Encap = takes {
            let wrapped = encap::read(context, line, index)?;
            index = wrapped.words.end;
            seen.wrapped.push(wrapped);
            continue;
        }
        let (next, fine) = value(context, line, index, *takes);
        good &= fine;
        index = next;
    }
    good &= one_family(context, &seen, route);
    good.then_some(seen)
}

/// A word that is none of the line's.
fn stranger(
    context: &mut Context<'_>,
    line: Item<'_, '_>,
    index: usize,
    grammar: &[(&str, Takes)],
    route: bool,
) {
    let found = line.text(index).unwrap_or_default();
    let (kind, code, some) = if route {
        (
            "route",
            code::ROUTE,
            "via, dev, src, table, metric, scope, mtu",
        )
    } else {
        (
            "rule",
            code::RULE,
            "from, to, iif, fwmark, table, priority, goto",
        )
    };
    let known = || grammar.iter().map(|(name, _)| *name);
    let other = OTHERS.iter().find(|(other, _)| *other == found);
    let meant = other.map(|(_, meant)| *meant);
    let meant = meant.filter(|meant| known().any(|name| name == *meant));
    let help = match meant.or_else(|| suggest::nearest(&found, known())) {
        Some(meant) => format!("did you mean `{meant}`?"),
        None => format!("a {kind} is written as for `ip {kind} add`: {some} and others"),
    };
    let message = format!("`{found}` is no word of a {kind}: the {kind} is left out");
    context.push(Finding::error(code, line.word_span(index), message).help(help));
}

/// A destination whose only fault is its prefix length: it is cut, as keepalived does.
fn long_prefix(context: &mut Context<'_>, line: Item<'_, '_>, index: usize) -> bool {
    let word = line.bytes(index).unwrap_or_default();
    let (address, prefix) = ip::split_slash(word);
    let (Some(address), Some(prefix)) = (ip::address(address), prefix) else {
        return false;
    };
    let full = ip::full_prefix(address);
    let found = String::from_utf8_lossy(prefix);
    let message = format!(
        "expected a prefix length from 0 to {full} after `/`, found `{found}`: {full} is used"
    );
    let finding = Finding::error(code::NUMBER, line.word_span(index), message);
    context.push(finding.help("write the length of the network's prefix"));
    true
}

/// All addresses of a line are of one family. False when they are not.
fn one_family(context: &mut Context<'_>, seen: &Seen<'_, '_>, route: bool) -> bool {
    let line = seen.line;
    let mut first: Option<(bool, usize)> = None;
    for index in 0_usize..line.len() {
        let word = line.bytes(index).unwrap_or_default();
        // what an encapsulation names is another matter
        let mut wrapped = seen.wrapped.iter();
        if wrapped.any(|wrapped| wrapped.words.contains(&index)) {
            continue;
        }
        let Some(address) = ip::address(ip::split_slash(word).0) else {
            continue;
        };
        let six = address.is_ipv6();
        let Some((other, at)) = first else {
            first = Some((six, index));
            continue;
        };
        if other != six {
            let (kind, code) = if route {
                ("route", code::ROUTE)
            } else {
                ("rule", code::RULE)
            };
            let message = format!(
                "`{address}` is of another family than the address before it: the {kind} is left out"
            );
            let finding = Finding::error(code, line.word_span(index), message)
                .also(line.word_span(at), "the first address")
                .help(format!("write a {kind} of one family: IPv4 or IPv6"));
            context.push(finding);
            return false;
        }
    }
    true
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
    prefix.is_none_or(|prefix| ip::prefix(prefix, address).is_some())
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
    if matches!(takes, Takes::Nothing) || matches!(takes, Takes::Kind) && index + 1 < line.len() {
        return (index + 1, true);
    }
    let mut at = index + 1;
    if matches!(line.bytes(at), Some(b"lock" | b"inet" | b"inet6")) && line.bytes(at + 1).is_some()
    {
        at += 1;
    }
    let Some(word) = line.bytes(at) else {
        context.missing_word(line, index);
        return (at, false);
    };
    let (fine, expected) = match takes {
        Takes::Nothing | Takes::Kind | Takes::Word | Takes::Encap => (true, ""),
        Takes::Number => (
            number::number(word, 0..=u32::MAX).is_some(),
            "a whole number",
        ),
        Takes::Address => (destination(word), "an IP address"),
        Takes::Host => (ip::address(word).is_some(), "an IP address"),
        Takes::Interface => (interface(context, line, at), ""),
        Takes::Scope => (words::scope(word).is_some(), "a scope"),
        Takes::Range => (range(word), "a range, `FROM-TO`"),
        Takes::Old(instead) => {
            check::old_word(context, line, index, &format!("`{instead}`"));
            (ip::address(word).is_some(), "an IP address")
        }
    };
    if !fine && !expected.is_empty() {
        let keyword = line.text(index).unwrap_or_default();
        let found = line.text(at).unwrap_or_default();
        let message =
            format!("`{keyword}`: expected {expected}, found `{found}`: the line is left out");
        // what was slipped is told by the kind of value
        let kind = match takes {
            Takes::Address | Takes::Host | Takes::Old(_) => code::ADDRESS,
            _ => code::NUMBER,
        };
        let help = hint::for_value(kind, &found, expected);
        let help = help.unwrap_or_else(|| format!("write {expected}"));
        context.push(Finding::error(code::ROUTE, line.word_span(at), message).help(help));
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
