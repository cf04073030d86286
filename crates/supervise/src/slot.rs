//! When a dead worker is started again.

use std::time::{Duration, Instant};

/// A worker that lived this long starts afresh: keepalived's limit.
const LONG_LIFE: Duration = Duration::from_secs(60);
/// One that lived this long did its work: whatever ended it, the next one goes on with it.
const USEFUL_LIFE: Duration = Duration::from_secs(1);
/// The longest wait between two starts.
const DELAY_MAX: Duration = Duration::from_secs(60);

/// The back-off of one worker.
#[derive(Debug, Default, Clone, Copy)]
pub(crate) struct Backoff {
    short_lives: u32,
}

impl Backoff {
    /// Of something that never died.
    pub(crate) const INITIAL: Self = Self { short_lives: 0 };

    /// How long to wait after a death: nothing after a useful life, and the first time; then 1, 2,
    /// 4 ... 60 s as long as it dies at once.
    pub(crate) fn after_death(&mut self, started: Instant, now: Instant) -> Duration {
        if now.saturating_duration_since(started) >= LONG_LIFE {
            self.short_lives = 0;
        }
        if now.saturating_duration_since(started) >= USEFUL_LIFE {
            return Duration::ZERO;
        }
        let lives = self.short_lives;
        self.short_lives = lives.saturating_add(1);
        match lives {
            0 => Duration::ZERO,
            n => Duration::from_secs(1 << (n - 1).min(6)).min(DELAY_MAX),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn young_deaths_wait_longer_and_old_age_forgives() {
        let start = Instant::now();
        let mut backoff = Backoff::default();
        let young = start + Duration::from_millis(900);
        let waits: Vec<u64> = (0..9)
            .map(|_| backoff.after_death(start, young).as_secs())
            .collect();
        assert_eq!(waits, [0, 1, 2, 4, 8, 16, 32, 60, 60]);
        let useful = start + USEFUL_LIFE;
        assert_eq!(backoff.after_death(start, useful), Duration::ZERO);
        let again = backoff.after_death(start, young).as_secs();
        assert_eq!(again, 60, "what dies at once is not forgiven for it");
        let old = start + LONG_LIFE;
        assert_eq!(backoff.after_death(start, old), Duration::ZERO);
    }
}
