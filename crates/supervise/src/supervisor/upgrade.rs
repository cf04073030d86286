//! Another build of the program goes on in this process, and the workers with it.
//!
//! ```text
//!  caller ─ program ─→ it compiles the text that runs ─ refused: this build goes on
//!                        └ workers write down how things stand and end → exec → workers adopt
//!                             └ a worker dies or is not ready in time: back to the build before, the same way
//! ```

use super::{COMPILE_LIMIT, Phase, Supervisor};
use crate::bundle::{Bundle, create};
use crate::channel::Channel;
use crate::door::{Answer, Caller, Door};
use crate::exit;
use crate::handover::{FORM, Handover, Previous, Queue, words};
use crate::log::Level;
use crate::protocol::Role;
use crate::spawn::spawn;
use std::ffi::OsStr;
use std::fs::File;
use std::io;
use std::os::fd::{AsFd, AsRawFd as _, BorrowedFd, OwnedFd};
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

/// A worker that has not ended by then is ended.
const LEAVE_LIMIT: Duration = Duration::from_millis(500);

/// What there is of an upgrade at any time.
#[derive(Default)]
pub(super) struct Upgrade {
    door: Option<Door>,
    caller: Option<Caller>,
    trial: Option<Trial>,
    /// The caller wants the daemon to hand over, and the workers know.
    offered: bool,
    /// Since this build goes on in place of another, until its workers are ready.
    new: Option<New>,
}

/// The other build reads what runs.
struct Trial {
    child: Child,
    memfd: OwnedFd,
    since: Instant,
}

/// How this build came to run.
enum New {
    Upgraded(Previous),
    GoneBack(String),
}

impl Upgrade {
    pub(super) fn open(&mut self, run_dir: &Path) -> io::Result<()> {
        self.door = Some(Door::open(run_dir)?);
        Ok(())
    }

    pub(super) fn end(&mut self) {
        if let Some(door) = self.door.take() {
            door.remove();
        }
    }

    /// What to wait for: a caller, or the rest of what it has to say.
    pub(super) fn descriptor(&self) -> Option<BorrowedFd<'_>> {
        match (&self.caller, &self.door) {
            (Some(caller), _) if !caller.is_whole() => Some(caller.channel.as_fd()),
            (None, Some(door)) => Some(door.parts().1),
            (Some(_), _) | (None, None) => None,
        }
    }

    pub(super) fn child(&self) -> Option<&Child> {
        self.trial.as_ref().map(|trial| &trial.child)
    }

    /// No reload may begin.
    pub(super) const fn is_at_work(&self) -> bool {
        self.trial.is_some() || self.new.is_some()
    }

    /// This build has not shown yet that it can go on, and another one can.
    pub(super) const fn is_new(&self) -> bool {
        matches!(self.new, Some(New::Upgraded(_)))
    }

    /// The workers are ready: the caller is told. What the log says of it, if this was an upgrade.
    pub(super) fn settled(&mut self) -> Option<String> {
        let (code, text, line) = match self.new.take()? {
            New::Upgraded(_previous) => (
                exit::OK,
                "upgraded".to_owned(),
                "Upgrade complete".to_owned(),
            ),
            New::GoneBack(why) => {
                let line = format!("Upgrade failed: {why}: the version before it goes on");
                (exit::FATAL, line.clone(), line)
            }
        };
        self.answer(code, &text);
        Some(line)
    }

    /// The workers were told of an offer: true from the second time on.
    pub(super) fn offers(&mut self) -> bool {
        std::mem::replace(&mut self.offered, true)
    }

    pub(super) fn answer(&mut self, code: i32, text: &str) {
        self.offered = false;
        if let Some(caller) = self.caller.take() {
            let text = text.to_owned();
            let _gone = caller.channel.send(&Answer { code, text }.encode(), None);
        }
    }
}

