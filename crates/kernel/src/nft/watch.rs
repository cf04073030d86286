//! Who else changes tables: the kernel's notifications, on a socket of their own.

use crate::readable::{Readable, watch};
use netlink_packet_core::NetlinkBuffer;
use nix::errno::Errno;
use nix::sys::socket::{
    AddressFamily, NetlinkAddr, SockFlag, SockProtocol, SockType, bind, recvfrom, socket,
};
use std::collections::BTreeSet;
use std::io;
use std::os::fd::{AsFd as _, AsRawFd as _, OwnedFd};

/// linux/netfilter/nfnetlink.h: NFNLGRP_NFTABLES, as a bit.
const GROUP: u32 = 1 << 6;
/// More than a datagram of notifications has.
const RECEIVE_BYTES: usize = 64 << 10;
/// Datagrams that are read in one go.
const AT_ONCE: usize = 256;

/// What others took.
#[derive(Debug, Default)]
pub struct Taken {
    names: BTreeSet<String>,
    /// Notifications were lost: it may be anything.
    overrun: bool,
}

impl Taken {
    /// May something be gone from the table with this name?
    pub fn is_of(&self, name: &str) -> bool {
        self.overrun || self.names.contains(name)
    }
}

/// The subscription, in the network namespace of its making.
#[derive(Debug)]
pub struct NftWatch {
    /// Watches the socket, so it goes before it.
    readable: Readable,
    socket: OwnedFd,
    buffer: Vec<u8>,
}

impl NftWatch {
    /// Subscribes. Needs a tokio runtime with I/O.
    ///
    /// # Errors
    /// When the kernel has no netfilter, or no descriptors are left.
    pub fn open() -> io::Result<Self> {
        let flags = SockFlag::SOCK_CLOEXEC | SockFlag::SOCK_NONBLOCK;
        let protocol = SockProtocol::NetlinkNetFilter;
        let socket = socket(AddressFamily::Netlink, SockType::Raw, flags, protocol)?;
        bind(socket.as_raw_fd(), &NetlinkAddr::new(0, GROUP))?;
        Ok(Self {
            readable: watch(&[socket.as_fd()])?,
            socket,
            buffer: vec![0; RECEIVE_BYTES],
        })
    }

    /// Waits until somebody changes something. May be dropped while it waits.
    pub async fn readable(&self) {
        self.readable.readable().await;
    }

    /// What was taken since, or some of it, by others than the sockets with the ports `own`.
    pub fn read(&mut self, own: &[u32]) -> Taken {
        let mut taken = Taken::default();
        for _ in 0..AT_ONCE {
            match recvfrom_kernel(&self.socket, &mut self.buffer) {
                Ok(Some(length)) => note(&mut taken, self.buffer.get(..length), own),
                Ok(None) | Err(Errno::EINTR) => {}
                Err(Errno::ENOBUFS) => taken.overrun = true,
                Err(_nothing_waits) => break,
            }
        }
        taken
    }
}

/// The length of a datagram of the kernel's; a process may write to us as to anybody.
fn recvfrom_kernel(socket: &OwnedFd, buffer: &mut [u8]) -> Result<Option<usize>, Errno> {
    let (length, from) = recvfrom::<NetlinkAddr>(socket.as_raw_fd(), buffer)?;
    Ok(from.is_some_and(|from| from.pid() == 0).then_some(length))
}

fn note(taken: &mut Taken, datagram: Option<&[u8]>, own: &[u32]) {
    let mut rest = datagram.unwrap_or_default();
    while let Ok(message) = NetlinkBuffer::new_checked(rest) {
        let length = usize::try_from(message.length()).unwrap_or(usize::MAX);
        // whoever asked for it; the kernel itself (0) takes what has expired
        let by = message.port_number();
        if by != 0 && !own.contains(&by) {
            let name = holdfast_nft::taken(message.message_type(), message.payload());
            taken.names.extend(name);
        }
        rest = rest.get(length.next_multiple_of(4)..).unwrap_or_default();
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_others_take_is_told_apart_from_what_is_ours() {
        let message = |kind: u16, by: u32, table: &[u8; 4]| {
            let mut bytes = 28_u32.to_ne_bytes().to_vec();
            bytes.extend(kind.to_ne_bytes());
            bytes.extend([0; 6]);
            bytes.extend(by.to_ne_bytes());
            bytes.extend([2, 0, 0, 1, 8, 0, 1, 0]);
            bytes.extend(table);
            bytes
        };
        let datagram = [
            message(0x0a02, 7, b"abc\0"),
            message(0x0a08, 9, b"def\0"),
            message(0x0a0e, 0, b"ghi\0"),
            message(0x0a00, 9, b"jkl\0"),
        ]
        .concat();
        let mut taken = Taken::default();
        note(&mut taken, Some(&datagram), &[7]);
        let of = ["abc", "def", "ghi", "jkl"].map(|name| taken.is_of(name));
        assert_eq!(of, [false, true, false, false]);
        for length in 0..datagram.len() {
            note(&mut Taken::default(), datagram.get(..length), &[]);
        }
    }
}
