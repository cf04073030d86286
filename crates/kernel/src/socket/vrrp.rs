//! Raw sockets for VRRP (protocol 112, RFC 9568 s5.1.1.4, s5.1.2.4): one for the group on each
//! interface and family, one for unicast of each family.

use super::batch::{BATCH, Batch};
use super::filter;
use holdfast_model::{AddressFamily, IfName};
use nix::sys::socket::{
    ControlMessage, ControlMessageOwned, MsgFlags, SockaddrIn, SockaddrIn6, recvmsg, sendmsg,
    setsockopt, sockopt,
};
use socket2::{Domain, InterfaceIndexOrAddress, Protocol, SockAddr, Socket, Type};
use std::collections::BTreeSet;
use std::io::{self, IoSlice, IoSliceMut};
use std::net::{IpAddr, Ipv6Addr, SocketAddrV4, SocketAddrV6};
use std::os::fd::{AsFd, AsRawFd as _, BorrowedFd, OwnedFd};

const PROTOCOL: i32 = 112;
/// TC_PRIO_CONTROL: adverts go before everything else.
const PRIORITY: u32 = 7;
/// Internetwork control (RFC 791 s3.1), as in the IPv4 headers that we write.
const TRAFFIC_CLASS: u32 = 0xc0;
/// RFC 9568 s5.1.2.3.
const HOPS: u32 = 255;
/// Packets read in one turn, so that a flood on one interface holds up nobody.
const PACKETS_A_TURN: usize = 64;
/// Room for the largest advert: 255 IPv6 addresses, and what may stand around them.
const PACKET_MAX: usize = 4608;

/// What a socket listens to.
#[derive(Debug, Clone)]
pub enum Place<'a> {
    /// These groups, on one interface; deaf to itself.
    Groups {
        /// The interface's index.
        index: u32,
        /// Its name.
        interface: &'a IfName,
        /// All of the family.
        groups: &'a BTreeSet<IpAddr>,
    },
    /// What is sent to one of our addresses, on any interface.
    Unicast,
}

/// A packet that came in.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Received {
    /// IPv4: from the IP header on. IPv6: the message.
    pub bytes: Vec<u8>,
    /// IPv6: source, destination, hop limit.
    pub header: Option<(Ipv6Addr, Ipv6Addr, u8)>,
}

/// A raw socket of one family.
#[derive(Debug)]
pub struct VrrpSocket {
    socket: Socket,
    family: AddressFamily,
    groups: bool,
}

impl VrrpSocket {
    /// Opens it, listening for these VRIDs only; without any it hears nothing.
    ///
    /// # Errors
    /// What the kernel says, EPERM without CAP_NET_RAW.
    pub fn open(family: AddressFamily, place: &Place<'_>, vrids: &[u8]) -> io::Result<Self> {
        let kind = Type::RAW.nonblocking().cloexec();
        let domain = match family {
            AddressFamily::V4 => Domain::IPV4,
            AddressFamily::V6 => Domain::IPV6,
        };
        let this = Self {
            socket: Socket::new(domain, kind, Some(Protocol::from(PROTOCOL)))?,
            family,
            groups: matches!(place, Place::Groups { .. }),
        };
        this.set_vrids(vrids)?;
        let socket = &this.socket;
        socket.set_priority(PRIORITY)?;
        match family {
            AddressFamily::V4 => socket.set_header_included_v4(true)?,
            AddressFamily::V6 => {
                socket.set_tclass_v6(TRAFFIC_CLASS)?;
                socket.set_unicast_hops_v6(HOPS)?;
                socket.set_multicast_hops_v6(HOPS)?;
                setsockopt(socket, sockopt::Ipv6RecvPacketInfo, &true)?;
                setsockopt(socket, sockopt::Ipv6RecvHopLimit, &true)?;
            }
        }
        if let Place::Groups {
            index,
            interface,
            groups,
        } = place
        {
            socket.bind_device(Some(interface.as_str().as_bytes()))?;
            this.join(*index, groups)?;
            // adverts go to a group on this link only; no route may say otherwise
            setsockopt(socket, sockopt::DontRoute, &true)?;
        }
        Ok(this)
    }

