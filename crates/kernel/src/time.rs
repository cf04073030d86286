//! The machines' clock, read here and nowhere below.

use holdfast_model::Mono;
use nix::time::{ClockId, clock_gettime};

/// Now, by CLOCK_BOOTTIME.
pub fn now() -> Mono {
    let Ok(time) = clock_gettime(ClockId::CLOCK_BOOTTIME) else {
        return Mono::ZERO;
    };
    let seconds = u64::try_from(time.tv_sec()).unwrap_or_default();
    let nanos = u64::try_from(time.tv_nsec()).unwrap_or_default();
    Mono(seconds.saturating_mul(1_000_000_000).saturating_add(nanos))
}
