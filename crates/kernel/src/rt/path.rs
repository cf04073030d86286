//! Routes and rules as netlink messages, and back.

use super::encap;
use holdfast_model::route::Prefix;
use holdfast_model::{AddressFamily as Family, Hop, IfName, Route, Rule, RuleAction as Does};
use holdfast_plan::path::{PathAttr, PathId, RouteId, RouteShape};
use netlink_packet_core::DefaultNla;
use netlink_packet_route::AddressFamily;
pub use netlink_packet_route::route::RouteMessage;
use netlink_packet_route::route::{
    RouteAddress, RouteAttribute, RouteFlags, RouteHeader, RouteMetric, RouteNextHop,
    RouteNextHopFlags, RouteProtocol, RouteScope, RouteType, RouteVia,
};
pub use netlink_packet_route::rule::RuleMessage;
use netlink_packet_route::rule::{
    RuleAction, RuleAttribute, RuleFlags, RulePortRange, RuleUidRange,
};
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

/// linux/rtnetlink.h, RTA_* and RTAX_* that go as bare numbers.
const RTA_FLOW: u16 = 11;
const RTA_PREF: u16 = 20;
const RTA_EXPIRES: u16 = 23;
const RTA_TTL_PROPAGATE: u16 = 26;
const RTAX_LOCK: u16 = 1;
const RTAX_CC_ALGO: u16 = 16;
/// linux/fib_rules.h.
const FRA_FLOW: u16 = 11;
/// RT_SCOPE_NOWHERE: in a deletion, any.
const ANY_SCOPE: u8 = 255;
/// FRA_SUPPRESS_* where none is set.
const NONE: u32 = u32::MAX;

const fn family(family: Family) -> AddressFamily {
    match family {
        Family::V4 => AddressFamily::Inet,
        Family::V6 => AddressFamily::Inet6,
    }
}

const fn known(family: AddressFamily) -> Option<Family> {
    match family {
        AddressFamily::Inet => Some(Family::V4),
        AddressFamily::Inet6 => Some(Family::V6),
        _ => None,
    }
}

const fn unspecified(family: Family) -> IpAddr {
    match family {
        Family::V4 => IpAddr::V4(Ipv4Addr::UNSPECIFIED),
        Family::V6 => IpAddr::V6(Ipv6Addr::UNSPECIFIED),
    }
}

/// A route as it is to be made; `None` when one of its interfaces is missing.
pub fn route(route: &Route, index: impl Fn(&IfName) -> Option<u32>) -> Option<RouteMessage> {
    let id = RouteId {
        family: route.family,
        table: route.table,
        destination: route.destination,
        from: route.from,
        tos: route.tos,
        metric: route.metric,
    };
    let mut message = bare(&id);
    message.header.kind = RouteType::from(route.kind);
    message.header.protocol = RouteProtocol::from(route.protocol);
    message.header.scope = RouteScope::from(route.scope);
    let list = &mut message.attributes;
    list.extend(route.source.map(|ip| RouteAttribute::PrefSource(ip.into())));
    match route.hops.as_slice() {
        [] => {}
        [hop] => {
            list.extend(gateway(route.family, hop));
            list.extend(hop.encap.iter().flat_map(encap::attributes));
            if let Some(name) = &hop.dev {
                list.push(RouteAttribute::Oif(index(name)?));
            }
            if hop.onlink {
                message.header.flags = RouteFlags::Onlink;
            }
        }
        hops => {
            let hops = hops.iter().map(|hop| next_hop(route.family, hop, &index));
            list.push(RouteAttribute::MultiPath(hops.collect::<Option<_>>()?));
        }
    }
    let metrics = metrics(route);
    if !metrics.is_empty() {
        list.push(RouteAttribute::Metrics(metrics));
    }
    let number = |kind, value: u32| other(kind, value.to_ne_bytes().to_vec());
    list.extend(route.realms.map(|value| number(RTA_FLOW, value)));
    list.extend(route.expires.map(|value| number(RTA_EXPIRES, value)));
    list.extend(route.preference.map(|value| other(RTA_PREF, vec![value])));
    let propagate = route.ttl_propagate.map(u8::from);
    list.extend(propagate.map(|value| other(RTA_TTL_PROPAGATE, vec![value])));
    Some(message)
}

