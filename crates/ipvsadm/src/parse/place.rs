//! `HOST[:PORT]`.

use super::number::{aton, decimal};
use crate::names::Names;
use core::net::{IpAddr, Ipv6Addr};

/// What was read.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Place {
    pub(super) address: IpAddr,
    pub(super) port: Option<u16>,
}

/// What an error says that it takes.
pub(super) const EXPECTED: &str = "an address or a host's name, with :PORT or :SERVICE behind it; \
    an IPv6 address as [ADDRESS]:PORT";

/// Reads `text`; its port may be a service's name of `protocol`.
pub(super) fn place(text: &str, protocol: u16, names: &dyn Names) -> Option<Place> {
    if text.bytes().all(|byte| byte.is_ascii_digit()) {
        return None;
    }
    let (host, behind) = match text.strip_prefix('[') {
        Some(inner) => {
            let (host, behind) = inner.split_once(']')?;
            (host, Some(behind.strip_prefix(':')?))
        }
        None => (text, None),
    };
    let number = |port: &str| match decimal(port, 0..=65535) {
        Some(number) => u16::try_from(number).ok(),
        None => names.port(port, protocol),
    };
    if let Ok(address) = host.parse::<Ipv6Addr>() {
        let port = match behind {
            Some(port) => Some(number(port)?),
            None => None,
        };
        let address = address.into();
        return Some(Place { address, port });
    }
    // ipvsadm forgets what stands behind brackets that hold no IPv6 address
    let (host, port) = match host.rsplit_once(':') {
        Some((host, port)) => (host, Some(port)),
        None => (host, None),
    };
    let address = aton(host).or_else(|| names.address(host))?;
    let port = match port {
        Some(port) => Some(number(port)?),
        None => None,
    };
    let address = address.into();
    Some(Place { address, port })
}
