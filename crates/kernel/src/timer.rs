//! A timer that is a descriptor: punctual to a tenth of a millisecond, without slack.

use holdfast_model::Mono;
use nix::sys::time::{TimeSpec, TimeValLike as _};
use nix::sys::timerfd::{ClockId, Expiration, TimerFd, TimerFlags, TimerSetTimeFlags};
use std::io;
use std::os::fd::{AsFd, BorrowedFd};

/// The latest time that can be set.
const LAST: i64 = i64::MAX - 2_000_000_000;

/// A one-shot timer on CLOCK_BOOTTIME.
#[derive(Debug)]
pub struct Timer {
    fd: TimerFd,
}

impl Timer {
    /// Makes it, not running.
    ///
    /// # Errors
    /// When no descriptors are left.
    pub fn new() -> io::Result<Self> {
        let flags = TimerFlags::TFD_CLOEXEC | TimerFlags::TFD_NONBLOCK;
        Ok(Self {
            fd: TimerFd::new(ClockId::CLOCK_BOOTTIME, flags)?,
        })
    }

    /// From now on it goes off at `deadline`, at once if that has passed; an earlier setting and
    /// whether it has gone off are forgotten.
    ///
    /// # Errors
    /// What the kernel says.
    pub fn set(&self, deadline: Mono) -> io::Result<()> {
        // zero would switch it off; the end of time is 292 years away for the kernel, and nix
        // panics within its last second
        let nanos = i64::try_from(deadline.nanos()).unwrap_or(i64::MAX);
        let nanos = nanos.clamp(1, LAST);
        let at = Expiration::OneShot(TimeSpec::nanoseconds(nanos));
        self.fd.set(at, TimerSetTimeFlags::TFD_TIMER_ABSTIME)?;
        Ok(())
    }
}

impl AsFd for Timer {
    fn as_fd(&self) -> BorrowedFd<'_> {
        self.fd.as_fd()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_time_can_be_set() {
        let timer = Timer::new().expect("timer");
        for deadline in [Mono::ZERO, Mono::from_secs(1), Mono::MAX] {
            timer.set(deadline).expect("set");
        }
    }
}
