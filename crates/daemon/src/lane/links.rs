//! What the lane knows of the machine's links, and what of it concerns the router.

use holdfast_kernel::rt::ObservedAddress;
use holdfast_kernel::time::now;
use holdfast_model::{IfName, LinkDelay, Mono};
use holdfast_packet::MacAddress;
use holdfast_plan::link::Seen;
use holdfast_vrrp::Link;
use std::collections::{BTreeMap, BTreeSet};
use std::net::{IpAddr, Ipv6Addr};
use std::time::Duration;

#[derive(Debug, Clone)]
struct Known {
    name: IfName,
    up: bool,
    /// As the kernel told it.
    running: bool,
    mac: MacAddress,
    mtu: u32,
    /// It is otherwise than `up` says, and from then on that counts.
    turn: Option<Mono>,
    /// In the kernel's order: the first is the primary one.
    addresses: Vec<(IpAddr, u8)>,
    /// What the router was told last.
    told: Option<Link>,
}

/// News for the router.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum LinkNews {
    Is(Link),
    Gone(u32),
}

/// All links of this network namespace.
#[derive(Debug, Default)]
pub(crate) struct Links {
    by_index: BTreeMap<u32, Known>,
    virtual_addresses: BTreeSet<IpAddr>,
    /// `interface_up_down_delays`.
    delays: BTreeMap<IfName, LinkDelay>,
    /// What they are, and where.
    places: BTreeMap<u32, Seen>,
    /// Nobody there asks who has an address.
    without_arp: BTreeSet<u32>,
    /// Those that do not answer as if they were there.
    silent: BTreeSet<u32>,
    news: Vec<LinkNews>,
}

impl Links {
    /// The index of a name.
    pub(crate) fn index(&self, name: &IfName) -> Option<u32> {
        self.by_index
            .iter()
            .find(|(_, link)| link.name == *name)
            .map(|(index, _)| *index)
    }

    /// The name of an index.
    pub(crate) fn name(&self, index: u32) -> Option<&IfName> {
        self.by_index.get(&index).map(|link| &link.name)
    }

    /// Index and hardware address of a name, where addresses are asked for.
    pub(crate) fn hardware(&self, name: &IfName) -> Option<(u32, MacAddress)> {
        let (index, link) = self.by_index.iter().find(|(_, link)| link.name == *name)?;
        let asked = !self.without_arp.contains(index);
        asked.then_some((*index, link.mac))
    }

    /// Is it the hardware address of one of them?
    pub(crate) fn has(&self, mac: MacAddress) -> bool {
        self.by_index.values().any(|link| link.mac == mac)
    }

    /// The link-local address that adverts of a link would be sent from.
    pub(crate) fn link_local(&self, name: &IfName) -> Option<Ipv6Addr> {
        let (_, link) = self.by_index.iter().find(|(_, link)| link.name == *name)?;
        link.told.as_ref()?.link_local
    }

    /// What there is to know of a link besides its state.
    pub(crate) fn place(&mut self, seen: Seen, without_arp: bool) {
        if without_arp {
            self.without_arp.insert(seen.index);
        } else {
            self.without_arp.remove(&seen.index);
        }
        self.places.insert(seen.index, seen);
    }

    /// All of them, as the plan of our own wants them.
    pub(crate) fn all(&self) -> BTreeMap<IfName, Seen> {
        let links = self.by_index.iter();
        let seen = links.filter_map(|(index, link)| {
            let seen = self.places.get(index)?.clone();
            Some((link.name.clone(), seen))
        });
        seen.collect()
    }

    /// The names of all.
    pub(crate) fn names(&self) -> BTreeSet<IfName> {
        let links = self.by_index.values();
        links.map(|link| link.name.clone()).collect()
    }

    /// Which of them were asked, and said that they are not there.
    pub(crate) fn beats(&mut self, beats: impl Fn(&IfName) -> bool) {
        let all = self.by_index.iter();
        let silent = all.filter(|(_, link)| !beats(&link.name));
        let silent: BTreeSet<u32> = silent.map(|(index, _)| *index).collect();
        let before = core::mem::replace(&mut self.silent, silent);
        let turned: Vec<u32> = before.symmetric_difference(&self.silent).copied().collect();
        for index in turned {
            if let Some(link) = self.by_index.get(&index) {
                let (name, running) = (link.name.clone(), link.running);
                self.link(index, name, running, link.mac, link.mtu);
            }
        }
    }

