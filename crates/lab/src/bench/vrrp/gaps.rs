//! How much longer than an interval it took from one beat to the next; and what this machine makes of a bare timer.

use std::thread::JoinHandle;
use std::time::{Duration, Instant};

/// Milliseconds beyond the interval, in order of size.
#[derive(Debug, Default)]
pub(super) struct Gaps(Vec<f64>);

impl Gaps {
    /// Of each row of beats.
    pub(super) fn of(rows: &[Vec<Instant>], interval: Duration) -> Self {
        let mut gaps: Vec<f64> = rows
            .iter()
            .flat_map(|row| row.windows(2))
            .filter_map(|pair| match pair {
                [one, two] => Some(two.duration_since(*one)),
                _ => None,
            })
            .map(|gap| (gap.as_secs_f64() - interval.as_secs_f64()) * 1e3)
            .collect();
        gaps.sort_by(f64::total_cmp);
        Self(gaps)
    }

    /// The one that this part of all is below; endless where there is none.
    pub(super) fn at(&self, part: f64) -> f64 {
        let place = (self.0.len() as f64 * part) as usize;
        let last = self.0.len().saturating_sub(1);
        self.0
            .get(place.min(last))
            .copied()
            .unwrap_or(f64::INFINITY)
    }
}

/// A thread that does nothing but wake up every interval, for so long: nobody is more punctual here.
pub(super) fn bare(interval: Duration, window: Duration) -> JoinHandle<Gaps> {
    std::thread::spawn(move || {
        let start = Instant::now();
        let mut beats = Vec::new();
        let mut due = start;
        while start.elapsed() < window {
            due += interval;
            std::thread::sleep(due.saturating_duration_since(Instant::now()));
            beats.push(Instant::now());
        }
        Gaps::of(&[beats], interval)
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn gaps_are_counted_beyond_the_interval() {
        let start = Instant::now();
        let beats = [0, 100, 203, 300].map(|at| start + Duration::from_millis(at));
        let gaps = Gaps::of(&[beats.to_vec(), vec![start]], Duration::from_millis(100));
        let rounded = [0.0, 0.5, 1.0].map(|part| gaps.at(part).round() as i64);
        assert_eq!(rounded, [-3, 0, 3]);
        assert_eq!(Gaps::default().at(0.5), f64::INFINITY);
    }
}
