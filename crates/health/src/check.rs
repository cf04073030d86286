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
//! The first check of all forgives nothing (keepalived starts with its retries spent).

use core::time::Duration;
use holdfast_model::checker::Timing;
use holdfast_model::event::CheckFailure;
use holdfast_model::{CheckKey, Mono};

/// A check, for as long as it is configured; never used again for another.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct CheckId(pub u32);

/// A check's state.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Check {
    pub(crate) key: CheckKey,
    pub(crate) timing: Timing,
    pub(crate) up: bool,
    /// Failures since the last success.
    failures: u32,
    /// Failures that are forgiven: none before the first result.
    tried: bool,
    /// When it is, or was, due.
    pub(crate) due: Mono,
    pub(crate) in_flight: bool,
}

/// What a verdict means for the check.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Turn {
    /// As before.
    Same,
    /// It was down and is up.
    Recovered,
    /// It was up and is down, after so many retries.
    Failed { retries: u32 },
}

impl Check {
    pub(crate) fn new(key: CheckKey, timing: Timing, due: Mono) -> Self {
        Self { key, timing, up: true, failures: 0, tried: false, due, in_flight: false }
    }

    /// Takes a result and says when it is due again: from when it was due, so that the pace holds
    /// whatever the answer took.
    pub(crate) fn verdict(&mut self, now: Mono, result: &Result<(), CheckFailure>) -> Turn {
        self.in_flight = false;
        let first = !core::mem::replace(&mut self.tried, true);
        let (turn, pause) = match (result, self.up) {
            (Ok(()), was_up) => {
                self.failures = 0;
                self.up = true;
                let turn = if was_up { Turn::Same } else { Turn::Recovered };
                (turn, self.timing.delay_loop)
            }
            (Err(_), false) => (Turn::Same, self.timing.delay_loop),
            (Err(_), true) => {
                let forgiven = if first { 0 } else { self.timing.retry };
                if self.failures < forgiven {
                    self.failures += 1;
                    // a retry counts from the failure: the server needs the pause
                    self.due = now + self.timing.delay_before_retry;
                    return Turn::Same;
                }
                let retries = self.failures;
                self.failures = 0;
                self.up = false;
                (Turn::Failed { retries }, self.timing.delay_loop)
            }
        };
        self.due = next(self.due, pause, now);
        turn
    }

    /// New timing; what is due stays due, but not later than the new pace asks for.
    pub(crate) fn retime(&mut self, now: Mono, timing: Timing) {
        self.timing = timing;
        self.due = self.due.min(now + timing.delay_loop.max(timing.delay_before_retry));
    }
}

/// The next beat after `due`: never in the past, and no burst after a pause.
fn next(due: Mono, every: Duration, now: Mono) -> Mono {
    let next = due + every;
    if next > now { next } else { now + every }
}
