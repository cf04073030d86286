//! The machines' clock and the wall clock, read here and nowhere below.

use holdfast_model::Mono;
use nix::time::{ClockId, clock_gettime};
use std::time::Duration;

/// Now, by CLOCK_BOOTTIME.
pub fn now() -> Mono {
    Mono(read(ClockId::CLOCK_BOOTTIME))
}

/// How far the wall clock (CLOCK_REALTIME) is ahead of [`now`]. It changes when somebody sets or
/// slews that clock.
pub fn wall_ahead() -> Duration {
    let wall = read(ClockId::CLOCK_REALTIME);
    Duration::from_nanos(wall.saturating_sub(now().0))
}

/// Nanoseconds.
fn read(clock: ClockId) -> u64 {
    let Ok(time) = clock_gettime(clock) else {
        return 0;
    };
    let seconds = u64::try_from(time.tv_sec()).unwrap_or_default();
    let nanos = u64::try_from(time.tv_nsec()).unwrap_or_default();
    seconds.saturating_mul(1_000_000_000).saturating_add(nanos)
}
