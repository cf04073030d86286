//! The machines' time.

use core::fmt;
use core::ops::{Add, Sub};
use core::time::Duration;
use serde::{Deserialize, Serialize};

/// A point in time: nanoseconds of CLOCK_BOOTTIME.
///
/// It counts suspension, is equal in all processes of one boot, and can be stored and put on a
/// tape. Arithmetic saturates: a deadline can lie at the end of time, never wrap to its start.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default, Serialize, Deserialize)]
pub struct Mono(pub u64);

impl Mono {
    /// The start of the boot.
    pub const ZERO: Self = Self(0);
    /// Later than everything.
    pub const MAX: Self = Self(u64::MAX);

    /// Nanoseconds since boot.
    pub const fn nanos(self) -> u64 {
        self.0
    }

    /// `seconds` after boot (tests and scripts).
    pub const fn from_secs(seconds: u64) -> Self {
        Self(seconds.saturating_mul(1_000_000_000))
    }

    /// `millis` milliseconds after boot (tests and scripts).
    pub const fn from_millis(millis: u64) -> Self {
        Self(millis.saturating_mul(1_000_000))
    }

    /// The next multiple of `grain` since boot that is not before this: what is due at moments that lie
    /// close together becomes due at one.
    ///
    /// ```
    /// # use holdfast_model::Mono;
    /// let grain = core::time::Duration::from_millis(10);
    /// assert_eq!(Mono::from_millis(41).rounded_up(grain), Mono::from_millis(50));
    /// assert_eq!(Mono::from_millis(50).rounded_up(grain), Mono::from_millis(50));
    /// ```
    #[expect(
        clippy::cast_possible_truncation,
        reason = "a grain of 584 years is none"
    )]
    pub const fn rounded_up(self, grain: Duration) -> Self {
        match self.0.checked_next_multiple_of(grain.as_nanos() as u64) {
            Some(nanos) => Self(nanos),
            None => Self::MAX,
        }
    }

    /// How long after `earlier` this is; zero when it is before.
    pub const fn since(self, earlier: Self) -> Duration {
        Duration::from_nanos(self.0.saturating_sub(earlier.0))
    }
}

/// A time of the configuration: microseconds in 64 bit, which is how precisely and how widely
/// keepalived knows them (lib/timer.h). Half as large as a [`Duration`], for those that every one of
/// 100,000 checks carries.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default, Serialize, Deserialize)]
pub struct Micros(u64);

impl Micros {
    /// A time of so many microseconds.
    pub const fn new(micros: u64) -> Self {
        Self(micros)
    }

    /// A time of so many seconds.
    pub const fn from_secs(seconds: u64) -> Self {
        Self(seconds.saturating_mul(1_000_000))
    }

    /// A time of so many milliseconds.
    pub const fn from_millis(millis: u64) -> Self {
        Self(millis.saturating_mul(1_000))
    }

    /// The same, to calculate with.
    pub const fn duration(self) -> Duration {
        Duration::from_micros(self.0)
    }
}

impl fmt::Debug for Micros {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.duration().fmt(f)
    }
}

/// A duration as nanoseconds, saturating at the end of time (584 years).
fn nanos(duration: Duration) -> u64 {
    u64::try_from(duration.as_nanos()).unwrap_or(u64::MAX)
}

impl Add<Duration> for Mono {
    type Output = Self;
    fn add(self, rhs: Duration) -> Self {
        Self(self.0.saturating_add(nanos(rhs)))
    }
}

impl Sub<Duration> for Mono {
    type Output = Self;
    fn sub(self, rhs: Duration) -> Self {
        Self(self.0.saturating_sub(nanos(rhs)))
    }
}

impl fmt::Debug for Mono {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            f,
            "{}.{:09}s",
            self.0 / 1_000_000_000,
            self.0 % 1_000_000_000
        )
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn arithmetic_saturates() {
        assert_eq!(Mono::MAX + Duration::from_secs(1), Mono::MAX);
        assert_eq!(Mono::ZERO - Duration::from_secs(1), Mono::ZERO);
        assert_eq!(Mono::ZERO.since(Mono::from_secs(3)), Duration::ZERO);
        assert_eq!(
            Mono::from_secs(3).since(Mono::from_millis(500)),
            Duration::from_millis(2500)
        );
        assert_eq!(Mono::MAX.rounded_up(Duration::from_secs(1)), Mono::MAX);
    }
}
