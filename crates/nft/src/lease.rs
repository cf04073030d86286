//! Addresses on lease: each can be used while its element is in a set, and elements end by themselves.
//!
//! ```text
//!  ip   in   to   a guarded address that is not alive ─ drop
//!       out  from a guarded address that is not alive ─ drop
//!  ip6  the same, and solicitations of such an address (RFC 4861 s4.3)
//!  arp  requests for it, and what the kernel asks in its name (RFC 826)
//! ```
//! What a program sends through a packet socket, as gratuitous ARP is, passes none of these.

use crate::expression::{ELEMENT, Step};
use crate::guard::{
    AT_ONCE, Builder, CREATE, ICMPV6, NEW_ELEMENTS, NEW_SET, Place, SOLICITATION, TYPE_IPV4,
    TYPE_IPV6, begin, end,
};
use crate::list::Table;
use crate::wire::{Family, List, Message};
use core::net::IpAddr;
use core::time::Duration;
use std::collections::{BTreeMap, BTreeSet};

const DELETE_ELEMENTS: u8 = 14;
/// NFT_SET_TIMEOUT.
const TIMEOUT: u32 = 0x10;
/// Hooks: NF_INET_PRE_ROUTING and NF_ARP_IN; NF_INET_LOCAL_OUT; NF_ARP_OUT.
const IN: u32 = 0;
const OUT: u32 = 3;
const ARP_OUT: u32 = 1;

const GUARDED: &str = "guarded";
const ALIVE: &str = "alive";

/// Addresses that can be used, and for how long from now.
pub type Alive = BTreeMap<IpAddr, Duration>;

/// One transaction: what was ours goes, and a table comes in which these addresses can be used as long
/// as they are alive. None of them: nothing comes.
pub fn lease(
    ours: &[Table],
    place: &Place<'_>,
    guarded: &BTreeSet<IpAddr>,
    alive: &Alive,
) -> Vec<Message> {
    let mut all = begin(ours);
    for family in families(guarded.iter()) {
        let mut builder = Builder {
            family,
            place,
            all: &mut all,
        };
        builder.open();
        let keys = keys(family, guarded.iter());
        builder.addresses(GUARDED, 0);
        builder.elements(NEW_ELEMENTS, GUARDED, keys.map(|key| (key, None)));
        builder.addresses(ALIVE, TIMEOUT);
        builder.elements(NEW_ELEMENTS, ALIVE, timed(family, alive));
        builder.rules();
    }
    end(all)
}

/// One transaction: these are alive for so long from now, whether they were or not. At no moment is one
/// of them not.
pub fn renew(place: &Place<'_>, alive: &Alive) -> Vec<Message> {
    let mut all = begin(&[]);
    for family in families(alive.keys()) {
        let mut builder = Builder {
            family,
            place,
            all: &mut all,
        };
        // An element that is there keeps its time, and one that is not cannot be deleted: so it comes,
        // goes, and comes anew.
        let bare = || keys(family, alive.keys()).map(|key| (key, None));
        builder.elements(NEW_ELEMENTS, ALIVE, bare());
        builder.elements(DELETE_ELEMENTS, ALIVE, bare());
        builder.elements(NEW_ELEMENTS, ALIVE, timed(family, alive));
    }
    end(all)
}

/// IPv4 addresses are asked for by ARP.
fn families<'a>(addresses: impl Iterator<Item = &'a IpAddr>) -> Vec<Family> {
    let all: BTreeSet<bool> = addresses.map(IpAddr::is_ipv4).collect();
    let four = [Family::Ipv4, Family::Arp].into_iter();
    let four = four.filter(|_| all.contains(&true));
    four.chain(all.contains(&false).then_some(Family::Ipv6))
        .collect()
}

fn key(family: Family, address: IpAddr) -> Option<Vec<u8>> {
    match (family, address) {
        (Family::Ipv4 | Family::Arp, IpAddr::V4(four)) => Some(four.octets().to_vec()),
        (Family::Ipv6, IpAddr::V6(six)) => Some(six.octets().to_vec()),
        _ => None,
    }
}

fn keys<'a>(
    family: Family,
    addresses: impl Iterator<Item = &'a IpAddr>,
) -> impl Iterator<Item = Vec<u8>> {
    addresses.filter_map(move |address| key(family, *address))
}

fn timed(family: Family, alive: &Alive) -> impl Iterator<Item = (Vec<u8>, Option<Duration>)> {
    let alive = alive.iter();
    alive.filter_map(move |(address, time)| Some((key(family, *address)?, Some(*time))))
}

impl Builder<'_> {
    /// A set of addresses.
    fn addresses(&mut self, name: &str, flags: u32) {
        let (kind, length) = match self.family {
            Family::Ipv4 | Family::Arp => (TYPE_IPV4, 4),
            Family::Ipv6 => (TYPE_IPV6, 16),
        };
        // NAME, FLAGS, KEY_TYPE, KEY_LEN, ID
        let list = self.named().text(2, name).number(3, flags);
        let list = list.number(4, kind).number(5, length).number(10, 1);
        self.push(NEW_SET, CREATE, list);
    }

    /// Elements with the time that each has.
    fn elements(
        &mut self,
        deed: u8,
        set: &str,
        elements: impl Iterator<Item = (Vec<u8>, Option<Duration>)>,
    ) {
        let elements: Vec<_> = elements.collect();
        for some in elements.chunks(AT_ONCE) {
            let list = some.iter().fold(List::default(), |list, (key, time)| {
                // KEY { VALUE }, TIMEOUT in milliseconds
                let element = List::default().nest(1, List::default().bytes(1, key));
                let element = match time {
                    Some(time) => {
                        let millis = u64::try_from(time.as_millis()).unwrap_or(u64::MAX);
                        element.bytes(4, &millis.to_be_bytes())
                    }
                    None => element,
                };
                list.nest(ELEMENT, element)
            });
            let list = self.named().text(2, set).nest(3, list);
            self.push(deed, CREATE, list);
        }
    }

    fn rules(&mut self) {
        let (to, from, out) = match self.family {
            // RFC 791 s3.1, RFC 8200 s3
            Family::Ipv4 => ((16, 4), (12, 4), OUT),
            Family::Ipv6 => ((24, 16), (8, 16), OUT),
            // RFC 826, for Ethernet and IPv4: sender's and target's protocol address
            Family::Arp => ((24, 4), (14, 4), ARP_OUT),
        };
        let load = |(offset, length)| Step::Network { offset, length };
        let dead = [Step::Among(GUARDED), Step::Missing(ALIVE), Step::Drop];
        self.chain_of("filter", "in", IN);
        self.chain_of("filter", "out", out);
        for (chain, place) in [("in", to), ("out", from)] {
            let mut rule = vec![load(place)];
            rule.extend(dead);
            self.rule(chain, &rule);
        }
        if self.family == Family::Ipv6 {
            // RFC 4861 s4.3: the target stands behind 8 bytes
            let target = Step::Transport {
                offset: 8,
                length: 16,
            };
            let mut rule = vec![Step::Protocol, Step::Is(ICMPV6)];
            rule.extend([Step::IcmpType, Step::Is(SOLICITATION), target]);
            rule.extend(dead);
            self.rule("in", &rule);
        }
    }
}