impl Supervisor<'_> {
    /// Takes up what another build left in this process.
    pub(super) fn go_on(&mut self, mut before: Handover) {
        let version = self.settings.banner.replacen("Starting ", "", 1);
        self.log
            .write(Level::Info, &format!("Going on as {version}"));
        let previous = before.previous();
        self.upgrade.new = match (before.gone_back.take(), previous) {
            (Some(why), _) => Some(New::GoneBack(why)),
            (None, Some(previous)) => Some(New::Upgraded(previous)),
            (None, None) => None,
        };
        self.upgrade.caller = before.caller.map(Caller::new);
        self.upgrade.door = before.door.map(|(path, fd)| Door::adopt(path, fd));
        self.pid_files = before.pid_files;
        if let [Some(vrrp), Some(lvs)] = before.asking {
            self.control = crate::control::Control::new([vrrp, lvs]);
        }
        if let Some((path, fd)) = before.listener {
            self.control.adopt(path, fd);
        }
        for (role, left) in Role::ALL.into_iter().zip(before.workers) {
            let mut workers = self.workers.iter_mut();
            if let (Ok(Some(left)), Some(worker)) = (
                left.worker(role),
                workers.find(|worker| worker.role == role),
            ) {
                *worker = left;
            }
        }
        self.reload_again = before.reload;
        if let Some(bundle) = before.bundle {
            self.install(bundle);
        }
    }

    /// Hears callers, and does what they ask for when nothing else is under way.
    pub(super) fn attend_upgrade(&mut self) {
        if self.upgrade.new.is_some() {
            return;
        }
        let upgrade = &mut self.upgrade;
        if upgrade.caller.is_none() {
            let came = upgrade.door.as_ref().and_then(Door::accept);
            upgrade.caller = came.map(Caller::new);
        }
        let Some(caller) = &mut upgrade.caller else {
            return;
        };
        if !caller.listen() {
            upgrade.caller = None;
            return;
        }
        let (whole, hands_back) = (caller.is_whole(), caller.hands_back);
        match self.phase {
            Phase::Stopping { .. } | Phase::Ending => {
                let text = "the daemon is being stopped";
                return self.refuse(exit::FATAL, text);
            }
            Phase::Starting => return,
            Phase::Running => {}
        }
        // one that the configuration does not want any more gives back what it held
        let ending = self
            .workers
            .iter()
            .any(|worker| worker.runs() && !worker.wanted);
        if self.upgrade.trial.is_some() {
            self.judge_trial();
        } else if whole
            && !ending
            && self.compiling.is_none()
            && self.reload_until.is_none()
            && self.script.is_none()
        {
            if hands_back {
                return self.hand_back();
            }
            self.log.write(Level::Info, "Upgrading ...");
            if let Err(error) = self.try_out() {
                self.refuse(
                    exit::FATAL,
                    &format!("the new program cannot be started: {error}"),
                );
            }
        }
    }

    /// Nothing has happened, and this build goes on.
    fn refuse(&mut self, code: i32, why: &str) {
        let line = format!("Upgrade refused: {why}: the version that runs goes on");
        self.log.write(Level::Error, &line);
        self.upgrade.answer(code, &line);
        if let Some(mut trial) = self.upgrade.trial.take() {
            let _already_dead = trial.child.kill();
            let _status = trial.child.wait();
        }
        self.reload_if_asked();
    }

    /// Has the new program compile the text that runs.
    fn try_out(&mut self) -> io::Result<()> {
        let (Some(running), Some(caller)) = (&self.current, &self.upgrade.caller) else {
            return Ok(());
        };
        let (Some(program), Some(console)) = (&caller.program, &caller.console) else {
            return Ok(());
        };
        let memfd = create()?;
        let mut command = Command::new(format!("/proc/self/fd/{}", program.as_raw_fd()));
        command
            .arg("recompile")
            .arg(memfd.as_raw_fd().to_string())
            .arg((running.header.generation + 1).to_string())
            .arg(running.memfd.as_raw_fd().to_string())
            .arg(FORM.to_string())
            .args(&self.settings.compile_arguments)
            .arg("--log-console")
            .stderr(Stdio::from(console.try_clone()?));
        let inherited = [memfd.as_fd(), running.memfd.as_fd(), program.as_fd()];
        let child = spawn(&mut command, "holdfast: compile", &inherited)?;
        let since = Instant::now();
        self.upgrade.trial = Some(Trial {
            child,
            memfd,
            since,
        });
        Ok(())
    }

    fn judge_trial(&mut self) {
        let Some(trial) = &mut self.upgrade.trial else {
            return;
        };
        let status = match trial.child.try_wait() {
            Ok(None) if trial.since.elapsed() < COMPILE_LIMIT => return,
            Ok(None) | Err(_) => {
                return self.refuse(exit::FATAL, "reading the configuration takes too long");
            }
            Ok(Some(status)) => status,
        };
        let Some(trial) = self.upgrade.trial.take() else {
            return;
        };
        if !status.success() {
            return match status.code() {
                Some(exit::CONFIG) => {
                    let why = "the new program does not run the configuration that runs";
                    self.refuse(exit::CONFIG, why);
                }
                _other => self.refuse(exit::FATAL, &format!("the new program failed ({status})")),
            };
        }
        match Bundle::open(trial.memfd) {
            Ok(bundle) => self.switch(&bundle.memfd),
            Err(_) => self.refuse(exit::FATAL, "the new program made no configuration"),
        }
    }

    /// Becomes the new program; comes back only when that cannot be.
    fn switch(&mut self, bundle: &OwnedFd) {
        let caller = self.upgrade.caller.take();
        let Some((caller, program)) = caller.and_then(|caller| {
            let program = caller.program?;
            Some((caller.channel, program))
        }) else {
            return;
        };
        let before = File::open("/proc/self/exe");
        let result = before.and_then(|before| {
            let current = self.current.as_ref().ok_or(io::ErrorKind::NotFound)?;
            let queue = self.queue(bundle.as_fd(), Some(&caller))?;
            queue.put("previous-program", Some(before.as_fd()))?;
            queue.put("previous-bundle", Some(current.memfd.as_fd()))?;
            Ok(queue)
        });
        let error = match result {
            Ok(queue) => self.become_program(&queue, program.as_fd()),
            Err(error) => error,
        };
        self.upgrade.caller = Some(Caller::new(caller));
        self.refuse(
            exit::FATAL,
            &format!("cannot become the new program: {error}"),
        );
    }

    /// This build cannot go on: the one before it does. Comes back only when that cannot be.
    pub(super) fn go_back(&mut self, why: &str) {
        let Some(New::Upgraded(previous)) = self.upgrade.new.take() else {
            return;
        };
        let line = format!("Upgrade failed: {why}: going back");
        self.log.write(Level::Error, &line);
        let caller = self.upgrade.caller.take().map(|caller| caller.channel);
        let result = self.queue(previous.bundle.as_fd(), caller.as_ref());
        let result = result.and_then(|queue| {
            queue.put(&format!("gone-back {why}"), None)?;
            Ok(queue)
        });
        let error = match result {
            Ok(queue) => self.become_program(&queue, previous.program.as_fd()),
            Err(error) => error,
        };
        let line = format!("cannot go back: {error}");
        self.log.write(Level::Error, &line);
        self.upgrade.caller = caller.map(Caller::new);
        self.upgrade.answer(exit::FATAL, &format!("{why}; {line}"));
    }

    /// All that does not depend on the build.
    fn queue(&self, bundle: BorrowedFd<'_>, caller: Option<&Channel>) -> io::Result<Queue> {
        let queue = Queue::new()?;
        queue.put("bundle", Some(bundle))?;
        for file in &self.pid_files {
            let (path, lock) = file.parts();
            queue.put_path("pid-file", path, lock)?;
        }
        let (control, [vrrp, lvs]) = self.control.parts();
        if let Some((path, listener)) = control {
            queue.put_path("control", path, listener)?;
        }
        queue.put("asking vrrp", Some(vrrp))?;
        queue.put("asking lvs", Some(lvs))?;
        if let Some(door) = &self.upgrade.door {
            let (path, listener) = door.parts();
            queue.put_path("door", path, listener)?;
        }
        if let Some(caller) = caller {
            queue.put("caller", Some(caller.as_fd()))?;
        }
        if self.reload_again {
            queue.put("reload", None)?;
        }
        Ok(queue)
    }

    /// The workers end, and this process becomes `program`. When it cannot they are started again.
    fn become_program(&mut self, queue: &Queue, program: BorrowedFd<'_>) -> io::Error {
        // VRRP last: it is the one that somebody waits for
        for worker in self.workers.iter_mut().rev() {
            worker.leave(LEAVE_LIMIT);
        }
        self.control.end_process();
        let put = self
            .workers
            .iter()
            .try_for_each(|worker| queue.put_worker(worker));
        let own = [OsStr::new("holdfast"), OsStr::new("upgraded")];
        let passed = self.settings.compile_arguments.iter();
        let arguments = words(own.into_iter().chain(passed.map(AsRef::as_ref)));
        let error = match put {
            Ok(()) => queue.exec(program, &arguments),
            Err(error) => error,
        };
        for worker in &mut self.workers {
            worker.adopts = true;
            worker.restart_at = worker.wanted.then(Instant::now);
        }
        error
    }
}