    /// A link is there, or has changed.
    pub(crate) fn link(
        &mut self,
        index: u32,
        name: IfName,
        running: bool,
        mac: MacAddress,
        mtu: u32,
    ) {
        let up = running && !self.silent.contains(&index);
        let addresses = self.by_index.remove(&index);
        let (before, turn) = addresses
            .as_ref()
            .map_or((up, None), |link| (link.up, link.turn));
        let (addresses, told) = addresses.map_or((Vec::new(), None), |l| (l.addresses, l.told));
        let delay = self.delays.get(&name);
        let delay = delay.map_or(
            Duration::ZERO,
            |delay| if up { delay.up } else { delay.down },
        );
        // what was there before stays true for a while
        let (up, turn) = match (before == up, delay.is_zero()) {
            (true, _) | (false, true) => (up, None),
            (false, false) => (before, turn.or(Some(now() + delay))),
        };
        self.by_index.insert(
            index,
            Known {
                name,
                up,
                running,
                mac,
                mtu,
                turn,
                addresses,
                told,
            },
        );
        self.tell(index);
    }

    /// How long links have to be down or up.
    pub(crate) fn delay(&mut self, delays: &[(IfName, LinkDelay)]) {
        self.delays = delays.iter().cloned().collect();
    }

    /// When the next turn of a link counts.
    pub(crate) fn deadline(&self) -> Option<Mono> {
        self.by_index.values().filter_map(|link| link.turn).min()
    }

    /// Those that have been otherwise for long enough count as that.
    pub(crate) fn tick(&mut self, now: Mono) {
        let mut turned = Vec::new();
        for (index, link) in &mut self.by_index {
            if link.turn.is_some_and(|turn| turn <= now) {
                link.turn = None;
                link.up = !link.up;
                turned.push(*index);
            }
        }
        for index in turned {
            self.tell(index);
        }
    }

    /// A link is gone.
    pub(crate) fn gone(&mut self, index: u32) {
        self.places.remove(&index);
        if self.by_index.remove(&index).is_some() {
            self.news.push(LinkNews::Gone(index));
        }
    }

    /// An address was seen. One that somebody else may have is nothing to send from.
    pub(crate) fn seen(&mut self, seen: &ObservedAddress) {
        let (index, address, prefix) = (seen.index, seen.address, seen.prefix);
        if seen.tentative {
            self.address_gone(index, address, prefix);
        } else {
            self.address(index, address, prefix);
        }
    }

    /// An address is on a link.
    pub(crate) fn address(&mut self, index: u32, address: IpAddr, prefix: u8) {
        if let Some(link) = self.by_index.get_mut(&index)
            && !link.addresses.contains(&(address, prefix))
        {
            link.addresses.push((address, prefix));
        }
        self.tell(index);
    }

    /// An address is on a link no more.
    pub(crate) fn address_gone(&mut self, index: u32, address: IpAddr, prefix: u8) {
        if let Some(link) = self.by_index.get_mut(&index) {
            link.addresses.retain(|have| *have != (address, prefix));
        }
        self.tell(index);
    }

    /// Which addresses instances own.
    pub(crate) fn set_virtual(&mut self, addresses: BTreeSet<IpAddr>) {
        self.virtual_addresses = addresses;
        let indices: Vec<u32> = self.by_index.keys().copied().collect();
        for index in indices {
            self.tell(index);
        }
    }

    /// A whole reading replaces everything: links that are not in it are gone, and addresses are
    /// read anew.
    pub(crate) fn start_reading(&mut self, present: &BTreeSet<u32>) {
        let gone: Vec<u32> = self
            .by_index
            .keys()
            .filter(|index| !present.contains(index))
            .copied()
            .collect();
        for index in gone {
            self.gone(index);
        }
        for link in self.by_index.values_mut() {
            link.addresses.clear();
        }
    }

    /// What has changed since the last call.
    pub(crate) fn news(&mut self) -> Vec<LinkNews> {
        let mut news = std::mem::take(&mut self.news);
        let is = |news: &[LinkNews], index| {
            let mut news = news.iter();
            news.any(|news| matches!(news, LinkNews::Is(link) if link.index == index))
        };
        // one that was made anew under its name was never missing
        let (gone, mut rest): (Vec<_>, Vec<_>) = news
            .drain(..)
            .partition(|news| matches!(news, LinkNews::Gone(_)));
        let (first, last): (Vec<_>, Vec<_>) = gone
            .into_iter()
            .partition(|gone| matches!(gone, LinkNews::Gone(index) if is(&rest, *index)));
        rest.splice(0..0, first);
        rest.extend(last);
        rest
    }

