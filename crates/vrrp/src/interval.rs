//! Intervals of version 2 (RFC 3768 s6.1), exact to the nanosecond.
//!
//! ```text
//!   Skew_Time            = (256 - Priority) / 256 s
//!   Master_Down_Interval = 3 * Advertisement_Interval + Skew_Time
//! ```

use core::time::Duration;
use holdfast_model::{Centis, Priority};

/// Adverts that may be missing before a backup takes over.
pub const DOWN_ADVERTS: u32 = 3;

/// 1/256 s; 10^9 / 256 has no remainder.
const SKEW_STEP: Duration = Duration::from_nanos(3_906_250);

/// The times of one instance, derived from its interval and priority.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Timing {
    /// Advertisement_Interval.
    pub advert: Duration,
    /// Skew_Time: the better, the shorter.
    pub skew: Duration,
    /// Master_Down_Interval.
    pub down: Duration,
}

impl Timing {
    /// Of version 2.
    pub fn v2(interval: Centis, priority: Priority) -> Self {
        let advert = Duration::from_secs(u64::from(v2_seconds(interval)));
        let skew = SKEW_STEP * (256 - u32::from(priority.get()));
        Self {
            advert,
            skew,
            down: advert * DOWN_ADVERTS + skew,
        }
    }
}

/// The interval as version 2 carries it: whole seconds, at least 1.
pub fn v2_seconds(interval: Centis) -> u8 {
    interval.whole_secs().max(1)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn skew_is_not_rounded() {
        // (interval in s, priority, down interval in microseconds)
        let rows = [
            (1, 100, 3_609_375),
            (1, 90, 3_648_437),
            (1, 254, 3_007_812),
            (1, 255, 3_003_906),
            (1, 1, 3_996_093),
            (255, 1, 765_996_093),
        ];
        for (seconds, priority, micros) in rows {
            let timing = Timing::v2(
                Centis::from_secs(seconds).unwrap(),
                Priority::new(priority).unwrap(),
            );
            assert_eq!(timing.down.as_micros(), micros, "{seconds} s, {priority}");
        }
    }
}
