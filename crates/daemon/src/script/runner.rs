//! The thread that tells the world: FIFO lines at once, scripts one at a time about one thing. The
//! worker's loop hands it notices and waits for nothing.

use super::fifo::OpenFifo;
use super::notice::Notice;
use super::queue::Queue;
use super::spawner::{Outcome, Spawner};
use crate::lane::outbox::{self, Inbox, Outbox};
use crate::mail::letter::Letter;
use crate::mail::mailer::Mailer;
use holdfast_kernel::time::now;
use holdfast_model::{Fifo, Mono, Notices, Script};
use nix::poll::{PollFd, PollFlags, PollTimeout, poll};
use nix::sys::eventfd::{EfdFlags, EventFd};
use std::cell::Cell;
use std::io;
use std::os::fd::{AsFd, BorrowedFd};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

/// Notify scripts at a time; a failover of more instances goes on as they end.
const AT_ONCE: usize = 32;
/// Readers at a time: two, and two that are ended since a reload wants others.
const READERS: usize = 4;
/// How long what still runs may take at the stop; keepalived's own limit then.
const STOP_LIMIT: Duration = Duration::from_secs(1);
/// When a FIFO's reader that has ended is started again.
const READER_AGAIN: Duration = Duration::from_secs(5);
/// How often the end looks whether all mail is sent.
const LAST_MAIL: Duration = Duration::from_millis(20);

/// What the thread is told.
#[derive(Debug)]
enum Told {
    Notice(Notice),
    Letter(Letter),
    Configure(Notices),
    Stop,
}

/// The worker's side.
#[derive(Debug)]
pub(crate) struct Runner {
    outbox: Outbox<Told>,
    finished: Arc<AtomicBool>,
    bell: Arc<EventFd>,
    /// Notices that the thread had no room for.
    lost: Cell<u64>,
    /// There is a FIFO that lines are written into.
    has_fifos: Cell<bool>,
}

impl Runner {
    /// Starts the thread.
    ///
    /// # Errors
    /// When the system has no room for it.
    pub(crate) fn start() -> io::Result<Self> {
        let (outbox, inbox) = outbox::pair()?;
        let finished = Arc::new(AtomicBool::new(false));
        let flags = EfdFlags::EFD_CLOEXEC | EfdFlags::EFD_NONBLOCK;
        let bell = Arc::new(EventFd::from_value_and_flags(0, flags)?);
        let thread = Thread {
            inbox,
            scripts: Spawner::new(AT_ONCE)?,
            readers: Spawner::new(READERS)?,
            next: 0,
            queue: Queue::default(),
            fifos: Vec::new(),
            config: Notices::default(),
            mailer: Mailer::new(),
            stopping: None,
        };
        let (said, rung) = (Arc::clone(&finished), Arc::clone(&bell));
        std::thread::Builder::new()
            .name("notices".to_owned())
            .stack_size(256 << 10)
            .spawn(move || {
                thread.run();
                said.store(true, Ordering::Release);
                let _counter_is_full = rung.write(1);
            })?;
        Ok(Self {
            outbox,
            finished,
            bell,
            lost: Cell::new(0),
            has_fifos: Cell::new(false),
        })
    }

    /// Hands on a notice, if anybody would hear it.
    pub(crate) fn tell(&self, notice: Notice) {
        if notice.is_silent() && !self.has_fifos.get() {
            return;
        }
        let line = notice.line.clone();
        self.offer(Told::Notice(notice), &line);
    }

    /// Hands on a letter.
    pub(crate) fn write(&self, letter: Letter) {
        let subject = letter.subject.clone();
        self.offer(Told::Letter(letter), &subject);
    }

    fn offer(&self, told: Told, line: &str) {
        if self.outbox.offer(told) {
            return;
        }
        let lost = self.lost.get().saturating_add(1);
        self.lost.set(lost);
        if lost.is_power_of_two() {
            let line = line.trim_end();
            tracing::error!("too many notices at once: {lost} lost so far, the last is {line}");
        }
    }

    /// Another configuration.
    pub(crate) fn configure(&self, notices: &Notices) {
        let _full = self.outbox.offer(Told::Configure(notices.clone()));
        self.has_fifos.set(!notices.fifos.is_empty());
    }

    /// Nothing follows: what waits is still run, for a second.
    pub(crate) fn stop(&self) {
        self.outbox.offer(Told::Stop);
    }

