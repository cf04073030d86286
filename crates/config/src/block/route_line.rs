//! A line of routes, typed.

use super::path_words as words;
use super::routes::Seen;
use crate::code;
use crate::context::Context;
use crate::value::{number::number, words as common};
use core::net::IpAddr;
use holdfast_model::route::{PROTOCOL, Prefix, kind};
use holdfast_model::{AddressFamily, Hop, IfName, Name, Route, Scope};
use holdfast_syntax::Finding;

/// linux/rtnetlink.h, RTAX_*.
const METRICS: [(&[u8], u8); 16] = [
    (b"mtu", 2),
    (b"window", 3),
    (b"rtt", 4),
    (b"rttvar", 5),
    (b"ssthresh", 6),
    (b"cwnd", 7),
    (b"advmss", 8),
    (b"reordering", 9),
    (b"hoplimit", 10),
    (b"initcwnd", 11),
    (b"features", 12),
    (b"rto_min", 13),
    (b"initrwnd", 14),
    (b"quickack", 15),
    (b"congctl", 16),
    (b"fastopen_no_cookie", 17),
];
/// keepalived takes no shorter round trip.
const LEAST_RTT: u32 = 200;

/// Where a line is in being read.
struct Reading {
    route: Route,
    /// `None` is everything.
    destination: Option<Prefix>,
    six: bool,
    /// `nexthop` has been met.
    several: bool,
}

/// The route of a line; `None` when it is left out.
pub(super) fn route(context: &mut Context<'_>, seen: &Seen<'_, '_>) -> Option<Route> {
    let line = seen.line;
    let bare = seen.destination.and_then(|index| line.bytes(index));
    let mut reading = Reading {
        route: Route::to(words::everything(AddressFamily::V4)),
        // what is no prefix was told of: a route to everything is not meant
        destination: bare.map_or(Some(None), words::destination)?,
        six: false,
        several: false,
    };
    let mut scope = None;
    for index in &seen.keywords {
        let word = line.bytes(*index).unwrap_or_default();
        if word == b"nat" {
            let message =
                "the kernel has had no routes of this kind since Linux 2.6: the route is left out";
            let finding = Finding::advice(code::ROUTE, line.word_span(*index), message);
            context.push(finding.help("let nftables translate the addresses"));
            return None;
        }
        if let b"append" | b"prepend" = word {
            let name = String::from_utf8_lossy(word);
            let message = format!(
                "`{name}` has no effect: a route has one place by its destination, table, tos and metric"
            );
            let finding = Finding::advice(code::ROUTE, line.word_span(*index), message);
            context.push(finding.help("give routes to one destination a `metric` each"));
        }
        if word == b"encap" {
            let mut wrapped = seen.wrapped.iter();
            let wrapped = wrapped.find(|wrapped| wrapped.words.start == *index)?;
            last_hop(&mut reading.route)?.encap = Some(wrapped.encap.clone());
            continue;
        }
        let mut at = index + 1;
        let lock = line.bytes(at) == Some(b"lock");
        if matches!(line.bytes(at), Some(b"lock" | b"inet" | b"inet6"))
            && line.bytes(at + 1).is_some()
        {
            at += 1;
        }
        let value = line.bytes(at).unwrap_or_default();
        if word == b"scope" {
            scope = common::scope(value).map(Scope::number);
        } else if take(context, &mut reading, word, value, lock).is_none() {
            let expected = "a value that this word of a route can have";
            context.bad_value(code::ROUTE, line, at, expected, "the route is left out");
            return None;
        }
    }
    finish(context, seen, reading, scope)
}

