//! What an nftables rule set (`nft -j list ruleset`) does with an advert. Pure.
//!
//! A rule is read as far as it is understood: what is not understood may match or not. An advert is
//! called dropped only if nothing that may match accepts it first.

use serde_json::Value;
use std::net::IpAddr;

/// A base chain and the chains of its table.
#[derive(Debug, Clone)]
pub(super) struct Chain {
    /// `FAMILY TABLE CHAIN`, or the program, the table and the chain.
    pub(super) name: String,
    pub(super) family: String,
    pub(super) way: Way,
    pub(super) drops: bool,
    pub(super) rules: Vec<Vec<Value>>,
    /// Those that rules can jump to.
    pub(super) others: Vec<(String, Vec<Vec<Value>>)>,
    /// Begins the command that lets adverts pass.
    pub(super) by: By,
}

/// Whose chain it is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum By {
    /// nftables; also iptables-nft.
    Nft,
    /// iptables-legacy or its sister.
    Legacy(&'static str),
}

impl Chain {
    /// The command that lets adverts pass.
    pub(super) fn pass(&self, interface: &str) -> String {
        let (rest, chain) = self
            .name
            .rsplit_once(' ')
            .unwrap_or(("inet filter", "input"));
        match (&self.by, self.way) {
            (By::Nft, Way::In) => {
                format!(
                    "nft insert rule {} iifname {interface} meta l4proto 112 accept",
                    self.name
                )
            }
            (By::Nft, Way::Out) => {
                format!(
                    "nft insert rule {} oifname {interface} meta l4proto 112 accept",
                    self.name
                )
            }
            (By::Legacy(program), way) => {
                let option = if way == Way::In { "-i" } else { "-o" };
                let table = rest.rsplit(' ').next().unwrap_or("filter");
                format!("{program} -t {table} -I {chain} {option} {interface} -p 112 -j ACCEPT")
            }
        }
    }
}

/// In or out.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Way {
    In,
    Out,
}

/// An advert.
#[derive(Debug, Clone)]
pub(super) struct Packet {
    pub(super) way: Way,
    /// The interface that it comes in or leaves by.
    pub(super) interface: String,
    /// The group; none: a peer.
    pub(super) to: Option<IpAddr>,
    pub(super) six: bool,
}

/// What becomes of it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Fate {
    Accepted,
    Dropped,
    /// Nothing said so far.
    On,
    /// Something that may be either.
    Open,
}

/// Every chain that a packet meets on its way in or out.
pub(super) fn chains(ruleset: &Value) -> Vec<Chain> {
    let empty = Vec::new();
    let objects = ruleset["nftables"].as_array().unwrap_or(&empty);
    let rules_of = |chain: &Value| -> Vec<Vec<Value>> {
        let rules = objects.iter().map(|object| &object["rule"]);
        let same = |rule: &&Value| {
            rule["family"] == chain["family"]
                && rule["table"] == chain["table"]
                && rule["chain"] == chain["name"]
        };
        let rules = rules.filter(same);
        rules
            .map(|rule| rule["expr"].as_array().cloned().unwrap_or_default())
            .collect()
    };
    let all: Vec<&Value> = objects
        .iter()
        .map(|object| &object["chain"])
        .filter(|chain| chain.is_object())
        .collect();
    let text = |value: &Value| value.as_str().unwrap_or_default().to_owned();
    let base = all.iter().filter_map(|chain| {
        let way = match chain["hook"].as_str()? {
            "input" => Way::In,
            "output" => Way::Out,
            _ => return None,
        };
        let same = |other: &&&Value| {
            other["family"] == chain["family"] && other["table"] == chain["table"]
        };
        let others = all.iter().filter(same);
        let (family, table) = (text(&chain["family"]), text(&chain["table"]));
        Some(Chain {
            name: format!("{family} {table} {}", text(&chain["name"])),
            family,
            way,
            drops: chain["policy"] == "drop",
            rules: rules_of(chain),
            others: others
                .map(|other| (text(&other["name"]), rules_of(other)))
                .collect(),
            by: By::Nft,
        })
    });
    base.collect()
}

/// The first chain that surely drops it.
pub(super) fn dropped<'a>(chains: &'a [Chain], packet: &Packet) -> Option<&'a Chain> {
    let family = if packet.six { "ip6" } else { "ip" };
    let met = chains
        .iter()
        .filter(|chain| chain.way == packet.way)
        .filter(|chain| chain.family == family || chain.family == "inet");
    let mut drops = met.filter(|chain| match fate(chain, &chain.rules, packet, 0) {
        Fate::Dropped => true,
        Fate::On => chain.drops,
        Fate::Accepted | Fate::Open => false,
    });
    drops.next()
}

fn fate(chain: &Chain, rules: &[Vec<Value>], packet: &Packet, depth: u8) -> Fate {
    for rule in rules {
        let (matches, says) = read(chain, rule, packet, depth);
        match (matches, says) {
            (Some(false), _) | (_, Fate::On) => {}
            (Some(true), fate) => return fate,
            // it may be dropped here: what comes behind decides if it is not
            (None, Fate::Dropped) => {}
            (None, Fate::Accepted | Fate::Open) => return Fate::Open,
        }
    }
    Fate::On
}

