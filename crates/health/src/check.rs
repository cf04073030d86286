//! One check: what it asks, how failures count, when it is due.
//!
//! ```text
//!            success                      failure, retries left
//!        ┌────────────┐                ┌──────────────┐
//!        ▼            │                ▼              │
//!      ┌────┐ failure, none left ┌──────────┐         │
//!      │ up │ ──────────────────▶│   down   │    up, retrying every
//!      └────┘◀────────────────── └──────────┘    delay_before_retry
//!                 one success      every delay_loop
//! ```
//! With `rise N` it takes N successes in a row, each a `delay_loop` after the other.
//! A check starts up, or down with `alpha`, and its first result forgives nothing (keepalived
//! starts with the retries spent). HTTP_GET with several urls is one check whose urls all must answer; keepalived goes on
//! from the failed url and asks the others one round later, which shows in the timing only.

use crate::weigh::Weigh;
use core::time::Duration;
use holdfast_model::checker::{Checker, Manner, Timing};
use holdfast_model::event::CheckFailure;
use holdfast_model::{CheckKey, Mono};
use std::sync::Arc;

/// The least time between two probes of one check, whatever its timing says.
const SHORTEST: Duration = Duration::from_millis(1);
/// The widest grid that beats are laid on, however slow the pace.
const COARSEST: Duration = Duration::from_millis(50);

/// A check, for as long as it is configured; never used again for another.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct CheckId(pub u64);

/// A check's state.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Check {
    /// Shared with the index by key.
    pub(crate) key: Arc<CheckKey>,
    pub(crate) timing: Timing,
    pub(crate) manner: Manner,
    pub(crate) weigh: Weigh,
    pub(crate) up: bool,
    /// Results in a row that speak against its state and have not turned it yet: failures while
    /// up, successes while down.
    pub(crate) against: u32,
    /// There was a result.
    pub(crate) tried: bool,
    /// When it is, or was, due.
    pub(crate) due: Mono,
    pub(crate) in_flight: bool,
    /// Why it failed last; none once it succeeds.
    pub(crate) failure: Option<Box<CheckFailure>>,
}

/// What a verdict means for the check.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Turn {
    /// As before.
    Same,
    /// It failed and is up, since a retry follows.
    Forgiven,
    /// The first result, and it is down as it began.
    NotYet,
    /// The first result, and a good one.
    Confirmed,
    /// It was down and is up.
    Recovered,
    /// It was up and is down, after so many retries.
    Failed { retries: u32 },
}

impl Check {
    pub(crate) fn new(key: CheckKey, checker: &Checker, due: Mono) -> Self {
        Self {
            key: Arc::new(key),
            timing: checker.timing,
            manner: checker.manner,
            weigh: Weigh::Own,
            up: !checker.manner.alpha,
            against: 0,
            tried: false,
            due,
            in_flight: false,
            failure: None,
        }
    }

    /// Takes a result and says when it is due again: from when it was due, so that the pace holds
    /// whatever the answer took; a retry from the failure, since the server needs the pause.
    /// A machine that could not ask has learnt nothing: it asks again at the next beat.
    pub(crate) fn verdict(&mut self, now: Mono, result: &Result<(), CheckFailure>) -> Turn {
        self.in_flight = false;
        if matches!(result, Err(CheckFailure::Local(_))) {
            self.due = next(
                self.due,
                self.timing.delay_loop.duration().max(SHORTEST),
                now,
            );
            return Turn::Same;
        }
        self.failure = result.clone().err().map(Box::new);
        let first = !core::mem::replace(&mut self.tried, true);
        let was_up = self.up;
        if result.is_err() && was_up && !first && self.against < self.timing.retry {
            self.against += 1;
            self.due = now + self.timing.delay_before_retry.duration().max(SHORTEST);
            return Turn::Forgiven;
        }
        let retries = core::mem::take(&mut self.against);
        self.up = result.is_ok();
        if self.up && !was_up && retries < self.manner.further {
            (self.up, self.against) = (false, retries + 1);
        }
        self.due = next(
            self.due,
            self.timing.delay_loop.duration().max(SHORTEST),
            now,
        );
        match (was_up, self.up) {
            (true, true) if first => Turn::Confirmed,
            (false, false) if first && result.is_err() => Turn::NotYet,
            (true, true) | (false, false) => Turn::Same,
            (false, true) => Turn::Recovered,
            (true, false) => Turn::Failed { retries },
        }
    }

    /// It is not asked this time.
    pub(crate) fn skip(&mut self, now: Mono) {
        let every = self.timing.delay_loop.duration().max(SHORTEST);
        self.due = next(self.due, every, now);
    }

    /// New timing; what is due stays due, but not later than the new pace asks for.
    pub(crate) fn retime(&mut self, now: Mono, timing: Timing) {
        self.timing = timing;
        let longest = timing.delay_loop.max(timing.delay_before_retry);
        self.due = self.due.min(now + longest.duration().max(SHORTEST));
    }
}

