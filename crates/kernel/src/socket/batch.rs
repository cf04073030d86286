//! Datagrams read many at a time: one system call tells what waits and that nothing more does.

use nix::sys::socket::{MsgFlags, MultiHeaders, recvmmsg};
use std::io::{self, IoSliceMut};
use std::os::fd::{AsRawFd as _, BorrowedFd};

/// Datagrams read with one call.
pub(super) const BATCH: usize = 16;

/// Where they are read to: one for all sockets of a thread.
#[derive(Debug)]
pub struct Batch {
    headers: MultiHeaders<()>,
    room: Vec<u8>,
    most: usize,
}

impl Batch {
    /// Room for datagrams of so many bytes, at least 1; of a larger one the rest is lost.
    pub(super) fn new(most: usize) -> Self {
        Self {
            headers: MultiHeaders::preallocate(BATCH, None),
            room: vec![0; BATCH * most],
            most,
        }
    }

    /// Gives what waits to `take`, at most [`BATCH`]; how many there were.
    ///
    /// # Errors
    /// What the kernel says.
    pub(super) fn receive(
        &mut self,
        fd: BorrowedFd<'_>,
        mut take: impl FnMut(&[u8]),
    ) -> io::Result<usize> {
        let parts = self.room.chunks_exact_mut(self.most);
        let mut parts: Vec<_> = parts.map(|part| [IoSliceMut::new(part)]).collect();
        let headers = &mut self.headers;
        let found = recvmmsg(
            fd.as_raw_fd(),
            headers,
            parts.iter_mut(),
            MsgFlags::MSG_DONTWAIT,
            None,
        )?;
        let lengths: Vec<usize> = found.map(|message| message.bytes).collect();
        for (part, length) in self.room.chunks_exact(self.most).zip(&lengths) {
            take(part.get(..*length).unwrap_or(part));
        }
        Ok(lengths.len())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::os::fd::AsFd as _;
    use std::os::unix::net::UnixDatagram;

    #[test]
    fn all_that_waits_is_read_in_order_and_too_long_ones_are_cut() {
        let (ours, theirs) = UnixDatagram::pair().expect("pair");
        ours.set_nonblocking(true).expect("nonblocking");
        let mut batch = Batch::new(4);
        let mut read = || {
            let mut all = Vec::new();
            let count = batch.receive(ours.as_fd(), |bytes| all.push(bytes.to_vec()));
            (count.map_err(|error| error.kind()), all)
        };
        assert_eq!(read(), (Err(io::ErrorKind::WouldBlock), Vec::new()));
        for bytes in [&b"one"[..], b"", b"three"] {
            theirs.send(bytes).expect("send");
        }
        let all = [&b"one"[..], b"", b"thre"].map(<[u8]>::to_vec);
        assert_eq!(read(), (Ok(3), all.to_vec()));
        for number in 0..20 {
            theirs.send(&[number]).expect("send");
        }
        let some = |range: std::ops::Range<u8>| range.map(|number| vec![number]).collect();
        assert_eq!(read(), (Ok(BATCH), some(0..16)));
        assert_eq!(read(), (Ok(4), some(16..20)));
    }
}
