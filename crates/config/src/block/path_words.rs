//! Values of the words of routes and rules: numbers in any base, names of iproute2.

use crate::context::Context;
use crate::value::{address as ip, number::number};
use core::net::{IpAddr, Ipv4Addr, Ipv6Addr};
use holdfast_model::route::{PROTOCOL, Prefix};
use holdfast_model::{AddressFamily, IfName, Name};

/// A whole number, `0x` before sixteens.
pub(super) fn any_base(word: &[u8]) -> Option<u32> {
    match word.strip_prefix(b"0x").or(word.strip_prefix(b"0X")) {
        Some(hex) => u32::from_str_radix(core::str::from_utf8(hex).ok()?, 16).ok(),
        None => number(word, 0..=u32::MAX),
    }
}

/// A byte, such as a type of service.
pub(super) fn byte(word: &[u8]) -> Option<u8> {
    any_base(word).and_then(|value| u8::try_from(value).ok())
}

/// A routing table: its number, or its name here (`/etc/iproute2/rt_tables`).
pub(super) fn table(context: &Context<'_>, word: &[u8]) -> Option<u32> {
    match word {
        b"default" => Some(253),
        b"main" => Some(254),
        b"local" => Some(255),
        _ => any_base(word).or_else(|| {
            let name = Name::from(String::from_utf8_lossy(word).as_ref());
            let mut tables = context.facts.tables.iter();
            tables
                .find(|(known, _)| *known == name)
                .map(|(_, number)| *number)
        }),
    }
}

/// The routing table of a VRF; where nothing is known of interfaces, the main one.
pub(super) fn vrf(context: &Context<'_>, word: &[u8]) -> Option<u32> {
    if context.facts.interfaces.is_none() {
        return Some(254);
    }
    let name = IfName::new(&String::from_utf8_lossy(word))?;
    context.facts.interface(&name)?.table
}

/// Who made a route (`/etc/iproute2/rt_protos`).
pub(super) fn protocol(word: &[u8]) -> Option<u8> {
    const NAMES: [(&[u8], u8); 12] = [
        (b"unspec", 0),
        (b"redirect", 1),
        (b"kernel", 2),
        (b"boot", 3),
        (b"static", 4),
        (b"gated", 8),
        (b"ra", 9),
        (b"zebra", 11),
        (b"bird", 12),
        (b"dhcp", 16),
        (b"keepalived", PROTOCOL),
        (b"babel", 42),
    ];
    let known = NAMES.iter().find(|(name, _)| *name == word);
    known.map(|(_, number)| *number).or_else(|| byte(word))
}

/// A transport protocol.
pub(super) fn ip_protocol(word: &[u8]) -> Option<u8> {
    const NAMES: [(&[u8], u8); 9] = [
        (b"icmp", 1),
        (b"igmp", 2),
        (b"tcp", 6),
        (b"udp", 17),
        (b"gre", 47),
        (b"esp", 50),
        (b"ah", 51),
        (b"ipv6-icmp", 58),
        (b"sctp", 132),
    ];
    let known = NAMES.iter().find(|(name, _)| *name == word);
    known.map(|(_, number)| *number).or_else(|| byte(word))
}

/// `A/B`, or `B`: the source's in the upper half.
pub(super) fn realms(word: &[u8]) -> Option<u32> {
    let half = |word: &[u8]| any_base(word).filter(|value| *value <= 0xffff);
    match ip::split_slash(word) {
        (from, Some(to)) => Some(half(from)? << 16 | half(to)?),
        (to, None) => half(to),
    }
}

/// `A-B`.
pub(super) fn range(word: &[u8]) -> Option<(u32, u32)> {
    let mut ends = word.splitn(2, |byte| *byte == b'-');
    let mut end = || ends.next().and_then(any_base);
    Some((end()?, end()?))
}

/// The same of ports.
pub(super) fn ports(word: &[u8]) -> Option<(u16, u16)> {
    let (from, to) = range(word)?;
    Some((u16::try_from(from).ok()?, u16::try_from(to).ok()?))
}

/// Milliseconds, as `20ms`, `2s`, or bare in units of which `scale` are one.
pub(super) fn time(word: &[u8], scale: u32) -> Option<u32> {
    let unit = |digits: &[u8], factor: u32| {
        let value = number(digits, 0..=u32::MAX)?;
        value.checked_mul(factor)?.checked_mul(scale)
    };
    match (word.strip_suffix(b"ms"), word.strip_suffix(b"s")) {
        (Some(digits), _) => unit(digits, 1),
        (None, Some(digits)) => unit(digits, 1000),
        (None, None) => number(word, 0..=u32::MAX),
    }
}

/// A destination: what is everything, or an address that perhaps has a prefix length.
pub(super) fn destination(word: &[u8]) -> Option<Option<Prefix>> {
    match word {
        b"default" | b"any" | b"all" => return Some(None),
        b"default6" => return Some(Some((IpAddr::V6(Ipv6Addr::UNSPECIFIED), 0))),
        _ => {}
    }
    let (address, length) = ip::split_slash(word);
    let address = ip::address(address).or_else(|| short(address))?;
    let full = ip::full_prefix(address);
    let length = match length {
        // what is too long was told of, and is cut
        Some(word) => ip::prefix(word, address).unwrap_or(full),
        None => full,
    };
    Some(Some((network(address, length), length)))
}

/// One to three octets; iproute2 fills up with zeros.
fn short(word: &[u8]) -> Option<IpAddr> {
    let mut octets = [0_u8; 4];
    let mut parts = word.split(|byte| *byte == b'.');
    for octet in &mut octets {
        match parts.next() {
            Some(part) => *octet = u8::try_from(number(part, 0..=255)?).ok()?,
            None => break,
        }
    }
    parts
        .next()
        .is_none()
        .then_some(IpAddr::V4(Ipv4Addr::from(octets)))
}

/// The kernel takes no bits behind the prefix.
fn network(address: IpAddr, length: u8) -> IpAddr {
    match address {
        IpAddr::V4(address) => IpAddr::V4(ip::network(address, length)),
        IpAddr::V6(address) => {
            let host = u128::MAX.checked_shr(u32::from(length)).unwrap_or(0);
            IpAddr::V6(Ipv6Addr::from_bits(address.to_bits() & !host))
        }
    }
}

/// The family of all that is given; `None` when they differ.
pub(super) fn one_family(six: bool, given: impl Iterator<Item = IpAddr>) -> Option<AddressFamily> {
    let mut family = six.then_some(AddressFamily::V6);
    for address in given {
        let this = AddressFamily::of(address);
        if *family.get_or_insert(this) != this {
            return None;
        }
    }
    Some(family.unwrap_or(AddressFamily::V4))
}

/// Everything of a family.
pub(super) const fn everything(family: AddressFamily) -> Prefix {
    match family {
        AddressFamily::V4 => (IpAddr::V4(Ipv4Addr::UNSPECIFIED), 0),
        AddressFamily::V6 => (IpAddr::V6(Ipv6Addr::UNSPECIFIED), 0),
    }
}
