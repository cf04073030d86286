//! Ways back to directors: routes in tables of their own, and the rules that lead there.

use super::wish::Near;
use holdfast_kernel::rt::path::{bare, route, rule, seen_route, seen_rule};
use holdfast_kernel::rt::{Change, Writer};
use holdfast_model::{AddressFamily, Hop, IfName, Route, Rule, RuleAction};
use holdfast_plan::path::{PathAttr, PathId, RouteId};
use nix::ifaddrs::getifaddrs;
use nix::net::if_::{InterfaceFlags, if_indextoname, if_nametoindex};
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

/// RTPROT_STATIC: somebody's who administers this host, and no daemon's.
const PROTOCOL: u8 = 4;
/// Before the main table's rule, 32766.
const PRIORITY: u32 = 21_600;

/// The link of a gateway: the interface with an address in whose net it is.
pub(super) fn near(gateway: IpAddr) -> Result<Near, String> {
    let all = getifaddrs().map_err(|error| format!("cannot read addresses: {error}"))?;
    let own: Vec<(String, IpAddr, Option<IpAddr>)> = all
        .filter_map(|each| {
            let address = ip(each.address.as_ref()?)?;
            let mask = each.netmask.as_ref().and_then(ip);
            Some((each.interface_name, address, mask))
        })
        .collect();
    let mut there = own
        .iter()
        .filter(|(_, address, mask)| same_net(gateway, *address, *mask));
    let Some((interface, ..)) = there.next() else {
        return Err(format!(
            "{gateway} is on no link of this host: give the director's address on a net that this host has an address in"
        ));
    };
    if own.iter().any(|(_, address, _)| *address == gateway) {
        return Err(format!(
            "{gateway} is this host's own address: give the director's"
        ));
    }
    let index = if_nametoindex(interface.as_str());
    let usable = |address: &IpAddr| match address {
        IpAddr::V4(_) => gateway.is_ipv4(),
        IpAddr::V6(six) => gateway.is_ipv6() && !six.is_unicast_link_local(),
    };
    let addresses = own.iter().filter(|(name, ..)| name == interface);
    let addresses = addresses.map(|(_, address, _)| *address).filter(usable);
    Ok(Near {
        gateway,
        interface: interface.clone(),
        index: index.map_err(|error| format!("{interface}: {error}"))?,
        addresses: addresses.collect(),
    })
}

/// The first IPv4 address of each interface that could be asked in the name of `vip`.
pub(super) fn own_addresses(vip: Ipv4Addr) -> Vec<(String, Ipv4Addr)> {
    let mut list: Vec<(String, Ipv4Addr)> = Vec::new();
    for each in getifaddrs().into_iter().flatten() {
        let address = each.address.as_ref().and_then(ip);
        let Some(IpAddr::V4(address)) = address.filter(|address| *address != vip) else {
            continue;
        };
        let known = list.iter().any(|(name, _)| *name == each.interface_name);
        if !known && !each.flags.contains(InterfaceFlags::IFF_LOOPBACK) {
            list.push((each.interface_name, address));
        }
    }
    list
}

fn ip(address: &nix::sys::socket::SockaddrStorage) -> Option<IpAddr> {
    let four = address.as_sockaddr_in().map(|four| IpAddr::V4(four.ip()));
    four.or_else(|| address.as_sockaddr_in6().map(|six| IpAddr::V6(six.ip())))
}

fn same_net(one: IpAddr, other: IpAddr, mask: Option<IpAddr>) -> bool {
    match (one, other, mask) {
        (IpAddr::V4(one), IpAddr::V4(other), Some(IpAddr::V4(mask))) => {
            one.to_bits() & mask.to_bits() == other.to_bits() & mask.to_bits()
        }
        (IpAddr::V6(one), IpAddr::V6(other), Some(IpAddr::V6(mask))) => {
            one.to_bits() & mask.to_bits() == other.to_bits() & mask.to_bits()
        }
        _ => false,
    }
}

fn default_of(address: IpAddr) -> (IpAddr, u8) {
    match address {
        IpAddr::V4(_) => (IpAddr::V4(Ipv4Addr::UNSPECIFIED), 0),
        IpAddr::V6(_) => (IpAddr::V6(Ipv6Addr::UNSPECIFIED), 0),
    }
}