fn other(kind: u16, value: Vec<u8>) -> RouteAttribute {
    RouteAttribute::Other(DefaultNla::new(kind, value))
}

/// What names a route.
pub fn bare(id: &RouteId) -> RouteMessage {
    let mut message = RouteMessage::default();
    message.header = RouteHeader {
        address_family: family(id.family),
        destination_prefix_length: id.destination.1,
        source_prefix_length: id.from.map_or(0, |from| from.1),
        tos: id.tos,
        table: u8::try_from(id.table).unwrap_or_default(),
        scope: RouteScope::from(ANY_SCOPE),
        ..RouteHeader::default()
    };
    let list = &mut message.attributes;
    list.push(RouteAttribute::Table(id.table));
    if id.destination.1 > 0 {
        list.push(RouteAttribute::Destination(id.destination.0.into()));
    }
    list.extend(id.from.map(|from| RouteAttribute::Source(from.0.into())));
    if id.metric > 0 {
        list.push(RouteAttribute::Priority(id.metric));
    }
    message
}

fn gateway(family: Family, hop: &Hop) -> Option<RouteAttribute> {
    match (family, hop.via?) {
        (Family::V4, IpAddr::V6(via)) => Some(RouteAttribute::Via(RouteVia::Inet6(via))),
        (_, via) => Some(RouteAttribute::Gateway(via.into())),
    }
}

fn next_hop(
    family: Family,
    hop: &Hop,
    index: impl Fn(&IfName) -> Option<u32>,
) -> Option<RouteNextHop> {
    let mut next = RouteNextHop::default();
    if hop.onlink {
        next.flags = RouteNextHopFlags::Onlink;
    }
    next.hops = u8::try_from(hop.weight.saturating_sub(1)).unwrap_or(u8::MAX);
    if let Some(name) = &hop.dev {
        next.interface_index = index(name)?;
    }
    next.attributes.extend(gateway(family, hop));
    let realms = hop
        .realms
        .map(|value| other(RTA_FLOW, value.to_ne_bytes().to_vec()));
    next.attributes.extend(realms);
    let encap = hop.encap.iter().flat_map(encap::attributes);
    next.attributes.extend(encap);
    Some(next)
}

fn metrics(route: &Route) -> Vec<RouteMetric> {
    let number = |kind: u16, value: u32| {
        RouteMetric::Other(DefaultNla::new(kind, value.to_ne_bytes().to_vec()))
    };
    let mut list = Vec::new();
    if route.locks != 0 {
        list.push(number(RTAX_LOCK, route.locks));
    }
    let values = route.metrics.iter();
    list.extend(values.map(|(kind, value)| number(u16::from(*kind), *value)));
    if let Some(name) = &route.congestion {
        let mut bytes = name.as_str().as_bytes().to_vec();
        bytes.push(0);
        list.push(RouteMetric::Other(DefaultNla::new(RTAX_CC_ALGO, bytes)));
    }
    list
}

