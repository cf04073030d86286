//! The table: addresses that are not to be reached, and what virtual links may not say.
//!
//! ```text
//!  in    neighbour discovery passes ─ to an address ─ to a link-local address by its link ─ drop
//!  out   membership reports leave by the link below ─ then the same, from the address
//! ```
//! RFC 9568 s6.1, Accept_Mode: neighbour solicitations and adverts are never dropped. A membership
//! report from a virtual link would tell the switches that the virtual MAC address is here, though
//! another router is master: it leaves by the link below instead.

use crate::expression::{ELEMENT, Step, steps};
use crate::list::Table;
use crate::wire::{Family, List, Message};
use core::net::{IpAddr, Ipv6Addr};
use std::collections::{BTreeMap, BTreeSet};

/// NFNL_MSG_BATCH_BEGIN, NFNL_MSG_BATCH_END.
const BEGIN: u16 = 16;
const END: u16 = 17;
const NEW_TABLE: u8 = 0;
const DELETE_TABLE: u8 = 2;
const NEW_CHAIN: u8 = 3;
const NEW_RULE: u8 = 6;
pub(crate) const NEW_SET: u8 = 9;
pub(crate) const NEW_ELEMENTS: u8 = 12;
/// NLM_F_CREATE, and NLM_F_APPEND for rules.
pub(crate) const CREATE: u16 = 0x400;
const APPEND: u16 = 0xc00;
/// nft's numbers of types; a pair of two is the first shifted by six bits, and the second.
pub(crate) const TYPE_IPV4: u32 = 7;
pub(crate) const TYPE_IPV6: u32 = 8;
const TYPE_LINK: u32 = 20;
/// NFT_SET_MAP.
const MAP: u32 = 8;
/// Elements in a message: an attribute has 64 kB at most.
pub(crate) const AT_ONCE: usize = 512;
/// Transport protocol and ICMPv6 types (RFC 4443, RFC 4861 s4.3 and s4.4, RFC 3810 s5.2).
const IGMP: u8 = 2;
pub(crate) const ICMPV6: u8 = 58;
pub(crate) const SOLICITATION: u8 = 135;
const ADVERT: u8 = 136;
const REPORT: u8 = 143;

const ADDRESSES: &str = "addresses";
const LINK_LOCAL: &str = "link_local";
const BELOW: &str = "below";

/// What the table is to say.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Guard {
    /// Nothing may be sent to these, or from them; link-local ones stand below.
    pub addresses: BTreeSet<IpAddr>,
    /// The same, each on the link of this index only.
    pub link_local: BTreeSet<(Ipv6Addr, u32)>,
    /// Virtual links with IPv4 addresses, each with the link below it, by index.
    pub below_ipv4: BTreeMap<u32, u32>,
    /// The same for IPv6.
    pub below_ipv6: BTreeMap<u32, u32>,
    /// This kernel has no `dup`: membership reports of virtual links are dropped.
    pub without_copies: bool,
}

impl Guard {
    /// Nothing to say.
    pub fn is_empty(&self) -> bool {
        self.families().is_empty()
    }

    /// The families in which there is anything to say.
    fn families(&self) -> Vec<Family> {
        let four = self.addresses.iter().any(IpAddr::is_ipv4) || !self.below_ipv4.is_empty();
        let six = self.addresses.iter().any(IpAddr::is_ipv6);
        let six = six || !self.link_local.is_empty() || !self.below_ipv6.is_empty();
        let families = [(Family::Ipv4, four), (Family::Ipv6, six)];
        families.into_iter().filter(|f| f.1).map(|f| f.0).collect()
    }
}

/// Where the table stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Place<'a> {
    /// Its name.
    pub name: &'a str,
    /// Its comment, by which it is known as ours.
    pub mark: &'a str,
    /// The priority of its chains.
    pub priority: i32,
    /// Rules count what they drop.
    pub counts: bool,
}

