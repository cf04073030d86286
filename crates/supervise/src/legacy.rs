//! What outlives a worker: the memory it writes into, and its sockets, so that the next one reads
//! every packet of the gap and no group is left. The supervisor looks into neither.

use crate::channel::{Channel, Received};
use crate::protocol::FromWorker;
use nix::sys::memfd::{MFdFlags, memfd_create};
use std::collections::BTreeMap;
use std::io;
use std::os::fd::{AsFd as _, AsRawFd as _, BorrowedFd, OwnedFd};

/// Sockets of one worker: two for each of some hundred interfaces.
const SOCKETS_MAX: usize = 1024;

/// Of one worker, for the next.
pub(crate) struct Legacy {
    memory: OwnedFd,
    sockets: BTreeMap<u64, OwnedFd>,
}

impl Legacy {
    /// Nothing yet.
    pub(crate) fn new() -> io::Result<Self> {
        Ok(Self {
            memory: memfd_create(c"holdfast-memory", MFdFlags::MFD_CLOEXEC)?,
            sockets: BTreeMap::new(),
        })
    }

    /// What a build before this one kept in this process.
    pub(crate) const fn of(memory: OwnedFd, sockets: BTreeMap<u64, OwnedFd>) -> Self {
        Self { memory, sockets }
    }

    /// Sockets with the numbers that workers know them by.
    pub(crate) const fn sockets(&self) -> &BTreeMap<u64, OwnedFd> {
        &self.sockets
    }

    pub(crate) fn memory(&self) -> BorrowedFd<'_> {
        self.memory.as_fd()
    }

    /// Sockets by the number that workers know them by.
    pub(crate) fn kept(&self) -> Vec<(u64, i32)> {
        let sockets = self.sockets.iter();
        sockets.map(|(id, fd)| (*id, fd.as_raw_fd())).collect()
    }

    /// All that a worker inherits of it.
    pub(crate) fn descriptors(&self) -> impl Iterator<Item = BorrowedFd<'_>> {
        let sockets = self.sockets.values().map(std::os::fd::AsFd::as_fd);
        std::iter::once(self.memory()).chain(sockets)
    }

    /// A worker said something; nothing else than of its sockets is of interest here.
    pub(crate) fn heard(&mut self, message: FromWorker, socket: Option<OwnedFd>) {
        match (message, socket) {
            (FromWorker::Keep { id }, Some(socket)) => self.keep(id, socket),
            (FromWorker::Drop { id }, _) => self.drop(id),
            _other => {}
        }
    }

    /// What a worker said before it died.
    pub(crate) fn read_rest(&mut self, channel: &Channel) {
        while let Ok(Received::Message(bytes, socket)) = channel.receive() {
            if let Some(message) = FromWorker::decode(&bytes) {
                self.heard(message, socket);
            }
        }
    }

    /// Keeps a socket; one too many dies with its worker.
    fn keep(&mut self, id: u64, socket: OwnedFd) {
        if self.sockets.len() < SOCKETS_MAX || self.sockets.contains_key(&id) {
            self.sockets.insert(id, socket);
        }
    }

    /// Closes a socket.
    fn drop(&mut self, id: u64) {
        self.sockets.remove(&id);
    }

    /// Nobody goes on where the last one ended: the next one begins anew.
    pub(crate) fn forget(&mut self) {
        self.sockets.clear();
        let _reads_as_spoilt = nix::unistd::ftruncate(self.memory.as_fd(), 0);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn socket() -> OwnedFd {
        memfd_create(c"any", MFdFlags::MFD_CLOEXEC).expect("memfd")
    }

    #[test]
    fn sockets_are_kept_until_they_are_dropped_and_are_not_too_many() {
        let mut legacy = Legacy::new().expect("memfd");
        legacy.keep(7, socket());
        legacy.keep(7, socket());
        legacy.keep(9, socket());
        legacy.drop(9);
        let ids: Vec<u64> = legacy.kept().iter().map(|(id, _)| *id).collect();
        assert_eq!(ids, [7]);
        assert_eq!(legacy.descriptors().count(), 2);
        let one = socket();
        for id in 0..SOCKETS_MAX as u64 + 10 {
            legacy.keep(id, one.try_clone().expect("clone"));
        }
        assert_eq!(legacy.kept().len(), SOCKETS_MAX);
        legacy.forget();
        assert!(legacy.kept().is_empty());
    }
}