/// A rule.
pub fn rule(rule: &Rule, protocol: u8) -> RuleMessage {
    let mut message = RuleMessage::default();
    let header = &mut message.header;
    header.family = family(rule.family);
    header.tos = rule.tos;
    if rule.invert {
        header.flags = RuleFlags::Invert;
    }
    let list = &mut message.attributes;
    list.push(RuleAttribute::Priority(rule.priority));
    if let Some((address, length)) = rule.from {
        header.src_len = length;
        list.push(RuleAttribute::Source(address));
    }
    if let Some((address, length)) = rule.to {
        header.dst_len = length;
        list.push(RuleAttribute::Destination(address));
    }
    if let Some((mark, mask)) = rule.mark {
        list.extend([RuleAttribute::FwMark(mark), RuleAttribute::FwMask(mask)]);
    }
    let realms = rule.realms.map(|value| value.to_ne_bytes().to_vec());
    list.extend(realms.map(|value| RuleAttribute::Other(DefaultNla::new(FRA_FLOW, value))));
    let name = |name: &IfName| name.as_str().to_owned();
    list.extend(
        rule.iif
            .as_ref()
            .map(|iif| RuleAttribute::Iifname(name(iif))),
    );
    list.extend(
        rule.oif
            .as_ref()
            .map(|oif| RuleAttribute::Oifname(name(oif))),
    );
    list.extend(rule.suppress_prefix.map(RuleAttribute::SuppressPrefixLen));
    list.extend(rule.suppress_group.map(RuleAttribute::SuppressIfGroup));
    list.extend(rule.tunnel.map(RuleAttribute::TunId));
    list.extend(
        rule.uids
            .map(|(start, end)| RuleAttribute::UidRange(RuleUidRange { start, end })),
    );
    if rule.l3mdev {
        list.push(RuleAttribute::L3MDev(true));
    }
    list.extend(
        rule.ip_protocol
            .map(|number| RuleAttribute::IpProtocol(number.into())),
    );
    let range = |(start, end)| RulePortRange { start, end };
    list.extend(
        rule.source_ports
            .map(|ports| RuleAttribute::SourcePortRange(range(ports))),
    );
    let to = rule.destination_ports;
    list.extend(to.map(|ports| RuleAttribute::DestinationPortRange(range(ports))));
    if protocol != 0 {
        list.push(RuleAttribute::Protocol(RouteProtocol::from(protocol)));
    }
    header.action = match rule.action {
        Does::Table(table) => {
            header.table = u8::try_from(table).unwrap_or_default();
            list.push(RuleAttribute::Table(table));
            RuleAction::ToTable
        }
        Does::Goto(priority) => {
            list.push(RuleAttribute::Goto(priority));
            RuleAction::Goto
        }
        Does::Nop => RuleAction::Nop,
        Does::Blackhole => RuleAction::Blackhole,
        Does::Unreachable => RuleAction::Unreachable,
        Does::Prohibit => RuleAction::Prohibit,
    };
    message
}

fn plain(address: &RouteAddress) -> Option<IpAddr> {
    match address {
        RouteAddress::Inet(address) => Some(IpAddr::V4(*address)),
        RouteAddress::Inet6(address) => Some(IpAddr::V6(*address)),
        _ => None,
    }
}

fn via(attribute: &RouteAttribute) -> Option<IpAddr> {
    match attribute {
        RouteAttribute::Gateway(address) => plain(address),
        RouteAttribute::Via(RouteVia::Inet(address)) => Some(IpAddr::V4(*address)),
        RouteAttribute::Via(RouteVia::Inet6(address)) => Some(IpAddr::V6(*address)),
        _ => None,
    }
}

/// A route as the kernel shows it; `None` for what is no route of a table.
pub fn seen_route(
    message: &RouteMessage,
    name: impl Fn(u32) -> Option<IfName>,
) -> Option<(RouteId, RouteShape)> {
    let header = &message.header;
    if header.flags.contains(RouteFlags::Cloned) {
        return None;
    }
    let of = known(header.address_family)?;
    let mut id = RouteId {
        family: of,
        table: u32::from(header.table),
        destination: (unspecified(of), header.destination_prefix_length),
        from: None,
        tos: header.tos,
        metric: 0,
    };
    let mut shape = RouteShape {
        kind: header.kind.into(),
        protocol: header.protocol.into(),
        ..RouteShape::default()
    };
    let mut single = (None, None);
    for attribute in &message.attributes {
        match attribute {
            RouteAttribute::Table(table) => id.table = *table,
            RouteAttribute::Priority(metric) => id.metric = *metric,
            RouteAttribute::Destination(address) => id.destination.0 = plain(address)?,
            RouteAttribute::Source(address) => {
                id.from = Some((plain(address)?, header.source_prefix_length));
            }
            RouteAttribute::PrefSource(address) => shape.source = plain(address),
            RouteAttribute::Oif(index) => single.1 = name(*index),
            RouteAttribute::MultiPath(hops) => {
                let hops = hops.iter().map(|hop| {
                    let gateway = hop.attributes.iter().find_map(via);
                    (gateway, name(hop.interface_index))
                });
                shape.hops = hops.collect();
            }
            other => single.0 = single.0.or(via(other)),
        }
    }
    if shape.hops.is_empty() && single != (None, None) {
        shape.hops.push(single);
    }
    Some((id, shape))
}