/// Whether a rule matches (none: perhaps), and what it does then.
fn read(chain: &Chain, rule: &[Value], packet: &Packet, depth: u8) -> (Option<bool>, Fate) {
    let mut matches = Some(true);
    for part in rule {
        let Some((keyword, value)) = part.as_object().and_then(|object| object.iter().next())
        else {
            matches = matches.and(None);
            continue;
        };
        match keyword.as_str() {
            "match" => match holds(value, packet) {
                Some(false) => return (Some(false), Fate::On),
                Some(true) => {}
                None => matches = None,
            },
            "accept" => return (matches, Fate::Accepted),
            "drop" | "reject" => return (matches, Fate::Dropped),
            "return" => return (matches, Fate::Open),
            "jump" | "goto" => {
                let target = value["target"].as_str().unwrap_or_default();
                let rules = chain.others.iter().find(|(name, _)| name == target);
                let fate = match rules {
                    Some((_, rules)) if depth < 16 => fate(chain, rules, packet, depth + 1),
                    _ => Fate::Open,
                };
                // what a `goto` ends in is the policy, and that of a caller is not known here
                let fate = match (fate, keyword.as_str(), depth) {
                    (Fate::On, "goto", 0) if chain.drops => Fate::Dropped,
                    (Fate::On, "goto", 0) => Fate::Accepted,
                    (Fate::On, "goto", _) => Fate::Open,
                    (fate, ..) => fate,
                };
                return (matches, fate);
            }
            "counter" | "comment" | "log" | "mangle" | "notrack" => {}
            // a limit, a set, a map, an extension of iptables
            _ => matches = None,
        }
    }
    (matches, Fate::On)
}

/// Whether a comparison holds for an advert; none: that cannot be said.
fn holds(test: &Value, packet: &Packet) -> Option<bool> {
    let (left, right) = (&test["left"], &test["right"]);
    let equal = match test["op"].as_str()? {
        "==" | "in" => true,
        "!=" => false,
        _ => return None,
    };
    let found = if let Some(meta) = left["meta"]["key"].as_str() {
        match meta {
            "l4proto" => among(right, &is_vrrp),
            "iifname" | "iif" if packet.way == Way::In => among(right, &|v| named(v, packet)),
            "oifname" | "oif" if packet.way == Way::Out => among(right, &|v| named(v, packet)),
            "iifname" | "iif" | "oifname" | "oif" => Some(false),
            "nfproto" => {
                let own = if packet.six { "ipv6" } else { "ipv4" };
                among(right, &|value| Some(value.as_str()? == own))
            }
            "pkttype" if packet.to.is_some() => {
                among(right, &|value| Some(value.as_str()? == "multicast"))
            }
            _ => None,
        }
    } else if let Some(protocol) = left["payload"]["protocol"].as_str() {
        let field = left["payload"]["field"].as_str().unwrap_or_default();
        match (protocol, field) {
            ("ip", "protocol") | ("ip6", "nexthdr") => among(right, &is_vrrp),
            ("ip", _) if packet.six => return Some(false),
            ("ip6", _) if !packet.six => return Some(false),
            ("ip" | "ip6", "daddr") => match packet.to {
                Some(to) => among(right, &|value| within(value, to)),
                None => None,
            },
            ("tcp" | "udp" | "icmp" | "icmpv6" | "sctp" | "dccp" | "ah" | "esp", _) => {
                return Some(false);
            }
            _ => None,
        }
    } else if left["ct"]["key"] == "state" {
        // a group has no answers, so nothing is established; a peer's adverts may be
        among(right, &|value| match value.as_str()? {
            "new" | "untracked" => None,
            "invalid" => Some(false),
            _ if packet.to.is_some() => Some(false),
            _ => None,
        })
    } else {
        None
    };
    found.map(|found| found == equal)
}

/// A value, or one of a set or a list of flags.
fn among(right: &Value, is: &dyn Fn(&Value) -> Option<bool>) -> Option<bool> {
    let list = right["set"].as_array().or_else(|| right.as_array());
    let Some(list) = list else { return is(right) };
    let mut found = Some(false);
    for value in list {
        match is(value) {
            Some(true) => return Some(true),
            Some(false) => {}
            None => found = None,
        }
    }
    found
}

/// An address, or a network: `{"prefix": {"addr": ..., "len": ...}}`.
fn within(value: &Value, to: IpAddr) -> Option<bool> {
    let prefix = &value["prefix"];
    let (text, length) = match prefix["addr"].as_str() {
        Some(text) => (text, prefix["len"].as_u64()?),
        None => (value.as_str()?, 128),
    };
    let wide = |address: IpAddr| match address {
        IpAddr::V4(four) => (u128::from(four.to_bits()) << 96, 32),
        IpAddr::V6(six) => (six.to_bits(), 128),
    };
    let network: IpAddr = text.parse().ok()?;
    let ((network, bits), (to, of)) = (wide(network), wide(to));
    let host = 128 - u32::try_from(length).ok()?.min(bits);
    let equal = |shift| network.checked_shr(shift) == to.checked_shr(shift);
    Some(bits == of && equal(host))
}

fn is_vrrp(value: &Value) -> Option<bool> {
    match (value.as_u64(), value.as_str()) {
        (Some(number), _) => Some(number == 112),
        (_, Some("vrrp")) => Some(true),
        // a set by name
        (_, Some(name)) if name.starts_with('@') => None,
        (_, Some(_)) => Some(false),
        _ => None,
    }
}

fn named(value: &Value, packet: &Packet) -> Option<bool> {
    let name = value.as_str()?;
    match name.strip_suffix('*') {
        _ if name.starts_with('@') => None,
        Some(begin) => Some(packet.interface.starts_with(begin)),
        None => Some(packet.interface == name),
    }
}
