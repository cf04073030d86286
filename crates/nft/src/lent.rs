//! FULLNAT: connections that IPVS has sent to a real server leave with an address of this host.
//!
//! ```text
//!  client ▶ VIP:80 ──IPVS──▶ client ▶ RIP:8080 ──postrouting──▶ lent ▶ RIP:8080
//!                            the connection's first destination is remembered: VIP:80
//! ```
//! A chain of source NAT sees the first packet of a connection only.

use crate::chain::chain;
use crate::expression::Step;
use crate::guard::{Builder, Place, begin, end};
use crate::list::Table;
use crate::wire::{Family, Message};
use core::net::IpAddr;

/// linux/netfilter.h: NF_INET_POST_ROUTING.
const POSTROUTING: u32 = 4;
/// The name of the chain.
const OUT: &str = "out";
/// linux/netfilter/nf_tables.h: NFT_CT_PROTO_DST, NFT_CT_DST_IP, NFT_CT_DST_IP6.
const BEFORE_PORT: u32 = 12;
const BEFORE_IPV4: u32 = 20;
const BEFORE_IPV6: u32 = 22;

/// RFC 9293 s3.1, RFC 768, RFC 9260 s3.1.
const DESTINATION_PORT: Step<'_> = Step::Transport {
    offset: 2,
    length: 2,
};

/// Connections of one service to one real server.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Lent {
    /// Of the service, and its port, 0: any; none: it goes by a firewall mark.
    pub service: Option<(IpAddr, u16)>,
    /// The transport protocol; none: any.
    pub protocol: Option<u8>,
    /// Of the real server, of the service's family; port 0: any.
    pub server: (IpAddr, u16),
    /// The addresses, each as often as the others; none: that of the interface.
    pub sources: Vec<IpAddr>,
}

/// One transaction: what was ours goes, and tables with these rules come. The priority of `place` is
/// to be that of source NAT, 100.
pub fn lend(ours: &[Table], place: &Place<'_>, rules: &[Lent]) -> Vec<Message> {
    let mut all = begin(ours);
    for family in [Family::Ipv4, Family::Ipv6] {
        let own = |rule: &&Lent| rule.server.0.is_ipv4() == (family == Family::Ipv4);
        if !rules.iter().any(|rule| own(&rule)) {
            continue;
        }
        let mut builder = Builder {
            family,
            place,
            all: &mut all,
        };
        builder.open();
        builder.chain_of("nat", OUT, POSTROUTING);
        for rule in rules.iter().filter(own) {
            add(&mut builder, rule);
        }
    }
    end(all)
}

/// How many rules [`lend`] makes of these, in all tables.
pub fn count(rules: &[Lent]) -> usize {
    rules.iter().map(|rule| rule.sources.len().max(1)).sum()
}

/// Asks how many of them one of the tables has, for [`crate::rules_in`].
pub fn question(table: &Table) -> Message {
    chain(table, OUT)
}

/// A rule for each address: the first takes its share, the second of what is left, and so on.
fn add(builder: &mut Builder<'_>, rule: &Lent) {
    let (server, port) = (octets(rule.server.0), rule.server.1.to_be_bytes());
    let six = rule.server.0.is_ipv6();
    // RFC 791 s3.1, RFC 8200 s3: where the destination stands
    let (offset, before) = if six {
        (24, BEFORE_IPV6)
    } else {
        (16, BEFORE_IPV4)
    };
    let length = if six { 16 } else { 4 };
    let mut steps = vec![Step::Network { offset, length }, Step::Equal(&server)];
    if let Some(protocol) = rule.protocol {
        steps.extend([Step::Protocol, Step::Is(protocol)]);
        if rule.server.1 != 0 {
            steps.extend([DESTINATION_PORT, Step::Equal(&port)]);
        }
    }
    let vip = rule.service.map(|(vip, _)| octets(vip));
    let first = rule.service.map_or(0, |(_, port)| port).to_be_bytes();
    steps.push(Step::Before(before));
    match &vip {
        Some(vip) => steps.push(Step::Equal(vip)),
        // whatever it was, IPVS has rewritten it
        None => steps.push(Step::Unlike(&server)),
    }
    if first != [0, 0] {
        steps.extend([Step::Before(BEFORE_PORT), Step::Equal(&first)]);
    }
    if rule.sources.is_empty() {
        steps.push(Step::Masquerade);
        return builder.rule(OUT, &steps);
    }
    for (at, source) in rule.sources.iter().enumerate() {
        let left = u32::try_from(rule.sources.len() - at).unwrap_or(1);
        let source = octets(*source);
        let mut own = steps.clone();
        if left > 1 {
            own.extend([Step::Random(left), Step::Equal(&[0; 4])]);
        }
        own.extend([Step::Value(&source), Step::Source(builder.family.number())]);
        builder.rule(OUT, &own);
    }
}

fn octets(address: IpAddr) -> Vec<u8> {
    match address {
        IpAddr::V4(four) => four.octets().to_vec(),
        IpAddr::V6(six) => six.octets().to_vec(),
    }
}
