//! `vrrp_track_process`: which processes count, and when there are enough of them.
//!
//! ```text
//!  enough ──── too few, or too many, for its delay ───▶ not enough ──── enough, for its delay ───▶
//! ```
//! A change that came with a new process waits for `fork_delay`, one that came with the end of one
//! for `terminate_delay`; what is as before by then has not happened.

use core::time::Duration;
use holdfast_model::track::{ParameterMatch, ProcessPattern, TrackProcess};
use holdfast_model::{Level, Machine, Mono, TrackKey, TrackKind};
use std::collections::{BTreeMap, BTreeSet, VecDeque};

/// The kernel keeps so much of a process' name.
const NAME: usize = 15;

/// A process, as the kernel shows it.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Process {
    /// Its name.
    pub name: Vec<u8>,
    /// Its words, each ended by a NUL; empty for a kernel thread.
    pub command_line: Vec<u8>,
}

/// How a watched process is now.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ProcessNews(pub TrackKey, pub Level);

/// One input.
#[derive(Debug, Clone, Copy)]
pub enum ProcessInput<'a> {
    /// The deadline has come.
    Tick,
    /// Watch these, and no others. A `Scan` has to follow.
    Configure(&'a [TrackProcess]),
    /// All processes that there are.
    Scan(&'a BTreeMap<u32, Process>),
    /// A process has come, or has become this.
    Is(u32, &'a Process),
    /// A process has made a copy of itself.
    Forked {
        /// Itself.
        parent: u32,
        /// The copy.
        child: u32,
    },
    /// A process has ended.
    Gone(u32),
}

/// All that are watched.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Processes {
    list: Vec<Watched>,
    news: VecDeque<ProcessNews>,
}

#[derive(Debug, Clone, PartialEq, Eq)]
struct Watched {
    config: TrackProcess,
    /// Those that count.
    running: BTreeSet<u32>,
    /// As it was told; not yet before the first scan.
    enough: Option<bool>,
    /// When it changes, unless it changes back before.
    change: Option<Mono>,
}

impl Watched {
    /// Takes over another number of processes.
    fn judge(&mut self, now: Mono, grown: bool, news: &mut VecDeque<ProcessNews>) {
        let count = u32::try_from(self.running.len()).unwrap_or(u32::MAX);
        let most = self.config.most.unwrap_or(u32::MAX);
        let enough = (self.config.quorum..=most).contains(&count)
            // 0 of at most 0 is what is wanted: none may run
            || most == 0 && count == 0;
        if self.enough == Some(enough) {
            self.change = None;
            return;
        }
        let delay = match (self.enough, grown) {
            (None, _) => Duration::ZERO,
            (Some(_), true) => self.config.fork_delay.duration(),
            (Some(_), false) => self.config.terminate_delay.duration(),
        };
        if delay.is_zero() {
            self.tell(enough, news);
        } else if self.change.is_none() {
            self.change = Some(now + delay);
        }
    }

    fn tell(&mut self, enough: bool, news: &mut VecDeque<ProcessNews>) {
        self.enough = Some(enough);
        self.change = None;
        let key = TrackKey::new(TrackKind::Process, self.config.name.clone());
        news.push_back(ProcessNews(key, Level::of(enough)));
    }
}

impl Processes {
    /// True when nobody looks at command lines.
    pub fn only_names(&self) -> bool {
        let by_name = |watched: &Watched| matches!(watched.config.pattern, ProcessPattern::Name(_));
        self.list.iter().all(by_name)
    }

    /// True when nothing is watched.
    pub fn is_empty(&self) -> bool {
        self.list.is_empty()
    }

    fn configure(&mut self, processes: &[TrackProcess]) {
        let mut old = core::mem::take(&mut self.list);
        for config in processes {
            let same = |known: &Watched| known.config.name == config.name;
            let known = old.iter().position(same).map(|at| old.remove(at));
            // another pattern is another thing; other numbers are judged by the scan
            let known = known.filter(|known| known.config.pattern == config.pattern);
            self.list.push(Watched {
                config: config.clone(),
                running: BTreeSet::new(),
                enough: known.and_then(|known| known.enough),
                change: None,
            });
        }
    }

    fn scan(&mut self, now: Mono, processes: &BTreeMap<u32, Process>) {
        for watched in &mut self.list {
            let counts = |process: &Process| fits(&watched.config.pattern, process);
            let all = processes.iter().filter(|(_, process)| counts(process));
            let running: BTreeSet<u32> = all.map(|(pid, _)| *pid).collect();
            let grown = running.len() > watched.running.len();
            watched.running = running;
            watched.judge(now, grown, &mut self.news);
        }
    }

    fn is(&mut self, now: Mono, pid: u32, process: &Process) {
        for watched in &mut self.list {
            let fits = fits(&watched.config.pattern, process);
            let changed = if fits {
                watched.running.insert(pid)
            } else {
                watched.running.remove(&pid)
            };
            if changed {
                watched.judge(now, fits, &mut self.news);
            }
        }
    }

    fn forked(&mut self, now: Mono, parent: u32, child: u32) {
        for watched in &mut self.list {
            if watched.running.contains(&parent) && watched.running.insert(child) {
                watched.judge(now, true, &mut self.news);
            }
        }
    }

    fn gone(&mut self, now: Mono, pid: u32) {
        for watched in &mut self.list {
            if watched.running.remove(&pid) {
                watched.judge(now, false, &mut self.news);
            }
        }
    }

    fn tick(&mut self, now: Mono) {
        for watched in &mut self.list {
            if watched.change.is_some_and(|change| change <= now) {
                let enough = watched.enough == Some(false);
                watched.tell(enough, &mut self.news);
            }
        }
    }
}

fn fits(pattern: &ProcessPattern, process: &Process) -> bool {
    match pattern {
        ProcessPattern::Name(name) => {
            let name = name.as_str().as_bytes();
            name.get(..NAME).unwrap_or(name) == process.name
        }
        ProcessPattern::Command {
            program,
            parameters,
            matching,
        } => {
            let line = process.command_line.strip_suffix(b"\0");
            let Some(line) = line else { return false };
            let mut words = line.split(|byte| *byte == 0);
            let wanted = parameters.iter().map(|word| word.as_str().as_bytes());
            words.next() == Some(program.as_str().as_bytes())
                && parameters_fit(wanted, words, *matching)
        }
    }
}

fn parameters_fit<'a>(
    wanted: impl ExactSizeIterator<Item = &'a [u8]>,
    mut words: impl Iterator<Item = &'a [u8]>,
    matching: ParameterMatch,
) -> bool {
    let count = wanted.len();
    for (number, wanted) in wanted.enumerate() {
        let Some(word) = words.next() else {
            return false;
        };
        let beginning = matching == ParameterMatch::Initial && number + 1 == count;
        if !(word == wanted || beginning && word.starts_with(wanted)) {
            return false;
        }
    }
    matching != ParameterMatch::Exact || words.next().is_none()
}

impl Machine for Processes {
    type Input<'a> = ProcessInput<'a>;
    type Action = ProcessNews;

    fn handle(&mut self, now: Mono, input: Self::Input<'_>) {
        match input {
            ProcessInput::Tick => self.tick(now),
            ProcessInput::Configure(processes) => self.configure(processes),
            ProcessInput::Scan(processes) => self.scan(now, processes),
            ProcessInput::Is(pid, process) => self.is(now, pid, process),
            ProcessInput::Forked { parent, child } => self.forked(now, parent, child),
            ProcessInput::Gone(pid) => self.gone(now, pid),
        }
    }

    fn poll_action(&mut self) -> Option<Self::Action> {
        self.news.pop_front()
    }

    fn deadline(&self) -> Option<Mono> {
        self.list.iter().filter_map(|watched| watched.change).min()
    }
}
