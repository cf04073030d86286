//! The addresses of one instance in the kernel, beside its state (S1, L8).

use super::Bounds;
use core::time::Duration;
use holdfast_model::{Mono, State};

/// How the kernel of a node lies to the state of an instance.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Holding {
    /// All its addresses are there.
    pub all: bool,
    /// None of them is.
    pub none: bool,
}

/// Who takes addresses away more often than `OFTEN` times in `AGAIN` is a person or a program that means it:
/// what is lost then comes back after `WAITS` at the latest.
const OFTEN: usize = 5;
const AGAIN: Duration = Duration::from_secs(10);
const WAITS: Duration = Duration::from_secs(4);

/// Since when kernel and state do not agree.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Agreement {
    since: Option<Mono>,
    /// Somebody took an address away since they last agreed.
    taken: bool,
    /// When somebody did, the last ones.
    takings: Vec<Mono>,
    /// Until when it may be away.
    bears: Mono,
}

impl Agreement {
    /// S1: the addresses are there if and only if the instance is master, but for R after a
    /// transition. L8: what somebody took is back within the time that takes.
    ///
    /// R counts anew when the state changes (a wish can be replaced by its opposite while the kernel
    /// is still `busy` with the first), and when the process was paused.
    pub fn judge(
        &mut self,
        now: Mono,
        state: State,
        holding: Holding,
        busy: Mono,
        bounds: &Bounds,
    ) -> Option<(&'static str, Duration)> {
        let agree = match state {
            State::Master => holding.all,
            State::Init | State::Backup | State::Fault => holding.none,
        };
        let began = self.since;
        let since = began.unwrap_or(now);
        let taken = self.taken;
        if agree {
            // What was wrong for too long is told at its end at the latest.
            (self.since, self.taken) = (None, false);
        } else {
            self.since = Some(since);
        }
        // Two changes can follow each other: the one that was under way, and its correction.
        let limit = bounds.apply * 2 + bounds.late * 2;
        let id = if taken { "L8" } else { "S1" };
        let lasted = now.since(since.max(busy).max(self.bears));
        (lasted > limit).then_some((id, lasted))
    }

    /// Somebody takes an address away.
    pub fn take(&mut self, now: Mono) {
        self.taken = true;
        self.takings.retain(|taking| now.since(*taking) < AGAIN);
        self.takings.push(now);
        if self.takings.len() > OFTEN {
            self.bears = now + WAITS;
        }
    }

    /// The time counts from here.
    pub fn restart(&mut self, now: Mono) {
        if self.since.is_some() {
            self.since = Some(now);
        }
    }
}
