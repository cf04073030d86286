//! Gratuitous ARP (RFC 826, RFC 5227 s3).
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
