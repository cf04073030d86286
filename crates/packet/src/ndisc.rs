//! Unsolicited neighbour adverts (RFC 4861 s4.4, s7.2.6), IPv6's gratuitous ARP; and the question who has an address.
//!
//! ```text
//!   0          14                            54           58      62           78           86
//!   +----------+-----------------------------+------------+-------+------------+------------+
//!   | Ethernet | IPv6, hop limit 255,        | 136, 0,    | R S O | target:    | 2, 1,      |
//!   |          | from the VIP to ff02::1     | checksum   | flags | the VIP    | our MAC    |
//!   +----------+-----------------------------+------------+-------+------------+------------+
//! ```

use crate::checksum;
use crate::ethernet::{self, MacAddress};
use core::net::Ipv6Addr;

/// Bytes of the frame, Ethernet header included.
pub const FRAME: usize = ethernet::HEADER + 40 + MESSAGE;

/// Bytes of the ICMPv6 message.
const MESSAGE: usize = 32;
const ICMPV6: u8 = 58;
const NEIGHBOUR_SOLICITATION: u8 = 135;
const NEIGHBOUR_ADVERT: u8 = 136;
/// All nodes of the link, and its Ethernet address (RFC 2464 s7).
const ALL_NODES: Ipv6Addr = Ipv6Addr::new(0xff02, 0, 0, 0, 0, 0, 0, 1);
const ALL_NODES_HARDWARE: MacAddress = MacAddress([0x33, 0x33, 0, 0, 0, 1]);

/// The frame by which a new master claims `address` (RFC 9568 s6.4.2). `router` is its Router flag:
/// it has to be what the kernel answers to a solicitation, which is whether it forwards.
pub fn unsolicited(hardware: MacAddress, address: Ipv6Addr, router: bool) -> Vec<u8> {
    let mut message = Vec::with_capacity(MESSAGE);
    message.extend_from_slice(&[NEIGHBOUR_ADVERT, 0, 0, 0]);
    // Override, not Solicited.
    message.extend_from_slice(&[if router { 0xa0 } else { 0x20 }, 0, 0, 0]);
    message.extend_from_slice(&address.octets());
    // Target link-layer address, in units of eight bytes.
    message.extend_from_slice(&[2, 1]);
    message.extend_from_slice(&hardware.0);
    let all = (ALL_NODES_HARDWARE, ALL_NODES);
    frame(hardware, address, all, message)
}

/// The frame that asks who else has `address`: a solicitation from nobody, as for the detection of duplicates (RFC 4862
/// s5.4.2). It changes no host's entry; another that has the address answers to all (RFC 4861 s7.2.4).
pub fn probe(hardware: MacAddress, address: Ipv6Addr) -> Vec<u8> {
    let mut message = vec![NEIGHBOUR_SOLICITATION, 0, 0, 0, 0, 0, 0, 0];
    message.extend_from_slice(&address.octets());
    // the solicited-node group (RFC 4291 s2.7.1), and its Ethernet address
    let [.., a, b, c] = address.octets();
    let [b, c] = [u16::from(b), u16::from(c)];
    let group = Ipv6Addr::new(0xff02, 0, 0, 0, 0, 1, 0xff00 | u16::from(a), b << 8 | c);
    let [.., d, e, f, g] = group.octets();
    let place = (MacAddress([0x33, 0x33, d, e, f, g]), group);
    frame(hardware, Ipv6Addr::UNSPECIFIED, place, message)
}

/// A message with its checksum, in a packet, in a frame.
fn frame(
    hardware: MacAddress,
    source: Ipv6Addr,
    (place, destination): (MacAddress, Ipv6Addr),
    mut message: Vec<u8>,
) -> Vec<u8> {
    let sum = checksum::internet(&pseudo(source, destination, &message)).to_be_bytes();
    if let Some(field) = message.get_mut(2..4) {
        field.copy_from_slice(&sum);
    }
    let mut frame = Vec::with_capacity(FRAME);
    ethernet::put_header(&mut frame, place, hardware, ethernet::IPV6);
    frame.extend_from_slice(&[0x60, 0, 0, 0, 0, message.len() as u8, ICMPV6, 255]);
    frame.extend_from_slice(&source.octets());
    frame.extend_from_slice(&destination.octets());
    frame.extend_from_slice(&message);
    frame
}

