//! Programs that say how a real server is (MISC_CHECK). They run beside the loop: their end wakes it.

use crate::script::{Outcome, Spawner};
use holdfast_health::{CheckId, Input, Weigh};
use holdfast_kernel::time::now;
use holdfast_model::event::CheckFailure;
use holdfast_model::{MiscCheck, Mono};
use std::collections::BTreeMap;
use std::io;
use std::os::fd::{AsFd, BorrowedFd};
use std::time::Duration;

/// At a time: a check that finds no room has not been tried, and has its turn again.
const AT_ONCE: usize = 512;

/// All that run.
pub(super) struct Programs {
    spawner: Spawner<CheckId>,
    /// Those that count, and whether their exit codes are weights.
    running: BTreeMap<CheckId, bool>,
}

impl Programs {
    pub(super) fn new() -> io::Result<Self> {
        Ok(Self {
            spawner: Spawner::new(AT_ONCE)?,
            running: BTreeMap::new(),
        })
    }

    /// Starts one, or says why not.
    pub(super) fn start(
        &mut self,
        check: CheckId,
        misc: &MiscCheck,
        timeout: Duration,
    ) -> Result<(), CheckFailure> {
        let limit = Some(now() + timeout);
        match self.spawner.start(check, &misc.script, &[], limit) {
            Ok(()) => {
                self.running.insert(check, misc.dynamic);
                Ok(())
            }
            Err(error) => {
                let program = misc.script.program();
                tracing::warn!("MISC_CHECK {program} could not be tried: {error}");
                Err(CheckFailure::Local(error.raw_os_error().unwrap_or(0)))
            }
        }
    }

    /// Nobody asks any more.
    pub(super) fn cancel(&mut self, check: CheckId) {
        if self.running.remove(&check).is_some() {
            self.spawner.hurry(now(), |key| *key == check);
        }
    }

    /// What those say that have ended; ends what is over its time.
    pub(super) fn collect(&mut self, now: Mono) -> Vec<Input<'static>> {
        let mut inputs = Vec::new();
        for ended in self.spawner.collect(now) {
            let check = ended.key;
            let Some(dynamic) = self.running.remove(&check) else {
                continue;
            };
            let (weigh, result) = verdict(ended.outcome, dynamic);
            inputs.extend(weigh.map(|weigh| Input::Weigh { check, weigh }));
            inputs.push(Input::Verdict { check, result });
        }
        inputs
    }

    /// When `collect` is to be called, although the descriptor is silent.
    pub(super) fn deadline(&self) -> Option<Mono> {
        self.spawner.deadline()
    }

    /// Asks all of them to end.
    pub(super) fn end(&mut self) {
        self.running.clear();
        self.spawner.hurry(now(), |_| true);
        self.spawner.collect(now());
    }
}

impl Drop for Programs {
    /// Whoever has not ended by now was asked to.
    fn drop(&mut self) {
        self.spawner.abandon();
    }
}

impl AsFd for Programs {
    fn as_fd(&self) -> BorrowedFd<'_> {
        self.spawner.as_fd()
    }
}

/// keepalived.conf(5): 0 is good, and the weight the file's; with `misc_dynamic` 2 to 255 are good
/// too, and the weight is two less.
fn verdict(outcome: Outcome, dynamic: bool) -> (Option<Weigh>, Result<(), CheckFailure>) {
    match outcome {
        Outcome::Exited(0) => (dynamic.then_some(Weigh::Own), Ok(())),
        Outcome::Exited(status @ 2..=255) if dynamic => {
            (Some(Weigh::Is(status.unsigned_abs() - 2)), Ok(()))
        }
        Outcome::Exited(status) => (None, Err(CheckFailure::Exited(Some(status)))),
        Outcome::Killed(_) => (None, Err(CheckFailure::Exited(None))),
        Outcome::TimedOut => (None, Err(CheckFailure::Timeout)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn exit_codes_are_keepaliveds() {
        let exited = |status| Err(CheckFailure::Exited(Some(status)));
        let cases = [
            (Outcome::Exited(0), false, None, Ok(())),
            (Outcome::Exited(0), true, Some(Weigh::Own), Ok(())),
            (Outcome::Exited(1), true, None, exited(1)),
            (Outcome::Exited(2), false, None, exited(2)),
            (Outcome::Exited(2), true, Some(Weigh::Is(0)), Ok(())),
            (Outcome::Exited(255), true, Some(Weigh::Is(253)), Ok(())),
            (Outcome::Exited(-1), true, None, exited(-1)),
            (
                Outcome::Killed(9),
                true,
                None,
                Err(CheckFailure::Exited(None)),
            ),
            (Outcome::TimedOut, true, None, Err(CheckFailure::Timeout)),
        ];
        for (outcome, dynamic, weigh, result) in cases {
            assert_eq!(
                verdict(outcome, dynamic),
                (weigh, result),
                "{outcome:?} {dynamic}"
            );
        }
    }
}
