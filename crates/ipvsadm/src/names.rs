//! What others know of addresses and ports.

use core::net::{IpAddr, Ipv4Addr};

/// IPPROTO_TCP.
pub(crate) const TCP: u16 = 6;
/// IPPROTO_UDP.
pub(crate) const UDP: u16 = 17;
/// IPPROTO_SCTP.
pub(crate) const SCTP: u16 = 132;

/// Names of hosts and services, both ways. Protocols are IPPROTO_*.
pub trait Names {
    /// A host's IPv4 address; ipvsadm takes no IPv6 address by a name.
    fn address(&self, host: &str) -> Option<Ipv4Addr>;
    /// A service's port.
    fn port(&self, service: &str, protocol: u16) -> Option<u16>;
    /// An address's name.
    fn host(&self, address: IpAddr) -> Option<String>;
    /// A port's name.
    fn service(&self, port: u16, protocol: u16) -> Option<String>;
}

/// Longest text of an address and a port.
const LONGEST: usize = 59;

/// `ADDRESS:PORT`, `[ADDRESS]:PORT`; in names where there are some unless `numeric`.
pub(crate) fn place(
    names: &dyn Names,
    numeric: bool,
    address: IpAddr,
    port: u16,
    protocol: u16,
) -> String {
    let (host, service) = if numeric {
        (None, None)
    } else {
        (names.host(address), names.service(port, protocol))
    };
    let host = host.unwrap_or_else(|| address_text(address));
    let service = service.unwrap_or_else(|| port.to_string());
    let mut text = match address {
        IpAddr::V4(_) => format!("{host}:{service}"),
        IpAddr::V6(_) => format!("[{host}]:{service}"),
    };
    cut(&mut text, LONGEST);
    text
}

/// As inet_ntop(3) writes it: `::10.0.0.1` for what was once called IPv4-compatible.
pub(crate) fn address_text(address: IpAddr) -> String {
    match address {
        IpAddr::V6(v6) => match v6.octets() {
            [0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, a, b, c, d] if a != 0 || b != 0 => {
                format!("::{a}.{b}.{c}.{d}")
            }
            _ => v6.to_string(),
        },
        IpAddr::V4(v4) => v4.to_string(),
    }
}

/// Leaves at most `longest` bytes.
pub(crate) fn cut(text: &mut String, longest: usize) {
    let mut end = longest.min(text.len());
    while !text.is_char_boundary(end) {
        end -= 1;
    }
    text.truncate(end);
}
