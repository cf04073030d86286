//! A SOCK_SEQPACKET pair: whole messages, an end that is seen, descriptors that ride along.

use nix::errno::Errno;
use nix::fcntl::{FcntlArg, FdFlag, OFlag, fcntl};
use nix::sys::socket::{
    AddressFamily, ControlMessage, ControlMessageOwned, MsgFlags, SockFlag, SockType, recvmsg,
    sendmsg, socketpair,
};
use std::io::{self, IoSlice, IoSliceMut};
use std::os::fd::{AsFd, AsRawFd, BorrowedFd, FromRawFd, OwnedFd};

/// One end. Non-blocking, closed on exec unless made inheritable.
#[derive(Debug)]
pub struct Channel {
    fd: OwnedFd,
}

/// What a read brought.
#[derive(Debug)]
pub enum Received {
    /// A message, and the descriptor that rode along.
    Message(Vec<u8>, Option<OwnedFd>),
    /// Nothing is waiting.
    Empty,
    /// The other end is gone.
    Closed,
}

impl Channel {
    /// Two connected ends.
    ///
    /// # Errors
    /// When no descriptors are left.
    pub fn pair() -> io::Result<(Self, Self)> {
        let flags = SockFlag::SOCK_CLOEXEC | SockFlag::SOCK_NONBLOCK;
        let (a, b) = socketpair(AddressFamily::Unix, SockType::SeqPacket, None, flags)?;
        Ok((Self { fd: a }, Self { fd: b }))
    }

    /// Takes over an inherited descriptor.
    ///
    /// # Errors
    /// When it is none.
    pub fn from_fd(fd: OwnedFd) -> io::Result<Self> {
        fcntl(fd.as_fd(), FcntlArg::F_SETFD(FdFlag::FD_CLOEXEC))?;
        fcntl(fd.as_fd(), FcntlArg::F_SETFL(OFlag::O_NONBLOCK))?;
        Ok(Self { fd })
    }

    /// A second handle of the same end.
    ///
    /// # Errors
    /// When no descriptors are left.
    pub fn try_clone(&self) -> io::Result<Self> {
        Ok(Self {
            fd: self.fd.try_clone()?,
        })
    }

    /// Sends one message, never waiting.
    ///
    /// # Errors
    /// `WouldBlock` when the other end does not read; `BrokenPipe` when it is gone.
    pub fn send(&self, message: &[u8], fd: Option<BorrowedFd<'_>>) -> io::Result<()> {
        let raw: Vec<_> = fd.iter().map(AsRawFd::as_raw_fd).collect();
        let rights = [ControlMessage::ScmRights(&raw)];
        let control = if raw.is_empty() { &[][..] } else { &rights[..] };
        let flags = MsgFlags::MSG_DONTWAIT | MsgFlags::MSG_NOSIGNAL;
        sendmsg::<()>(
            self.fd.as_raw_fd(),
            &[IoSlice::new(message)],
            control,
            flags,
            None,
        )?;
        Ok(())
    }

    /// Reads one message, never waiting.
    ///
    /// # Errors
    /// Any other error of recvmsg(2).
    #[expect(
        unsafe_code,
        reason = "the kernel hands descriptors over as bare numbers"
    )]
    pub fn receive(&self) -> io::Result<Received> {
        let mut bytes = [0_u8; 4096];
        let mut space = nix::cmsg_space!([std::os::fd::RawFd; 1]);
        let flags = MsgFlags::MSG_DONTWAIT | MsgFlags::MSG_CMSG_CLOEXEC;
        let (length, raw) = {
            let mut buffers = [IoSliceMut::new(&mut bytes)];
            let received =
                match recvmsg::<()>(self.fd.as_raw_fd(), &mut buffers, Some(&mut space), flags) {
                    Ok(received) => received,
                    Err(Errno::EAGAIN | Errno::EINTR) => return Ok(Received::Empty),
                    Err(Errno::ECONNRESET) => return Ok(Received::Closed),
                    Err(errno) => return Err(errno.into()),
                };
            let raw = received.cmsgs()?.find_map(|message| match message {
                ControlMessageOwned::ScmRights(raw) => raw.first().copied(),
                _other => None,
            });
            (received.bytes, raw)
        };
        // SAFETY: the kernel has just installed this descriptor for us alone (SCM_RIGHTS), so
        // nobody else owns it.
        let fd = raw.map(|raw| unsafe { OwnedFd::from_raw_fd(raw) });
        if length == 0 {
            return Ok(Received::Closed);
        }
        Ok(Received::Message(
            bytes.get(..length).unwrap_or_default().to_vec(),
            fd,
        ))
    }
}

impl AsFd for Channel {
    fn as_fd(&self) -> BorrowedFd<'_> {
        self.fd.as_fd()
    }
}

impl From<Channel> for OwnedFd {
    fn from(channel: Channel) -> Self {
        channel.fd
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn messages_and_descriptors_cross() {
        let (a, b) = Channel::pair().expect("pair");
        assert!(matches!(b.receive(), Ok(Received::Empty)));
        a.send(b"one", None).expect("send");
        let file = tempfile::tempfile().expect("file");
        a.send(b"two", Some(file.as_fd())).expect("send");
        assert!(matches!(b.receive(), Ok(Received::Message(m, None)) if m == b"one"));
        assert!(matches!(b.receive(), Ok(Received::Message(m, Some(_))) if m == b"two"));
        drop(a);
        assert!(matches!(b.receive(), Ok(Received::Closed)));
        assert!(b.send(b"three", None).is_err());
    }
}
