//! What instances watch, watched: a thread of its own, so that neither a file nor a script can
//! hold up the adverts.
//!
//! ```text
//!  worker ── configure(Tracked) ──▶ thread ── News (levels by key, only changes) ──▶ worker
//!                                   files: inotify
//! ```

mod files;

use crate::lane::outbox::Outbox;
use files::Files;
use holdfast_kernel::time::now;
use holdfast_kernel::timer::Timer;
use holdfast_model::{Level, Mono, TrackKey, Tracked};
use nix::sys::epoll::{Epoll, EpollCreateFlags, EpollEvent, EpollFlags, EpollTimeout};
use nix::sys::eventfd::{EfdFlags, EventFd};
use std::io;
use std::os::fd::{AsFd as _, BorrowedFd};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

/// What the thread says.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum News {
    /// How something is now.
    Is(TrackKey, Level),
    /// Everything of the first configuration that can be looked at was looked at.
    Ready,
}

/// What the worker wants; the latest wins.
#[derive(Debug, Default)]
struct Orders {
    tracked: Option<Tracked>,
    stop: bool,
}

#[derive(Debug)]
struct Mailbox {
    orders: Mutex<Orders>,
    bell: EventFd,
}

impl Mailbox {
    fn lock(&self) -> MutexGuard<'_, Orders> {
        self.orders.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn ring(&self) {
        let _counter_is_full = self.bell.write(1);
    }
}

/// The worker's handle of the thread. It is not waited for at the end: it holds nothing that
/// anybody would have to give back, and what it reads may hang.
#[derive(Debug)]
pub(crate) struct Trackers {
    mailbox: Arc<Mailbox>,
}

impl Trackers {
    /// Starts the thread.
    ///
    /// # Errors
    /// When its descriptors or the thread cannot be made.
    pub(crate) fn start(outbox: Outbox<News>) -> io::Result<Self> {
        let flags = EfdFlags::EFD_CLOEXEC | EfdFlags::EFD_NONBLOCK;
        let mailbox = Arc::new(Mailbox {
            orders: Mutex::default(),
            bell: EventFd::from_value_and_flags(0, flags)?,
        });
        let thread = Watcher::new(Arc::clone(&mailbox), outbox)?;
        std::thread::Builder::new()
            .name("track".to_owned())
            .stack_size(512 * 1024)
            .spawn(move || {
                if let Err(error) = thread.run() {
                    // levels that are never news again would be worse than a restart
                    tracing::error!("the tracking thread ended: {error}");
                    std::process::abort();
                }
            })?;
        Ok(Self { mailbox })
    }

    /// From now on this is watched.
    pub(crate) fn configure(&self, tracked: &Tracked) {
        self.mailbox.lock().tracked = Some(tracked.clone());
        self.mailbox.ring();
    }
}

impl Drop for Trackers {
    fn drop(&mut self) {
        self.mailbox.lock().stop = true;
        self.mailbox.ring();
    }
}

struct Watcher {
    mailbox: Arc<Mailbox>,
    outbox: Outbox<News>,
    epoll: Epoll,
    timer: Timer,
    files: Files,
    ready: bool,
}

impl Watcher {
    fn new(mailbox: Arc<Mailbox>, outbox: Outbox<News>) -> io::Result<Self> {
        let watcher = Self {
            mailbox,
            outbox,
            epoll: Epoll::new(EpollCreateFlags::EPOLL_CLOEXEC)?,
            timer: Timer::new()?,
            files: Files::new()?,
            ready: false,
        };
        watcher.watch(watcher.mailbox.bell.as_fd())?;
        watcher.watch(watcher.timer.as_fd())?;
        watcher.watch(watcher.files.as_fd())?;
        Ok(watcher)
    }

    /// Which one woke the thread does not matter: all are asked.
    fn watch(&self, fd: BorrowedFd<'_>) -> io::Result<()> {
        Ok(self
            .epoll
            .add(fd, EpollEvent::new(EpollFlags::EPOLLIN, 0))?)
    }

    fn run(mut self) -> io::Result<()> {
        loop {
            let deadline = self.files.deadline();
            self.timer.set(deadline.unwrap_or(Mono::MAX))?;
            let mut events = [EpollEvent::empty(); 8];
            match self.epoll.wait(&mut events, EpollTimeout::NONE) {
                Ok(_) | Err(nix::errno::Errno::EINTR) => {}
                Err(errno) => return Err(errno.into()),
            }
            let _was_silent = self.mailbox.bell.read();
            let orders = std::mem::take(&mut *self.mailbox.lock());
            if orders.stop {
                return Ok(());
            }
            if let Some(tracked) = &orders.tracked {
                self.files.configure(now(), &tracked.files);
            }
            self.files.look(now());
            for (key, level) in self.files.news() {
                self.outbox.put(News::Is(key, level));
            }
            if orders.tracked.is_some() && !std::mem::replace(&mut self.ready, true) {
                self.outbox.put(News::Ready);
            }
        }
    }
}
