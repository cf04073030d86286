//! Rules about what others on the links do: who answers for VIPs, who says that he is master, and
//! whether adverts get through. Pure.

use super::facts::{Answer, Facts, Heard};
use super::filter::{self, Packet, Way};
use super::finding::Finding;
use super::servers::{owned, vips};
use holdfast_model::{Cast, Instance, Model};
use std::collections::{BTreeMap, BTreeSet};
use std::net::IpAddr;

pub(super) fn judge(model: &Model, facts: &Facts) -> Vec<Finding> {
    let mut list = Vec::new();
    addresses(model, facts, &mut list);
    masters(model, facts, &mut list);
    firewall(model, facts, &mut list);
    list
}

/// Every VIP is somebody's: this host's, or another's who answers.
fn addresses(model: &Model, facts: &Facts, list: &mut Vec<Finding>) {
    let owned = owned(model);
    for (instance, vip) in &owned {
        let answer = facts.answers.get(vip);
        if facts.is_here(*vip) || answer != Some(&Answer::Nobody) {
            continue;
        }
        list.push(
            Finding::broken("vip", format!("{vip} of instance {} is not here, and nobody on the link answers for it", instance.key))
                .expected("one host, the master, that has it")
                .todo("see whether a daemon runs on any of the directors: `holdfast status`, and here `holdfast why INSTANCE`"),
        );
    }
    for vip in vips(model) {
        let ours = owned.iter().any(|(_, address)| *address == vip);
        let elsewhere = facts.answers.get(&vip) == Some(&Answer::Somebody);
        if !ours && !facts.is_here(vip) && !elsewhere {
            list.push(
                Finding::risk("vip", format!("{vip} is a virtual server's, and neither an address of this host nor of an instance"))
                    .expected("packets for it are taken in here: without the address the kernel passes them on or drops them")
                    .todo("add it to a `virtual_ipaddress`, or to an interface"),
            );
        }
    }
}

/// Who speaks as one virtual router.
type Speakers<'a> = BTreeMap<IpAddr, Vec<&'a Heard>>;

/// Where two say that they are masters, each takes a part of the clients.
fn masters(model: &Model, facts: &Facts, list: &mut Vec<Finding>) {
    let mut all: BTreeMap<(&Option<String>, u8, bool), Speakers<'_>> = BTreeMap::new();
    for advert in facts.heard.iter().filter(|advert| advert.priority > 0) {
        let router = (&advert.interface, advert.vrid, advert.source.is_ipv6());
        let sources = all.entry(router).or_default();
        sources.entry(advert.source).or_default().push(advert);
    }
    for ((interface, vrid, six), sources) in all {
        // one who takes over is heard beside the one before him, but not twice each
        let mut names: BTreeSet<String> = sources
            .iter()
            .filter(|(_, adverts)| adverts.len() > 1)
            .map(|(source, _)| source.to_string())
            .collect();
        let mut here = model.vrrp.instances.iter().filter(|instance| {
            let place = instance.place().as_str();
            let same = interface.as_deref().is_none_or(|name| name == place);
            let first = instance.addresses.first();
            let family = first.is_some_and(|vip| vip.address.is_ipv6() == six);
            let has = first.is_some_and(|vip| facts.is_here(vip.address));
            same && family && has && instance.vrid.get() == vrid
        });
        if !names.is_empty() && here.next().is_some() {
            names.insert("this host".to_owned());
        }
        if names.len() < 2 {
            continue;
        }
        let place = interface
            .as_deref()
            .map_or_else(String::new, |name| format!(" on {name}"));
        let names: Vec<String> = names.into_iter().collect();
        list.push(
            Finding::broken("two_masters", format!("VRID {vrid}{place}: {} are masters at the same time", names.join(" and ")))
                .expected("one: the others hear it and are silent")
                .todo("look for what keeps them from hearing each other (a firewall, a VLAN, another password or version), or give one of two strangers another virtual_router_id"),
        );
    }
}

/// The packet filter lets adverts in and out.
fn firewall(model: &Model, facts: &Facts, list: &mut Vec<Finding>) {
    let mut said = BTreeSet::new();
    for instance in &model.vrrp.instances {
        for (way, words) in [(Way::In, "come in"), (Way::Out, "leave")] {
            let Some(chain) = filter::dropped(&facts.chains, &packet(instance, way)) else {
                continue;
            };
            let interface = instance.place();
            if !said.insert((interface.clone(), words)) {
                continue;
            }
            list.push(
                Finding::broken(
                    "firewall",
                    format!(
                        "chain {} drops adverts (IP protocol 112) that {words} by {interface}",
                        chain.name
                    ),
                )
                .expected("they pass: a backup that hears no master becomes one")
                .todo(format!(
                    "{}, or what your firewall's own file has for it",
                    chain.pass(interface.as_str())
                )),
            );
        }
    }
}

fn packet(instance: &Instance, way: Way) -> Packet {
    let to = match &instance.wire.cast {
        Cast::Group(group) => Some(*group),
        Cast::Peers(_) => None,
    };
    let first = instance.addresses.first();
    Packet {
        way,
        interface: instance.place().to_string(),
        to,
        six: to.map_or_else(
            || first.is_some_and(|vip| vip.address.is_ipv6()),
            |to| to.is_ipv6(),
        ),
    }
}
