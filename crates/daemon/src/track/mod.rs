//! What instances watch, watched: a thread a kind, so that neither a file nor a script can hold up
//! the adverts, or each other.
//!
//! ```text
//!  worker ── configure(Tracked) ──▶ threads ── News (levels by key, only changes) ──▶ worker
//!                                   files: inotify
//!                                   scripts: vrrp's machine says when, children run them
//!                                   processes: the kernel's connector, vrrp's machine counts
//! ```

mod files;
mod processes;
mod scripts;

use crate::lane::outbox::Outbox;
use files::Files;
use holdfast_kernel::time::now;
use holdfast_kernel::timer::Timer;
use holdfast_model::{Level, Mono, TrackKey, Tracked};
use nix::sys::epoll::{Epoll, EpollCreateFlags, EpollEvent, EpollFlags, EpollTimeout};
use nix::sys::eventfd::{EfdFlags, EventFd};
use processes::Processes;
use scripts::Scripts;
use std::collections::BTreeMap;
use std::io;
use std::os::fd::{AsFd, BorrowedFd};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::thread::JoinHandle;

/// What the threads say.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum News {
    /// How something is now.
    Is(TrackKey, Level),
    /// Everything of the first configuration that one of them can look at was looked at; of each
    /// configuration, where the files are alone.
    Ready,
}

/// The last level of each thing, and how many kinds are ready: what flaps faster than somebody asks must
/// not cost a transition of every instance each time.
pub(crate) fn latest(news: Vec<News>) -> (BTreeMap<TrackKey, Level>, usize) {
    let (mut levels, mut ready) = (BTreeMap::new(), 0);
    for each in news {
        match each {
            News::Is(key, level) => {
                levels.insert(key, level);
            }
            News::Ready => ready += 1,
        }
    }
    (levels, ready)
}

/// One kind of thing that is watched.
trait Source: AsFd {
    /// Watches these, and no others. What is the same as before is not told again.
    fn configure(&mut self, now: Mono, tracked: &Tracked);

    /// Looks: the descriptor was readable, or the deadline has come, or neither.
    fn look(&mut self, now: Mono);

    /// What has changed since the last call.
    fn news(&mut self) -> Vec<(TrackKey, Level)>;

    /// When to look, although the descriptor is silent.
    fn deadline(&self) -> Option<Mono>;

    /// Ends what was started, within a second.
    fn end(self);
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
    fn new() -> io::Result<Arc<Self>> {
        let flags = EfdFlags::EFD_CLOEXEC | EfdFlags::EFD_NONBLOCK;
        Ok(Arc::new(Self {
            orders: Mutex::default(),
            bell: EventFd::from_value_and_flags(0, flags)?,
        }))
    }

    fn lock(&self) -> MutexGuard<'_, Orders> {
        self.orders.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn ring(&self) {
        let _counter_is_full = self.bell.write(1);
    }
}

/// The worker's handle of the threads. Only that of the scripts is waited for at the end: the others
/// hold nothing that anybody would have to give back, and what they read may hang.
#[derive(Debug)]
pub(crate) struct Trackers {
    mailboxes: Vec<Arc<Mailbox>>,
    scripts: Option<JoinHandle<()>>,
}

impl Trackers {
    /// How often `Ready` comes.
    pub(crate) const KINDS: usize = 3;

    /// Starts the threads.
    ///
    /// # Errors
    /// When their descriptors or a thread cannot be made.
    pub(crate) fn start(outbox: Outbox<News>, detail: bool) -> io::Result<Self> {
        let (files, scripts, processes) = (Mailbox::new()?, Mailbox::new()?, Mailbox::new()?);
        let mailboxes = [&files, &scripts, &processes].map(Arc::clone).to_vec();
        spawn("track", Watcher::new(files, outbox.clone(), Files::new()?)?)?;
        let watcher = Watcher::new(processes, outbox.clone(), Processes::new()?)?;
        spawn("processes", watcher)?;
        let watcher = Watcher::new(scripts, outbox, Scripts::new(detail)?)?;
        let scripts = spawn("scripts", watcher)?;
        Ok(Self {
            mailboxes,
            scripts: Some(scripts),
        })
    }

