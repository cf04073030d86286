//! The socket: frames out, frames in.

use super::NetlinkError;
use holdfast_model::Buffer;
use netlink_packet_core::{Emitable, NLMSG_ERROR, NetlinkBuffer};
use netlink_sys::{Socket, SocketAddr};
use nix::sys::socket::setsockopt;
use nix::sys::socket::sockopt::{RcvBuf, RcvBufForce, ReceiveTimeout};
use nix::sys::time::TimeVal;
use std::io;
use std::os::fd::AsFd;

/// Longest wait for one answer, seconds. The kernel works inside sendmsg, so an answer is there
/// when it returns; anything longer is a lost one.
const ANSWER_SECONDS: libc::time_t = 1;
/// More than the largest buffer the kernel fills for a dump (32 kB).
const RECEIVE_BYTES: usize = 64 * 1024;
const HEADER_BYTES: usize = 16;

/// One frame of an answer.
#[derive(Debug, Clone, Copy)]
pub(super) struct Frame<'a> {
    pub(super) kind: u16,
    pub(super) flags: u16,
    pub(super) sequence: u32,
    pub(super) payload: &'a [u8],
}

impl Frame<'_> {
    /// The error number of NLMSG_ERROR (0: an acknowledgement) and NLMSG_DONE.
    pub(super) fn errno(&self) -> i32 {
        let code = self.payload.first_chunk::<4>();
        code.map_or(0, |bytes| i32::from_ne_bytes(*bytes).saturating_neg())
    }

    pub(super) fn is_error(&self) -> bool {
        self.kind == NLMSG_ERROR
    }
}

/// Gives a socket another receive buffer, perhaps beyond what the system allows.
///
/// # Errors
/// What the kernel says; EPERM without CAP_NET_ADMIN.
pub(crate) fn resize(socket: &impl AsFd, buffer: Buffer) -> io::Result<()> {
    let bytes = usize::try_from(buffer.bytes).unwrap_or(usize::MAX);
    if buffer.force {
        setsockopt(socket, RcvBufForce, &bytes)?;
    } else {
        setsockopt(socket, RcvBuf, &bytes)?;
    }
    Ok(())
}

/// A blocking netlink socket with a time limit on answers.
pub struct NetlinkSocket {
    socket: Socket,
    sequence: u32,
    buffer: Vec<u8>,
    /// An answer was not read to its end: what is left of it would meet the next question, and a
    /// full receive buffer would leave no room for its answer.
    leftovers: bool,
}

/// Datagrams thrown away at most before a question; a receive buffer holds far fewer.
const MAX_LEFTOVERS: usize = 4096;

impl NetlinkSocket {
    /// Opens a socket of `protocol` (NETLINK_GENERIC, NETLINK_ROUTE ...).
    ///
    /// # Errors
    /// [`NetlinkError::Open`].
    pub fn open(protocol: isize) -> Result<Self, NetlinkError> {
        let open = || -> io::Result<Socket> {
            let mut socket = Socket::new(protocol)?;
            socket.bind_auto()?;
            socket.connect(&SocketAddr::new(0, 0))?;
            // Acknowledgements without a copy of the request: 256 fit the default buffer.
            socket.set_cap_ack(true)?;
            // A reason in words where the kernel has one; too old a kernel does without.
            socket.set_ext_ack(true).or_else(unsupported)?;
            setsockopt(&socket, ReceiveTimeout, &TimeVal::new(ANSWER_SECONDS, 0))?;
            Ok(socket)
        };
        Ok(Self {
            socket: open().map_err(NetlinkError::Open)?,
            sequence: 0,
            buffer: Vec::with_capacity(RECEIVE_BYTES),
            leftovers: false,
        })
    }

    /// Gives it another receive buffer.
    ///
    /// # Errors
    /// What the kernel says.
    pub fn resize(&self, buffer: Buffer) -> io::Result<()> {
        resize(&self.socket, buffer)
    }

