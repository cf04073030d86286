//! When to speak next, and how long silence may last.

use core::time::Duration;

/// A generator of random numbers (splitmix64): discriminators that differ, packets that do not
/// march in step. No secrets.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Spread(u64);

impl Spread {
    pub(crate) const fn new(seed: u64) -> Self {
        Self(seed)
    }

    pub(crate) const fn next(&mut self) -> u32 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        ((z ^ (z >> 31)) >> 32) as u32
    }
}

/// RFC 5880 s6.8.7: from one packet to the next it is the interval less a random 0 to 25 %, and
/// with a Detect Mult of 1 at least 10 %, so that one packet cannot come too late.
pub(crate) fn jittered(interval: Duration, multiplier: u8, random: u32) -> Duration {
    let span = if multiplier == 1 { 15 } else { 25 };
    // of 2^32 steps, the first is 75 %
    let part = u64::from(random) * span;
    let hundredths = (75_u64 << 32) + part;
    let micros = u64::try_from(interval.as_micros()).unwrap_or(u64::MAX);
    let scaled = u128::from(micros) * u128::from(hundredths) / (100_u128 << 32);
    Duration::from_micros(u64::try_from(scaled).unwrap_or(u64::MAX))
}

/// RFC 5880 s6.8.4, without demand mode: as many of the neighbour's packets as it says may be lost,
/// at the slower of its wish and ours.
pub(crate) fn detection(remote_multiplier: u8, our_min_rx: u32, remote_min_tx: u32) -> Duration {
    let interval = our_min_rx.max(remote_min_tx);
    Duration::from_micros(u64::from(remote_multiplier) * u64::from(interval))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn packets_come_within_the_share_of_the_interval_that_the_rfc_gives() {
        let interval = Duration::from_millis(100);
        let cases = [
            (3, 0, 75_000),
            (3, u32::MAX, 99_999),
            (1, 0, 75_000),
            (1, u32::MAX, 89_999),
        ];
        for (multiplier, random, micros) in cases {
            assert_eq!(
                jittered(interval, multiplier, random),
                Duration::from_micros(micros),
                "{multiplier} {random}"
            );
        }
    }

    #[test]
    fn silence_lasts_multiplier_times_the_slower_interval() {
        assert_eq!(detection(3, 50_000, 20_000), Duration::from_millis(150));
        assert_eq!(detection(3, 50_000, 1_000_000), Duration::from_secs(3));
        assert_eq!(
            detection(255, u32::MAX, 0),
            Duration::from_micros(255 * u64::from(u32::MAX))
        );
    }
}
