//! Packets to a group's addresses get a mark, by which IPVS finds their service.
//!
//! ```text
//!  client ▶ VIP:80 ──input──▶ address . port ──map of the protocol──▶ mark ──IPVS──▶ the service of the mark
//! ```

use crate::chain::chain;
use crate::expression::{ELEMENT, Step};
use crate::guard::{
    AT_ONCE, Builder, CREATE, NEW_ELEMENTS, NEW_SET, Place, TYPE_IPV4, TYPE_IPV6, begin, end,
};
use crate::list::Table;
use crate::wire::{Family, List, Message};
use core::net::IpAddr;
use std::collections::BTreeMap;

/// linux/netfilter.h: NF_INET_LOCAL_IN; IPVS comes later there.
const INPUT: u32 = 1;
/// NFT_SET_INTERVAL, NFT_SET_MAP, NFT_SET_CONCAT.
const FLAGS: u32 = 0x04 | 0x08 | 0x80;
/// nft's numbers of types.
const TYPE_PORT: u32 = 13;
const TYPE_MARK: u32 = 19;
/// Which of a rule's 32-bit registers follow an address in the first: NFT_REG32_01 and NFT_REG_2.
const BEHIND_IPV4: u32 = 9;
const BEHIND_IPV6: u32 = 2;
const CHAIN: &str = "in";

/// What gets a mark.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct Marked {
    /// The transport protocol.
    pub protocol: u8,
    /// The first and the last address, of one family.
    pub addresses: (IpAddr, IpAddr),
    /// The port; 0: any.
    pub port: u16,
    /// The mark.
    pub mark: u32,
}

/// One transaction: what was ours goes, and tables come by which these get their marks. No two of a protocol have
/// an address and port in common.
pub fn give_marks(ours: &[Table], place: &Place<'_>, rules: &[Marked]) -> Vec<Message> {
    let mut all = begin(ours);
    for family in [Family::Ipv4, Family::Ipv6] {
        let maps = maps(family, rules);
        if maps.is_empty() {
            continue;
        }
        let mut builder = Builder {
            family,
            place,
            all: &mut all,
        };
        builder.open();
        builder.chain_of("filter", CHAIN, INPUT);
        for ((protocol, one_port), rules) in maps {
            builder.marks(protocol, one_port, &rules);
        }
    }
    end(all)
}

/// How many rules [`give_marks`] makes, in all tables.
pub fn rules_for_marks(rules: &[Marked]) -> usize {
    let families = [Family::Ipv4, Family::Ipv6].into_iter();
    families.map(|family| maps(family, rules).len()).sum()
}

/// Asks how many of them one of the tables has, for [`crate::rules_in`].
pub fn question_of_marks(table: &Table) -> Message {
    chain(table, CHAIN)
}

/// By protocol, first those of any port: as in IPVS a service of one port counts more, and the last mark stays.
fn maps(family: Family, rules: &[Marked]) -> BTreeMap<(u8, bool), Vec<Marked>> {
    let mut maps: BTreeMap<(u8, bool), Vec<Marked>> = BTreeMap::new();
    for rule in rules {
        if rule.addresses.0.is_ipv4() == (family == Family::Ipv4) {
            let place = (rule.protocol, rule.port != 0);
            maps.entry(place).or_default().push(*rule);
        }
    }
    maps
}

impl Builder<'_> {
    fn marks(&mut self, protocol: u8, one_port: bool, rules: &[Marked]) {
        let mut name = match protocol {
            6 => "tcp".to_owned(),
            17 => "udp".to_owned(),
            132 => "sctp".to_owned(),
            other => format!("protocol_{other}"),
        };
        if !one_port {
            name += "_any";
        }
        // RFC 791 s3.1, RFC 8200 s3: where the destination stands
        let (kind, offset, length, behind) = match self.family {
            Family::Ipv6 => (TYPE_IPV6, 24, 16, BEHIND_IPV6),
            Family::Ipv4 | Family::Arp => (TYPE_IPV4, 16, 4, BEHIND_IPV4),
        };
        // the fields of a key fill words of four bytes: DESC { CONCAT { LIST_ELEM { LEN } each } }
        let field = |list: List, bytes: u32| list.nest(ELEMENT, List::default().number(1, bytes));
        let fields = field(field(List::default(), length), 2);
        let list = self
            .named()
            .text(2, &name)
            .number(3, FLAGS)
            .number(4, kind << 6 | TYPE_PORT)
            .number(5, length + 4)
            .number(6, TYPE_MARK)
            .number(7, 4)
            .nest(9, List::default().nest(2, fields))
            .number(10, 1)
            // for nft: keys are big endian, marks in host order
            .bytes(13, &[0, 4, 2, 0, 0, 0, 1, 4, 1, 0, 0, 0]);
        self.push(NEW_SET, CREATE, list);
        for some in rules.chunks(AT_ONCE) {
            let elements = some.iter().fold(List::default(), |list, rule| {
                let ports = match rule.port {
                    0 => (0, u16::MAX),
                    port => (port, port),
                };
                let value = |bytes: &[u8]| List::default().bytes(1, bytes);
                // KEY, KEY_END, DATA
                let element = List::default()
                    .nest(1, value(&key(rule.addresses.0, ports.0)))
                    .nest(10, value(&key(rule.addresses.1, ports.1)))
                    .nest(2, value(&rule.mark.to_ne_bytes()));
                list.nest(ELEMENT, element)
            });
            let list = self.named().text(2, &name).nest(3, elements);
            self.push(NEW_ELEMENTS, CREATE, list);
        }
        let mut steps = vec![
            Step::Protocol,
            Step::Is(protocol),
            Step::Network { offset, length },
            Step::DestinationPort(behind),
            Step::Mapped(&name),
            Step::Mark,
        ];
        steps.extend(self.place.counts.then_some(Step::Count));
        self.rule(CHAIN, &steps);
    }
}

fn key(address: IpAddr, port: u16) -> Vec<u8> {
    let mut bytes = match address {
        IpAddr::V4(four) => four.octets().to_vec(),
        IpAddr::V6(six) => six.octets().to_vec(),
    };
    bytes.extend(port.to_be_bytes());
    bytes.extend([0; 2]);
    bytes
}
