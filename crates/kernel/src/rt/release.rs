//! One-shot calls for a process that does nothing else.

use super::{RtError, Rtnetlink};
use crate::socket::vrrp::{Place, VrrpSocket};
use holdfast_model::{AddressFamily, IfName};
use std::collections::BTreeSet;
use std::io;
use std::net::IpAddr;

/// Deletes an address; one that is not there, or whose interface is gone, is no failure.
///
/// # Errors
/// What the kernel says.
pub fn delete_address(interface: &str, address: IpAddr, prefix: u8) -> Result<(), RtError> {
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()?;
    let Ok(index) = nix::net::if_::if_nametoindex(interface) else {
        return Ok(());
    };
    let result = runtime.block_on(async {
        Rtnetlink::open()?
            .delete_address(index, address, prefix)
            .await
    });
    match result {
        Err(RtError::Kernel(libc::EADDRNOTAVAIL | libc::ENODEV)) => Ok(()),
        other => other,
    }
}

/// Sends one advert, with an IP header where it is IPv4.
///
/// # Errors
/// When the interface is gone or does not send.
pub fn send_once(
    interface: &str,
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
        index,
        source,
        destination,
        packet,
    )
}