/// A rule as the kernel shows it.
pub fn seen_rule(message: &RuleMessage) -> Option<(PathId, PathAttr)> {
    let header = &message.header;
    let of = known(header.family)?;
    let (mut table, mut goto, mut protocol) = (u32::from(header.table), 0, 0);
    let from = (header.src_len > 0).then_some((unspecified(of), header.src_len));
    let to = (header.dst_len > 0).then_some((unspecified(of), header.dst_len));
    let mut rule = Rule {
        invert: header.flags.contains(RuleFlags::Invert),
        from,
        to,
        tos: header.tos,
        ..Rule::all(of, 0, Does::Nop)
    };
    let at = |address: IpAddr, prefix: Option<Prefix>| Some((address, prefix?.1));
    let set = |value: u32| (value != NONE).then_some(value);
    for attribute in &message.attributes {
        match attribute {
            RuleAttribute::Source(address) => rule.from = at(*address, rule.from),
            RuleAttribute::Destination(address) => rule.to = at(*address, rule.to),
            RuleAttribute::Priority(priority) => rule.priority = *priority,
            RuleAttribute::FwMark(mark) => {
                rule.mark = Some((*mark, rule.mark.map_or(u32::MAX, |old| old.1)));
            }
            RuleAttribute::FwMask(mask) => {
                rule.mark = Some((rule.mark.map_or(0, |old| old.0), *mask));
            }
            RuleAttribute::Realm(realm) => {
                rule.realms = Some(u32::from(realm.source) << 16 | u32::from(realm.destination));
            }
            RuleAttribute::Iifname(name) => rule.iif = IfName::new(name),
            RuleAttribute::Oifname(name) => rule.oif = IfName::new(name),
            RuleAttribute::SuppressPrefixLen(length) => rule.suppress_prefix = set(*length),
            RuleAttribute::SuppressIfGroup(group) => rule.suppress_group = set(*group),
            RuleAttribute::TunId(id) => rule.tunnel = Some(*id),
            RuleAttribute::UidRange(range) => rule.uids = Some((range.start, range.end)),
            RuleAttribute::L3MDev(on) => rule.l3mdev = *on,
            RuleAttribute::IpProtocol(number) => rule.ip_protocol = Some((*number).into()),
            RuleAttribute::SourcePortRange(r) => rule.source_ports = Some((r.start, r.end)),
            RuleAttribute::DestinationPortRange(r) => {
                rule.destination_ports = Some((r.start, r.end));
            }
            RuleAttribute::Table(number) => table = *number,
            RuleAttribute::Goto(priority) => goto = *priority,
            RuleAttribute::Protocol(number) => protocol = (*number).into(),
            _ => {}
        }
    }
    rule.action = match header.action {
        RuleAction::ToTable => Does::Table(table),
        RuleAction::Goto => Does::Goto(goto),
        RuleAction::Nop => Does::Nop,
        RuleAction::Blackhole => Does::Blackhole,
        RuleAction::Unreachable => Does::Unreachable,
        RuleAction::Prohibit => Does::Prohibit,
        _ => return None,
    };
    let attr = PathAttr::Rule {
        protocol,
        untracked: false,
    };
    Some((PathId::Rule(Box::new(rule)), attr))
}
