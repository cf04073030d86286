//! What a lane tells its worker: a bounded queue with a descriptor to wait for.

use nix::sys::eventfd::{EfdFlags, EventFd};
use std::io;
use std::os::fd::{AsFd, BorrowedFd};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::mpsc::{Receiver, SyncSender, sync_channel};

/// Messages that may wait. A lane that is ahead of its worker waits for it: levels are coalesced
/// before this queue, so nothing but the lane is held up.
const WAITING: usize = 1024;

/// Rung once for all that comes in before the worker looks: two hundred answers are not two hundred system calls.
#[derive(Debug)]
struct Bell {
    descriptor: EventFd,
    rung: AtomicBool,
}

impl Bell {
    fn ring(&self) {
        if !self.rung.swap(true, Ordering::SeqCst) {
            let _counter_is_full = self.descriptor.write(1);
        }
    }

    /// What was put in until now is found after this; what is put in from now on rings again.
    fn silence(&self) {
        let _was_silent = self.descriptor.read();
        // in that order: rung and silent would be for ever; and no mere store, which what is looked at next may overtake
        self.rung.swap(false, Ordering::SeqCst);
    }
}

/// The lane's side.
#[derive(Debug)]
pub(crate) struct Outbox<T> {
    queue: SyncSender<T>,
    bell: Arc<Bell>,
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
    bell: Arc<Bell>,
}

/// A connected pair.
///
/// # Errors
/// When no descriptors are left.
pub(crate) fn pair<T>() -> io::Result<(Outbox<T>, Inbox<T>)> {
    let flags = EfdFlags::EFD_CLOEXEC | EfdFlags::EFD_NONBLOCK;
    let bell = Arc::new(Bell {
        descriptor: EventFd::from_value_and_flags(0, flags)?,
        rung: AtomicBool::new(false),
    });
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
        self.bell.ring();
    }
}

impl<T> Outbox<T> {
    /// Puts a message in unless the queue is full or nobody reads it; never waits.
    pub(crate) fn offer(&self, message: T) -> bool {
        let taken = self.queue.try_send(message).is_ok();
        self.bell.ring();
        taken
    }
}

impl<T> Inbox<T> {
    /// Silences the bell. Call before taking, so that what comes in between rings it again.
    pub(crate) fn silence(&self) {
        self.bell.silence();
    }

    /// Rings the bell, so that the next wait does not sleep.
    pub(crate) fn ring(&self) {
        self.bell.ring();
    }

    /// The next message.
    pub(crate) fn take(&self) -> Option<T> {
        self.queue.try_recv().ok()
    }
}

impl<T> AsFd for Inbox<T> {
    fn as_fd(&self) -> BorrowedFd<'_> {
        self.bell.descriptor.as_fd()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use nix::poll::{PollFd, PollFlags, PollTimeout, poll};

    const MANY: u32 = 100_000;

    fn rings(inbox: &Inbox<u32>, patience: u16) -> bool {
        let mut fds = [PollFd::new(inbox.as_fd(), PollFlags::POLLIN)];
        poll(&mut fds, PollTimeout::from(patience)).expect("poll") > 0
    }

    #[test]
    fn it_is_rung_for_all_that_wait_and_again_for_what_comes_later() {
        let (outbox, inbox) = pair().expect("pair");
        assert!(!rings(&inbox, 0));
        outbox.put(1);
        outbox.put(2);
        assert!(rings(&inbox, 0));
        inbox.silence();
        assert!(!rings(&inbox, 0));
        assert_eq!(
            (inbox.take(), inbox.take(), inbox.take()),
            (Some(1), Some(2), None)
        );
        assert!(outbox.offer(3));
        assert!(rings(&inbox, 0));
        // taken in part: who sleeps rings itself
        inbox.silence();
        inbox.ring();
        assert!(rings(&inbox, 0));
    }

    #[test]
    fn nothing_waits_behind_a_bell_that_nobody_rings() {
        let (outbox, inbox) = pair().expect("pair");
        let lane = std::thread::spawn(move || (0..MANY).for_each(|number| outbox.put(number)));
        let mut next = 0;
        while next < MANY {
            assert!(
                rings(&inbox, 10_000),
                "{next} of {MANY} came, and no bell for the next"
            );
            inbox.silence();
            while let Some(number) = inbox.take() {
                assert_eq!(number, next);
                next += 1;
            }
        }
        lane.join().expect("lane");
    }
}
