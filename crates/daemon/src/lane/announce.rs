//! A round of gratuitous ARP on the wire.

use crate::lane::links::Links;
use crate::lane::mailbox::Announcement;
use holdfast_kernel::socket::arp::ArpSocket;
use holdfast_packet::arp;
use std::net::IpAddr;

/// Sends it: every address of the round, `count` frames each.
pub(crate) fn send(socket: &ArpSocket, links: &Links, round: &Announcement, detail: bool) {
    for (interface, address) in &round.addresses {
        let (Some((index, mac)), IpAddr::V4(v4)) = (links.hardware(interface), address) else {
            continue;
        };
        let frame = arp::gratuitous(mac, *v4);
        for _ in 0..round.count {
            if detail {
                tracing::info!("Sending gratuitous ARP on {interface} for {address}");
            }
            if let Err(error) = socket.send(index, &frame) {
                tracing::warn!("gratuitous ARP on {interface} for {address}: {error}");
                break;
            }
        }
    }
}