    /// Its own address (netlink(7), nl_pid).
    pub fn port(&self) -> Option<u32> {
        let mut own = SocketAddr::new(0, 0);
        self.socket.get_address(&mut own).ok()?;
        Some(own.port_number())
    }

    /// A sequence number not used before on this socket.
    pub(super) fn next_sequence(&mut self) -> u32 {
        self.sequence = self.sequence.wrapping_add(1);
        self.sequence
    }

    /// One sendmsg.
    pub(super) fn send(&mut self, bytes: &[u8]) -> Result<(), NetlinkError> {
        self.discard_leftovers();
        match self.socket.send(bytes, 0) {
            Ok(sent) if sent == bytes.len() => Ok(()),
            Ok(_) => Err(NetlinkError::Send(io::ErrorKind::WriteZero.into())),
            Err(error) => Err(NetlinkError::Send(error)),
        }
    }

    fn discard_leftovers(&mut self) {
        if !core::mem::take(&mut self.leftovers) {
            return;
        }
        for _ in 0..MAX_LEFTOVERS {
            self.buffer.clear();
            match self.socket.recv(&mut self.buffer, libc::MSG_DONTWAIT) {
                Err(error) if error.kind() == io::ErrorKind::WouldBlock => return,
                // ENOBUFS once more, or an interruption: go on.
                Ok(_) | Err(_) => {}
            }
        }
    }

    /// Reads one datagram and gives its frames to `each`.
    pub(super) fn receive(&mut self, each: impl FnMut(Frame<'_>)) -> Result<(), NetlinkError> {
        let outcome = self.read(each);
        self.leftovers |= outcome.is_err();
        outcome
    }

    fn read(&mut self, mut each: impl FnMut(Frame<'_>)) -> Result<(), NetlinkError> {
        self.buffer.clear();
        let length = loop {
            match self.socket.recv(&mut self.buffer, libc::MSG_TRUNC) {
                Ok(length) => break length,
                Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
                Err(error) if error.kind() == io::ErrorKind::WouldBlock => {
                    return Err(NetlinkError::Timeout);
                }
                Err(error) => return Err(NetlinkError::Receive(error)),
            }
        };
        if length > self.buffer.len() {
            return Err(NetlinkError::Malformed(format!(
                "{length} bytes in one piece"
            )));
        }
        let mut rest = self.buffer.as_slice();
        while rest.len() >= HEADER_BYTES {
            let frame = NetlinkBuffer::new_checked(rest)
                .map_err(|error| NetlinkError::Malformed(error.to_string()))?;
            let length = frame.length() as usize;
            each(Frame {
                kind: frame.message_type(),
                flags: frame.flags(),
                sequence: frame.sequence_number(),
                payload: rest.get(HEADER_BYTES..length).unwrap_or_default(),
            });
            rest = rest.get(length.next_multiple_of(4)..).unwrap_or_default();
        }
        Ok(())
    }
}

fn unsupported(error: io::Error) -> io::Result<()> {
    match error.raw_os_error() {
        Some(libc::ENOPROTOOPT) => Ok(()),
        _ => Err(error),
    }
}

/// Appends one frame to `bytes`.
pub(super) fn append(
    bytes: &mut Vec<u8>,
    kind: u16,
    flags: u16,
    sequence: u32,
    payload: &impl Emitable,
) {
    let start = bytes.len();
    let length = HEADER_BYTES + payload.buffer_len();
    bytes.extend_from_slice(&(length as u32).to_ne_bytes());
    bytes.extend_from_slice(&kind.to_ne_bytes());
    bytes.extend_from_slice(&flags.to_ne_bytes());
    bytes.extend_from_slice(&sequence.to_ne_bytes());
    bytes.extend_from_slice(&0_u32.to_ne_bytes());
    bytes.resize(start + length.next_multiple_of(4), 0);
    if let Some(room) = bytes.get_mut(start + HEADER_BYTES..start + length) {
        payload.emit(room);
    }
}
