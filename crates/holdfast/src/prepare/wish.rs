//! What must hold on a real server and on a director, and why. Pure.

use super::words::{Net, Request};
use core::fmt;
use std::net::{IpAddr, Ipv4Addr};

/// One thing that must hold.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Wish {
    /// A setting below /proc/sys/net.
    Setting {
        path: String,
        value: i32,
        /// More of it will do, too.
        or_more: bool,
    },
    /// An interface that comes with a module of the kernel, up.
    Link {
        name: &'static str,
        module: &'static str,
    },
    /// Rules for ARP: nobody hears of the address.
    Silence(Ipv4Addr),
    /// A single address.
    Address {
        interface: &'static str,
        address: IpAddr,
    },
    /// A default route in a table of its own.
    Route {
        table: u32,
        gateway: IpAddr,
        interface: String,
    },
    /// Packets of this source look there.
    Rule { source: IpAddr, table: u32 },
    /// Packets from the net to elsewhere leave with an address of this host.
    Masquerade(Net),
}

impl fmt::Display for Wish {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Setting {
                path,
                value,
                or_more,
            } => {
                let more = if *or_more { " or more" } else { "" };
                write!(f, "net/{path} = {value}{more}")
            }
            Self::Link { name, .. } => write!(f, "interface {name} up"),
            Self::Silence(vip) => write!(f, "rules by which ARP says nothing of {vip}"),
            Self::Address { interface, address } => write!(f, "{address} on {interface}"),
            Self::Route {
                table,
                gateway,
                interface,
            } => write!(f, "default via {gateway} on {interface} in table {table}"),
            Self::Rule { source, table } => {
                write!(f, "packets from {source} look in table {table}")
            }
            Self::Masquerade(Net { address, prefix }) => {
                write!(f, "packets from {address}/{prefix} are masqueraded")
            }
        }
    }
}

fn setting(path: impl Into<String>, value: i32) -> Wish {
    Wish::Setting {
        path: path.into(),
        value,
        or_more: false,
    }
}

fn at_least(path: &str, value: i32) -> Wish {
    Wish::Setting {
        path: path.to_owned(),
        value,
        or_more: true,
    }
}

/// A real server: it takes packets for the VIPs and says nothing about them. Of two settings, the
/// interface's and `all`, the kernel takes the larger: `all` is enough, and a stricter one stays.
/// The VIPs come last: nobody may hear of them before.
pub(super) fn real_server(request: &Request) -> Vec<Wish> {
    let mut wishes = Vec::new();
    if request.rules {
        wishes.extend(request.vips.iter().filter_map(|vip| match vip {
            IpAddr::V4(vip) => Some(Wish::Silence(*vip)),
            IpAddr::V6(_) => None,
        }));
    } else if request.vips.iter().any(IpAddr::is_ipv4) {
        wishes.push(at_least("ipv4/conf/all/arp_ignore", 1));
        wishes.push(at_least("ipv4/conf/all/arp_announce", 2));
    }
    if request.tunnel {
        if request.vips.iter().any(IpAddr::is_ipv4) {
            wishes.push(link(IpAddr::is_ipv4));
            // clients are reached by another interface: strict would drop, and of the two settings
            // the larger counts
            wishes.push(setting("ipv4/conf/tunl0/rp_filter", 2));
        }
        if request.vips.iter().any(IpAddr::is_ipv6) {
            wishes.push(link(IpAddr::is_ipv6));
        }
    }
    let addresses = request.vips.iter().map(|vip| Wish::Address {
        interface: interface(request.tunnel, vip),
        address: *vip,
    });
    wishes.extend(addresses);
    wishes
}

/// The table of the first interface: another one each, so that several directors on several links
/// do not meet.
const TABLES: u32 = 21_600;

/// The link of a gateway.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Near {
    pub(super) gateway: IpAddr,
    pub(super) interface: String,
    pub(super) index: u32,
    /// This host's own addresses there, of its family.
    pub(super) addresses: Vec<IpAddr>,
}

/// A real server behind NAT with a way of its own to the rest of the world: what leaves with the
/// address that the director knows goes back through the director, whoever it is for.
pub(super) fn behind_nat(near: &[Near]) -> Vec<Wish> {
    let mut wishes = Vec::new();
    for near in near {
        let table = TABLES + near.index;
        wishes.push(Wish::Route {
            table,
            gateway: near.gateway,
            interface: near.interface.clone(),
        });
        let sources = near.addresses.iter();
        wishes.extend(sources.map(|source| Wish::Rule {
            source: *source,
            table,
        }));
    }
    wishes
}

