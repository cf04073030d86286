//! `vrrp_script`, run: when and what it comes to is said by `vrrp`'s machine; here are the children.

use super::Source;
use crate::render;
use crate::script::{Outcome, Spawner};
use holdfast_kernel::time::now;
use holdfast_model::{Level, Machine as _, Mono, Name, Script, TrackKey, Tracked};
use holdfast_vrrp::script::{self as machine, ScriptAction, ScriptInput};
use nix::poll::{PollFd, PollFlags, PollTimeout, poll};
use std::collections::BTreeMap;
use std::io;
use std::os::fd::{AsFd, BorrowedFd};
use std::time::Duration;

/// Children at a time. A script runs once at a time, so this many scripts may hang; what cannot be
/// started says nothing.
const AT_ONCE: usize = 512;

/// How long those that run at the stop have to end by themselves.
const PARTING: Duration = Duration::from_millis(500);

/// All scripts, and those of them that run.
pub(super) struct Scripts {
    machine: machine::Scripts,
    /// By the number of the run.
    spawner: Spawner<u64>,
    programs: BTreeMap<Name, Program>,
    runs: u64,
    news: Vec<(TrackKey, Level)>,
    detail: bool,
}

struct Program {
    /// None: it may not run.
    script: Option<Script>,
    /// The run that counts.
    run: Option<u64>,
}

impl Scripts {
    pub(super) fn new(detail: bool) -> io::Result<Self> {
        Ok(Self {
            machine: machine::Scripts::default(),
            spawner: Spawner::new(AT_ONCE)?,
            programs: BTreeMap::new(),
            runs: 0,
            news: Vec::new(),
            detail,
        })
    }

    fn feed(&mut self, now: Mono, input: ScriptInput<'_>) {
        self.machine.handle(now, input);
        while let Some(action) = self.machine.poll_action() {
            match action {
                ScriptAction::Report(event) => render::say(&event, self.detail),
                ScriptAction::Level(key, level) => self.news.push((key, level)),
                ScriptAction::Run { name, limit } => {
                    if let Err(error) = self.run(&name, limit) {
                        tracing::debug!("vrrp_script {name} does not run: {error}");
                        let input = if self.may_run(&name) {
                            ScriptInput::Unstarted { name: &name }
                        } else {
                            ScriptInput::Ended {
                                name: &name,
                                status: None,
                            }
                        };
                        self.machine.handle(now, input);
                    }
                }
            }
        }
    }

    fn run(&mut self, name: &Name, limit: Mono) -> io::Result<()> {
        let refused = || io::Error::other("it may not");
        let program = self.programs.get_mut(name).ok_or_else(refused)?;
        let script = program.script.as_ref().ok_or_else(refused)?;
        self.runs += 1;
        self.spawner.start(self.runs, script, &[], Some(limit))?;
        program.run = Some(self.runs);
        Ok(())
    }

    fn may_run(&self, name: &Name) -> bool {
        let program = self.programs.get(name);
        program.is_some_and(|program| program.script.is_some())
    }

    fn ended(&mut self, now: Mono, run: u64, outcome: Outcome) {
        let ours = |(_, program): &(&Name, &mut Program)| program.run == Some(run);
        let Some((name, program)) = self.programs.iter_mut().find(ours) else {
            return;
        };
        program.run = None;
        let name = name.clone();
        let status = match outcome {
            Outcome::Exited(status) => Some(status),
            Outcome::Killed(_) | Outcome::TimedOut => None,
        };
        let input = ScriptInput::Ended {
            name: &name,
            status,
        };
        self.feed(now, input);
    }
}

impl Source for Scripts {
    fn configure(&mut self, now: Mono, tracked: &Tracked) {
        let mut old = std::mem::take(&mut self.programs);
        for config in &tracked.scripts {
            let known = old.remove(&config.name);
            let program = known.filter(|known| known.script == config.script);
            let fresh = || Program {
                script: config.script.clone(),
                run: None,
            };
            self.programs
                .insert(config.name.clone(), program.unwrap_or_else(fresh));
        }
        // what still runs and counts no more is ended
        let counts: Vec<u64> = self.programs.values().filter_map(|p| p.run).collect();
        self.spawner.hurry(now, |run| !counts.contains(run));
        self.feed(now, ScriptInput::Configure(&tracked.scripts));
    }

    fn look(&mut self, now: Mono) {
        for ended in self.spawner.collect(now) {
            self.ended(now, ended.key, ended.outcome);
        }
        if self.machine.deadline().is_some_and(|due| due <= now) {
            self.feed(now, ScriptInput::Tick);
        }
    }

    fn news(&mut self) -> Vec<(TrackKey, Level)> {
        std::mem::take(&mut self.news)
    }

    fn deadline(&self) -> Option<Mono> {
        let children = self.spawner.deadline().into_iter();
        children.chain(self.machine.deadline()).min()
    }

    fn end(mut self) {
        let until = now() + PARTING;
        self.spawner.hurry(now(), |_| true);
        self.spawner.collect(now());
        while !self.spawner.is_idle() && now() < until {
            let left = until.since(now()).as_millis() + 1;
            let left = PollTimeout::from(u16::try_from(left).unwrap_or(u16::MAX));
            let mut fds = [PollFd::new(self.spawner.as_fd(), PollFlags::POLLIN)];
            let _interrupted = poll(&mut fds, left);
            self.spawner.collect(now());
        }
        self.spawner.abandon();
    }
}

impl AsFd for Scripts {
    fn as_fd(&self) -> BorrowedFd<'_> {
        self.spawner.as_fd()
    }
}
