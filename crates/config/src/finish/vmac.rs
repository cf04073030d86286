//! Macvlan interfaces: their names, and which addresses are on them.

use crate::code;
use crate::context::Context;
use crate::draft::{AddressDraft, Extra, InstanceDraft, VmacNames};
use core::time::Duration;
use holdfast_model::{
    AddressFamily, HostFacts, IfName, VirtualLink, VirtualLinks, Vrid, virtual_mac,
};
use holdfast_syntax::Finding;
use std::collections::{BTreeMap, BTreeSet};

/// keepalived's `vmac_prefix`.
const PREFIX: &str = "vrrp";

/// The interfaces of all instances: one for each hardware address on each interface.
#[derive(Debug, Default)]
pub(super) struct Registry {
    made: BTreeMap<(IfName, [u8; 6]), IfName>,
    taken: BTreeSet<IfName>,
}

impl Registry {
    /// `vrrp.51`, for IPv6 `vrrp6.51` when that is taken, else `vrrp1.51`, `vrrp2.51` and so on.
    fn name(
        &mut self,
        facts: &HostFacts,
        wanted: Option<&IfName>,
        prefix: &str,
        link: (AddressFamily, Vrid),
    ) -> Option<IfName> {
        let (family, vrid) = (link.0, link.1.get());
        let six = (family == AddressFamily::V6).then(|| format!("{prefix}6.{vrid}"));
        let numbered = (1..=u8::MAX).map(|number| format!("{prefix}{number}.{vrid}"));
        let all = core::iter::once(format!("{prefix}.{vrid}")).chain(six);
        let mut all = wanted
            .cloned()
            .into_iter()
            .chain(all.chain(numbered).filter_map(|name| IfName::new(&name)));
        let free = |name: &IfName| {
            let there = facts.interface(name);
            !self.taken.contains(name) && there.is_none_or(|there| there.virtual_mac)
        };
        let name = all.find(free)?;
        self.taken.insert(name.clone());
        Some(name)
    }
}

/// Where the addresses of an instance go.
#[derive(Debug)]
pub(super) struct Homes {
    pub(super) interface: IfName,
    family: AddressFamily,
    every: bool,
    pub(super) links: VirtualLinks,
}

impl Homes {
    /// Makes the interfaces that the instance needs.
    pub(super) fn new(
        context: &mut Context<'_>,
        registry: &mut Registry,
        draft: &InstanceDraft,
        place: (&IfName, Vrid, AddressFamily),
        (names, extra): (&VmacNames, Option<Extra>),
    ) -> Self {
        let (interface, vrid, family) = place;
        let mut homes = Self {
            interface: interface.clone(),
            family,
            every: draft.kernel.vmac_addresses,
            links: VirtualLinks::default(),
        };
        let prefix = names.own.as_deref().unwrap_or(PREFIX);
        let own = draft.vmac.as_ref().filter(|vmac| !vmac.ipvlan);
        if let Some(vmac) = own {
            let mac = vmac.mac.unwrap_or_else(|| virtual_mac(family, vrid));
            homes.links.from_base = draft.xmit_base.is_some() || !draft.peers.is_empty();
            let key = (interface.clone(), mac);
            let speaks = !homes.links.from_base;
            let wanted = vmac.name.as_ref();
            let made = registry
                .made
                .get(&key)
                .filter(|_| wanted.is_none())
                .cloned();
            let name =
                made.or_else(|| registry.name(context.facts, wanted, prefix, (family, vrid)));
            if let Some(name) = name {
                registry.made.insert(key, name.clone());
                homes.links.own = Some(name.clone());
                homes.add(name, interface, mac, (family, speaks));
            }
        }
        let prefix = names.addresses.as_deref().unwrap_or(prefix);
        for address in draft.addresses.iter().chain(&draft.kernel.excluded) {
            let Some(base) = homes.further(address) else {
                continue;
            };
            let family = AddressFamily::of(address.address);
            let key = (base.clone(), virtual_mac(family, vrid));
            let (mac, made) = (key.1, registry.made.get(&key).cloned());
            let name = made.or_else(|| registry.name(context.facts, None, prefix, (family, vrid)));
            let Some(name) = name else {
                no_name(context, address);
                continue;
            };
            registry.made.insert(key, name.clone());
            homes.add(name, &base, mac, (family, true));
        }
        if let Some(extra) = draft.garp.extra.or(extra) {
            homes.links.announced = Duration::from_secs(extra.seconds.into());
            homes.links.announced_all = extra.all;
        }
        homes
    }

    fn add(&mut self, name: IfName, base: &IfName, mac: [u8; 6], of: (AddressFamily, bool)) {
        let link = VirtualLink {
            name,
            base: base.clone(),
            mac,
            family: of.0,
            speaks: of.1 && of.0 == AddressFamily::V6,
        };
        if !self.links.list.iter().any(|have| have.name == link.name) {
            self.links.list.push(link);
        }
    }

    /// The address goes with the instance's own interface.
    fn goes_with_own(&self, address: &AddressDraft) -> bool {
        let here = address
            .interface
            .as_ref()
            .is_none_or(|dev| *dev == self.interface);
        self.links.own.is_some() && here && AddressFamily::of(address.address) == self.family
    }

    /// The interface below one of its own that the address needs.
    fn further(&self, address: &AddressDraft) -> Option<IfName> {
        if self.goes_with_own(address) {
            return None;
        }
        let elsewhere = address
            .interface
            .as_ref()
            .filter(|dev| **dev != self.interface);
        if address.options.vmac {
            return Some(
                address
                    .interface
                    .as_ref()
                    .unwrap_or(&self.interface)
                    .clone(),
            );
        }
        elsewhere.filter(|_| self.every).cloned()
    }

    /// Where an address goes.
    pub(super) fn of(&self, address: &AddressDraft) -> IfName {
        if let (true, Some(own)) = (self.goes_with_own(address), &self.links.own) {
            return own.clone();
        }
        let dev = address.interface.as_ref().unwrap_or(&self.interface);
        let Some(base) = self.further(address) else {
            return dev.clone();
        };
        let family = AddressFamily::of(address.address);
        let mut made = self.links.list.iter();
        let its = made.find(|link| link.base == base && link.family == family);
        its.map_or(dev, |link| &link.name).clone()
    }
}

fn no_name(context: &mut Context<'_>, address: &AddressDraft) {
    let message = "no name is free for the macvlan interface of this address: it goes without";
    let finding = Finding::warning(code::VMAC, address.span, message);
    context
        .push(finding.help("remove interfaces, or set `vmac_addr_prefix` to a name of your own"));
}
