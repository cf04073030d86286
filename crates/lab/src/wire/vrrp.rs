//! VRRP version 2 as RFC 2338 and RFC 3768 draw it, read and written by hand.

use std::net::Ipv4Addr;

/// An advert as it was on the wire.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Advert {
    /// Who sent it.
    pub source: Ipv4Addr,
    /// Where to.
    pub destination: Ipv4Addr,
    /// Time to live of the IP header.
    pub ttl: u8,
    /// VRRP version.
    pub version: u8,
    /// Virtual router id.
    pub vrid: u8,
    /// Priority; 0 resigns.
    pub priority: u8,
    /// Version 2: authentication type.
    pub auth_type: u8,
    /// Version 2: interval in seconds.
    pub interval: u8,
    /// The virtual addresses.
    pub addresses: Vec<Ipv4Addr>,
    /// Version 2: the password.
    pub password: Vec<u8>,
    /// True if the checksum over the VRRP message (version 2) is right.
    pub checksum_ok: bool,
}

impl Advert {
    /// Reads an IPv4 packet of protocol 112.
    #[must_use]
    pub fn read(packet: &[u8]) -> Option<Self> {
        let header = usize::from(packet.first()? & 0x0f) * 4;
        if *packet.get(9)? != 112 {
            return None;
        }
        let total = usize::from(u16::from_be_bytes([*packet.get(2)?, *packet.get(3)?]));
        let message = packet.get(header..total)?;
        let count = usize::from(*message.get(3)?);
        let mut addresses = Vec::new();
        for index in 0..count {
            addresses.push(address(message.get(8 + index * 4..12 + index * 4)?)?);
        }
        Some(Self {
            source: address(packet.get(12..16)?)?,
            destination: address(packet.get(16..20)?)?,
            ttl: *packet.get(8)?,
            version: message.first()? >> 4,
            vrid: *message.get(1)?,
            priority: *message.get(2)?,
            auth_type: *message.get(4)?,
            interval: *message.get(5)?,
            addresses,
            password: message.get(8 + count * 4..).unwrap_or_default().to_vec(),
            checksum_ok: checksum(message) == 0,
        })
    }
}

fn address(bytes: &[u8]) -> Option<Ipv4Addr> {
    <[u8; 4]>::try_from(bytes).ok().map(Ipv4Addr::from)
}

/// What to put into a forged advert; the default is what a healthy better master would send.
#[derive(Debug, Clone)]
pub struct Forged {
    /// Source address.
    pub source: Ipv4Addr,
    /// Time to live.
    pub ttl: u8,
    /// First byte: version and type.
    pub version_type: u8,
    /// Virtual router id.
    pub vrid: u8,
    /// Priority.
    pub priority: u8,
    /// Authentication type.
    pub auth_type: u8,
    /// Interval in seconds.
    pub interval: u8,
    /// Virtual address.
    pub address: Ipv4Addr,
    /// Password, at most 8 bytes count.
    pub password: Vec<u8>,
    /// Added to the right checksum.
    pub checksum_error: u16,
    /// Bytes taken off the end of the message.
    pub cut: usize,
    /// Bytes put on the end of the message.
    pub extra: usize,
}

impl Forged {
    /// A valid advert of priority 255.
    #[must_use]
    pub fn better(source: Ipv4Addr, vrid: u8, address: Ipv4Addr, password: &str) -> Self {
        Self {
            source,
            ttl: 255,
            version_type: 0x21,
            vrid,
            priority: 255,
            auth_type: 1,
            interval: 1,
            address,
            password: password.as_bytes().iter().take(8).copied().collect(),
            checksum_error: 0,
            cut: 0,
            extra: 0,
        }
    }
}

/// The IPv4 packet.
#[must_use]
pub fn forge(what: &Forged) -> Vec<u8> {
    let mut message = vec![
        what.version_type,
        what.vrid,
        what.priority,
        1,
        what.auth_type,
        what.interval,
        0,
        0,
    ];
    message.extend(what.address.octets());
    let mut password = what.password.clone();
    password.resize(8, 0);
    message.extend(password);
    let sum = checksum(&message)
        .wrapping_add(what.checksum_error)
        .to_be_bytes();
    for (place, byte) in message.iter_mut().skip(6).zip(sum) {
        *place = byte;
    }
    message.truncate(message.len().saturating_sub(what.cut));
    message.resize(message.len() + what.extra, 0);
    let total = u16::try_from(20 + message.len())
        .unwrap_or(u16::MAX)
        .to_be_bytes();
    let mut packet = vec![
        0x45, 0xc0, total[0], total[1], 0, 1, 0, 0, what.ttl, 112, 0, 0,
    ];
    packet.extend(what.source.octets());
    packet.extend(Ipv4Addr::new(224, 0, 0, 18).octets());
    packet.extend(message);
    packet
}

/// The Internet checksum (RFC 1071).
pub(super) fn checksum(bytes: &[u8]) -> u16 {
    let mut sum = 0_u32;
    for pair in bytes.chunks(2) {
        let high = u32::from(pair.first().copied().unwrap_or_default());
        let low = u32::from(pair.get(1).copied().unwrap_or_default());
        sum += high << 8 | low;
    }
    while sum > 0xffff {
        sum = (sum & 0xffff) + (sum >> 16);
    }
    !u16::try_from(sum).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_forged_is_read() {
        let source = Ipv4Addr::new(10, 0, 0, 1);
        let vip = Ipv4Addr::new(10, 0, 0, 9);
        let forged = Forged::better(source, 51, vip, "a password too long");
        let advert = Advert::read(&forge(&forged)).expect("an advert");
        assert_eq!(
            (advert.source, advert.vrid, advert.priority),
            (source, 51, 255)
        );
        assert_eq!(advert.addresses, [vip]);
        assert_eq!(advert.password, b"a passwo");
        assert!(advert.checksum_ok);
        let wrong = forge(&Forged {
            checksum_error: 1,
            ..forged
        });
        assert!(!Advert::read(&wrong).expect("an advert").checksum_ok);
    }
}
