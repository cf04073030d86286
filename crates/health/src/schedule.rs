//! When the first checks come: spread, but the same for the same seed.

use core::time::Duration;
use holdfast_model::Mono;

/// keepalived's pause before any check: the network gets a moment.
const AFTER_START: Duration = Duration::from_secs(1);

/// A generator of small random numbers (splitmix64): no secrets, only spread.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Spread(u64);

impl Spread {
    pub(crate) const fn new(seed: u64) -> Self {
        Self(seed)
    }

    /// The due time of a first check: 1 s plus a random part of `warmup` from now.
    pub(crate) fn first(&mut self, now: Mono, warmup: Duration) -> Mono {
        let nanos = u64::try_from(warmup.as_nanos()).unwrap_or(u64::MAX);
        let part = if nanos == 0 { 0 } else { self.next() % nanos };
        now + AFTER_START + Duration::from_nanos(part)
    }

    const fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        z ^ (z >> 31)
    }
}
