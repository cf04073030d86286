//! How people name virtual servers to commands.
//!
//! | virtual server | name |
//! |---|---|
//! | of an address | `192.0.2.20:80/tcp`, `[fd00::20]:53/udp` |
//! | of a firewall mark | `fwmark:5`, for IPv6 `fwmark:5/ipv6` |
//! | of a group | `group:web`; of the second block that names it `group:web/2` |

use crate::key::{RealServerKey, ServiceKey, VirtualServerKey};
use crate::units::AddressFamily;
use core::net::{IpAddr, SocketAddr};

impl VirtualServerKey {
    /// The whole name, which no other has.
    pub fn spoken(&self) -> String {
        match self {
            Self::Service(ServiceKey::Address {
                protocol,
                address,
                port,
            }) => format!("{}/{}", place(*address, *port), protocol.word()),
            Self::Service(ServiceKey::Fwmark { mark, family }) => match family {
                AddressFamily::V4 => format!("fwmark:{mark}"),
                AddressFamily::V6 => format!("fwmark:{mark}/ipv6"),
            },
            Self::Group { name, turn: 0, .. } => format!("group:{name}"),
            Self::Group { name, turn, .. } => format!("group:{name}/{}", u32::from(*turn) + 1),
        }
    }
}

impl RealServerKey {
    /// Its name below its virtual server: `10.0.0.1:80`.
    pub fn spoken(&self) -> String {
        place(self.address, self.port)
    }
}

/// `10.0.0.1:80`, `[fd00::1]:80`.
pub fn place(address: IpAddr, port: u16) -> String {
    SocketAddr::new(address, port).to_string()
}

/// An address with or without a port.
fn at(text: &str) -> Option<(IpAddr, Option<u16>)> {
    if let Ok(socket) = text.parse::<SocketAddr>() {
        return Some((socket.ip(), Some(socket.port())));
    }
    let bare = text
        .strip_prefix('[')
        .and_then(|rest| rest.strip_suffix(']'));
    Some((bare.unwrap_or(text).parse().ok()?, None))
}

impl VirtualServerKey {
    /// Whether somebody who says this may mean it: its whole name, the log's name of it, or what of
    /// the whole name says enough where there is no other.
    pub fn is_called(&self, text: &str) -> bool {
        if text == self.spoken() || text == self.to_string() {
            return true;
        }
        match self {
            Self::Service(ServiceKey::Address {
                protocol,
                address,
                port,
            }) => {
                let (place, said) = text.split_once('/').unwrap_or((text, protocol.word()));
                said == protocol.word()
                    && at(place).is_some_and(|(ip, said)| {
                        ip == *address && said.is_none_or(|said| said == *port)
                    })
            }
            Self::Service(ServiceKey::Fwmark { mark, .. }) => {
                text.strip_prefix("fwmark:") == Some(mark.to_string().as_str())
            }
            Self::Group { name, .. } => {
                text.strip_prefix("group:").unwrap_or(text) == name.as_str()
            }
        }
    }
}

impl RealServerKey {
    /// The same of a real server, among those of its virtual server.
    pub fn is_called(&self, text: &str) -> bool {
        text == self.to_string()
            || at(text).is_some_and(|(ip, port)| {
                ip == self.address && port.is_none_or(|port| port == self.port)
            })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::units::{Name, Protocol};

    fn service(address: &str, port: u16, protocol: Protocol) -> VirtualServerKey {
        VirtualServerKey::Service(ServiceKey::Address {
            protocol,
            address: address.parse().unwrap(),
            port,
        })
    }

    fn mark(mark: u32, family: AddressFamily) -> VirtualServerKey {
        VirtualServerKey::Service(ServiceKey::Fwmark { mark, family })
    }

    fn group(name: &str, turn: u16) -> VirtualServerKey {
        VirtualServerKey::Group {
            name: Name::from(name),
            turn,
            protocol: None,
        }
    }

    #[test]
    fn names_are_told_apart() {
        let all = [
            service("192.0.2.20", 80, Protocol::Tcp),
            service("192.0.2.20", 53, Protocol::Tcp),
            service("192.0.2.20", 53, Protocol::Udp),
            service("fd00::20", 80, Protocol::Tcp),
            mark(5, AddressFamily::V4),
            mark(5, AddressFamily::V6),
            group("web", 0),
            group("web", 1),
        ];
        for (text, expected) in [
            ("192.0.2.20:80", &[0][..]),
            ("192.0.2.20:80/tcp", &[0]),
            ("[192.0.2.20]:tcp:80", &[0]),
            ("192.0.2.20:80/udp", &[]),
            ("192.0.2.20:53", &[1, 2]),
            ("192.0.2.20:53/udp", &[2]),
            ("192.0.2.20", &[0, 1, 2]),
            ("[fd00::20]:80", &[3]),
            ("fd00::20", &[3]),
            ("[fd00::20]", &[3]),
            ("fwmark:5", &[4, 5]),
            ("fwmark:5/ipv6", &[5]),
            ("FWM 5", &[4, 5]),
            ("5", &[]),
            ("web", &[6, 7]),
            ("group:web/2", &[7]),
            ("", &[]),
        ] {
            let places = (0..all.len()).filter(|i| all[*i].is_called(text));
            assert_eq!(places.collect::<Vec<_>>(), expected, "{text}");
        }
        for (place, key) in all.iter().enumerate() {
            let spoken = key.spoken();
            let same = all.iter().filter(|other| other.spoken() == spoken);
            assert_eq!(same.count(), 1, "{place} {spoken}");
        }
    }

    #[test]
    fn a_real_server_is_its_address() {
        let real = RealServerKey {
            virtual_server: mark(5, AddressFamily::V4),
            address: "10.0.0.1".parse().unwrap(),
            port: 0,
        };
        assert_eq!(real.spoken(), "10.0.0.1:0");
        for (text, called) in [
            ("10.0.0.1", true),
            ("10.0.0.1:0", true),
            ("[10.0.0.1]:none:0", true),
            ("10.0.0.1:80", false),
            ("10.0.0.2", false),
        ] {
            assert_eq!(real.is_called(text), called, "{text}");
        }
    }
}
