//! Who claims an address on a link: ARP and neighbour adverts of others (packet(7)).

use super::{filter, link_address};
use holdfast_model::AddressFamily;
use holdfast_packet::{MacAddress, arp, ndisc};
use nix::errno::Errno;
use nix::sys::socket::{LinkAddr, bind, recvfrom};
use socket2::{Domain, Socket, Type};
use std::io;
use std::net::IpAddr;
use std::os::fd::{AsFd, AsRawFd as _, BorrowedFd, OwnedFd};

/// Longer than what is read of a frame.
const ROOM: usize = 128;
/// Addresses that the kernel looks for: its programs have at most 4096 instructions
/// (linux/bpf_common.h, BPF_MAXINSNS).
pub const MOST: usize = 2000;

/// Frames taken in one go: a flood must not hold up whoever reads.
const AT_ONCE: usize = 64;

/// Somebody says that he has an address.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Claim {
    /// The index of the link where it was heard.
    pub link: u32,
    /// Who.
    pub hardware: MacAddress,
    /// Which.
    pub address: IpAddr,
}

/// What a frame claims, if anything.
type Understand = fn(&[u8]) -> Option<(MacAddress, IpAddr)>;

/// A packet socket that hears what arrives on any link; what leaves this host it does not hear. To close
/// one takes milliseconds (the kernel waits for all processors), to have it hear something else does
/// not.
#[derive(Debug)]
pub struct ClaimSocket {
    socket: Socket,
    family: AddressFamily,
    understand: Understand,
}

impl ClaimSocket {
    /// Hears claims of those of `addresses` that are of `family`, as [`Self::hear`] says.
    ///
    /// # Errors
    /// What the kernel says, EPERM without CAP_NET_RAW.
    pub fn open(family: AddressFamily, addresses: &[IpAddr]) -> io::Result<Self> {
        // without a protocol it hears nothing yet: first the filter, then the ear
        let socket = Socket::new(Domain::PACKET, Type::RAW.nonblocking().cloexec(), None)?;
        let ear = Self::adopt(socket.into(), family, addresses)?;
        let protocol = match family {
            AddressFamily::V4 => libc::ETH_P_ARP,
            AddressFamily::V6 => libc::ETH_P_IPV6,
        };
        let anywhere = link_address::of(0, protocol).ok_or(io::ErrorKind::InvalidInput)?;
        bind(ear.socket.as_raw_fd(), &anywhere)?;
        Ok(ear)
    }

    /// Goes on with one that another process opened so.
    ///
    /// # Errors
    /// What the kernel says.
    pub fn adopt(fd: OwnedFd, family: AddressFamily, addresses: &[IpAddr]) -> io::Result<Self> {
        let understand: Understand = match family {
            AddressFamily::V4 => {
                |frame| arp::claim(frame).map(|(hardware, address)| (hardware, address.into()))
            }
            AddressFamily::V6 => {
                |frame| ndisc::claim(frame).map(|(hardware, address)| (hardware, address.into()))
            }
        };
        let ear = Self {
            socket: fd.into(),
            family,
            understand,
        };
        ear.hear(addresses)?;
        Ok(ear)
    }

    /// From now on: ARP whose sender has one of `addresses`, the first [`MOST`] of them; or neighbour
    /// adverts of any address, if one of `addresses` is of IPv6.
    ///
    /// # Errors
    /// What the kernel says.
    pub fn hear(&self, addresses: &[IpAddr]) -> io::Result<()> {
        let filter = match self.family {
            AddressFamily::V4 => {
                let mine = addresses.iter().filter_map(|address| match address {
                    IpAddr::V4(address) => Some(*address),
                    IpAddr::V6(_) => None,
                });
                filter::claims_by_arp(mine.take(MOST))
            }
            AddressFamily::V6 if addresses.iter().any(IpAddr::is_ipv6) => filter::claims_by_ndisc(),
            AddressFamily::V6 => filter::nothing(),
        };
        self.socket.attach_filter(&filter)
    }

    /// What was claimed since: of the next [`AT_ONCE`] frames at most.
    pub fn read(&self) -> Vec<Claim> {
        let mut buffer = [0; ROOM];
        let mut claims = Vec::new();
        for _ in 0..AT_ONCE {
            match recvfrom::<LinkAddr>(self.socket.as_raw_fd(), &mut buffer) {
                Ok((length, from)) => {
                    let frame = buffer.get(..length).unwrap_or_default();
                    let link = from.and_then(|from| u32::try_from(from.ifindex()).ok());
                    let claim = link.zip((self.understand)(frame));
                    claims.extend(claim.map(|(link, (hardware, address))| Claim {
                        link,
                        hardware,
                        address,
                    }));
                }
                Err(Errno::EAGAIN) => break,
                // a link went down: the next frame may come from another
                Err(_) => {}
            }
        }
        claims
    }
}

impl AsFd for ClaimSocket {
    fn as_fd(&self) -> BorrowedFd<'_> {
        self.socket.as_fd()
    }
}
