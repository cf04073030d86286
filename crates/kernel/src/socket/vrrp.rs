//! The raw socket of one interface for VRRP over IPv4 (protocol 112, RFC 9568 s5.1.1.4).

use holdfast_model::IfName;
use socket2::{Domain, InterfaceIndexOrAddress, Protocol, SockAddr, SockFilter, Socket, Type};
use std::io;
use std::net::{Ipv4Addr, SocketAddrV4};
use std::os::fd::{AsFd, BorrowedFd};

/// Where every router of the LAN listens.
const GROUP: Ipv4Addr = Ipv4Addr::new(224, 0, 0, 18);
const PROTOCOL: i32 = 112;
/// TC_PRIO_CONTROL: adverts go before everything else.
const PRIORITY: u32 = 7;
/// Packets read in one turn, so that a flood on one interface holds up nobody.
const PACKETS_A_TURN: usize = 64;
/// Room for the largest advert (255 addresses) on any usual MTU.
const PACKET_MAX: usize = 2048;

/// Bound to its interface, member of the group, deaf to itself.
#[derive(Debug)]
pub struct VrrpSocket {
    socket: Socket,
}

impl VrrpSocket {
    /// Opens it, listening for these VRIDs only; without any it hears nothing.
    ///
    /// # Errors
    /// What the kernel says, EPERM without CAP_NET_RAW.
    pub fn open(index: u32, interface: &IfName, vrids: &[u8]) -> io::Result<Self> {
        let kind = Type::RAW.nonblocking().cloexec();
        let socket = Socket::new(Domain::IPV4, kind, Some(Protocol::from(PROTOCOL)))?;
        let this = Self { socket };
        this.set_vrids(vrids)?;
        let socket = &this.socket;
        socket.set_header_included_v4(true)?;
        socket.bind_device(Some(interface.as_str().as_bytes()))?;
        socket.join_multicast_v4_n(&GROUP, &InterfaceIndexOrAddress::Index(index))?;
        socket.set_multicast_all_v4(false)?;
        socket.set_multicast_loop_v4(false)?;
        socket.set_priority(PRIORITY)?;
        // adverts go to a group on this link only; no route may say otherwise
        nix::sys::socket::setsockopt(socket, nix::sys::socket::sockopt::DontRoute, &true)?;
        Ok(this)
    }

    /// Listens for these VRIDs from now on.
    ///
    /// # Errors
    /// What the kernel says.
    pub fn set_vrids(&self, vrids: &[u8]) -> io::Result<()> {
        self.socket.attach_filter(&filter(vrids))
    }

    /// Reads what waits, at most 64 packets, each from its IP header on.
    ///
    /// # Errors
    /// What the kernel says, but never "nothing waits".
    pub fn receive(&mut self, link: u32, into: &mut Vec<(u32, Vec<u8>)>) -> io::Result<()> {
        use std::io::Read as _;
        let mut buffer = [0_u8; PACKET_MAX];
        for _ in 0..PACKETS_A_TURN {
            match (&self.socket).read(&mut buffer) {
                Ok(length) => {
                    into.push((link, buffer.get(..length).unwrap_or_default().to_vec()));
                }
                Err(error) if error.kind() == io::ErrorKind::WouldBlock => return Ok(()),
                Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
                Err(error) => return Err(error),
            }
        }
        Ok(())
    }

    /// Sends a packet, IP header included; never waits.
    ///
    /// # Errors
    /// What the kernel says.
    pub fn send(&self, destination: Ipv4Addr, packet: &[u8]) -> io::Result<()> {
        let destination = SockAddr::from(SocketAddrV4::new(destination, 0));
        self.socket.send_to(packet, &destination)?;
        Ok(())
    }
}

impl AsFd for VrrpSocket {
    fn as_fd(&self) -> BorrowedFd<'_> {
        self.socket.as_fd()
    }
}

/// Classic BPF: the byte behind type and version is the VRID, wherever the IP header ends.
fn filter(vrids: &[u8]) -> Vec<SockFilter> {
    let op = |code: u32, jump: (u8, u8), k: u32| {
        SockFilter::new(u16::try_from(code).unwrap_or_default(), jump.0, jump.1, k)
    };
    let mut program = vec![
        op(libc::BPF_LDX | libc::BPF_B | libc::BPF_MSH, (0, 0), 0),
        op(libc::BPF_LD | libc::BPF_B | libc::BPF_IND, (0, 0), 1),
    ];
    // each comparison falls through to the next unless it meets: then over one instruction
    for vrid in vrids {
        program.push(op(
            libc::BPF_JMP | libc::BPF_JEQ | libc::BPF_K,
            (0, 1),
            u32::from(*vrid),
        ));
        program.push(op(libc::BPF_RET | libc::BPF_K, (0, 0), 0xffff));
    }
    program.push(op(libc::BPF_RET | libc::BPF_K, (0, 0), 0));
    program
}
