//! IP addresses.

use super::number::number;
use core::net::{IpAddr, Ipv4Addr};
use core::str::FromStr;

/// An IPv4 or IPv6 address in full (inet_pton).
pub(crate) fn address(word: &[u8]) -> Option<IpAddr> {
    IpAddr::from_str(core::str::from_utf8(word).ok()?).ok()
}

/// An IPv4 address in full.
pub(crate) fn address4(word: &[u8]) -> Option<Ipv4Addr> {
    Ipv4Addr::from_str(core::str::from_utf8(word).ok()?).ok()
}

/// An address of a server: keepalived cuts off a prefix length.
pub(crate) fn server_address(word: &[u8]) -> Option<IpAddr> {
    address(split_slash(word).0)
}

/// What stands before and after the first `/`.
pub(crate) fn split_slash(word: &[u8]) -> (&[u8], Option<&[u8]>) {
    match word.iter().position(|b| *b == b'/') {
        Some(at) => (word.get(..at).unwrap_or(word), word.get(at + 1..)),
        None => (word, None),
    }
}

/// The longest prefix of a family: 32 or 128.
pub(crate) const fn full_prefix(address: IpAddr) -> u8 {
    match address {
        IpAddr::V4(_) => 32,
        IpAddr::V6(_) => 128,
    }
}

/// A prefix length that the address can have.
pub(crate) fn prefix(word: &[u8], address: IpAddr) -> Option<u8> {
    let length = number(word, 0..=u32::from(full_prefix(address)))?;
    u8::try_from(length).ok()
}

/// The prefix length of a mask in dotted form; `None` when its ones are not all in front.
pub(crate) fn mask_prefix(mask: Ipv4Addr) -> Option<u8> {
    let bits = mask.to_bits();
    let ones = bits.leading_ones();
    (bits.count_ones() == ones).then(|| u8::try_from(ones).unwrap_or(32))
}

/// The highest address of the network: `brd +`.
pub(crate) fn broadcast(address: Ipv4Addr, prefix: u8) -> Ipv4Addr {
    let host = u32::MAX.checked_shr(u32::from(prefix)).unwrap_or(0);
    Ipv4Addr::from_bits(address.to_bits() | host)
}

/// The lowest address of the network: `brd -`.
pub(crate) fn network(address: Ipv4Addr, prefix: u8) -> Ipv4Addr {
    let host = u32::MAX.checked_shr(u32::from(prefix)).unwrap_or(0);
    Ipv4Addr::from_bits(address.to_bits() & !host)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn addresses() {
        for word in ["10.1.0.300", "10.1", "abc", "", "10.0.0.1:80", "10.0.0.01"] {
            assert_eq!(address(word.as_bytes()), None, "{word:?}");
        }
        assert!(server_address(b"10.0.0.1/24").is_some());
        assert!(address(b"fe80::1").is_some());
    }

    #[test]
    fn masks() {
        let prefix = |mask: [u8; 4]| mask_prefix(Ipv4Addr::from(mask));
        assert_eq!(prefix([255, 255, 255, 0]), Some(24));
        assert_eq!((prefix([0; 4]), prefix([255; 4])), (Some(0), Some(32)));
        assert_eq!(prefix([255, 0, 255, 0]), None);
        let at = Ipv4Addr::new(10, 1, 2, 3);
        assert_eq!(broadcast(at, 24), Ipv4Addr::new(10, 1, 2, 255));
        assert_eq!(network(at, 16), Ipv4Addr::new(10, 1, 0, 0));
        assert_eq!(
            (broadcast(at, 32), network(at, 0)),
            (at, Ipv4Addr::UNSPECIFIED)
        );
    }
}
