//! Names of hosts and services, by the C library: /etc/hosts, DNS and what else nsswitch.conf says.
#![allow(
    unsafe_code,
    reason = "only the C library knows the system's sources of names"
)]

use core::ffi::CStr;
use core::net::{IpAddr, Ipv4Addr, SocketAddr};
use std::ffi::CString;
use std::net::ToSocketAddrs as _;
use std::sync::Mutex;

/// Longest name of a host that the resolver returns (NI_MAXHOST).
const LONGEST_HOST: usize = 1025;

/// The C library keeps one answer of `getserv...` for everybody.
static SERVICES: Mutex<()> = Mutex::new(());

/// A host's first IPv4 address.
pub fn address(host: &str) -> Option<Ipv4Addr> {
    let mut all = (host, 0).to_socket_addrs().ok()?;
    all.find_map(|address| match address {
        SocketAddr::V4(v4) => Some(*v4.ip()),
        SocketAddr::V6(_) => None,
    })
}

/// An address's name.
pub fn host(address: IpAddr) -> Option<String> {
    let address = socket2::SockAddr::from(SocketAddr::new(address, 0));
    let mut name = [0_u8; LONGEST_HOST];
    // SAFETY: both pointers are valid for the lengths that stand beside them during the call, and
    // a service of no length may be null.
    let error = unsafe {
        libc::getnameinfo(
            address.as_ptr().cast(),
            address.len(),
            name.as_mut_ptr().cast(),
            LONGEST_HOST as libc::socklen_t,
            core::ptr::null_mut(),
            0,
            libc::NI_NAMEREQD,
        )
    };
    let name = (error == 0).then(|| CStr::from_bytes_until_nul(&name).ok())??;
    Some(name.to_string_lossy().into_owned())
}

/// The word that the database of services has for a protocol.
fn protocol_name(protocol: u16) -> Option<&'static CStr> {
    match i32::from(protocol) {
        libc::IPPROTO_TCP => Some(c"tcp"),
        libc::IPPROTO_UDP => Some(c"udp"),
        libc::IPPROTO_SCTP => Some(c"sctp"),
        _ => None,
    }
}

/// A service's port; `protocol` is IPPROTO_*.
pub fn port(service: &str, protocol: u16) -> Option<u16> {
    let service = CString::new(service).ok()?;
    let protocol = protocol_name(protocol)?;
    let _one = SERVICES.lock();
    // SAFETY: both strings end with NUL and live during the call; what it returns is null or valid
    // until the next such call, and the lock keeps others out.
    let port = unsafe {
        libc::getservbyname(service.as_ptr(), protocol.as_ptr())
            .as_ref()?
            .s_port
    };
    u16::try_from(port).ok().map(u16::from_be)
}

/// A port's name; `protocol` is IPPROTO_*.
pub fn service(port: u16, protocol: u16) -> Option<String> {
    let protocol = protocol_name(protocol)?;
    let _one = SERVICES.lock();
    // SAFETY: as above; a service that was found has a name that ends with NUL.
    let name = unsafe {
        let found = libc::getservbyport(i32::from(port.to_be()), protocol.as_ptr());
        CStr::from_ptr(found.as_ref()?.s_name)
    };
    Some(name.to_string_lossy().into_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn both_ways() {
        assert_eq!(address("127.0.0.1"), Some(Ipv4Addr::LOCALHOST));
        assert_eq!(port("no such service", 6), None);
        assert_eq!(port("http", 0), None);
        if let Some(name) = service(80, 6) {
            assert_eq!(port(&name, 6), Some(80), "{name}");
        }
        assert_eq!(service(0, 6), None);
    }
}