/// Who a frame says has which address: a neighbour advert with its target link-layer address
/// (RFC 4861 s4.4), hop limit 255 as s7.1.2 wants it. The kernel looks at the checksum, not this.
pub fn claim(frame: &[u8]) -> Option<(MacAddress, Ipv6Addr)> {
    let (header, packet) = frame.split_at_checked(ethernet::HEADER)?;
    let ipv6 = header.get(12..)? == ethernet::IPV6.to_be_bytes();
    let kind = packet.get(6..8)? == [ICMPV6, 255];
    let message = packet.get(40..)?;
    let advert = message.get(..2)? == [NEIGHBOUR_ADVERT, 0];
    let target: [u8; 16] = message.get(8..24)?.try_into().ok()?;
    let option = message.get(24..26)? == [2, 1];
    let hardware: [u8; 6] = message.get(26..32)?.try_into().ok()?;
    let claims = ipv6 && kind && advert && option;
    claims.then_some((MacAddress(hardware), Ipv6Addr::from(target)))
}

/// What the checksum is over (RFC 8200 s8.1).
fn pseudo(source: Ipv6Addr, destination: Ipv6Addr, message: &[u8]) -> Vec<u8> {
    let mut bytes = Vec::with_capacity(40 + MESSAGE);
    bytes.extend_from_slice(&source.octets());
    bytes.extend_from_slice(&destination.octets());
    bytes.extend_from_slice(&[0, 0, 0, message.len() as u8, 0, 0, 0, ICMPV6]);
    bytes.extend_from_slice(message);
    bytes
}

#[cfg(test)]
mod tests {
    use super::*;

    /// As the kernel (6.18) asks for duplicates of fd00::20, without its nonce (RFC 7527), read off the wire.
    #[test]
    fn a_probe_is_a_solicitation_from_nobody() {
        let hardware = MacAddress([2, 0, 0, 0, 0, 9]);
        let vip = Ipv6Addr::new(0xfd00, 0, 0, 0, 0, 0, 0, 0x20);
        let frame = probe(hardware, vip);
        let mut expected = vec![0x33, 0x33, 0xff, 0, 0, 0x20, 2, 0, 0, 0, 0, 9];
        expected.extend([0x86, 0xdd, 0x60, 0, 0, 0, 0, 0x18, 0x3a, 0xff]);
        expected.extend([0; 16]);
        expected.extend([0xff, 2, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1, 0xff, 0, 0, 0x20]);
        expected.extend([135, 0, 0x7d, 0x67, 0, 0, 0, 0]);
        expected.extend(vip.octets());
        assert_eq!(frame, expected);
        assert_eq!(claim(&frame), None);
    }

    /// As keepalived 2.2.7 sent it, read off the wire.
    // conforms: C65+ C65-
    #[test]
    fn byte_for_byte() {
        let hardware = MacAddress([0x4a, 0xa2, 0x1f, 0x57, 0xdb, 0xfd]);
        let vip = Ipv6Addr::new(0xfd00, 0, 0, 0, 0, 0, 0, 9);
        let frame = unsolicited(hardware, vip, false);
        let mut expected = vec![0x33, 0x33, 0, 0, 0, 1, 0x4a, 0xa2, 0x1f, 0x57, 0xdb, 0xfd];
        expected.extend([0x86, 0xdd, 0x60, 0, 0, 0, 0, 0x20, 0x3a, 0xff]);
        expected.extend(vip.octets());
        expected.extend(ALL_NODES.octets());
        expected.extend([0x88, 0, 0x16, 0x95, 0x20, 0, 0, 0]);
        expected.extend(vip.octets());
        expected.extend([2, 1, 0x4a, 0xa2, 0x1f, 0x57, 0xdb, 0xfd]);
        assert_eq!(frame, expected);
        assert_eq!(frame.len(), FRAME);
        assert_eq!(unsolicited(hardware, vip, true).get(58), Some(&0xa0));
        assert_eq!(claim(&frame), Some((hardware, vip)));
        for length in 0..FRAME {
            assert_eq!(claim(frame.get(..length).expect("short")), None, "{length}");
        }
        for place in [12, 20, 21, 54, 78] {
            let mut other = frame.clone();
            if let Some(byte) = other.get_mut(place) {
                *byte ^= 1;
            }
            assert_eq!(claim(&other), None, "{place}");
        }
    }
}
