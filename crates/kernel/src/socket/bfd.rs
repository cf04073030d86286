//! UDP sockets for BFD: two for a family and kind of hop hear all neighbours, one for a session
//! speaks to its own (RFC 5881 s4, RFC 5883 s5).
//!
//! Two, so that a flood of anything cannot fill the queue of packets that name a session of ours:
//! the names are 32 bits that nobody can guess.

use super::steer;
use nix::sys::socket::{ControlMessageOwned, MsgFlags, SockaddrStorage, recvmsg, sockopt};
use socket2::{Domain, Protocol, SockAddr, Socket, Type};
use std::io::{self, IoSliceMut};
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr};
use std::os::fd::{AsFd, AsRawFd as _, BorrowedFd};

/// RFC 5881 s4.
const SINGLE_HOP: u16 = 3784;
/// RFC 5883 s5.
const MULTIHOP: u16 = 4784;
/// "The source port MUST be in the range 49152 through 65535" (RFC 5881 s4).
const SOURCE_PORTS: core::ops::RangeInclusive<u16> = 49_152..=65_535;
/// CS6: as routing protocols are marked.
const TOS: u32 = 0xc0;
/// TC_PRIO_CONTROL, as adverts.
const PRIORITY: u32 = 7;
/// Packets read in one turn, so that a flood holds up nobody: of sessions, and others.
const PACKETS_A_TURN: [usize; 2] = [64, 16];
/// Room for a control packet and the longest authentication section, twice.
const PACKET_MAX: usize = 128;

const fn port(multihop: bool) -> u16 {
    if multihop { MULTIHOP } else { SINGLE_HOP }
}

/// A datagram as it came.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct BfdDatagram {
    /// Who sent it.
    pub source: IpAddr,
    /// To which of our addresses.
    pub destination: Option<IpAddr>,
    /// TTL or hop limit as it arrived.
    pub hop_limit: u8,
    /// The payload.
    pub bytes: Vec<u8>,
}

/// Hears what all neighbours of a family say.
#[derive(Debug)]
pub struct BfdListener {
    /// What names a session of ours; then what does not. In the order they were bound.
    sockets: [Socket; 2],
}

impl BfdListener {
    /// Opens it on every address of this host.
    ///
    /// # Errors
    /// What the kernel says: EADDRINUSE when another BFD daemon runs here.
    pub fn open(v6: bool, multihop: bool) -> io::Result<Self> {
        // alone: nobody else has the port, not even one who would share it
        drop(listener(v6, multihop, false)?);
        let [first, second] = [(); 2].map(|()| listener(v6, multihop, true));
        let listener = Self {
            sockets: [first?, second?],
        };
        listener.admit(&[])?;
        Ok(listener)
    }

    /// From now on these are the names of our sessions.
    ///
    /// # Errors
    /// What the kernel says.
    pub fn admit(&self, discriminators: &[u32]) -> io::Result<()> {
        let [first, _] = &self.sockets;
        steer::by_discriminator(first, discriminators)
    }

    /// Reads what waits, so much that nobody is held up.
    ///
    /// # Errors
    /// What the kernel says, but never "nothing waits".
    pub fn receive(&self, into: &mut Vec<BfdDatagram>) -> io::Result<()> {
        for (socket, most) in self.sockets.iter().zip(PACKETS_A_TURN) {
            for _ in 0..most {
                match read(socket) {
                    Ok(Some(datagram)) => into.push(datagram),
                    // without its TTL nobody can tell where it comes from
                    Ok(None) => {}
                    Err(nix::errno::Errno::EAGAIN) => break,
                    Err(nix::errno::Errno::EINTR) => {}
                    Err(error) => return Err(error.into()),
                }
            }
        }
        Ok(())
    }

    /// What to wait for.
    pub fn descriptors(&self) -> [BorrowedFd<'_>; 2] {
        self.sockets.each_ref().map(AsFd::as_fd)
    }
}

fn listener(v6: bool, multihop: bool, shared: bool) -> io::Result<Socket> {
    let any: IpAddr = if v6 {
        Ipv6Addr::UNSPECIFIED.into()
    } else {
        Ipv4Addr::UNSPECIFIED.into()
    };
    let socket = udp(v6)?;
    if v6 {
        socket.set_only_v6(true)?;
        nix::sys::socket::setsockopt(&socket, sockopt::Ipv6RecvPacketInfo, &true)?;
        socket.set_recv_hoplimit_v6(true)?;
    } else {
        nix::sys::socket::setsockopt(&socket, sockopt::Ipv4PacketInfo, &true)?;
        nix::sys::socket::setsockopt(&socket, sockopt::Ipv4RecvTtl, &true)?;
    }
    if shared {
        socket.set_reuse_port(true)?;
    }
    socket.bind(&SockAddr::from(SocketAddr::new(any, port(multihop))))?;
    Ok(socket)
}

