//! One-shot calls for a process that does nothing else.

use super::{RtError, Rtnetlink};
use crate::socket::vrrp::VrrpSocket;
use holdfast_model::IfName;
use std::io;
use std::net::{IpAddr, Ipv4Addr};

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

/// Sends one VRRP packet, IP header included.
///
/// # Errors
/// When the interface is gone or does not send.
pub fn send_once(interface: &str, destination: Ipv4Addr, packet: &[u8]) -> io::Result<()> {
    let name = IfName::new(interface).ok_or(io::ErrorKind::InvalidInput)?;
    let index = nix::net::if_::if_nametoindex(interface)?;
    VrrpSocket::open(index, &name, &[])?.send(destination, packet)
}
