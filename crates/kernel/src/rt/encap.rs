//! What wraps the packets of a route, as netlink has it (linux/lwtunnel.h, RTA_ENCAP and RTA_ENCAP_TYPE).

use holdfast_model::AddressFamily;
use holdfast_model::encap::{Encap, IpEncap};
use netlink_packet_core::DefaultNla;
use netlink_packet_route::route::{
    MplsLabel, RouteAttribute, RouteIp6Tunnel, RouteIp6TunnelFlags, RouteIpTunnel,
    RouteIpTunnelFlags, RouteLwEnCapType, RouteLwTunnelEncap, RouteMplsIpTunnel,
};
use std::net::IpAddr;

/// linux/ila.h, ILA_ATTR_LOCATOR.
const LOCATOR: u16 = 1;

/// The two attributes of a next hop.
pub(super) fn attributes(encap: &Encap) -> [RouteAttribute; 2] {
    let (kind, list) = match encap {
        Encap::Mpls(labels) => {
            let stack = RouteMplsIpTunnel::Destination(stack(labels));
            (
                RouteLwEnCapType::Mpls,
                vec![RouteLwTunnelEncap::Mpls(stack)],
            )
        }
        Encap::Ila(locator) => {
            let locator = DefaultNla::new(LOCATOR, locator.to_be_bytes().to_vec());
            (
                RouteLwEnCapType::Ila,
                vec![RouteLwTunnelEncap::Other(locator)],
            )
        }
        Encap::Ip(header) => match header.family {
            AddressFamily::V4 => (RouteLwEnCapType::Ip, four(header)),
            AddressFamily::V6 => (RouteLwEnCapType::Ip6, six(header)),
        },
    };
    [RouteAttribute::EncapType(kind), RouteAttribute::Encap(list)]
}

/// RFC 3032 section 2.1: the last one is the bottom.
fn stack(labels: &[u32]) -> Vec<MplsLabel> {
    let last = labels.len().saturating_sub(1);
    let labels = labels.iter().enumerate();
    let labels = labels.map(|(index, label)| MplsLabel {
        label: *label,
        traffic_class: 0,
        bottom_of_stack: index == last,
        ttl: 0,
    });
    labels.collect()
}

fn four(header: &IpEncap) -> Vec<RouteLwTunnelEncap> {
    let host = |address| match address {
        Some(IpAddr::V4(address)) => Some(address),
        Some(IpAddr::V6(_)) | None => None,
    };
    let flags = header.flags.map(RouteIpTunnelFlags::from_bits_retain);
    let list = [
        header.id.map(RouteIpTunnel::Id),
        host(header.destination).map(RouteIpTunnel::Destination),
        host(header.source).map(RouteIpTunnel::Source),
        header.class.map(RouteIpTunnel::Tos),
        header.hops.map(RouteIpTunnel::Ttl),
        flags.map(RouteIpTunnel::Flags),
    ];
    list.into_iter()
        .flatten()
        .map(RouteLwTunnelEncap::Ip)
        .collect()
}

fn six(header: &IpEncap) -> Vec<RouteLwTunnelEncap> {
    let host = |address| match address {
        Some(IpAddr::V6(address)) => Some(address),
        Some(IpAddr::V4(_)) | None => None,
    };
    let flags = header.flags.map(RouteIp6TunnelFlags::from_bits_retain);
    let list = [
        header.id.map(RouteIp6Tunnel::Id),
        host(header.destination).map(RouteIp6Tunnel::Destination),
        host(header.source).map(RouteIp6Tunnel::Source),
        header.class.map(RouteIp6Tunnel::Tc),
        header.hops.map(RouteIp6Tunnel::Hoplimit),
        flags.map(RouteIp6Tunnel::Flags),
    ];
    list.into_iter()
        .flatten()
        .map(RouteLwTunnelEncap::Ip6)
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use netlink_packet_core::Nla as _;

    fn bytes(encap: &Encap) -> Vec<u8> {
        let [_, attribute] = attributes(encap);
        let mut bytes = vec![0; attribute.value_len()];
        attribute.emit_value(&mut bytes);
        bytes
    }

    #[test]
    fn labels_and_locators_are_as_the_kernel_reads_them() {
        // length 12, MPLS_IPTUNNEL_DST; 100 is 0x64, the last has the bottom's bit
        let labels = [12, 0, 1, 0, 0x00, 0x06, 0x40, 0x00, 0x00, 0x0c, 0x81, 0x00];
        assert_eq!(bytes(&Encap::Mpls(vec![100, 200])), labels);
        let locator = [12, 0, 1, 0, 0x20, 1, 0x0d, 0xb8, 0, 0, 0, 1];
        assert_eq!(bytes(&Encap::Ila(0x2001_0db8_0000_0001)), locator);
    }

    #[test]
    fn the_words_of_one_family_only() {
        let mut header = IpEncap::new(AddressFamily::V6);
        header.destination = "10.0.0.1".parse().ok();
        header.flags = Some(4);
        // LWTUNNEL_IP6_FLAGS, TUNNEL_KEY: two bytes, the first one 0
        assert_eq!(bytes(&Encap::Ip(header)), [6, 0, 6, 0, 0, 4, 0, 0]);
    }
}