    /// Takes over one that a process before this one [opened](Self::open) at the same place, with the
    /// packets that wait there.
    ///
    /// # Errors
    /// What the kernel says.
    pub fn adopt(
        left: OwnedFd,
        family: AddressFamily,
        place: &Place<'_>,
        vrids: &[u8],
    ) -> io::Result<Self> {
        let this = Self {
            socket: Socket::from(left),
            family,
            groups: matches!(place, Place::Groups { .. }),
        };
        this.set_vrids(vrids)?;
        if let Place::Groups { index, groups, .. } = place {
            this.join(*index, groups)?;
        }
        Ok(this)
    }

    fn join(&self, index: u32, groups: &BTreeSet<IpAddr>) -> io::Result<()> {
        let socket = &self.socket;
        for group in groups {
            let joined = match group {
                IpAddr::V4(group) => {
                    let by_index = InterfaceIndexOrAddress::Index(index);
                    socket.join_multicast_v4_n(group, &by_index)
                }
                IpAddr::V6(group) => socket.join_multicast_v6(group, index),
            };
            match joined {
                // by the one that opened it
                Err(error) if error.kind() == io::ErrorKind::AddrInUse => {}
                result => result?,
            }
        }
        match self.family {
            AddressFamily::V4 => {
                socket.set_multicast_all_v4(false)?;
                socket.set_multicast_loop_v4(false)
            }
            AddressFamily::V6 => {
                socket.set_multicast_all_v6(false)?;
                socket.set_multicast_loop_v6(false)?;
                socket.set_multicast_if_v6(index)
            }
        }
    }

    /// Listens for these VRIDs from now on.
    ///
    /// # Errors
    /// What the kernel says.
    pub fn set_vrids(&self, vrids: &[u8]) -> io::Result<()> {
        let program = filter::adverts(self.family, self.groups, vrids);
        self.socket.attach_filter(&program)
    }

    /// Gives it a receive buffer of so many bytes.
    ///
    /// # Errors
    /// What the kernel says.
    pub fn set_room(&self, bytes: usize) -> io::Result<()> {
        self.socket.set_recv_buffer_size(bytes)
    }

    /// Where [`receive`](Self::receive) of any of these sockets reads to.
    pub fn room() -> Batch {
        Batch::new(PACKET_MAX)
    }

    /// Reads what waits, at most 64 packets.
    ///
    /// # Errors
    /// What the kernel says, but never "nothing waits".
    pub fn receive(&self, room: &mut Batch) -> (Vec<Received>, io::Result<()>) {
        let mut packets = Vec::new();
        let result = match self.family {
            AddressFamily::V4 => self.receive_v4(room, &mut packets),
            AddressFamily::V6 => self.receive_v6(&mut packets),
        };
        let result = match result {
            Err(error) if error.kind() == io::ErrorKind::WouldBlock => Ok(()),
            result => result,
        };
        (packets, result)
    }

    fn receive_v4(&self, room: &mut Batch, packets: &mut Vec<Received>) -> io::Result<()> {
        while packets.len() < PACKETS_A_TURN {
            let read = room.receive(self.socket.as_fd(), |bytes| {
                packets.push(Received {
                    bytes: bytes.to_vec(),
                    header: None,
                });
            });
            match read {
                Ok(BATCH..) => {}
                Ok(_) => break,
                Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
                Err(error) => return Err(error),
            }
        }
        Ok(())
    }

    fn receive_v6(&self, packets: &mut Vec<Received>) -> io::Result<()> {
        let mut buffer = [0_u8; PACKET_MAX];
        while packets.len() < PACKETS_A_TURN {
            match self.receive_one(&mut buffer) {
                Ok(packet) => packets.push(packet),
                Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
                Err(error) => return Err(error),
            }
        }
        Ok(())
    }