    /// Starts the thread of the files only; it says `Ready` after each `configure`.
    ///
    /// # Errors
    /// When its descriptors or the thread cannot be made.
    pub(crate) fn files(outbox: Outbox<News>) -> io::Result<Self> {
        let files = Mailbox::new()?;
        let mut watcher = Watcher::new(Arc::clone(&files), outbox, Files::new()?)?;
        watcher.each_time = true;
        spawn("track", watcher)?;
        Ok(Self {
            mailboxes: vec![files],
            scripts: None,
        })
    }

    /// From now on this is watched.
    pub(crate) fn configure(&self, tracked: &Tracked) {
        for mailbox in &self.mailboxes {
            mailbox.lock().tracked = Some(tracked.clone());
            mailbox.ring();
        }
    }

    /// Nothing is news any more.
    pub(crate) fn stop(&self) {
        for mailbox in &self.mailboxes {
            mailbox.lock().stop = true;
            mailbox.ring();
        }
    }
}

impl Drop for Trackers {
    fn drop(&mut self) {
        self.stop();
        if let Some(scripts) = self.scripts.take() {
            let _panicked = scripts.join();
        }
    }
}

fn spawn<S: Source + Send + 'static>(
    name: &str,
    watcher: Watcher<S>,
) -> io::Result<JoinHandle<()>> {
    std::thread::Builder::new()
        .name(name.to_owned())
        .stack_size(512 * 1024)
        .spawn(move || {
            if let Err(error) = watcher.run() {
                // levels that are never news again would be worse than a restart
                tracing::error!("a tracking thread ended: {error}");
                std::process::abort();
            }
        })
}

struct Watcher<S> {
    mailbox: Arc<Mailbox>,
    outbox: Outbox<News>,
    epoll: Epoll,
    timer: Timer,
    source: S,
    ready: bool,
    /// `Ready` comes with each configuration.
    each_time: bool,
}

impl<S: Source> Watcher<S> {
    fn new(mailbox: Arc<Mailbox>, outbox: Outbox<News>, source: S) -> io::Result<Self> {
        let watcher = Self {
            mailbox,
            outbox,
            epoll: Epoll::new(EpollCreateFlags::EPOLL_CLOEXEC)?,
            timer: Timer::new()?,
            source,
            ready: false,
            each_time: false,
        };
        watcher.watch(watcher.mailbox.bell.as_fd())?;
        watcher.watch(watcher.timer.as_fd())?;
        watcher.watch(watcher.source.as_fd())?;
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
            let deadline = self.source.deadline();
            self.timer.set(deadline.unwrap_or(Mono::MAX))?;
            let mut events = [EpollEvent::empty(); 8];
            match self.epoll.wait(&mut events, EpollTimeout::NONE) {
                Ok(_) | Err(nix::errno::Errno::EINTR) => {}
                Err(errno) => return Err(errno.into()),
            }
            let _was_silent = self.mailbox.bell.read();
            let orders = std::mem::take(&mut *self.mailbox.lock());
            if orders.stop {
                self.source.end();
                return Ok(());
            }
            if let Some(tracked) = &orders.tracked {
                self.source.configure(now(), tracked);
            }
            self.source.look(now());
            for (key, level) in self.source.news() {
                self.outbox.put(News::Is(key, level));
            }
            let first = orders.tracked.is_some() && !std::mem::replace(&mut self.ready, true);
            if first || (self.each_time && orders.tracked.is_some()) {
                self.outbox.put(News::Ready);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::{News, latest};
    use holdfast_model::{Level, TrackKey, TrackKind};

    #[test]
    fn of_what_flaps_the_last_level_counts() {
        let key = |name: &str| TrackKey::new(TrackKind::Script, name.into());
        let news = vec![
            News::Is(key("a"), Level::Up),
            News::Is(key("b"), Level::Up),
            News::Ready,
            News::Is(key("a"), Level::Down),
            News::Ready,
        ];
        let (levels, ready) = latest(news);
        let levels: Vec<_> = levels.into_iter().collect();
        assert_eq!(levels, [(key("a"), Level::Down), (key("b"), Level::Up)]);
        assert_eq!(ready, 2);
    }
}
