//! The words of routes and rules, as iproute2 has them.

/// What follows a word of a route or a rule.
#[derive(Clone, Copy)]
pub(super) enum Takes {
    Nothing,
    /// Any word.
    Word,
    /// A whole number, perhaps after `lock`.
    Number,
    /// An address, perhaps with a prefix length, perhaps after its family.
    Address,
    /// An address without prefix length.
    Host,
    /// The kind of a route: the destination has to follow, and is no value.
    Kind,
    Interface,
    Scope,
    /// `A-B`.
    Range,
    /// What it is to be wrapped in.
    Encap,
    /// An old spelling of this, with an address.
    Old(&'static str),
}

/// iproute2's words of a route.
pub(super) const ROUTE: &[(&str, Takes)] = &[
    ("inet", Takes::Nothing),
    ("inet6", Takes::Nothing),
    ("unicast", Takes::Kind),
    ("local", Takes::Kind),
    ("broadcast", Takes::Kind),
    ("multicast", Takes::Kind),
    ("throw", Takes::Kind),
    ("unreachable", Takes::Kind),
    ("prohibit", Takes::Kind),
    ("blackhole", Takes::Kind),
    ("nat", Takes::Kind),
    ("src", Takes::Host),
    ("via", Takes::Host),
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
    ("encap", Takes::Encap),
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
pub(super) const RULE: &[(&str, Takes)] = &[
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
pub(super) const ACTIONS: &[&[u8]] = &[
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

/// Words that other tools have for those of a line.
pub(super) const OTHERS: [(&str, &str); 6] = [
    ("gateway", "via"),
    ("device", "dev"),
    ("interface", "dev"),
    ("prio", "priority"),
    ("pref", "preference"),
    ("mark", "fwmark"),
];