    /// The same, and waits for the end of it; `meanwhile` runs now and then.
    pub(crate) fn end(&self, meanwhile: impl Fn()) {
        self.stop();
        while !self.finished() {
            meanwhile();
            let mut fds = [PollFd::new(self.as_fd(), PollFlags::POLLIN)];
            let _interrupted = poll(&mut fds, PollTimeout::from(200_u8));
        }
    }

    /// True once everything is done after a `stop`.
    pub(crate) fn finished(&self) -> bool {
        self.finished.load(Ordering::Acquire)
    }
}

impl AsFd for Runner {
    /// Readable once everything is done.
    fn as_fd(&self) -> BorrowedFd<'_> {
        self.bell.as_fd()
    }
}

struct Thread {
    inbox: Inbox<Told>,
    scripts: Spawner<(String, String)>,
    /// By the number of their FIFO.
    readers: Spawner<u64>,
    next: u64,
    queue: Queue,
    fifos: Vec<Reading>,
    config: Notices,
    mailer: Mailer,
    stopping: Option<Mono>,
}

/// A FIFO and the program that reads it.
struct Reading {
    number: u64,
    fifo: Fifo,
    open: Option<OpenFifo>,
    start: Option<Mono>,
}

impl Thread {
    fn run(mut self) {
        loop {
            self.sleep();
            self.inbox.silence();
            while let Some(told) = self.inbox.take() {
                self.told(told);
            }
            let time = now();
            for ended in self.scripts.collect(time) {
                let (subject, program) = ended.key;
                self.queue.done(&subject);
                complain(&subject, &program, ended.outcome);
            }
            for ended in self.readers.collect(time) {
                self.reader_ended(ended.key, ended.outcome, time);
            }
            self.start_scripts(time);
            self.start_readers(time);
            if let Some(until) = self.stopping
                && (time >= until || self.queue.is_idle() && self.mailer.is_idle())
            {
                break;
            }
        }
        self.end();
    }

    fn sleep(&self) {
        let starts = self.fifos.iter().filter_map(|reading| reading.start);
        // the mailer rings no bell
        let posting = self.stopping.is_some() && !self.mailer.is_idle();
        let last_mail = posting.then(|| now() + LAST_MAIL);
        let deadline = starts
            .chain(self.scripts.deadline())
            .chain(self.readers.deadline())
            .chain(self.stopping)
            .chain(last_mail)
            .min();
        let wait = deadline.map(|deadline| deadline.since(now()).as_millis() + 1);
        let timeout = match wait {
            Some(millis) => PollTimeout::from(u16::try_from(millis).unwrap_or(u16::MAX)),
            None => PollTimeout::NONE,
        };
        let mut fds = [
            PollFd::new(self.inbox.as_fd(), PollFlags::POLLIN),
            PollFd::new(self.scripts.as_fd(), PollFlags::POLLIN),
            PollFd::new(self.readers.as_fd(), PollFlags::POLLIN),
        ];
        let _interrupted = poll(&mut fds, timeout);
    }

    fn told(&mut self, told: Told) {
        match told {
            Told::Notice(notice) => self.notice(notice),
            Told::Letter(letter) => self.mailer.write(letter),
            Told::Configure(notices) => self.configure(notices),
            Told::Stop => {
                let until = now() + STOP_LIMIT;
                self.stopping = Some(until);
                self.scripts.hurry(until, |_| true);
            }
        }
    }

    fn notice(&mut self, notice: Notice) {
        if let Some(letter) = notice.letter {
            self.mailer.write(letter);
        }
        for reading in &mut self.fifos {
            if let Some(open) = &mut reading.open {
                open.write(&notice.line);
            }
        }
        for job in notice.scripts {
            if let Some((script, _)) = self.queue.push(&notice.subject, job) {
                let (subject, program) = (&notice.subject, script.program());
                tracing::warn!("{subject}: {program} waited behind too many others: not run");
            }
        }
    }

