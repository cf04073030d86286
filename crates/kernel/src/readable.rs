//! Waiting in tokio for descriptors that tokio has no type for.

use nix::sys::epoll::{Epoll, EpollCreateFlags, EpollEvent, EpollFlags, EpollTimeout};
use std::io;
use std::os::fd::{AsRawFd, BorrowedFd, RawFd};
use tokio::io::Interest;
use tokio::io::unix::AsyncFd;

/// Several descriptors behind one.
#[derive(Debug)]
pub struct Readable {
    epoll: AsyncFd<Set>,
}

#[derive(Debug)]
struct Set(Epoll);

impl AsRawFd for Set {
    fn as_raw_fd(&self) -> RawFd {
        self.0.0.as_raw_fd()
    }
}

/// Watches `descriptors`; they must stay open as long as the result lives.
///
/// # Errors
/// When no descriptors are left.
pub fn watch(descriptors: &[BorrowedFd<'_>]) -> io::Result<Readable> {
    let epoll = Epoll::new(EpollCreateFlags::EPOLL_CLOEXEC)?;
    for fd in descriptors {
        epoll.add(fd, EpollEvent::new(EpollFlags::EPOLLIN, 0))?;
    }
    #[expect(
        deprecated,
        reason = "the set owns its descriptor, which is what register asks for"
    )]
    let epoll = AsyncFd::with_interest(Set(epoll), Interest::READABLE)?;
    Ok(Readable { epoll })
}

impl Readable {
    /// Waits until one of them has something to read. May be dropped and called again.
    pub async fn readable(&self) {
        loop {
            let Ok(mut guard) = self.epoll.readable().await else {
                return;
            };
            let mut events = [EpollEvent::empty()];
            match self.epoll.get_ref().0.wait(&mut events, EpollTimeout::ZERO) {
                Ok(0) => guard.clear_ready(),
                Ok(_) | Err(_) => return,
            }
        }
    }
}
