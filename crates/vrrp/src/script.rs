//! `vrrp_script`: when each runs, and what its results come to. Who runs them is told by actions.
//!
//! ```text
//!            failure                     failure: one of `fall`
//!   0 ◄──────────────── 0 .. rise-1 ◄──────────────────────── rise .. rise+fall-1
//!   down                 success: one of `rise` ────────────► success: rise+fall-1, up
//! ```
//! The count starts at rise-1: keepalived lets the first result decide.

use core::time::Duration;
use holdfast_model::event::ScriptEvent;
use holdfast_model::track::TrackScript;
use holdfast_model::{Event, Level, Machine, Mono, Name, TrackKey, TrackKind};
use std::collections::VecDeque;

/// What is asked of the world.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum ScriptAction {
    /// Start it, and end its process group at `limit`; answered by `Ended`, or `Unstarted`.
    Run {
        /// Which.
        name: Name,
        /// When it has to be over.
        limit: Mono,
    },
    /// How it is now.
    Level(TrackKey, Level),
    /// Something happened.
    Report(Event),
}

/// One input.
#[derive(Debug, Clone, Copy)]
pub enum ScriptInput<'a> {
    /// The deadline has come.
    Tick,
    /// A run is over; with its exit status, or without: it was killed.
    Ended {
        /// Which.
        name: &'a Name,
        /// 0 is success.
        status: Option<i32>,
    },
    /// It could not be started: no process, no descriptor. That says nothing of what it looks at, unless nothing
    /// is known of it yet.
    Unstarted {
        /// Which.
        name: &'a Name,
    },
    /// Run these, and no others. Results of what is the same program are kept.
    Configure(&'a [TrackScript]),
}

/// All scripts that are watched.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Scripts {
    list: Vec<Watched>,
    /// The first configuration came.
    begun: bool,
    actions: VecDeque<ScriptAction>,
}

#[derive(Debug, Clone, PartialEq, Eq)]
struct Watched {
    config: TrackScript,
    count: u32,
    level: Level,
    /// With which it ended last; 0 before it ever did. keepalived: what is killed leaves it as it was.
    status: i32,
    due: Mono,
    run: Run,
}

/// Where a run is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Run {
    No,
    /// To be over by then.
    Until(Mono),
    /// It was not, and counted as a failure; it is being ended.
    Overdue,
}

impl Watched {
    fn new(config: &TrackScript, now: Mono) -> Self {
        let (count, level) = if config.starts_failed {
            (0, Level::Down)
        } else {
            (config.rise.saturating_sub(1), Level::Unknown)
        };
        Self {
            config: config.clone(),
            count,
            level,
            status: 0,
            due: now,
            run: Run::No,
        }
    }

    fn key(&self) -> TrackKey {
        TrackKey::new(TrackKind::Script, self.config.name.clone())
    }

    fn most(&self) -> u32 {
        self.config
            .rise
            .saturating_add(self.config.fall)
            .saturating_sub(1)
    }

    /// Counts a result; the level that it comes to.
    fn count(&mut self, success: bool) -> Level {
        let rise = self.config.rise;
        let first = self.level == Level::Unknown;
        if success {
            let next = self.count.saturating_add(1);
            self.count = if next >= rise { self.most() } else { next };
        } else if first || self.count <= rise {
            self.count = 0;
        } else {
            self.count -= 1;
        }
        if self.count >= rise {
            Level::Up
        } else {
            Level::Down
        }
    }
}

impl Scripts {
    fn tick(&mut self, now: Mono) {
        for script in &mut self.list {
            if matches!(script.run, Run::Until(limit) if limit <= now) {
                script.run = Run::Overdue;
                let event = ScriptEvent::TimedOut;
                judge(script, false, event, &mut self.actions);
            }
            if script.due > now {
                continue;
            }
            let every = script.config.interval.duration();
            script.due = next(script.due, every, now);
            if script.run != Run::No {
                let event = ScriptEvent::Skipped;
                report(script, event, &mut self.actions);
                continue;
            }
            let limit = now + script.config.timeout.duration();
            script.run = Run::Until(limit);
            self.actions.push_back(ScriptAction::Run {
                name: script.config.name.clone(),
                limit,
            });
        }
    }

