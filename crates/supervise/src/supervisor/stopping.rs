//! The end: worker by worker, then the last script.

use super::{Phase, Supervisor, notify};
use crate::log::Level;
use crate::protocol::{Moment, ToWorker};
use std::time::{Duration, Instant};

impl Supervisor<'_> {
    pub(super) fn stop(&mut self) {
        // asked once more, too: a script is no reason to stay
        if let Some(script) = &self.script {
            let pid = nix::unistd::Pid::from_raw(script.child.id().cast_signed());
            let _gone = nix::sys::signal::kill(pid, nix::sys::signal::Signal::SIGTERM);
        }
        if matches!(self.phase, Phase::Stopping { .. } | Phase::Ending) {
            return;
        }
        self.log.write(Level::Info, "Stopping");
        notify(&[sd_notify::NotifyState::Stopping]);
        if let Some(mut job) = self.compiling.take() {
            let _gone = job.child.kill();
            let _status = job.child.wait();
        }
        self.phase = Phase::Stopping {
            turn: 0,
            until: Instant::now(),
        };
        self.stop_turn(0);
    }

    /// Asks the worker of this turn to end. VRRP first: priority 0, VIPs off, then IPVS rows.
    fn stop_turn(&mut self, turn: usize) {
        let limit = self
            .current
            .as_ref()
            .map_or(5000, |bundle| bundle.header.stop_limit_ms);
        let until = Instant::now() + Duration::from_millis(u64::from(limit));
        self.phase = Phase::Stopping { turn, until };
        if let Some(worker) = self.workers.get_mut(turn) {
            let release = self.settings.releases(worker.role);
            worker.tell(ToWorker::Stop { release }, None);
        }
    }

    pub(super) fn stop_next(&mut self, turn: usize, until: Instant, now: Instant) {
        let Some(worker) = self.workers.get_mut(turn) else {
            return self.last_script();
        };
        if worker.runs() {
            if now >= until {
                let line = format!(
                    "{} child process failed to stop: killed",
                    worker.role.title()
                );
                self.log.write(Level::Error, &line);
                worker.kill();
                self.phase = Phase::Stopping {
                    turn,
                    until: now + Duration::from_secs(1),
                };
            }
        } else if turn + 1 < self.workers.len() {
            self.stop_turn(turn + 1);
        } else {
            self.last_script();
        }
    }

    fn last_script(&mut self) {
        // the first one still ends
        if self.script.is_some() {
            return;
        }
        self.phase = Phase::Ending;
        let last = self.current.as_ref();
        if last.is_some_and(|bundle| bundle.header.shutdown) {
            self.run_script(Moment::Shutdown);
        }
    }
}