/// The next beat after `due`: never in the past, and no burst after a pause. Beats lie on a grid of a
/// hundredth of the pace, so that many are asked in one turn: to wake costs as much as to ask.
fn next(due: Mono, every: Duration, now: Mono) -> Mono {
    let next = due + every;
    let next = if next > now { next } else { now + every };
    next.rounded_up((every / 100).min(COARSEST))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing::{checker, real_key, tcp, timing};

    /// `retry`, results (`+`, `-`), and after each: `u`p or `d`own, the seconds to the next probe.
    const TABLE: &[(u32, &str, &str, &[u64])] = &[
        (2, "-", "d", &[10]),
        (0, "+-", "ud", &[10, 10]),
        (2, "+---", "uuud", &[10, 1, 1, 10]),
        (2, "+--+", "uuuu", &[10, 1, 1, 10]),
        (2, "+--+---", "uuuuuud", &[10, 1, 1, 10, 1, 1, 10]),
        // down: no retries, one success
        (2, "-----+", "dddddu", &[10, 10, 10, 10, 10, 10]),
        (1, "-+--", "duud", &[10, 10, 1, 10]),
    ];

    #[test]
    fn retries_count_only_while_up() {
        for (retry, results, states, pauses) in TABLE {
            let key = CheckKey {
                real_server: real_key(1, 1),
                probe: tcp(1, 1),
            };
            let mut check = Check::new(key, &checker(*retry), Mono::from_secs(1));
            let turns = results.chars().zip(states.chars()).zip(pauses.iter());
            for (step, ((result, state), pause)) in turns.enumerate() {
                let now = check.due;
                let result = if result == '+' {
                    Ok(())
                } else {
                    Err(CheckFailure::Timeout)
                };
                check.verdict(now, &result);
                let name = format!("retry {retry}, {results}, step {step}");
                assert_eq!(check.up, state == 'u', "{name}");
                assert_eq!(check.due.since(now).as_secs(), *pause, "{name}");
            }
        }
    }

    /// `rise`, `alpha`, results, and after each: `u`p or `d`own, the seconds to the next probe.
    const RISES: &[(u32, bool, &str, &str)] = &[
        // up from the start: nothing has to rise
        (3, false, "+", "u"),
        (1, false, "-+", "du"),
        (3, false, "-+++", "dddu"),
        (3, false, "-++-+++", "ddddddu"),
        (2, true, "++-", "duu"),
        (2, true, "+-++--", "ddduud"),
    ];

    #[test]
    fn rise_wants_successes_in_a_row() {
        for (rise, alpha, results, states) in RISES {
            let key = CheckKey {
                real_server: real_key(1, 1),
                probe: tcp(1, 1),
            };
            let mut checker = checker(1);
            (checker.manner.alpha, checker.manner.further) = (*alpha, rise - 1);
            let mut check = Check::new(key, &checker, Mono::from_secs(1));
            for (step, (result, state)) in results.chars().zip(states.chars()).enumerate() {
                let now = check.due;
                let (before, good) = (check.up, result == '+');
                let turn = check.verdict(now, &good.then_some(()).ok_or(CheckFailure::Timeout));
                let name = format!("rise {rise}, alpha {alpha}, {results}, step {step}");
                assert_eq!(check.up, state == 'u', "{name}");
                assert_eq!(turn == Turn::Recovered, check.up && !before, "{name}");
                let retried = turn == Turn::Forgiven;
                let pause = if retried { 1 } else { 10 };
                assert_eq!(check.due.since(now).as_secs(), pause, "{name}");
            }
        }
    }

    #[test]
    fn a_question_that_could_not_be_asked_says_nothing() {
        let key = CheckKey {
            real_server: real_key(1, 1),
            probe: tcp(1, 1),
        };
        let mut check = Check::new(key, &checker(1), Mono::from_secs(1));
        let unasked = Err(CheckFailure::Local(24));
        assert_eq!(check.verdict(Mono::from_secs(1), &unasked), Turn::Same);
        assert!(check.up && !check.tried);
        assert_eq!(check.due, Mono::from_secs(11));
        let turn = check.verdict(Mono::from_secs(11), &Err(CheckFailure::Timeout));
        assert_eq!(turn, Turn::Failed { retries: 0 });
        assert_eq!(check.verdict(Mono::from_secs(21), &unasked), Turn::Same);
        assert!(!check.up);
    }

    #[test]
    fn a_slow_answer_keeps_the_pace() {
        let second = Duration::from_secs(1);
        // due at 10 s, every 5 s: when the answer came, when the next is due
        for (answered, due) in [(10, 15), (12, 15), (14, 15), (15, 20), (99, 104)] {
            let next = next(Mono::from_secs(10), 5 * second, Mono::from_secs(answered));
            assert_eq!(next, Mono::from_secs(due), "answered at {answered}");
        }
    }

    #[test]
    fn beats_meet_on_a_grid_and_stay_there() {
        let every = Duration::from_secs(2);
        let first = Mono::from_millis(1234);
        let second = next(first, every, first);
        assert_eq!(second, Mono::from_millis(3240));
        assert_eq!(next(second, every, second), second + every);
        // never coarser than it matters to an operator, nor than the pace bears
        let (hour, blink) = (Duration::from_hours(1), Duration::from_millis(20));
        let late = |every| next(first, every, first).since(first + every);
        assert_eq!(late(hour), Duration::from_millis(16));
        assert_eq!(late(blink), Duration::ZERO);
    }

    #[test]
    fn new_timing_never_delays_what_is_due() {
        let key = CheckKey {
            real_server: real_key(1, 1),
            probe: tcp(1, 1),
        };
        let mut check = Check::new(key, &checker(1), Mono::from_secs(60));
        check.retime(Mono::from_secs(50), timing(3));
        assert_eq!(check.due, Mono::from_secs(60));
        check.retime(Mono::from_secs(1), timing(3));
        assert_eq!(check.due, Mono::from_secs(11));
        assert_eq!(check.timing.retry, 3);
    }
}