    fn ended(&mut self, name: &Name, status: Option<i32>) {
        let mut scripts = self.list.iter_mut();
        let Some(script) = scripts.find(|script| script.config.name == *name) else {
            return;
        };
        let run = core::mem::replace(&mut script.run, Run::No);
        // What was overdue has been counted.
        if !matches!(run, Run::Until(_)) {
            return;
        }
        let success = status == Some(0);
        if let Some(status) = status
            && core::mem::replace(&mut script.status, status) != status
        {
            let event = ScriptEvent::Returning(status);
            report(script, event, &mut self.actions);
        }
        let event = if success {
            ScriptEvent::Succeeded
        } else {
            ScriptEvent::Failed(status)
        };
        judge(script, success, event, &mut self.actions);
    }

    fn unstarted(&mut self, name: &Name) {
        let mut scripts = self.list.iter_mut();
        match scripts.find(|script| script.config.name == *name) {
            Some(script) if script.level != Level::Unknown => script.run = Run::No,
            _nothing_is_known => self.ended(name, None),
        }
    }

    fn configure(&mut self, now: Mono, scripts: &[TrackScript]) {
        let mut old = core::mem::take(&mut self.list);
        for config in scripts {
            let same = |known: &Watched| {
                known.config.name == config.name && known.config.script == config.script
            };
            let known = old.iter().position(same).map(|at| old.remove(at));
            let fresh = known.is_none();
            let mut script = known.unwrap_or_else(|| Watched::new(config, now));
            script.config = config.clone();
            script.due = script.due.min(now + config.interval.duration());
            if script.level == Level::Up {
                script.count = script.count.clamp(config.rise, script.most());
            } else {
                script.count = script.count.min(config.rise.saturating_sub(1));
            }
            if fresh && self.begun && !config.starts_failed {
                // keepalived, at a reload: considered successful until it has run.
                script.level = Level::Up;
                script.count = config.rise;
            }
            if fresh && script.level != Level::Unknown {
                let action = ScriptAction::Level(script.key(), script.level);
                self.actions.push_back(action);
            }
            self.list.push(script);
        }
        self.begun = true;
    }
}

/// Counts a result, and says what has changed.
fn judge(
    script: &mut Watched,
    success: bool,
    event: ScriptEvent,
    actions: &mut VecDeque<ScriptAction>,
) {
    let level = script.count(success);
    if core::mem::replace(&mut script.level, level) != level {
        report(script, event, actions);
        actions.push_back(ScriptAction::Level(script.key(), level));
    }
}

fn report(script: &Watched, event: ScriptEvent, actions: &mut VecDeque<ScriptAction>) {
    let name = script.config.name.clone();
    actions.push_back(ScriptAction::Report(Event::Script { name, event }));
}

/// Due and interval; beats that were missed are not made up for.
fn next(due: Mono, every: Duration, now: Mono) -> Mono {
    let next = due + every;
    if next <= now { now + every } else { next }
}

impl Machine for Scripts {
    type Input<'a> = ScriptInput<'a>;
    type Action = ScriptAction;

    fn handle(&mut self, now: Mono, input: Self::Input<'_>) {
        match input {
            ScriptInput::Tick => self.tick(now),
            ScriptInput::Ended { name, status } => self.ended(name, status),
            ScriptInput::Unstarted { name } => self.unstarted(name),
            ScriptInput::Configure(scripts) => self.configure(now, scripts),
        }
    }

    fn poll_action(&mut self) -> Option<Self::Action> {
        self.actions.pop_front()
    }

    fn deadline(&self) -> Option<Mono> {
        let limit = |script: &Watched| match script.run {
            Run::Until(limit) => limit.min(script.due),
            Run::No | Run::Overdue => script.due,
        };
        self.list.iter().map(limit).min()
    }
}
