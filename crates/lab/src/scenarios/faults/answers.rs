//! What answers to requests at a steady pace say: since when nobody answered, and for how long two did.
//! Pure.

use std::time::{Duration, Instant};

/// The longest time between `from` and `until` without an answer.
pub(super) fn outage(answers: &[Instant], from: Instant, until: Instant) -> Duration {
    let between = answers.iter().filter(|at| **at > from && **at < until);
    let mut last = from;
    let mut longest = Duration::ZERO;
    for at in between.chain([&until]) {
        longest = longest.max(at.saturating_duration_since(last));
        last = *at;
    }
    longest
}

/// For how long both of two hosts answered. A host answers from one answer to the next one if that comes
/// within `pause`.
pub(super) fn both(one: &[Instant], two: &[Instant], pause: Duration) -> Duration {
    let mut sum = Duration::ZERO;
    for (from, until) in spans(one, pause) {
        for (begin, end) in spans(two, pause) {
            sum += until.min(end).saturating_duration_since(from.max(begin));
        }
    }
    sum
}

fn spans(answers: &[Instant], pause: Duration) -> Vec<(Instant, Instant)> {
    let mut spans: Vec<(Instant, Instant)> = Vec::new();
    for at in answers {
        match spans.last_mut() {
            Some((_, end)) if at.saturating_duration_since(*end) <= pause => *end = *at,
            _ => spans.push((*at, *at)),
        }
    }
    spans
}

#[cfg(test)]
mod tests {
    use super::*;

    const MILLI: Duration = Duration::from_millis(1);

    #[test]
    fn an_outage_may_begin_before_the_first_answer_and_last_to_the_end() {
        let start = Instant::now();
        let at = |millis: &[u32]| -> Vec<Instant> {
            millis
                .iter()
                .map(|millis| start + MILLI * *millis)
                .collect()
        };
        let found = |millis: &[u32]| outage(&at(millis), start, start + MILLI * 100);
        assert_eq!(found(&[]), MILLI * 100);
        assert_eq!(found(&[60, 70]), MILLI * 60);
        assert_eq!(found(&[10, 20]), MILLI * 80);
        assert_eq!(found(&[10, 20, 60, 90]), MILLI * 40);
        // what came before or after is not asked for
        assert_eq!(found(&[50, 120]), MILLI * 50);
    }

    #[test]
    fn two_answer_at_a_time_where_their_spans_overlap() {
        let start = Instant::now();
        let at = |millis: std::ops::Range<u32>| -> Vec<Instant> {
            millis
                .step_by(10)
                .map(|millis| start + MILLI * millis)
                .collect()
        };
        let pause = MILLI * 25;
        // one ends at 90, two begins at 95, or at 60
        assert_eq!(both(&at(0..100), &at(95..200), pause), Duration::ZERO);
        assert_eq!(both(&at(0..100), &at(60..200), pause), MILLI * 30);
        // a pause ends a span
        let mut one = at(0..50);
        one.extend(at(100..200));
        assert_eq!(both(&one, &at(0..200), pause), MILLI * (40 + 90));
    }
}
