//! Gratuitous ARP, probes, and who claims an address (RFC 826, RFC 5227).
//!
//! ```text
//!   0        2        4    5    6        8                14      18               24      28
//!   +--------+--------+----+----+--------+----------------+-------+----------------+-------+
//!   | 1 Eth. | 0800   | 6  | 4  | 1 req. | our MAC        | VIP   | ff:ff:...:ff   | VIP   |
//!   +--------+--------+----+----+--------+----------------+-------+----------------+-------+
//!    hw type  protocol len  len  operation sender hardware sender  target hardware  target
//! ```

use crate::ethernet::{self, MacAddress};
use core::net::Ipv4Addr;

/// Bytes of the frame, Ethernet header included, unpadded.
pub const FRAME: usize = ethernet::HEADER + 28;

/// The frame by which a new master claims `address`: a broadcast request whose sender and target
/// are the address. Hosts that know it update their entry, switches learn the port.
///
/// A request and not a reply, with broadcast as its target hardware address, as keepalived sends
/// it: some hosts ignore unsolicited replies.
pub fn gratuitous(hardware: MacAddress, address: Ipv4Addr) -> Vec<u8> {
    let mut frame = Vec::with_capacity(FRAME);
    ethernet::put_header(&mut frame, MacAddress::BROADCAST, hardware, ethernet::ARP);
    // Ethernet, IPv4, address lengths 6 and 4, operation 1.
    frame.extend_from_slice(&[0, 1, 8, 0, 6, 4, 0, 1]);
    frame.extend_from_slice(&hardware.0);
    frame.extend_from_slice(&address.octets());
    frame.extend_from_slice(&MacAddress::BROADCAST.0);
    frame.extend_from_slice(&address.octets());
    frame
}

/// The frame that asks who else has `address`: a request from nobody (RFC 5227 s1.1, ARP Probe). It
/// changes no host's entry; another that has the address answers.
pub fn probe(hardware: MacAddress, address: Ipv4Addr) -> Vec<u8> {
    let mut frame = Vec::with_capacity(FRAME);
    ethernet::put_header(&mut frame, MacAddress::BROADCAST, hardware, ethernet::ARP);
    frame.extend_from_slice(&[0, 1, 8, 0, 6, 4, 0, 1]);
    frame.extend_from_slice(&hardware.0);
    frame.extend_from_slice(&[0; 4 + 6]);
    frame.extend_from_slice(&address.octets());
    frame
}

/// Who a frame says has which address (RFC 5227 s2.4: the sender's of any ARP packet). `None`: it is
/// no ARP of Ethernet and IPv4, or a probe.
pub fn claim(frame: &[u8]) -> Option<(MacAddress, Ipv4Addr)> {
    let (header, packet) = frame.split_at_checked(ethernet::HEADER)?;
    let arp = header.get(12..)? == ethernet::ARP.to_be_bytes();
    let kind = packet.get(..6)? == [0, 1, 8, 0, 6, 4];
    let hardware: [u8; 6] = packet.get(8..14)?.try_into().ok()?;
    let sender: [u8; 4] = packet.get(14..18)?.try_into().ok()?;
    let sender = Ipv4Addr::from(sender);
    (arp && kind && !sender.is_unspecified()).then_some((MacAddress(hardware), sender))
}

#[cfg(test)]
mod tests {
    use super::*;

    const MAC: MacAddress = MacAddress([2, 0, 0, 0, 0, 9]);
    const VIP: Ipv4Addr = Ipv4Addr::new(10, 0, 0, 9);

    #[test]
    fn a_claim_is_any_packet_whose_sender_has_the_address() {
        assert_eq!(claim(&gratuitous(MAC, VIP)), Some((MAC, VIP)));
        let probe = probe(MAC, VIP);
        assert_eq!(probe.len(), FRAME);
        assert_eq!(claim(&probe), None, "a probe asks");
        let mut answer = gratuitous(MAC, VIP);
        if let Some(operation) = answer.get_mut(21) {
            *operation = 2;
        }
        assert_eq!(claim(&answer), Some((MAC, VIP)));
    }

    #[test]
    fn short_and_other_frames_claim_nothing() {
        let whole = gratuitous(MAC, VIP);
        for length in 0..32 {
            assert_eq!(claim(whole.get(..length).expect("short")), None, "{length}");
        }
        for place in [12, 14, 16, 18, 19] {
            let mut other = whole.clone();
            if let Some(byte) = other.get_mut(place) {
                *byte ^= 0x40;
            }
            assert_eq!(claim(&other), None, "{place}");
        }
    }
}
