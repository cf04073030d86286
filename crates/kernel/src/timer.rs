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
    /// What it was set to last.
    at: Option<Mono>,
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
            at: None,
        })
    }

    /// It goes off at `deadline` or earlier. One that is about to go off earlier stays as it is: a
    /// deadline that packets move on and on is set once each time it comes, not with each of them.
    ///
    /// # Errors
    /// What the kernel says.
    pub fn wake_by(&mut self, deadline: Mono, now: Mono) -> io::Result<()> {
        if self.at.is_some_and(|at| at > now && at <= deadline) {
            return Ok(());
        }
        self.set(deadline)
    }

    /// From now on it goes off at `deadline`, at once if that has passed; an earlier setting and
    /// whether it has gone off are forgotten.
    ///
    /// # Errors
    /// What the kernel says.
    pub fn set(&mut self, deadline: Mono) -> io::Result<()> {
        // zero would switch it off; the end of time is 292 years away for the kernel, and nix
        // panics within its last second
        let nanos = i64::try_from(deadline.nanos()).unwrap_or(i64::MAX);
        let nanos = nanos.clamp(1, LAST);
        let at = Expiration::OneShot(TimeSpec::nanoseconds(nanos));
        self.fd.set(at, TimerSetTimeFlags::TFD_TIMER_ABSTIME)?;
        self.at = Some(deadline);
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
        let mut timer = Timer::new().expect("timer");
        for deadline in [Mono::ZERO, Mono::from_secs(1), Mono::MAX] {
            timer.set(deadline).expect("set");
        }
    }

    #[test]
    fn it_is_set_again_only_when_it_would_go_off_late_or_has_gone_off() {
        let mut timer = Timer::new().expect("timer");
        let hours = |hours: u64| Mono::from_secs(hours * 3600);
        // by the kernel's clock all of this lies in the past or far ahead
        let mut now = hours(1_000_000);
        let mut wake_by = |now, deadline| {
            timer.wake_by(deadline, now).expect("set");
            timer.at
        };
        let soon = now + core::time::Duration::from_secs(1);
        assert_eq!(wake_by(now, soon), Some(soon));
        assert_eq!(wake_by(now, hours(1_000_001)), Some(soon), "early enough");
        let sooner = now + core::time::Duration::from_millis(1);
        assert_eq!(wake_by(now, sooner), Some(sooner));
        now = sooner;
        assert_eq!(wake_by(now, soon), Some(soon), "it has gone off");
        assert_eq!(wake_by(now, now), Some(now), "due");
        assert_eq!(wake_by(now, now), Some(now), "still");
    }
}
