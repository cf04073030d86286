//! Intervals, exact to the nanosecond (RFC 3768 s6.1, RFC 9568 s6.1).
//!
//! ```text
//!   version 2   Skew_Time = (256 - Priority) / 256 s
//!   version 3   Skew_Time = (256 - Priority) * Active_Adver_Interval / 256
//!
//!   Active_Down_Interval = K * Active_Adver_Interval + Skew_Time        K: down_timer_adverts, 3
//! ```
//!
//! A backup of version 3 counts in its master's interval, which it hears in every advert; one of
//! version 2 drops adverts of another interval than its own.

use core::time::Duration;
use holdfast_model::{Centis, Instance, Priority, Version};
use serde::{Deserialize, Serialize};

/// 1/256 s; 10^9 / 256 has no remainder.
const SKEW_STEP: Duration = Duration::from_nanos(3_906_250);

/// A hundredth of a second.
const CENTI: Duration = Duration::from_millis(10);

/// The times of one instance.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Timing {
    /// Active_Adver_Interval: our own, or the master's.
    pub advert: Duration,
    /// Skew_Time: the better, the shorter.
    pub skew: Duration,
    /// Active_Down_Interval.
    pub down: Duration,
}

impl Timing {
    /// By the instance's own interval and configured priority.
    pub fn own(config: &Instance) -> Self {
        Self::of(config, config.priority, config.advert_interval)
    }

    /// By its effective priority, and an interval that may be its master's.
    pub fn of(config: &Instance, priority: Priority, interval: Centis) -> Self {
        let steps = 256 - u32::from(priority.get());
        let (advert, skew) = match config.wire.version {
            Version::V2 => (
                Duration::from_secs(u64::from(v2_seconds(interval))),
                SKEW_STEP * steps,
            ),
            Version::V3 => {
                let advert = CENTI * u32::from(interval.get());
                (advert, advert * steps / 256)
            }
        };
        Self {
            advert,
            skew,
            down: advert * u32::from(config.wire.down_adverts) + skew,
        }
    }
}

/// The interval as version 2 carries it: whole seconds, at least 1.
fn v2_seconds(interval: Centis) -> u8 {
    interval.whole_secs().max(1)
}

/// What our adverts say, in centiseconds.
pub fn on_the_wire(config: &Instance) -> u16 {
    match config.wire.version {
        Version::V2 => u16::from(v2_seconds(config.advert_interval)) * 100,
        Version::V3 => config.advert_interval.get(),
    }
}