    /// FIFOs that stay where they are stay open, and so do their readers; the others are made anew.
    fn configure(&mut self, notices: Notices) {
        let place = |fifo: &Fifo| (fifo.path.clone(), fifo.owner.clone());
        let (mut kept, gone): (Vec<Reading>, Vec<Reading>) = std::mem::take(&mut self.fifos)
            .into_iter()
            .partition(|old| {
                notices
                    .fifos
                    .iter()
                    .any(|new| place(new) == place(&old.fifo))
            });
        let mut ended: Vec<u64> = gone.iter().map(|reading| reading.number).collect();
        // before another of the same name is made
        drop(gone);
        for fifo in &notices.fifos {
            self.next += 1;
            let old = kept.iter().position(|old| place(&old.fifo) == place(fifo));
            let Some(mut old) = old.map(|at| kept.remove(at)) else {
                let mode = notices.fifo_mode;
                self.fifos.push(open(self.next, fifo.clone(), mode));
                continue;
            };
            if old.fifo.reader != fifo.reader {
                ended.push(old.number);
                old.number = self.next;
                old.start = (old.open.is_some() && fifo.reader.is_some()).then_some(Mono::ZERO);
            }
            old.fifo = fifo.clone();
            self.fifos.push(old);
        }
        self.readers.hurry(now(), |number| ended.contains(number));
        self.mailer.configure(notices.mail.as_ref());
        self.config = notices;
    }

    fn start_scripts(&mut self, time: Mono) {
        while !self.scripts.is_full()
            && let Some((subject, (script, arguments))) = self.queue.next()
        {
            let limit = self.stopping.unwrap_or(time + self.config.limit);
            let key = (subject.clone(), script.program().to_owned());
            if let Err(error) = self.scripts.start(key, &script, &arguments, Some(limit)) {
                tracing::error!("{subject}: cannot start {}: {error}", script.program());
                self.queue.done(&subject);
            }
        }
    }

    fn start_readers(&mut self, time: Mono) {
        for reading in &mut self.fifos {
            if self.stopping.is_some() || reading.start.is_none_or(|start| time < start) {
                continue;
            }
            reading.start = None;
            let Some(script) = &reading.fifo.reader else {
                continue;
            };
            let path = reading.fifo.path.to_string();
            let number = reading.number;
            if let Err(error) = self.readers.start(number, script, &[path], None) {
                tracing::error!("cannot start {}: {error}", script.program());
                reading.start = Some(time + READER_AGAIN);
            }
        }
    }

    fn reader_ended(&mut self, number: u64, outcome: Outcome, time: Mono) {
        let mut current = self.fifos.iter_mut();
        let Some(reading) = current.find(|reading| reading.number == number) else {
            return;
        };
        let program = reading.fifo.reader.as_ref().map_or("", Script::program);
        let path = &reading.fifo.path;
        if self.stopping.is_none() {
            tracing::warn!(
                "{program}, which reads {path}, has ended ({outcome:?}): starting it again"
            );
            reading.start = Some(time + READER_AGAIN);
        }
    }

    /// Readers see the end of their FIFO; who is still there after that is ended.
    fn end(mut self) {
        self.fifos.clear();
        let until = now() + STOP_LIMIT / 2;
        self.readers.hurry(until, |_| true);
        while !self.readers.is_idle() && now() < until {
            self.sleep();
            self.readers.collect(now());
        }
        self.scripts.abandon();
        self.readers.abandon();
    }
}

fn open(number: u64, fifo: Fifo, mode: u32) -> Reading {
    let open = match OpenFifo::open(&fifo, mode) {
        Ok(open) => Some(open),
        Err(error) => {
            tracing::error!("Unable to open FIFO {}: {error}", fifo.path);
            None
        }
    };
    let start = (open.is_some() && fifo.reader.is_some()).then_some(Mono::ZERO);
    Reading {
        number,
        fifo,
        open,
        start,
    }
}

fn complain(subject: &str, program: &str, outcome: Outcome) {
    match outcome {
        Outcome::Exited(0) => {}
        Outcome::Exited(super::NOT_FOUND) => {
            tracing::error!("{subject}: script {program} does not exist");
        }
        Outcome::Exited(super::NOT_RUN) => {
            tracing::error!(
                "{subject}: script {program} cannot be run: is it executable for its user?"
            );
        }
        Outcome::Exited(status) => {
            tracing::info!("{subject}: script {program} exited with status {status}");
        }
        Outcome::Killed(number) => {
            tracing::warn!("{subject}: script {program} was killed by signal {number}");
        }
        Outcome::TimedOut => {
            tracing::warn!("{subject}: script {program} took too long: ended");
        }
    }
}