fn link(family: impl Fn(&IpAddr) -> bool) -> Wish {
    if family(&IpAddr::from([127, 0, 0, 1])) {
        Wish::Link {
            name: "tunl0",
            module: "ipip",
        }
    } else {
        Wish::Link {
            name: "ip6tnl0",
            module: "ip6_tunnel",
        }
    }
}

fn interface(tunnel: bool, vip: &IpAddr) -> &'static str {
    match (tunnel, vip) {
        (false, _) => "lo",
        (true, IpAddr::V4(_)) => "tunl0",
        (true, IpAddr::V6(_)) => "ip6tnl0",
    }
}

/// A director. Under NAT it is the real servers' gateway: it forwards, tells nobody of a shorter
/// way (of `all` and the interface's setting either is enough to do so), and lends the real servers
/// an address for calls of their own. Under direct routing it only must not redirect.
pub(super) fn director(request: &Request, interfaces: &[String]) -> Vec<Wish> {
    let mut wishes = Vec::new();
    let six = request.net.is_some_and(|net| net.address.is_ipv6());
    match request.net {
        Some(_) if six => wishes.push(setting("ipv6/conf/all/forwarding", 1)),
        Some(_) => wishes.push(setting("ipv4/ip_forward", 1)),
        None => {}
    }
    if !six {
        let all = ["all".to_owned(), "default".to_owned()];
        let each = all.iter().chain(interfaces);
        wishes.extend(each.map(|name| setting(format!("ipv4/conf/{name}/send_redirects"), 0)));
    }
    wishes.extend(request.net.map(Wish::Masquerade));
    wishes
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::ffi::OsString;

    fn shown(wishes: &[Wish]) -> Vec<String> {
        wishes.iter().map(Wish::to_string).collect()
    }

    fn words(line: &str) -> Vec<OsString> {
        line.split(' ').map(OsString::from).collect()
    }

    #[test]
    fn real_servers() {
        let of = |line: &str| shown(&real_server(&Request::real_server(words(line)).unwrap()));
        assert_eq!(
            of("start --vip 192.0.2.20,fd00::20"),
            [
                "net/ipv4/conf/all/arp_ignore = 1 or more",
                "net/ipv4/conf/all/arp_announce = 2 or more",
                "192.0.2.20 on lo",
                "fd00::20 on lo",
            ]
        );
        assert_eq!(of("start --vip fd00::20"), ["fd00::20 on lo"]);
        assert_eq!(
            of("start --arptables --vip 192.0.2.20,fd00::20,192.0.2.21"),
            [
                "rules by which ARP says nothing of 192.0.2.20",
                "rules by which ARP says nothing of 192.0.2.21",
                "192.0.2.20 on lo",
                "fd00::20 on lo",
                "192.0.2.21 on lo",
            ]
        );
        assert_eq!(
            of("start --tunnel --vip 192.0.2.20,fd00::20"),
            [
                "net/ipv4/conf/all/arp_ignore = 1 or more",
                "net/ipv4/conf/all/arp_announce = 2 or more",
                "interface tunl0 up",
                "net/ipv4/conf/tunl0/rp_filter = 2",
                "interface ip6tnl0 up",
                "192.0.2.20 on tunl0",
                "fd00::20 on ip6tnl0",
            ]
        );
    }

    #[test]
    fn a_way_back_for_each_address() {
        let near = |gateway: &str, index: u32, addresses: &[&str]| Near {
            gateway: gateway.parse().unwrap(),
            interface: format!("eth{index}"),
            index,
            addresses: addresses.iter().map(|text| text.parse().unwrap()).collect(),
        };
        let both = [
            near("10.1.0.254", 3, &["10.1.0.1", "10.1.0.2"]),
            near("fd00::fe", 4, &["fd00::1"]),
        ];
        assert_eq!(
            shown(&behind_nat(&both)),
            [
                "default via 10.1.0.254 on eth3 in table 21603",
                "packets from 10.1.0.1 look in table 21603",
                "packets from 10.1.0.2 look in table 21603",
                "default via fd00::fe on eth4 in table 21604",
                "packets from fd00::1 look in table 21604",
            ]
        );
    }

    #[test]
    fn directors() {
        let of = |line: &str| {
            let request = Request::director(words(line)).unwrap();
            shown(&director(&request, &["eth0".to_owned()]))
        };
        assert_eq!(
            of("start --nat 10.1.0.0/16"),
            [
                "net/ipv4/ip_forward = 1",
                "net/ipv4/conf/all/send_redirects = 0",
                "net/ipv4/conf/default/send_redirects = 0",
                "net/ipv4/conf/eth0/send_redirects = 0",
                "packets from 10.1.0.0/16 are masqueraded",
            ]
        );
        assert_eq!(of("start --dr").len(), 3);
        assert_eq!(of("start --nat fd00::/64").len(), 2);
    }
}
