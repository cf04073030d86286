//! Macvlan and ipvlan interfaces: their names, and which addresses are on them.

use crate::code;
use crate::context::Context;
use crate::draft::{AddressDraft, Extra, InstanceDraft, VmacDraft, VmacNames};
use core::net::IpAddr;
use core::time::Duration;
use holdfast_model::{
    AddressFamily, HostFacts, IfName, LinkForm, Reach, VirtualLink, VirtualLinks, Vrid, virtual_mac,
};
use holdfast_syntax::Finding;
use std::collections::{BTreeMap, BTreeSet};

/// keepalived's `vmac_prefix`.
const PREFIX: &str = "vrrp";

/// The interfaces of all instances: one for each hardware address on each interface.
#[derive(Debug, Default)]
pub(super) struct Registry {
    /// Whom all ipvlan interfaces over one interface reach: the kernel keeps that once for all.
    reaches: BTreeMap<IfName, Reach>,
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
    /// `use_ipvlan`: where adverts come from.
    pub(super) source: Option<IpAddr>,
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
            source: None,
        };
        let prefix = names.own.as_deref().unwrap_or(PREFIX);
        if let Some(vmac) = draft.vmac.as_ref().filter(|vmac| vmac.ipvlan) {
            homes.ipvlan(context, registry, (vmac, prefix), vrid);
        }
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
                let form = LinkForm::Macvlan(mac);
                homes.add(name, interface, form, (family, speaks, vmac.group));
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
            homes.add(name, &base, LinkForm::Macvlan(mac), (family, true, 0));
        }
        if let Some(extra) = draft.garp.extra.or(extra) {
            homes.links.announced = Duration::from_secs(extra.seconds.into());
            homes.links.announced_all = extra.all;
        }
        homes
    }

    /// An ipvlan interface of its own. It has adverts only: keepalived leaves the addresses on the
    /// interface below.
    fn ipvlan(
        &mut self,
        context: &mut Context<'_>,
        registry: &mut Registry,
        (vmac, prefix): (&VmacDraft, &str),
        vrid: Vrid,
    ) {
        let wanted = vmac.name.as_ref();
        let link = (self.family, vrid);
        let Some(name) = registry.name(context.facts, wanted, prefix, link) else {
            return;
        };
        let asked = vmac.reach.unwrap_or_default();
        let reaches = registry.reaches.entry(self.interface.clone());
        let reach = *reaches.or_insert(asked);
        if reach != asked {
            let message = format!(
                "all ipvlan interfaces over `{}` have one mode, that of the first: `{}` is used",
                self.interface,
                format!("{reach:?}").to_lowercase()
            );
            let finding = Finding::warning(code::VMAC, vmac.span, message);
            context.push(finding.help("write the same mode for all of them"));
        }
        let family = self.family;
        let fits = |(address, _): &(IpAddr, u8)| AddressFamily::of(*address) == family;
        if vmac.address.is_some_and(|address| !fits(&address)) {
            let message = "the address of `use_ipvlan` is not of the family of `virtual_ipaddress`: it is ignored";
            let finding = Finding::warning(code::FAMILY, vmac.span, message);
            context.push(finding.help("write an address of that family"));
        }
        let address = vmac.address.filter(fits);
        self.source = address.map(|(address, _)| address);
        self.links.own = Some(name.clone());
        let (form, base) = (LinkForm::Ipvlan { reach, address }, self.interface.clone());
        self.add(name, &base, form, (family, true, vmac.group));
    }

    fn add(&mut self, name: IfName, base: &IfName, form: LinkForm, of: (AddressFamily, bool, u32)) {
        let link = VirtualLink {
            name,
            base: base.clone(),
            form,
            family: of.0,
            speaks: of.1 && of.0 == AddressFamily::V6,
            group: of.2,
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
        let mut links = self.links.list.iter();
        let carries =
            links.any(|link| self.links.own.as_ref() == Some(&link.name) && link.is_macvlan());
        carries && here && AddressFamily::of(address.address) == self.family
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
