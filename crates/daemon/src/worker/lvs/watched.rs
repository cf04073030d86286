//! What checks watch: FILE_CHECK's files, by a thread that may hang where the worker must not.

use super::{Shared, feed};
use crate::lane::outbox::{self, Inbox, Outbox};
use crate::track::{News, Trackers};
use holdfast_health::Input;
use holdfast_kernel::time::now;
use holdfast_model::Tracked;
use nix::poll::{PollFd, PollFlags, PollTimeout, poll};
use std::cell::RefCell;
use std::io;
use std::os::fd::{AsFd, BorrowedFd};
use std::rc::Rc;
use std::time::Duration;

/// How long a configuration waits for its files: one that hangs holds up nothing for longer.
const PATIENCE: Duration = Duration::from_secs(1);

/// The thread, once there is something to watch.
pub(super) struct Watched {
    outbox: Outbox<News>,
    inbox: Inbox<News>,
    trackers: Option<Trackers>,
}

impl Watched {
    pub(super) fn new() -> io::Result<Self> {
        let (outbox, inbox) = outbox::pair()?;
        Ok(Self {
            outbox,
            inbox,
            trackers: None,
        })
    }

    /// Watches these from now on, and tells of those that are new: a check begins as its file says.
    pub(super) fn configure(&mut self, shared: &Rc<RefCell<Shared>>, tracked: &Tracked) {
        if tracked.files.is_empty() && self.trackers.is_none() {
            return;
        }
        if self.trackers.is_none() {
            match Trackers::files(self.outbox.clone()) {
                Ok(trackers) => self.trackers = Some(trackers),
                Err(error) => {
                    tracing::error!("FILE_CHECK: files cannot be watched: {error}");
                    return;
                }
            }
        }
        if let Some(trackers) = &self.trackers {
            trackers.configure(tracked);
        }
        let until = now() + PATIENCE;
        while !self.tell(shared) {
            let left = until.since(now());
            if left.is_zero() {
                tracing::warn!(
                    "FILE_CHECK: the files are not read within a second: they count when they are"
                );
                return;
            }
            self.wait(left);
        }
    }

    fn wait(&self, most: Duration) {
        let mut fds = [PollFd::new(self.inbox.as_fd(), PollFlags::POLLIN)];
        let most = PollTimeout::try_from(most).unwrap_or(PollTimeout::ZERO);
        let _ready_or_not = poll(&mut fds, most);
    }

    /// Tells the pool what is new. True when all of the last configuration was read.
    pub(super) fn tell(&self, shared: &Rc<RefCell<Shared>>) -> bool {
        self.inbox.silence();
        let mut ready = false;
        while let Some(news) = self.inbox.take() {
            match news {
                News::Is(of, level) => feed(shared, Input::Level { of: &of, level }),
                News::Ready => ready = true,
            }
        }
        ready
    }
}

impl AsFd for Watched {
    fn as_fd(&self) -> BorrowedFd<'_> {
        self.inbox.as_fd()
    }
}