fn length(address: IpAddr) -> u8 {
    if address.is_ipv4() { 32 } else { 128 }
}

fn id(table: u32, gateway: IpAddr) -> RouteId {
    RouteId {
        family: AddressFamily::of(gateway),
        table,
        destination: default_of(gateway),
        from: None,
        tos: 0,
        metric: 0,
    }
}

fn line(source: IpAddr, table: u32) -> Rule {
    Rule {
        from: Some((source, length(source))),
        ..Rule::all(
            AddressFamily::of(source),
            PRIORITY,
            RuleAction::Table(table),
        )
    }
}

/// The default route of a table, by this gateway; one by another takes no place beside it.
pub(super) fn add_route<'a>(
    table: u32,
    gateway: IpAddr,
    interface: &str,
) -> Result<Change<'a>, String> {
    let hop = Hop {
        via: Some(gateway),
        dev: IfName::new(interface),
        ..Hop::default()
    };
    let whole = Route {
        table,
        protocol: PROTOCOL,
        hops: vec![hop],
        ..Route::to(default_of(gateway))
    };
    let index = |name: &IfName| if_nametoindex(name.as_str()).ok();
    let route = route(&whole, index).ok_or_else(|| format!("there is no interface {interface}"))?;
    Ok(Change::SetRoute {
        route,
        replace: true,
    })
}

pub(super) fn delete_route<'a>(table: u32, gateway: IpAddr) -> Change<'a> {
    Change::DeleteRoute(bare(&id(table, gateway)))
}

pub(super) fn add_rule<'a>(source: IpAddr, table: u32) -> Change<'a> {
    Change::AddRule(rule(&line(source, table), PROTOCOL))
}

pub(super) fn delete_rule<'a>(source: IpAddr, table: u32) -> Change<'a> {
    Change::DeleteRule(rule(&line(source, table), PROTOCOL))
}

fn name(index: u32) -> Option<IfName> {
    IfName::new(if_indextoname(index).ok()?.to_str().ok()?)
}

pub(super) fn has_route(table: u32, gateway: IpAddr, interface: &str) -> bool {
    let Ok((routes, _)) = Writer::open().and_then(|mut writer| writer.paths()) else {
        return false;
    };
    let (wanted, default) = (id(table, gateway), default_of(gateway));
    let mut seen = routes
        .iter()
        .filter_map(|message| seen_route(message, name));
    seen.any(|(id, shape)| {
        let hop = shape.hops.first();
        let same = hop.is_some_and(|(via, dev)| {
            *via == Some(gateway) && dev.as_ref().is_some_and(|dev| dev.as_str() == interface)
        });
        // the kernel gives an IPv6 route a metric of its own
        (id.family, id.table, id.destination) == (wanted.family, table, default) && same
    })
}

pub(super) fn has_rule(source: IpAddr, table: u32) -> bool {
    let Ok((_, rules)) = Writer::open().and_then(|mut writer| writer.paths()) else {
        return false;
    };
    let wanted = line(source, table);
    let seen = rules.iter().filter_map(seen_rule);
    let mut seen = seen.map(|(id, _): (PathId, PathAttr)| id);
    seen.any(|id| match id {
        PathId::Rule(rule) => rule.from == wanted.from && rule.action == wanted.action,
        PathId::Route(_) => false,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nets() {
        let cases = [
            ("10.1.0.254", "10.1.0.1", "255.255.0.0", true),
            ("10.2.0.254", "10.1.0.1", "255.255.0.0", false),
            ("fd00::fe", "fd00::1", "ffff:ffff:ffff:ffff::", true),
            ("fd01::fe", "fd00::1", "ffff:ffff:ffff:ffff::", false),
            ("fd00::fe", "10.1.0.1", "255.255.0.0", false),
        ];
        for (gateway, own, mask, expected) in cases {
            let parse = |text: &str| text.parse::<IpAddr>().unwrap();
            let same = same_net(parse(gateway), parse(own), Some(parse(mask)));
            assert_eq!(same, expected, "{gateway} {own}");
        }
    }
}
