//! One-shot calls for a process that does nothing else.

use super::{Change, RtError, Writer, path};
use crate::socket::vrrp::{Place, VrrpSocket};
use holdfast_model::{AddressFamily, IfName, Route, Rule};
use holdfast_plan::Outcome;
use holdfast_plan::path::PathId;
use std::collections::BTreeSet;
use std::io;
use std::net::IpAddr;

/// Deletes an address; one that is not there, or whose interface is gone, is no failure.
///
/// # Errors
/// What the kernel says.
pub fn delete_address(interface: &str, address: IpAddr, prefix: u8) -> Result<(), RtError> {
    let Ok(index) = nix::net::if_::if_nametoindex(interface) else {
        return Ok(());
    };
    let change = Change::DeleteAddress {
        index,
        address,
        prefix,
    };
    one(&change, &[libc::EADDRNOTAVAIL, libc::ENODEV])
}

/// Deletes macvlan interfaces of these names. Those that are not there are no failure, nor are links
/// of another kind. Gives back what stays, and why.
pub fn delete_links(names: &[IfName]) -> Vec<(IfName, RtError)> {
    if names.is_empty() {
        return Vec::new();
    }
    let facts = match super::host_facts() {
        Ok(facts) => facts,
        Err(error) => return vec![(names[0].clone(), error)],
    };
    let there = names.iter().filter_map(|name| {
        let link = facts.interface(name)?;
        link.virtual_mac.then_some((name, link.index))
    });
    let delete = |(name, index): (&IfName, u32)| {
        let change = Change::DeleteLink(super::link::bare(index));
        Some((name.clone(), one(&change, &[libc::ENODEV]).err()?))
    };
    there.filter_map(delete).collect()
}

/// Deletes rules, then routes; those that are not there are no failure. Gives back what stays, and
/// why.
pub fn delete_paths<'a>(
    routes: impl Iterator<Item = &'a Route>,
    rules: impl Iterator<Item = &'a Rule>,
) -> Vec<(String, RtError)> {
    let rules = rules.map(|rule| {
        let change = Change::DeleteRule(path::rule(rule, rule.protocol));
        (format!("rule {}", rule.priority), change)
    });
    let routes = routes.filter_map(|route| match holdfast_plan::path::route(route).0 {
        PathId::Route(id) => Some((
            format!("route {route}"),
            Change::DeleteRoute(path::bare(&id)),
        )),
        PathId::Rule(_) => None,
    });
    let fine = [libc::ESRCH, libc::ENOENT, libc::ENODEV];
    rules
        .chain(routes)
        .filter_map(|(what, change)| Some((what, one(&change, &fine).err()?)))
        .collect()
}

/// Makes one change; these error numbers say that there was nothing to do.
fn one(change: &Change<'_>, fine: &[i32]) -> Result<(), RtError> {
    let mut writer = Writer::open().map_err(|error| RtError::Kernel(error.errno()))?;
    match writer.run(std::slice::from_ref(change)) {
        Outcome::Unknown(errno) => Err(RtError::Kernel(errno)),
        Outcome::Known(failed) => match failed.first() {
            Some((_, errno)) if !fine.contains(errno) => Err(RtError::Kernel(*errno)),
            Some(_) | None => Ok(()),
        },
    }
}

/// Sends one advert, with an IP header where it is IPv4. `bound`: by that interface, whatever the routes
/// say.
///
/// # Errors
/// When the interface is gone or does not send.
pub fn send_once(
    (interface, bound): (&str, bool),
    source: IpAddr,
    destination: IpAddr,
    packet: &[u8],
) -> io::Result<()> {
    let name = IfName::new(interface).ok_or(io::ErrorKind::InvalidInput)?;
    let index = nix::net::if_::if_nametoindex(interface)?;
    let groups = BTreeSet::new();
    let place = if destination.is_multicast() {
        Place::Groups {
            index,
            interface: &name,
            groups: &groups,
        }
    } else {
        Place::Unicast
    };
    VrrpSocket::open(AddressFamily::of(destination), &place, &[])?.send(
        (index, bound),
        source,
        destination,
        packet,
    )
}
