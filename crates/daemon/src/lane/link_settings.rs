//! What is set on a link of our own, and why.

use holdfast_kernel::rt::sysctl;
use holdfast_model::{AddressFamily, IfName, LinkForm, VirtualLink};
use std::io;

/// A macvlan interface answers ARP for what is on it and nothing else, asks in the
/// name of what is on it and nothing else, takes packets whose way back leads elsewhere, and makes no IPv6 address of its own, for its
/// hardware address is not this host's (RFC 9568 s7.4).
pub(super) fn prepare(link: &VirtualLink) -> io::Result<()> {
    if let LinkForm::Ipvlan { address, .. } = &link.form {
        return prepare_ipvlan(link, address.is_some());
    }
    let all = IfName::new("all").ok_or(io::ErrorKind::InvalidInput)?;
    let name = &link.name;
    // IPv6 may be switched off as a whole
    let _no_ipv6 = sysctl::write("ipv6", name, "addr_gen_mode", 1);
    sysctl::write("ipv4", name, "arp_ignore", 1)?;
    sysctl::write("ipv4", name, "arp_announce", 2)?;
    match link.family {
        AddressFamily::V4 => {
            let _no_ipv6 = sysctl::write("ipv6", name, "disable_ipv6", 1);
            sysctl::write("ipv4", name, "accept_local", 1)?;
            sysctl::write("ipv4", name, "promote_secondaries", 1)?;
            loosen(name, &all)
        }
        AddressFamily::V6 => {
            let _on = sysctl::write("ipv6", name, "disable_ipv6", 0);
            sysctl::write("ipv6", name, "accept_ra", 0)?;
            sysctl::write("ipv6", name, "autoconf", 0)
        }
    }
}

/// What is set on an ipvlan interface: for IPv4 it takes packets whose way back leads to the interface
/// below, which has the same net; for IPv6 it has the link-local address that the kernel makes, or
/// that of the file, and no other.
fn prepare_ipvlan(link: &VirtualLink, addressed: bool) -> io::Result<()> {
    let all = IfName::new("all").ok_or(io::ErrorKind::InvalidInput)?;
    let name = &link.name;
    match link.family {
        AddressFamily::V4 => {
            let _no_ipv6 = sysctl::write("ipv6", name, "disable_ipv6", 1);
            loosen(name, &all)
        }
        AddressFamily::V6 => {
            let _on = sysctl::write("ipv6", name, "disable_ipv6", 0);
            let mode = i32::from(addressed);
            sysctl::write("ipv6", name, "addr_gen_mode", mode)?;
            sysctl::write("ipv6", name, "accept_ra", 0)?;
            sysctl::write("ipv6", name, "autoconf", 0)
        }
    }
}

/// The larger of the two counts: where all links are strict, this one is loose.
fn loosen(name: &IfName, all: &IfName) -> io::Result<()> {
    let strict = sysctl::read("ipv4", all, "rp_filter").unwrap_or(0) == 1;
    sysctl::write("ipv4", name, "rp_filter", if strict { 2 } else { 0 })
}
