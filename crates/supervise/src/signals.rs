//! Signals as a descriptor: nothing happens inside a handler, and none of keepalived's signals
//! can end a process that does not know it.

use std::io::{self, Read as _};
use std::os::fd::{AsFd, BorrowedFd, FromRawFd, OwnedFd};

/// What a signal asks for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Asked {
    /// SIGHUP.
    Reload,
    /// SIGTERM, SIGINT.
    Stop,
    /// SIGCHLD.
    ChildEnded,
    /// SIGUSR1 and the others of keepalived: reports.
    Report(i32),
}

/// The blocked signals of this process, readable.
#[derive(Debug)]
pub struct Signals {
    file: std::fs::File,
}

impl Signals {
    /// Blocks every signal that keepalived knows, in this thread and those it starts, and opens
    /// the descriptor from which they are read. Call before any thread exists. `interrupt` says
    /// whether SIGINT counts (`--ignore-sigint` leaves it to a debugger).
    ///
    /// # Errors
    /// When no descriptors are left.
    #[expect(
        unsafe_code,
        reason = "nix has no real-time signals in its signal sets"
    )]
    pub fn block(interrupt: bool) -> io::Result<Self> {
        let mut numbers = vec![
            libc::SIGHUP,
            libc::SIGTERM,
            libc::SIGCHLD,
            libc::SIGUSR1,
            libc::SIGUSR2,
        ];
        if interrupt {
            numbers.push(libc::SIGINT);
        }
        numbers.extend(libc::SIGRTMIN()..=libc::SIGRTMAX());
        // SAFETY: the set is initialised by sigemptyset before any other use, every number is a
        // valid signal, and both calls read the set only.
        let raw = unsafe {
            let mut set: libc::sigset_t = std::mem::zeroed();
            libc::sigemptyset(&raw mut set);
            for number in numbers {
                libc::sigaddset(&raw mut set, number);
            }
            libc::pthread_sigmask(libc::SIG_BLOCK, &raw const set, std::ptr::null_mut());
            libc::signalfd(-1, &raw const set, libc::SFD_CLOEXEC | libc::SFD_NONBLOCK)
        };
        if raw < 0 {
            return Err(io::Error::last_os_error());
        }
        // SAFETY: signalfd has just made this descriptor for us alone.
        let fd = unsafe { OwnedFd::from_raw_fd(raw) };
        Ok(Self {
            file: std::fs::File::from(fd),
        })
    }

    /// The next signal that waits.
    pub fn next(&self) -> Option<Asked> {
        let mut info = [0_u8; size_of::<libc::signalfd_siginfo>()];
        let mut file = &self.file;
        let length = file.read(&mut info).ok()?;
        if length < info.len() {
            return None;
        }
        let number = i32::from_ne_bytes(*info.first_chunk::<4>()?);
        Some(match number {
            libc::SIGHUP => Asked::Reload,
            libc::SIGTERM | libc::SIGINT => Asked::Stop,
            libc::SIGCHLD => Asked::ChildEnded,
            other => Asked::Report(other),
        })
    }
}

impl AsFd for Signals {
    fn as_fd(&self) -> BorrowedFd<'_> {
        self.file.as_fd()
    }
}
