//! What a lane tells its worker: a bounded queue with a descriptor to wait for.

use nix::sys::eventfd::{EfdFlags, EventFd};
use std::io;
use std::os::fd::{AsFd, BorrowedFd};
use std::sync::Arc;
use std::sync::mpsc::{Receiver, SyncSender, sync_channel};

/// Messages that may wait. A lane that is ahead of its worker waits for it: levels are coalesced
/// before this queue, so nothing but the lane is held up.
const WAITING: usize = 1024;

/// The lane's side.
#[derive(Debug)]
pub(crate) struct Outbox<T> {
    queue: SyncSender<T>,
    bell: Arc<EventFd>,
}

impl<T> Clone for Outbox<T> {
    fn clone(&self) -> Self {
        Self {
            queue: self.queue.clone(),
            bell: Arc::clone(&self.bell),
        }
    }
}

/// The worker's side.
#[derive(Debug)]
pub(crate) struct Inbox<T> {
    queue: Receiver<T>,
    bell: Arc<EventFd>,
}

/// A connected pair.
///
/// # Errors
/// When no descriptors are left.
pub(crate) fn pair<T>() -> io::Result<(Outbox<T>, Inbox<T>)> {
    let flags = EfdFlags::EFD_CLOEXEC | EfdFlags::EFD_NONBLOCK;
    let bell = Arc::new(EventFd::from_value_and_flags(0, flags)?);
    let (sender, receiver) = sync_channel(WAITING);
    Ok((
        Outbox {
            queue: sender,
            bell: Arc::clone(&bell),
        },
        Inbox {
            queue: receiver,
            bell,
        },
    ))
}

impl<T> Outbox<T> {
    /// Puts a message in; waits while the queue is full. A worker that is gone reads nothing.
    pub(crate) fn put(&self, message: T) {
        let _worker_is_gone = self.queue.send(message);
        let _counter_is_full = self.bell.write(1);
    }
}

impl<T> Outbox<T> {
    /// Puts a message in unless the queue is full or nobody reads it; never waits.
    pub(crate) fn offer(&self, message: T) -> bool {
        let taken = self.queue.try_send(message).is_ok();
        let _counter_is_full = self.bell.write(1);
        taken
    }
}

impl<T> Inbox<T> {
    /// Silences the bell. Call before taking, so that what comes in between rings it again.
    pub(crate) fn silence(&self) {
        let _was_silent = self.bell.read();
    }

    /// Rings the bell, so that the next wait does not sleep.
    pub(crate) fn ring(&self) {
        let _counter_is_full = self.bell.write(1);
    }

    /// The next message.
    pub(crate) fn take(&self) -> Option<T> {
        self.queue.try_recv().ok()
    }
}

impl<T> AsFd for Inbox<T> {
    fn as_fd(&self) -> BorrowedFd<'_> {
        self.bell.as_fd()
    }
}