/// Takes one word and its value; `None` when the value is none.
fn take(
    context: &Context<'_>,
    reading: &mut Reading,
    word: &[u8],
    value: &[u8],
    lock: bool,
) -> Option<()> {
    let route = &mut reading.route;
    let whole = || number(value, 0..=u32::MAX);
    let address = || words::destination(value).map(|prefix| prefix.map(|prefix| prefix.0));
    match word {
        b"inet6" => reading.six = true,
        b"unicast" => route.kind = kind::UNICAST,
        b"local" => route.kind = kind::LOCAL,
        b"broadcast" => route.kind = kind::BROADCAST,
        b"multicast" => route.kind = kind::MULTICAST,
        b"throw" => route.kind = kind::THROW,
        b"unreachable" => route.kind = kind::UNREACHABLE,
        b"prohibit" => route.kind = kind::PROHIBIT,
        b"blackhole" => route.kind = kind::BLACKHOLE,
        b"to" => reading.destination = words::destination(value)?,
        b"src" => route.source = address()?,
        b"from" => route.from = words::destination(value)?,
        b"tos" | b"dsfield" => route.tos = words::byte(value)?,
        b"table" => route.table = words::table(context, value)?,
        b"vrf" => route.table = words::vrf(context, value)?,
        b"protocol" => route.protocol = words::protocol(value)?,
        b"metric" | b"priority" | b"preference" => route.metric = whole()?,
        b"realms" if !reading.several => route.realms = Some(words::realms(value)?),
        b"expires" => route.expires = Some(whole()?),
        b"pref" => {
            route.preference = Some(match value {
                b"medium" => 0,
                b"high" => 1,
                b"low" => 3,
                _ => return None,
            });
        }
        b"ttl-propagate" => {
            route.ttl_propagate = Some(match value {
                b"enabled" => true,
                b"disabled" => false,
                _ => return None,
            });
        }
        b"no_track" => route.untracked = true,
        b"nexthop" | b"or" => {
            if !std::mem::replace(&mut reading.several, true) {
                route.hops.clear();
            }
            let via = (word == b"or").then(address).flatten().flatten();
            let hop = Hop {
                via,
                ..Hop::default()
            };
            route.hops.push(hop);
        }
        b"via" | b"gw" | b"dev" | b"oif" | b"onlink" | b"weight" | b"realms" => {
            hop(route, word, value, address().flatten())?;
        }
        _ => metric(route, word, value, lock)?,
    }
    Some(())
}

/// The next hop that is being read.
fn last_hop(route: &mut Route) -> Option<&mut Hop> {
    if route.hops.is_empty() {
        route.hops.push(Hop::default());
    }
    route.hops.last_mut()
}

/// A word of the next hop that is being read.
fn hop(route: &mut Route, word: &[u8], value: &[u8], address: Option<IpAddr>) -> Option<()> {
    let hop = last_hop(route)?;
    match word {
        b"via" | b"gw" => hop.via = Some(address?),
        b"onlink" => hop.onlink = true,
        b"weight" => hop.weight = u16::try_from(number(value, 1..=256)?).ok()?,
        b"realms" => hop.realms = Some(words::realms(value)?),
        _ => hop.dev = Some(IfName::new(&String::from_utf8_lossy(value))?),
    }
    Some(())
}

/// A word of RTA_METRICS; all others have no effect on a route.
fn metric(route: &mut Route, word: &[u8], value: &[u8], lock: bool) -> Option<()> {
    let Some((_, kind)) = METRICS.iter().find(|(name, _)| *name == word) else {
        return Some(());
    };
    route.locks |= u32::from(lock) << kind;
    let number = match word {
        b"congctl" => {
            route.congestion = Some(Name::from(String::from_utf8_lossy(value).as_ref()));
            return Some(());
        }
        b"features" if value == b"ecn" => 1,
        b"features" => return None,
        // the kernel counts these in eighths and quarters of a millisecond
        b"rtt" => words::time(value, 8)?.max(LEAST_RTT * 8),
        b"rttvar" => words::time(value, 4)?.max(LEAST_RTT * 4),
        b"rto_min" => words::time(value, 1)?,
        _ => number(value, 0..=u32::MAX)?,
    };
    route.metrics.push((*kind, number));
    Some(())
}

/// What the whole line decides: family, scope, protocol.
fn finish(
    context: &mut Context<'_>,
    seen: &Seen<'_, '_>,
    reading: Reading,
    scope: Option<u8>,
) -> Option<Route> {
    let Reading {
        mut route,
        destination,
        six,
        ..
    } = reading;
    let given = destination.iter().chain(&route.from).map(|prefix| prefix.0);
    let hops = route.hops.iter().filter_map(|hop| hop.via);
    let Some(family) = words::one_family(six, given.chain(route.source).chain(hops)) else {
        let finding = Finding::error(
            code::ROUTE,
            seen.line.head(),
            "this route mixes IPv4 and IPv6 addresses: it is left out",
        );
        context.push(finding.help("write all its addresses in one family"));
        return None;
    };
    route.family = family;
    route.destination = destination.unwrap_or(words::everything(family));
    route.scope = scope.unwrap_or(match (family, route.kind) {
        (AddressFamily::V4, kind::LOCAL) => Scope::Host.number(),
        (AddressFamily::V4, kind::BROADCAST | kind::MULTICAST) => Scope::Link.number(),
        _ => Scope::Global.number(),
    });
    if !route.untracked {
        route.protocol = PROTOCOL;
    }
    route.metrics.sort_unstable();
    Some(route)
}