/// One transaction: what was ours goes, and what is wanted comes. There is no moment without either.
pub fn replace(ours: &[Table], place: &Place<'_>, guard: &Guard) -> Vec<Message> {
    let mut all = begin(ours);
    for family in guard.families() {
        Builder {
            family,
            place,
            all: &mut all,
        }
        .table(guard);
    }
    end(all)
}

/// The begin of a transaction, in which these tables go.
pub(crate) fn begin(ours: &[Table]) -> Vec<Message> {
    let mut all = vec![Message::bracket(BEGIN)];
    for table in ours {
        let name = List::default().text(1, &table.name);
        all.push(Message::new(DELETE_TABLE, 0, table.family, name));
    }
    all
}

/// Its end.
pub(crate) fn end(mut all: Vec<Message>) -> Vec<Message> {
    all.push(Message::bracket(END));
    all
}

/// Messages of one table.
pub(crate) struct Builder<'a> {
    pub(crate) family: Family,
    pub(crate) place: &'a Place<'a>,
    pub(crate) all: &'a mut Vec<Message>,
}

impl Builder<'_> {
    pub(crate) fn push(&mut self, kind: u8, flags: u16, list: List) {
        self.all.push(Message::new(kind, flags, self.family, list));
    }

    pub(crate) fn named(&self) -> List {
        List::default().text(1, self.place.name)
    }

    fn table(&mut self, guard: &Guard) {
        self.open();
        self.chain("out", 3);
        match self.family {
            Family::Ipv4 => self.four(guard),
            Family::Ipv6 => self.six(guard),
            Family::Arp => {}
        }
    }

    /// The table itself, with its comment.
    pub(crate) fn open(&mut self) {
        let mut note = vec![
            0,
            u8::try_from(self.place.mark.len() + 1).unwrap_or(u8::MAX),
        ];
        note.extend(self.place.mark.as_bytes().iter().take(254));
        note.push(0);
        let list = self.named().bytes(6, &note);
        self.push(NEW_TABLE, CREATE, list);
    }

    fn chain(&mut self, name: &str, hook: u32) {
        self.chain_of("filter", name, hook);
    }

    /// HOOK { HOOKNUM, PRIORITY }, POLICY accept, TYPE.
    pub(crate) fn chain_of(&mut self, kind: &str, name: &str, hook: u32) {
        let hook = List::default()
            .number(1, hook)
            .number(2, self.place.priority.cast_unsigned());
        let list = self.named().text(3, name).nest(4, hook);
        let list = list.number(5, 1).text(7, kind);
        self.push(NEW_CHAIN, CREATE, list);
    }

    pub(crate) fn rule(&mut self, chain: &str, rule: &[Step<'_>]) {
        let mut rule = rule.to_vec();
        if self.place.counts
            && let Some(end) = rule.pop_if(|step| *step == Step::Drop)
        {
            rule.extend([Step::Count, end]);
        }
        let list = self.named().text(2, chain).nest(4, steps(&rule));
        self.push(NEW_RULE, APPEND, list);
    }

    /// Keys, and what they lead to in a map.
    fn set(&mut self, name: &str, kind: (u32, usize), elements: &[(Vec<u8>, Option<[u8; 4]>)]) {
        let is_map = elements.iter().any(|element| element.1.is_some());
        let length = u32::try_from(kind.1).unwrap_or_default();
        let mut list = self
            .named()
            .text(2, name)
            .number(3, if is_map { MAP } else { 0 })
            .number(4, kind.0)
            .number(5, length);
        if is_map {
            list = list.number(6, TYPE_LINK).number(7, 4);
        }
        // an id that is used nowhere; and for nft, that an index is in host order
        list = list.number(10, 1);
        if kind.0 == TYPE_LINK {
            list = list.bytes(13, &[0, 4, 1, 0, 0, 0, 1, 4, 1, 0, 0, 0]);
        }
        self.push(NEW_SET, CREATE, list);
        for some in elements.chunks(AT_ONCE) {
            let elements = some.iter().fold(List::default(), |list, (key, value)| {
                let element = List::default().nest(1, List::default().bytes(1, key));
                let element = match value {
                    Some(value) => element.nest(2, List::default().bytes(1, value)),
                    None => element,
                };
                list.nest(ELEMENT, element)
            });
            let list = self.named().text(2, name).nest(3, elements);
            self.push(NEW_ELEMENTS, CREATE, list);
        }
    }

    fn four(&mut self, guard: &Guard) {
        // RFC 3376 s4: the protocol is IGMP
        let igmp = [Step::Protocol, Step::Is(IGMP)];
        let destination = Step::Network {
            offset: 16,
            length: 4,
        };
        self.below(guard, &guard.below_ipv4, (&igmp, destination));
        let keys = guard.addresses.iter().filter_map(|address| match address {
            IpAddr::V4(four) => Some((four.octets().to_vec(), None)),
            IpAddr::V6(_) => None,
        });
        let keys: Vec<_> = keys.collect();
        if keys.is_empty() {
            return;
        }
        self.chain("in", 1);
        self.set(ADDRESSES, (TYPE_IPV4, 4), &keys);
        // RFC 791 s3.1: source at 12, destination at 16
        for (chain, offset) in [("in", 16), ("out", 12)] {
            let load = Step::Network { offset, length: 4 };
            self.rule(chain, &[load, Step::Among(ADDRESSES), Step::Drop]);
        }
    }

    fn six(&mut self, guard: &Guard) {
        let report = [
            Step::Protocol,
            Step::Is(ICMPV6),
            Step::IcmpType,
            Step::Is(REPORT),
        ];
        let destination = Step::Network {
            offset: 24,
            length: 16,
        };
        self.below(guard, &guard.below_ipv6, (&report, destination));
        let keys = guard.addresses.iter().filter_map(|address| match address {
            IpAddr::V6(six) => Some((six.octets().to_vec(), None)),
            IpAddr::V4(_) => None,
        });
        let keys: Vec<_> = keys.collect();
        let local = guard.link_local.iter().map(|(address, link)| {
            let mut key = address.octets().to_vec();
            key.extend(link.to_ne_bytes());
            (key, None)
        });
        let local: Vec<_> = local.collect();
        if keys.is_empty() && local.is_empty() {
            return;
        }
        self.chain("in", 1);
        self.set(ADDRESSES, (TYPE_IPV6, 16), &keys);
        self.set(LINK_LOCAL, (TYPE_IPV6 << 6 | TYPE_LINK, 20), &local);
        // RFC 8200 s3: source at 8, destination at 24
        for (chain, offset, link) in [("in", 24, Step::In), ("out", 8, Step::Out)] {
            for kind in [SOLICITATION, ADVERT] {
                let passes = [
                    Step::Protocol,
                    Step::Is(ICMPV6),
                    Step::IcmpType,
                    Step::Is(kind),
                    Step::Accept,
                ];
                self.rule(chain, &passes);
            }
            let load = Step::Network { offset, length: 16 };
            self.rule(chain, &[load, Step::Among(ADDRESSES), Step::Drop]);
            self.rule(chain, &[load, link, Step::Among(LINK_LOCAL), Step::Drop]);
        }
    }

    /// What these steps meet leaves by the link below.
    fn below(
        &mut self,
        guard: &Guard,
        links: &BTreeMap<u32, u32>,
        (what, destination): (&[Step<'_>], Step<'_>),
    ) {
        if links.is_empty() {
            return;
        }
        let links = links.iter();
        let links: Vec<_> = links
            .map(|(link, below)| (link.to_ne_bytes().to_vec(), Some(below.to_ne_bytes())))
            .collect();
        self.set(BELOW, (TYPE_LINK, 4), &links);
        let mut rule = what.to_vec();
        rule.extend([Step::OutFirst, Step::Mapped(BELOW)]);
        if !guard.without_copies {
            rule.extend([destination, Step::Copy]);
        }
        rule.push(Step::Drop);
        self.rule("out", &rule);
    }
}