    fn tell(&mut self, index: u32) {
        let Some(link) = self.by_index.get_mut(&index) else {
            return;
        };
        let own = || {
            let addresses = link.addresses.iter().map(|(address, _)| *address);
            addresses.filter(|address| !self.virtual_addresses.contains(address))
        };
        let source = own().find_map(|address| match address {
            IpAddr::V4(v4) => Some(v4),
            IpAddr::V6(_) => None,
        });
        let link_local = own().find_map(|address| match address {
            IpAddr::V6(v6) if v6.is_unicast_link_local() => Some(v6),
            IpAddr::V4(_) | IpAddr::V6(_) => None,
        });
        let fact = Link {
            index,
            name: link.name.clone(),
            up: link.up,
            mac: link.mac,
            mtu: link.mtu,
            source,
            link_local,
            addresses: own().collect(),
            in_vrf: self
                .places
                .get(&index)
                .is_some_and(|seen| seen.vrf.is_some()),
        };
        if link.told.as_ref() != Some(&fact) {
            link.told = Some(fact.clone());
            // only the latest state of a link is news
            self.news
                .retain(|news| !matches!(news, LinkNews::Is(old) if old.index == index));
            self.news.push(LinkNews::Is(fact));
        }
    }
}

#[cfg(test)]
pub(crate) mod tests {
    use super::*;

    fn name(text: &str) -> IfName {
        IfName::new(text).expect("name")
    }

    fn source(links: &mut Links) -> Option<Option<std::net::Ipv4Addr>> {
        match links.news().as_slice() {
            [LinkNews::Is(fact)] => Some(fact.source),
            _other => None,
        }
    }

    // conforms: C04+ C04-
    #[test]
    fn a_vip_is_no_source_and_nothing_is_said_twice() {
        let mut links = Links::default();
        let vip: IpAddr = "10.0.0.9".parse().expect("address");
        let own: IpAddr = "10.0.0.1".parse().expect("address");
        links.set_virtual([vip].into());
        links.link(2, name("eth0"), true, MacAddress([2; 6]), 1500);
        assert_eq!(source(&mut links), Some(None));
        links.address(2, vip, 32);
        assert_eq!(links.news(), []);
        links.address(2, own, 24);
        assert_eq!(
            source(&mut links),
            Some(Some(std::net::Ipv4Addr::new(10, 0, 0, 1)))
        );
        links.link(2, name("eth0"), true, MacAddress([2; 6]), 1500);
        assert_eq!(links.news(), []);
        links.address_gone(2, own, 24);
        assert_eq!(source(&mut links), Some(None));
    }

    #[test]
    fn a_reading_finds_what_is_gone() {
        let mut links = Links::default();
        links.link(2, name("eth0"), true, MacAddress([2; 6]), 1500);
        links.link(3, name("eth1"), true, MacAddress([3; 6]), 1500);
        links.news();
        links.start_reading(&[2].into());
        assert_eq!(links.news(), [LinkNews::Gone(3)]);
        assert_eq!(links.index(&name("eth1")), None);
    }

    /// Links that there is news of, up or not.
    pub(crate) fn up(links: &mut Links) -> Vec<bool> {
        let news = links.news();
        let is = |news: &LinkNews| match news {
            LinkNews::Is(link) => Some(link.up),
            LinkNews::Gone(_) => None,
        };
        news.iter().filter_map(is).collect()
    }

    #[test]
    fn a_turn_counts_once_it_has_lasted() {
        let mut links = Links::default();
        let (down, long) = (Duration::from_secs(100), Duration::from_secs(101));
        let delay = LinkDelay {
            down,
            up: Duration::ZERO,
        };
        links.delay(&[(name("eth0"), delay)]);
        let is = |links: &mut Links, up| links.link(2, name("eth0"), up, MacAddress([2; 6]), 1500);
        is(&mut links, true);
        assert_eq!(up(&mut links), [true], "the first sight counts at once");
        is(&mut links, false);
        let due = links.deadline().expect("a deadline");
        assert!(up(&mut links).is_empty());
        is(&mut links, true);
        assert!(up(&mut links).is_empty(), "it was short");
        assert_eq!(links.deadline(), None);
        is(&mut links, false);
        is(&mut links, false);
        links.tick(due);
        assert!(up(&mut links).is_empty(), "it begins anew");
        links.tick(due + long);
        assert_eq!(up(&mut links), [false]);
        is(&mut links, true);
        assert_eq!(up(&mut links), [true], "no delay for that");
        is(&mut links, false);
        links.gone(2);
        assert_eq!(links.deadline(), None);
    }
}
