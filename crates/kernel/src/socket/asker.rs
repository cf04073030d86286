//! Asks on a link who has an address, and hears who says so: ARP probes (RFC 5227 s1.1), neighbour
//! solicitations (RFC 4861 s4.3).
//!
//! ```text
//!   0          4          8             24    26          32
//!   +----------+----------+-------------+-----+-----------+
//!   | 135, 0,  | reserved | who is this | 1 1 | our MAC   |   to the solicited-node group, hop limit 255
//!   | checksum |          |             |     |           |   the kernel puts the checksum there
//!   +----------+----------+-------------+-----+-----------+
//! ```
//! Unlike the kernel's own questions, which come only when it has to send and believes what it knows for a
//! while, these want an answer now; and they leave the tables of this host alone.

use super::arp::ArpSocket;
use super::claims::{Claim, ClaimSocket};
use super::filter;
use crate::rt::Neighbour;
use holdfast_model::AddressFamily;
use holdfast_packet::{MacAddress, arp};
use socket2::{Domain, Protocol, SockAddr, Socket, Type};
use std::io;
use std::net::{IpAddr, Ipv6Addr, SocketAddrV6};
use std::os::fd::{AsFd as _, BorrowedFd};

/// RFC 4861 s4.3.
const SOLICITATION: u8 = 135;

/// The sockets of both families.
#[derive(Debug)]
pub struct Asker {
    arp: ArpSocket,
    solicitor: Socket,
    ears: [ClaimSocket; 2],
}

impl Asker {
    /// Hears what is said of these addresses, of the first [`super::claims::MOST`] of them.
    ///
    /// # Errors
    /// What the kernel says, EPERM without CAP_NET_RAW.
    pub fn open(addresses: &[IpAddr]) -> io::Result<Self> {
        let solicitor = Socket::new(
            Domain::IPV6,
            Type::RAW.nonblocking().cloexec(),
            Some(Protocol::ICMPV6),
        )?;
        // answers come to the ears
        solicitor.attach_filter(&filter::nothing())?;
        solicitor.set_multicast_hops_v6(255)?;
        solicitor.set_multicast_loop_v6(false)?;
        Ok(Self {
            arp: ArpSocket::open()?,
            solicitor,
            ears: [
                ClaimSocket::open(AddressFamily::V4, addresses)?,
                ClaimSocket::open(AddressFamily::V6, addresses)?,
            ],
        })
    }

    /// Asks once; never waits.
    ///
    /// # Errors
    /// What the kernel says, ENETDOWN when the link is down, EADDRNOTAVAIL where it has no IPv6.
    pub fn ask(&self, who: &Neighbour) -> io::Result<()> {
        match who.address {
            IpAddr::V4(address) => {
                let frame = arp::probe(MacAddress(who.own_hardware), address);
                self.arp.send(who.link, &frame)
            }
            IpAddr::V6(address) => {
                let to = SocketAddrV6::new(group(address), 0, 0, who.link);
                let message = solicitation(address, who.own_hardware);
                let sent = self.solicitor.send_to(&message, &SockAddr::from(to));
                sent.map(drop)
            }
        }
    }

    /// What was said since.
    pub fn heard(&self) -> Vec<Claim> {
        self.ears.iter().flat_map(ClaimSocket::read).collect()
    }

    /// Readable when something was.
    pub fn ears(&self) -> impl Iterator<Item = BorrowedFd<'_>> {
        self.ears.iter().map(|ear| ear.as_fd())
    }
}

/// The group of those whose address ends like this (RFC 4291 s2.7.1).
fn group(address: Ipv6Addr) -> Ipv6Addr {
    let [.., last, low] = address.segments();
    Ipv6Addr::new(0xff02, 0, 0, 0, 0, 1, 0xff00 | (last & 0xff), low)
}

fn solicitation(address: Ipv6Addr, hardware: [u8; 6]) -> [u8; 32] {
    let mut message = [0; 32];
    let parts = [SOLICITATION, 0, 0, 0, 0, 0, 0, 0].into_iter();
    let parts = parts.chain(address.octets()).chain([1, 1]).chain(hardware);
    message
        .iter_mut()
        .zip(parts)
        .for_each(|(to, from)| *to = from);
    message
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_solicitation_is_the_rfcs() {
        let address: Ipv6Addr = "fd00::12ab:cdef".parse().unwrap();
        assert_eq!(
            group(address),
            "ff02::1:ffab:cdef".parse::<Ipv6Addr>().unwrap()
        );
        let message = solicitation(address, [2, 0, 0, 0, 0, 9]);
        assert_eq!(message[..8], [135, 0, 0, 0, 0, 0, 0, 0]);
        assert_eq!(message[8..24], address.octets());
        assert_eq!(message[24..], [1, 1, 2, 0, 0, 0, 0, 9]);
    }
}
