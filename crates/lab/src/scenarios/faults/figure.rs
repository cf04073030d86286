//! What is measured of a fault, and what is promised of it. Pure.

use std::time::Duration;

/// What did not come to be while it was waited for; longer than any bound here.
pub(super) const FOR_EVER: f64 = f64::INFINITY;
/// D: what our own reaction may take, on a machine that is not busy.
const REACTION: Duration = Duration::from_millis(100);
/// Priorities of the pair.
pub(super) const PRIORITY: [u8; 2] = [150, 100];

/// A figure of a fault.
#[derive(Debug)]
pub(super) struct Figure {
    /// What it counts, in a table.
    pub(super) what: &'static str,
    /// What is promised of it.
    pub(super) bound: Bound,
}

/// The most that is promised.
#[derive(Debug, Clone, Copy)]
pub(super) enum Bound {
    /// The backup's master-down time, and D.
    Down,
    /// The master's own one, and D: it comes back as one that has just started.
    DownAgain,
    /// The backup's skew time, and D.
    Skew,
    /// The advert interval, and D.
    Advert,
    /// D.
    AtOnce,
    /// A time of its own.
    Within(Duration),
    /// So many.
    Count(u32),
    /// One, neither more nor less.
    Once,
}

/// The pair's times (RFC 9568 s6.1).
#[derive(Debug, Clone, Copy)]
pub(super) struct Timing {
    /// `advert_int`.
    pub(super) interval: Duration,
}

impl Timing {
    /// Skew_Time.
    pub(super) fn skew(self, priority: u8) -> Duration {
        self.interval * (256 - u32::from(priority)) / 256
    }

    /// Active_Down_Interval.
    pub(super) fn down(self, priority: u8) -> Duration {
        self.interval * 3 + self.skew(priority)
    }
}

impl Bound {
    /// Seconds, or how many.
    pub(super) fn limit(self, timing: Timing) -> f64 {
        let time = match self {
            Self::Count(most) => return f64::from(most),
            Self::Once => return 1.0,
            Self::Down => timing.down(PRIORITY[1]) + REACTION,
            Self::DownAgain => timing.down(PRIORITY[0]) + REACTION,
            Self::Skew => timing.skew(PRIORITY[1]) + REACTION,
            Self::Advert => timing.interval + REACTION,
            Self::AtOnce => REACTION,
            Self::Within(time) => time,
        };
        time.as_secs_f64()
    }

    /// Whether a value is as promised.
    pub(super) fn is_kept(self, value: f64, timing: Timing) -> bool {
        let most = self.limit(timing);
        value <= most && (!matches!(self, Self::Once) || value >= most)
    }

    /// What is promised, in words.
    pub(super) fn promise(self, timing: Timing) -> String {
        self.words(self.limit(timing))
    }

    /// `3.61 s`, `0`, `for ever`.
    pub(super) fn words(self, value: f64) -> String {
        match self {
            _ if value == FOR_EVER => "for ever".to_owned(),
            Self::Count(_) | Self::Once => format!("{value:.0}"),
            _ if value == 0.0 => "0 s".to_owned(),
            _ => format!("{value:.2} s"),
        }
    }
}

/// The middle one and the greatest one; `None`: there is none.
pub(super) fn middle_and_most(values: &[f64]) -> Option<(f64, f64)> {
    let mut sorted = values.to_vec();
    sorted.sort_by(f64::total_cmp);
    Some((*sorted.get(sorted.len() / 2)?, *sorted.last()?))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn bounds_follow_the_interval() {
        let at = |millis| Timing {
            interval: Duration::from_millis(millis),
        };
        let near = |bound: Bound, millis, seconds: f64| {
            let limit = bound.limit(at(millis));
            assert!((limit - seconds).abs() < 0.001, "{bound:?}: {limit}");
        };
        near(Bound::Down, 1000, 3.709);
        near(Bound::DownAgain, 1000, 3.514);
        near(Bound::Skew, 1000, 0.709);
        near(Bound::Down, 200, 0.822);
        near(Bound::Advert, 200, 0.3);
        near(Bound::AtOnce, 200, 0.1);
        near(Bound::Count(2), 200, 2.0);
        let kept = |bound: Bound| [0.0, 1.0, 2.0].map(|value| bound.is_kept(value, at(200)));
        assert_eq!(kept(Bound::Count(1)), [true, true, false]);
        assert_eq!(kept(Bound::Once), [false, true, false]);
    }

    #[test]
    fn the_most_may_be_for_ever() {
        let found = middle_and_most(&[FOR_EVER, 0.1, 0.2]);
        assert_eq!(found, Some((0.2, FOR_EVER)));
        assert_eq!(middle_and_most(&[]), None);
        assert_eq!(Bound::AtOnce.words(FOR_EVER), "for ever");
        assert_eq!(Bound::Count(0).words(3.0), "3");
        assert_eq!(Bound::Down.words(3.614), "3.61 s");
    }
}
