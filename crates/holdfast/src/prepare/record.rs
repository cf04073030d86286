//! What a start changed, so that a stop can take it back: a line each, in the order of the changes.

use core::fmt;
use std::net::{IpAddr, Ipv4Addr};

/// One change.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Done {
    /// A setting below /proc/sys/net: what it was, and what it is.
    Setting { path: String, was: i32, is: i32 },
    /// An interface that was down.
    Link(String),
    /// An address that was not there.
    Address { interface: String, address: IpAddr },
    /// Our nft table that keeps ARP silent about an address.
    Silence(Ipv4Addr),
    /// A default route in a table of its own.
    Route {
        table: u32,
        gateway: IpAddr,
        interface: String,
    },
    /// Packets of this source look there.
    Rule { source: IpAddr, table: u32 },
    /// Our nft table, by its comment.
    Masquerade(String),
}

impl fmt::Display for Done {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Setting { path, was, is } => write!(f, "setting {path} {was} {is}"),
            Self::Link(name) => write!(f, "link {name}"),
            Self::Address { interface, address } => write!(f, "address {interface} {address}"),
            Self::Silence(vip) => write!(f, "silence {vip}"),
            Self::Route {
                table,
                gateway,
                interface,
            } => write!(f, "route {table} {gateway} {interface}"),
            Self::Rule { source, table } => write!(f, "rule {source} {table}"),
            Self::Masquerade(mark) => write!(f, "masquerade {mark}"),
        }
    }
}

/// The changes of a file; a line that is none is left out.
pub(super) fn read(text: &str) -> Vec<Done> {
    text.lines().filter_map(line).collect()
}

fn line(line: &str) -> Option<Done> {
    let words: Vec<&str> = line.split(' ').collect();
    Some(match words.as_slice() {
        ["setting", path, was, is] => Done::Setting {
            path: (*path).to_owned(),
            was: was.parse().ok()?,
            is: is.parse().ok()?,
        },
        ["link", name] => Done::Link((*name).to_owned()),
        ["address", interface, address] => Done::Address {
            interface: (*interface).to_owned(),
            address: address.parse().ok()?,
        },
        ["silence", vip] => Done::Silence(vip.parse().ok()?),
        ["route", table, gateway, interface] => Done::Route {
            table: table.parse().ok()?,
            gateway: gateway.parse().ok()?,
            interface: (*interface).to_owned(),
        },
        ["rule", source, table] => Done::Rule {
            source: source.parse().ok()?,
            table: table.parse().ok()?,
        },
        ["masquerade", mark @ ..] => Done::Masquerade(mark.join(" ")),
        _ => return None,
    })
}

/// The file of these changes.
pub(super) fn write(all: &[Done]) -> String {
    all.iter().map(|done| format!("{done}\n")).collect()
}

/// What a stop takes back, last first, and what stays: `vips` only, or all of it. Settings and
/// links stay as long as a VIP stays; ways back to directors are no VIP's.
pub(super) fn divide(all: Vec<Done>, vips: &[IpAddr]) -> (Vec<Done>, Vec<Done>) {
    let leaves = |done: &Done| match done {
        Done::Address { address, .. } => vips.is_empty() || vips.contains(address),
        Done::Silence(vip) => vips.is_empty() || vips.contains(&IpAddr::V4(*vip)),
        Done::Route { .. } | Done::Rule { .. } => vips.is_empty(),
        _ => true,
    };
    let is_address = |done: &Done| matches!(done, Done::Address { .. } | Done::Silence(_));
    let last = all.iter().filter(|done| is_address(done)).all(leaves);
    let (mut back, stays): (Vec<_>, Vec<_>) = all
        .into_iter()
        .partition(|done| leaves(done) && (last || is_address(done)));
    back.reverse();
    (back, stays)
}

#[cfg(test)]
mod tests {
    use super::*;

    const TEXT: &str = "setting ipv4/conf/all/arp_ignore 0 1\nlink tunl0\n\
        address tunl0 192.0.2.20\naddress tunl0 192.0.2.21\n";

    const WAY: &str = "route 21603 10.1.0.254 eth1\nrule 10.1.0.1 21603\n";

    #[test]
    fn a_way_back_goes_with_everything_only() {
        let both = || read(&format!("{WAY}{TEXT}"));
        let vips = ["192.0.2.20".parse().unwrap(), "192.0.2.21".parse().unwrap()];
        let (back, stays) = divide(both(), &vips);
        assert_eq!((back.len(), write(&stays).as_str()), (4, WAY));
        let (back, _) = divide(both(), &[]);
        let last: Vec<String> = back.iter().rev().take(2).map(Done::to_string).collect();
        assert_eq!(last, WAY.lines().collect::<Vec<_>>());
    }

    #[test]
    fn silence_goes_after_its_vip_and_with_it() {
        let text = "silence 192.0.2.20\nsilence 192.0.2.21\naddress lo 192.0.2.20\naddress lo 192.0.2.21\n";
        let (back, stays) = divide(read(text), &["192.0.2.20".parse().unwrap()]);
        assert_eq!(write(&back), "address lo 192.0.2.20\nsilence 192.0.2.20\n");
        assert_eq!(write(&stays), "silence 192.0.2.21\naddress lo 192.0.2.21\n");
    }

    #[test]
    fn what_is_written_is_read() {
        let all = read(TEXT);
        assert_eq!(all.len(), 4);
        assert_eq!(write(&all), TEXT);
        assert_eq!(write(&read(WAY)), WAY);
        assert_eq!(
            read("masquerade a b\nsetting x\nlink\n\n"),
            [Done::Masquerade("a b".to_owned())]
        );
    }

    #[test]
    fn the_last_vip_takes_the_rest_with_it() {
        let vip = |text: &str| vec![text.parse::<IpAddr>().unwrap()];
        let (back, stays) = divide(read(TEXT), &vip("192.0.2.20"));
        assert_eq!(write(&back), "address tunl0 192.0.2.20\n");
        assert_eq!(stays.len(), 3);
        let (back, stays) = divide(stays, &vip("192.0.2.21"));
        assert_eq!((back.len(), stays.len()), (3, 0));
        assert_eq!(
            back.last().map(Done::to_string).as_deref(),
            TEXT.lines().next()
        );
        let (back, stays) = divide(read(TEXT), &[]);
        assert_eq!((back.len(), stays.len()), (4, 0));
    }
}
