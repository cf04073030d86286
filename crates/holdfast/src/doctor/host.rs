//! Rules about settings of this host: forwarding, redirects, path filter, ARP. Pure.

use super::facts::Facts;
use super::finding::Finding;
use super::servers::{Server, servers, vips};
use holdfast_model::{Forwarding, Model};
use std::collections::BTreeSet;
use std::net::IpAddr;

pub(super) fn judge(model: &Model, facts: &Facts) -> Vec<Finding> {
    let mut list = Vec::new();
    let nat: Vec<Server> = servers(model)
        .into_iter()
        .filter(|server| server.forwarding == Forwarding::Nat)
        .collect();
    forwarding(&nat, facts, &mut list);
    redirects(&nat, facts, &mut list);
    path_filter(model, facts, &mut list);
    arp(model, facts, &mut list);
    lent(model, facts, &mut list);
    list
}

/// Who answers an address that is nobody's is not heard.
fn lent(model: &Model, facts: &Facts, list: &mut Vec<Finding>) {
    let owned = instance_addresses(model);
    let services = model.lvs.virtual_servers.iter();
    let lent = services.flat_map(|service| &service.options.lent);
    let sources: BTreeSet<IpAddr> = lent.flat_map(|lent| lent.sources.clone()).collect();
    for source in sources {
        if !facts.is_here(source) && !owned.contains(&source) {
            list.push(
                Finding::broken(
                    "full_nat",
                    format!("{source} of FULLNAT is no address of this host, nor of an instance"),
                )
                .expected("an address that answers of real servers come back to")
                .todo("add it to an interface or to a `virtual_ipaddress`, or leave it out: then the interface's own is used"),
            );
        }
    }
}

/// Under NAT the director is the real servers' router.
fn forwarding(nat: &[Server], facts: &Facts, list: &mut Vec<Finding>) {
    for (six, path) in [
        (false, "ipv4/ip_forward"),
        (true, "ipv6/conf/all/forwarding"),
    ] {
        let Some(server) = nat.iter().find(|server| server.address.is_ipv6() == six) else {
            continue;
        };
        if facts.setting(path) == 0 {
            let todo = format!(
                "sysctl -w {}=1, or `holdfast director start --nat NET`",
                dotted(path)
            );
            list.push(
                Finding::broken("forwarding", format!("net/{path} = 0"))
                    .expected(format!("1: {} is reached by NAT", server.address))
                    .todo(todo),
            );
        }
    }
}

/// Whoever is told of a shorter way answers clients past the director.
fn redirects(nat: &[Server], facts: &Facts, list: &mut Vec<Finding>) {
    if !nat.iter().any(|server| server.address.is_ipv4()) {
        return;
    }
    let mut names = vec!["all".to_owned()];
    let leaving = nat
        .iter()
        .filter_map(|server| facts.ways.get(&server.address));
    names.extend(leaving.map(|way| way.interface.clone()));
    names.dedup();
    let paths = names
        .iter()
        .map(|name| format!("ipv4/conf/{name}/send_redirects"));
    let on: Vec<String> = paths.filter(|path| facts.setting(path) != 0).collect();
    if let Some(first) = on.first() {
        let found: Vec<String> = on.iter().map(|path| format!("net/{path} = 1")).collect();
        list.push(
            Finding::risk("redirects", found.join(", "))
                .expected("0 under NAT: a client on the real servers' link is told to pass the director by")
                .todo(format!(
                    "sysctl -w {}=0 (`all` and the interface's), or `holdfast director start --nat NET`",
                    dotted(first)
                )),
        );
    }
}

/// With several interfaces, a client may be reached by another one than its packets came in by.
fn path_filter(model: &Model, facts: &Facts, list: &mut Vec<Finding>) {
    let four = |address: &IpAddr| address.is_ipv4();
    let serves = vips(model).iter().any(four) || servers(model).iter().any(|s| four(&s.address));
    if !serves || facts.in_use().count() < 2 {
        return;
    }
    let strict = facts.in_use().map(|interface| interface.name.as_str());
    let strict: Vec<&str> = strict
        .filter(|name| facts.larger(name, "rp_filter") == 1)
        .collect();
    if !strict.is_empty() {
        list.push(
            Finding::risk("path_filter", format!("rp_filter is strict (1) on {}", strict.join(", ")))
                .expected("2 (loose) or 0: packets of clients that are reached by another interface are dropped without a word")
                .todo("sysctl -w net.ipv4.conf.all.rp_filter=2 (of `all` and the interface's the larger one counts)"),
        );
    }
}

/// A VIP on `lo` or a tunnel is a real server's: it must be silent about it.
fn arp(model: &Model, facts: &Facts, list: &mut Vec<Finding>) {
    let own: Vec<IpAddr> = instance_addresses(model);
    let quiet = facts
        .interfaces
        .iter()
        .filter(|one| one.loopback || one.name.as_str() == "tunl0");
    let addresses = quiet.flat_map(|one| &one.addresses);
    let vip = addresses
        .filter(|address| address.is_ipv4() && !address.is_loopback())
        .find(|address| !own.contains(address) && !facts.silent.contains(address));
    let Some(vip) = vip else { return };
    for (name, least, why) in [
        (
            "arp_ignore",
            1,
            "this host answers ARP requests for it, and takes clients away from the director",
        ),
        (
            "arp_announce",
            2,
            "this host asks by ARP in its name, and others learn that it is here",
        ),
    ] {
        let open: Vec<&str> = facts
            .in_use()
            .map(|interface| interface.name.as_str())
            .filter(|interface| !matches!(*interface, "tunl0"))
            .filter(|interface| facts.larger(interface, name) < least)
            .collect();
        if !open.is_empty() {
            list.push(
                Finding::broken("arp", format!("{vip} is on an interface without a link, and {name} is below {least} on {}", open.join(", ")))
                    .expected(format!("{least} or more: {why}"))
                    .todo(format!("sysctl -w net.ipv4.conf.all.{name}={least}, or `holdfast realserver start --vip {vip}`")),
            );
        }
    }
}

fn instance_addresses(model: &Model) -> Vec<IpAddr> {
    let instances = model.vrrp.instances.iter();
    let owned = instances.flat_map(holdfast_model::Instance::owned);
    owned.map(|vip| vip.address).collect()
}

/// As sysctl(8) has it.
fn dotted(path: &str) -> String {
    // a dot in an interface's name is a slash there
    let swapped = path.replace('.', "\0").replace('/', ".");
    format!("net.{}", swapped.replace('\0', "/"))
}