fn read(socket: &Socket) -> nix::Result<Option<BfdDatagram>> {
    let mut buffer = [0_u8; PACKET_MAX];
    let mut room = nix::cmsg_space!(libc::in6_pktinfo, i32);
    let (length, source, destination, hop_limit) = {
        let mut parts = [IoSliceMut::new(&mut buffer)];
        let flags = MsgFlags::MSG_DONTWAIT;
        let fd = socket.as_raw_fd();
        let message = recvmsg::<SockaddrStorage>(fd, &mut parts, Some(&mut room), flags)?;
        let (mut destination, mut hop_limit) = (None, None);
        for each in message.cmsgs()? {
            match each {
                ControlMessageOwned::Ipv4PacketInfo(info) => {
                    let bytes = info.ipi_addr.s_addr.to_ne_bytes();
                    destination = Some(IpAddr::from(bytes));
                }
                ControlMessageOwned::Ipv6PacketInfo(info) => {
                    destination = Some(IpAddr::from(info.ipi6_addr.s6_addr));
                }
                ControlMessageOwned::Ipv4Ttl(ttl) | ControlMessageOwned::Ipv6HopLimit(ttl) => {
                    hop_limit = u8::try_from(ttl).ok();
                }
                _ => {}
            }
        }
        (message.bytes, message.address, destination, hop_limit)
    };
    let source = source.and_then(|address| {
        let v4 = address.as_sockaddr_in().map(|v4| IpAddr::V4(v4.ip()));
        v4.or(address.as_sockaddr_in6().map(|v6| IpAddr::V6(v6.ip())))
    });
    Ok(source
        .zip(hop_limit)
        .map(|(source, hop_limit)| BfdDatagram {
            source,
            destination,
            hop_limit,
            bytes: buffer.get(..length).unwrap_or_default().to_vec(),
        }))
}

/// Speaks to the neighbour of one session.
#[derive(Debug)]
pub struct BfdSender {
    socket: Socket,
    neighbor: SockAddr,
}

impl BfdSender {
    /// Opens it on a source port of its own. `random` says where the search for one begins.
    ///
    /// # Errors
    /// What the kernel says: EADDRNOTAVAIL when `source` is no address of this host (yet).
    pub fn open(
        source: Option<IpAddr>,
        neighbor: IpAddr,
        multihop: bool,
        hop_limit: u8,
        random: u16,
    ) -> io::Result<Self> {
        let socket = udp(neighbor.is_ipv6())?;
        if neighbor.is_ipv6() {
            socket.set_only_v6(true)?;
            socket.set_unicast_hops_v6(u32::from(hop_limit))?;
            socket.set_tclass_v6(TOS)?;
        } else {
            socket.set_ttl_v4(u32::from(hop_limit))?;
            socket.set_tos_v4(TOS)?;
        }
        socket.set_priority(PRIORITY)?;
        let any = if neighbor.is_ipv6() {
            Ipv6Addr::UNSPECIFIED.into()
        } else {
            Ipv4Addr::UNSPECIFIED.into()
        };
        bind(&socket, source.unwrap_or(any), random)?;
        let neighbor = SockAddr::from(SocketAddr::new(neighbor, port(multihop)));
        Ok(Self { socket, neighbor })
    }

    /// Sends a packet; never waits.
    ///
    /// # Errors
    /// What the kernel says.
    pub fn send(&self, packet: &[u8]) -> io::Result<()> {
        self.socket.send_to(packet, &self.neighbor)?;
        Ok(())
    }
}

/// The first port that is free, from a random one on: "the source port ... SHOULD be unique among
/// all BFD sessions on the system" (RFC 5881 s4).
fn bind(socket: &Socket, source: IpAddr, random: u16) -> io::Result<()> {
    let (first, count) = (*SOURCE_PORTS.start(), SOURCE_PORTS.len());
    let mut result = Err(io::ErrorKind::AddrInUse.into());
    for step in 0..count {
        let offset = (usize::from(random) + step) % count;
        let port = first + u16::try_from(offset).unwrap_or_default();
        result = socket.bind(&SockAddr::from(SocketAddr::new(source, port)));
        match &result {
            Err(error) if error.kind() == io::ErrorKind::AddrInUse => {}
            Ok(()) | Err(_) => break,
        }
    }
    result
}

fn udp(v6: bool) -> io::Result<Socket> {
    let domain = if v6 { Domain::IPV6 } else { Domain::IPV4 };
    let kind = Type::DGRAM.nonblocking().cloexec();
    Socket::new(domain, kind, Some(Protocol::UDP))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_flood_leaves_room_for_who_knows_our_name() {
        let listener = BfdListener::open(false, true).expect("a port that nobody has");
        listener.admit(&[7, 9]).expect("a program");
        let local = IpAddr::from([127, 0, 0, 1]);
        let sender = BfdSender::open(Some(local), local, true, 255, 0).expect("a sender");
        let naming = |name: u32| {
            let mut packet = [0_u8; 24];
            packet[8..12].copy_from_slice(&name.to_be_bytes());
            packet
        };
        for name in (0..5_000).map(|step| step % 2 * 0x1234) {
            sender.send(&naming(name)).expect("room to send");
            sender.send(&[0; 5]).expect("room to send");
        }
        for name in [7, 9] {
            sender.send(&naming(name)).expect("room to send");
        }
        let mut heard = Vec::new();
        listener.receive(&mut heard).expect("a queue");
        let [most, others] = PACKETS_A_TURN;
        assert!(heard.len() < most);
        let first: Vec<u8> = heard.iter().take(2).map(|each| each.bytes[11]).collect();
        assert_eq!((first, heard.len()), (vec![7, 9], 2 + others));
    }

    #[test]
    fn a_session_takes_the_next_free_port_of_the_range() {
        let local = IpAddr::from([127, 0, 0, 1]);
        let open = || BfdSender::open(Some(local), local, false, 255, u16::MAX);
        let senders = [open().expect("one"), open().expect("other")];
        let ports = senders.each_ref().map(|sender| {
            let address = sender.socket.local_addr().expect("address");
            address.as_socket().expect("inet").port()
        });
        assert!(
            ports.iter().all(|port| SOURCE_PORTS.contains(port)),
            "{ports:?}"
        );
        assert_ne!(ports[0], ports[1]);
    }
}