    /// One IPv6 message.
    fn receive_one(&self, buffer: &mut [u8]) -> io::Result<Received> {
        let mut space = nix::cmsg_space!(libc::in6_pktinfo, libc::c_int);
        let (length, source, destination, hops) = {
            let mut parts = [IoSliceMut::new(buffer)];
            let fd = self.socket.as_raw_fd();
            let flags = MsgFlags::MSG_DONTWAIT;
            let message = recvmsg::<SockaddrIn6>(fd, &mut parts, Some(&mut space), flags)?;
            let (mut destination, mut hops) = (Ipv6Addr::UNSPECIFIED, 0);
            for part in message.cmsgs()? {
                match part {
                    ControlMessageOwned::Ipv6PacketInfo(info) => {
                        destination = Ipv6Addr::from(info.ipi6_addr.s6_addr);
                    }
                    ControlMessageOwned::Ipv6HopLimit(limit) => {
                        hops = u8::try_from(limit).unwrap_or(0);
                    }
                    _other => {}
                }
            }
            let source = message.address.map(|address| address.ip());
            (message.bytes, source, destination, hops)
        };
        Ok(Received {
            bytes: buffer.get(..length).unwrap_or_default().to_vec(),
            header: Some((source.unwrap_or(Ipv6Addr::UNSPECIFIED), destination, hops)),
        })
    }

    /// Sends a packet; never waits. `link` is the zone of link-local addresses. `bound`: it leaves by that
    /// link, whatever the routes of others say.
    ///
    /// # Errors
    /// What the kernel says.
    pub fn send(
        &self,
        (link, bound): (u32, bool),
        source: IpAddr,
        destination: IpAddr,
        packet: &[u8],
    ) -> io::Result<()> {
        match (source, destination) {
            // the header is in the packet
            (_, IpAddr::V4(destination)) if bound => {
                let info = libc::in_pktinfo {
                    ipi_ifindex: i32::try_from(link).unwrap_or_default(),
                    ipi_spec_dst: libc::in_addr { s_addr: 0 },
                    ipi_addr: libc::in_addr { s_addr: 0 },
                };
                let to = SockaddrIn::from(SocketAddrV4::new(destination, 0));
                let (parts, control) = (
                    [IoSlice::new(packet)],
                    [ControlMessage::Ipv4PacketInfo(&info)],
                );
                let (fd, flags) = (self.socket.as_raw_fd(), MsgFlags::MSG_DONTWAIT);
                sendmsg(fd, &parts, &control, flags, Some(&to))?;
            }
            (_, IpAddr::V4(destination)) => {
                let destination = SockAddr::from(SocketAddrV4::new(destination, 0));
                self.socket.send_to(packet, &destination)?;
            }
            (IpAddr::V6(source), IpAddr::V6(destination)) => {
                let local = destination.is_unicast_link_local() || destination.is_multicast();
                let zone = if local || bound { link } else { 0 };
                let info = libc::in6_pktinfo {
                    ipi6_addr: libc::in6_addr {
                        s6_addr: source.octets(),
                    },
                    ipi6_ifindex: zone,
                };
                let to = SockaddrIn6::from(SocketAddrV6::new(destination, 0, 0, zone));
                let parts = [IoSlice::new(packet)];
                let control = [ControlMessage::Ipv6PacketInfo(&info)];
                let (fd, flags) = (self.socket.as_raw_fd(), MsgFlags::MSG_DONTWAIT);
                sendmsg(fd, &parts, &control, flags, Some(&to))?;
            }
            (IpAddr::V4(_), IpAddr::V6(_)) => return Err(io::ErrorKind::InvalidInput.into()),
        }
        Ok(())
    }
}

impl AsFd for VrrpSocket {
    fn as_fd(&self) -> BorrowedFd<'_> {
        self.socket.as_fd()
    }
}
