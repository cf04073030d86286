//! Sending Ethernet frames (packet(7)).

use nix::sys::socket::{AddressFamily, MsgFlags, SockFlag, SockProtocol, SockType, sendto, socket};
use std::io;
use std::os::fd::{AsFd, AsRawFd as _, BorrowedFd, OwnedFd};

/// A packet socket that sends frames and hears nothing.
#[derive(Debug)]
pub struct ArpSocket {
    fd: OwnedFd,
}

impl ArpSocket {
    /// Opens it.
    ///
    /// # Errors
    /// What the kernel says, EPERM without CAP_NET_RAW.
    pub fn open() -> io::Result<Self> {
        let flags = SockFlag::SOCK_CLOEXEC | SockFlag::SOCK_NONBLOCK;
        // no protocol: such a socket receives nothing
        let fd = socket(
            AddressFamily::Packet,
            SockType::Raw,
            flags,
            None::<SockProtocol>,
        )?;
        Ok(Self { fd })
    }

    /// Goes on with one that another process opened so.
    pub const fn adopt(fd: OwnedFd) -> Self {
        Self { fd }
    }

    /// Sends a whole Ethernet frame out of an interface; never waits.
    ///
    /// # Errors
    /// What the kernel says, ENETDOWN when the interface is down.
    pub fn send(&self, index: u32, frame: &[u8]) -> io::Result<()> {
        let address =
            super::link_address::of(index, libc::ETH_P_ARP).ok_or(io::ErrorKind::InvalidInput)?;
        sendto(self.fd.as_raw_fd(), frame, &address, MsgFlags::MSG_DONTWAIT)?;
        Ok(())
    }
}

impl AsFd for ArpSocket {
    fn as_fd(&self) -> BorrowedFd<'_> {
        self.fd.as_fd()
    }
}
