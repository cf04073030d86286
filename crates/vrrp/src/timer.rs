//! Deadlines that repeat.

use core::time::Duration;
use holdfast_model::Mono;

/// When a periodic deadline that was due at `due` and is served at `now` comes next.
///
/// Due plus interval, so that lateness does not add up. When it was served so late that the next
/// would follow within half an interval, the beat starts anew: a machine that slept sends one
/// advert, not all it missed (two adverts are never closer than half an interval).
pub(crate) fn next(due: Mono, every: Duration, now: Mono) -> Mono {
    if now.since(due) > every / 2 {
        now + every
    } else {
        due + every
    }
}

/// The earlier of two deadlines that may be missing.
pub(crate) fn earliest(a: Option<Mono>, b: Option<Mono>) -> Option<Mono> {
    a.into_iter().chain(b).min()
}

/// True when the deadline exists and has come.
pub(crate) fn is_due(deadline: Option<Mono>, now: Mono) -> bool {
    deadline.is_some_and(|deadline| deadline <= now)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lateness_does_not_add_up_and_missed_beats_are_not_made_up_for() {
        let every = Duration::from_secs(1);
        let due = Mono::from_secs(10);
        for (now, expected) in [
            (10_000, 11_000),
            (10_400, 11_000),
            (10_500, 11_000),
            (10_501, 11_501),
            (17_000, 18_000),
        ] {
            assert_eq!(
                next(due, every, Mono::from_millis(now)),
                Mono::from_millis(expected)
            );
        }
    }
}
