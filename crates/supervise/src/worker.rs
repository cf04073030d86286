//! One worker as its parent sees it.

use crate::bundle::Bundle;
use crate::channel::Channel;
use crate::legacy::Legacy;
use crate::pidfile::PidFile;
use crate::protocol::{Role, ToWorker};
use crate::settings::{Settings, WorkerArguments};
use crate::slot::Backoff;
use crate::spawn::spawn;
use std::io;
use std::os::fd::{AsFd, AsRawFd as _, BorrowedFd};
use std::process::{Child, Command, ExitStatus};
use std::time::{Duration, Instant};

/// Ticks without a beat after which a worker is taken for hung: 2 s. Counted in turns of the
/// supervisor, so that a machine that was asleep does not kill workers that were asleep too.
const SILENT_TICKS: u32 = 4;
/// The same until its first word: mapping a large configuration takes a moment.
const SILENT_TICKS_AT_START: u32 = 40;

/// A worker and what the supervisor keeps for it.
pub(crate) struct Worker {
    pub(crate) role: Role,
    /// The configuration has something for it.
    pub(crate) wanted: bool,
    /// The configuration had nothing for it, and it was told to end.
    pub(crate) asked_to_stop: bool,
    /// When it is to be started.
    pub(crate) restart_at: Option<Instant>,
    /// The configuration it said it runs.
    pub(crate) generation: Option<u64>,
    /// The configuration it was started with.
    pub(crate) started_with: Option<u64>,
    /// Its end of the link between the workers; a copy outlives it.
    link: Channel,
    /// Its end of the link to the control process; a copy outlives it.
    questions: Channel,
    /// How often it was started.
    pub(crate) starts: u32,
    /// What the next one takes over from it.
    pub(crate) legacy: Legacy,
    /// Somebody served here until a moment ago, and may have left nothing that is understood.
    pub(crate) adopts: bool,
    running: Option<Running>,
    backoff: Backoff,
}

struct Running {
    child: Child,
    channel: Channel,
    started: Instant,
    silent: u32,
    spoke: bool,
    _pid_file: Option<PidFile>,
}

/// How a worker ended.
pub(crate) struct Death {
    pub(crate) pid: u32,
    /// Exit code 0.
    pub(crate) clean: bool,
    /// In words.
    pub(crate) how: ExitStatus,
    /// Wait this long before the next start.
    pub(crate) delay: Duration,
}

impl Worker {
    pub(crate) fn new(role: Role, link: Channel, questions: Channel) -> io::Result<Self> {
        Ok(Self {
            role,
            wanted: false,
            asked_to_stop: false,
            restart_at: None,
            generation: None,
            started_with: None,
            link,
            questions,
            starts: 0,
            legacy: Legacy::new()?,
            adopts: false,
            running: None,
            backoff: Backoff::default(),
        })
    }

    pub(crate) fn runs(&self) -> bool {
        self.running.is_some()
    }

    pub(crate) fn channel(&self) -> Option<&Channel> {
        self.running.as_ref().map(|running| &running.channel)
    }

    pub(crate) fn pid(&self) -> Option<i32> {
        self.running
            .as_ref()
            .map(|running| running.child.id().cast_signed())
    }

    pub(crate) fn start(&mut self, settings: &Settings, bundle: &Bundle) -> io::Result<u32> {
        let (ours, theirs) = Channel::pair()?;
        let arguments = WorkerArguments {
            role: self.role,
            channel: theirs.as_fd().as_raw_fd(),
            model: bundle.memfd.as_raw_fd(),
            link: self.link.as_fd().as_raw_fd(),
            questions: self.questions.as_fd().as_raw_fd(),
            memory: self.legacy.memory().as_raw_fd(),
            kept: self.legacy.kept(),
            adopts: std::mem::take(&mut self.adopts),
        };
        let mut command = Command::new(&settings.program);
        command
            .args(arguments.encode())
            .args(&settings.worker_arguments);
        let links = [self.link.as_fd(), self.questions.as_fd()];
        let mut inherited = vec![theirs.as_fd(), bundle.memfd.as_fd()];
        inherited.extend(links);
        inherited.extend(self.legacy.descriptors());
        let title = format!("holdfast: {}", self.role.word());
        let child = spawn(&mut command, &title, &inherited)?;
        let pid = child.id();
        let pid_file = PidFile::claim(settings.worker_pid_file(self.role), pid).ok();
        self.starts = self.starts.saturating_add(1);
        self.asked_to_stop = false;
        self.generation = None;
        self.started_with = Some(bundle.header.generation);
        self.running = Some(Running {
            child,
            channel: ours,
            started: Instant::now(),
            silent: 0,
            spoke: false,
            _pid_file: pid_file,
        });
        Ok(pid)
    }

    /// Sends a message; a worker that does not read will be found by its silence.
    pub(crate) fn tell(&self, message: ToWorker, fd: Option<BorrowedFd<'_>>) {
        if let Some(running) = &self.running {
            let _hung_or_dead = running.channel.send(&message.encode(), fd);
        }
    }

    /// It said something.
    pub(crate) fn heard(&mut self) {
        if let Some(running) = &mut self.running {
            running.silent = 0;
            running.spoke = true;
        }
    }

    /// Counts a tick; true when it has been silent for too long.
    pub(crate) fn missed_beats(&mut self) -> bool {
        self.running.as_mut().is_some_and(|running| {
            running.silent += 1;
            running.silent
                > if running.spoke {
                    SILENT_TICKS
                } else {
                    SILENT_TICKS_AT_START
                }
        })
    }

    /// Has it write down how things stand and end, by force after `limit`.
    pub(crate) fn leave(&mut self, limit: Duration) {
        self.tell(ToWorker::Leave, None);
        let until = Instant::now() + limit;
        while self.runs() && self.reap(true).is_none() {
            if Instant::now() >= until {
                self.kill();
            }
            std::thread::sleep(Duration::from_millis(1));
        }
    }

    /// Its ends of the links.
    pub(crate) fn links(&self) -> [BorrowedFd<'_>; 2] {
        [self.link.as_fd(), self.questions.as_fd()]
    }

    pub(crate) fn kill(&mut self) {
        if let Some(running) = &mut self.running {
            let _already_dead = running.child.kill();
        }
    }

    /// Its end, if it has ended. One that was `expected` and clean says nothing about the next
    /// start.
    pub(crate) fn reap(&mut self, expected: bool) -> Option<Death> {
        let running = self.running.as_mut()?;
        let how = running.child.try_wait().ok().flatten()?;
        let running = self.running.take()?;
        self.legacy.read_rest(&running.channel);
        let delay = if expected && how.success() {
            Duration::ZERO
        } else {
            self.backoff.after_death(running.started, Instant::now())
        };
        Some(Death {
            pid: running.child.id(),
            clean: how.success(),
            how,
            delay,
        })
    }
}
