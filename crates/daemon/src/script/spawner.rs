//! Children that are other people's programs.
//!
//! Each is started as `holdfast exec-as UID GID GROUPS... -- PROGRAM ARGS` by posix_spawn, so that
//! nothing of this process is copied, and becomes the program there (`kernel::process`). Its end
//! comes through a pidfd; all of them are behind one descriptor, which any loop can wait for.
//! At its limit the whole process group gets SIGTERM, and SIGKILL two seconds later: also what its leader,
//! who may have ended by then, has left.

use holdfast_kernel::process;
use holdfast_model::{Mono, Script};
use nix::sys::epoll::{Epoll, EpollCreateFlags, EpollEvent, EpollFlags};
use nix::sys::signal::{Signal, killpg};
use nix::sys::wait::{Id, WaitPidFlag, waitid};
use nix::unistd::Pid;
use std::collections::BTreeMap;
use std::io;
use std::os::fd::{AsFd, BorrowedFd, OwnedFd};
use std::os::unix::process::{CommandExt as _, ExitStatusExt as _};
use std::path::PathBuf;
use std::process::{Child, Command, ExitStatus, Stdio};
use std::time::Duration;

/// Between SIGTERM and SIGKILL.
const PATIENCE: Duration = Duration::from_secs(2);

/// What a script must not be steered by from outside.
const UNWANTED: [&str; 3] = ["IFS", "LD_PRELOAD", "LD_LIBRARY_PATH"];

/// How a script ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Outcome {
    /// By itself, with this status; 126 and 127: it could not be run, was not found.
    Exited(i32),
    /// By a signal that was not ours.
    Killed(i32),
    /// We ended it at its limit.
    TimedOut,
}

/// One that has ended.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Ended<K> {
    /// As given at the start.
    pub key: K,
    /// How.
    pub outcome: Outcome,
}

/// A bounded number of running scripts.
#[derive(Debug)]
pub struct Spawner<K> {
    program: PathBuf,
    most: usize,
    ends: Epoll,
    next: u64,
    running: BTreeMap<u64, Running<K>>,
    parting: Vec<Parting>,
}

/// A group that was told to end, and whose leader has. He is not collected: the number of the group is his.
#[derive(Debug)]
struct Parting {
    leader: Child,
    due: Mono,
}

impl Parting {
    fn end(&mut self) {
        signal(&self.leader, Signal::SIGKILL);
        let _status = self.leader.wait();
    }
}

#[derive(Debug)]
struct Running<K> {
    key: K,
    child: Child,
    /// Keeps it among the descriptors that are waited for.
    _end: OwnedFd,
    /// When the next signal is due.
    due: Option<Mono>,
    /// SIGTERM was sent.
    ending: bool,
}

impl<K> Spawner<K> {
    /// Room for `most` children at a time.
    ///
    /// # Errors
    /// When no descriptors are left.
    pub fn new(most: usize) -> io::Result<Self> {
        // the file behind this very process: an upgrade on disk must not mix two builds
        Self::with_program("/proc/self/exe".into(), most)
    }

    /// The same, with `holdfast` elsewhere: for tests, whose own program is another.
    ///
    /// # Errors
    /// When no descriptors are left.
    pub fn with_program(program: PathBuf, most: usize) -> io::Result<Self> {
        Ok(Self {
            program,
            most,
            ends: Epoll::new(EpollCreateFlags::EPOLL_CLOEXEC)?,
            next: 0,
            running: BTreeMap::new(),
            parting: Vec::new(),
        })
    }

    /// True when no further child may be started now.
    pub fn is_full(&self) -> bool {
        self.running.len() + self.parting.len() >= self.most
    }

    /// True when nothing runs.
    pub fn is_idle(&self) -> bool {
        self.running.is_empty()
    }

    /// Starts `script` with further `arguments`; at `limit`, if any, it is ended.
    ///
    /// # Errors
    /// `WouldBlock` when full; otherwise what the system says.
    pub fn start(
        &mut self,
        key: K,
        script: &Script,
        arguments: &[String],
        limit: Option<Mono>,
    ) -> io::Result<()> {
        if self.is_full() {
            return Err(io::ErrorKind::WouldBlock.into());
        }
        let mut command = Command::new(&self.program);
        let identity = &script.run_as;
        command
            .arg("exec-as")
            .arg(identity.uid.to_string())
            .arg(identity.gid.to_string())
            .args(identity.groups.iter().map(u32::to_string))
            .arg("--")
            .args(script.words.iter().map(holdfast_model::Name::as_str))
            .args(arguments)
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .process_group(0);
        for name in UNWANTED {
            command.env_remove(name);
        }
        let mut child = command.spawn()?;
        let watched = process::end_of(child.id()).and_then(|end| {
            let event = EpollEvent::new(EpollFlags::EPOLLIN, self.next);
            self.ends.add(&end, event)?;
            Ok(end)
        });
        let end = match watched {
            Ok(end) => end,
            Err(error) => {
                // what cannot be watched must not run
                signal(&child, Signal::SIGKILL);
                let _status = child.wait();
                return Err(error);
            }
        };
        let running = Running {
            key,
            child,
            _end: end,
            due: limit,
            ending: false,
        };
        self.running.insert(self.next, running);
        self.next += 1;
        Ok(())
    }

    /// What has ended since the last call, in the order of starts; ends what is over its limit.
    pub fn collect(&mut self, now: Mono) -> Vec<Ended<K>> {
        let mut gone = Vec::new();
        let over = |parting: &mut Parting| parting.due <= now;
        for mut parting in self.parting.extract_if(.., over) {
            parting.end();
        }
        for (number, running) in &mut self.running {
            if running.ending && has_ended(&running.child) {
                gone.push((*number, Outcome::TimedOut));
                continue;
            }
            match running.child.try_wait() {
                Ok(Some(status)) => gone.push((*number, running.outcome(status))),
                Ok(None) => running.enforce(now),
                // somebody else collected it: how it ended is not known, so it failed
                Err(_) => gone.push((*number, Outcome::Exited(-1))),
            }
        }
        gone.into_iter()
            .filter_map(|(number, outcome)| {
                let Running {
                    key,
                    child,
                    ending,
                    due,
                    ..
                } = self.running.remove(&number)?;
                if ending {
                    let due = due.unwrap_or(now);
                    self.parting.push(Parting { leader: child, due });
                }
                Some(Ended { key, outcome })
            })
            .collect()
    }

    /// When `collect` is to be called, although the descriptor is silent.
    pub fn deadline(&self) -> Option<Mono> {
        let running = self.running.values().filter_map(|running| running.due);
        running
            .chain(self.parting.iter().map(|parting| parting.due))
            .min()
    }

    /// From now on those with such a key are to end at `limit`, if they would not sooner.
    pub fn hurry(&mut self, limit: Mono, which: impl Fn(&K) -> bool) {
        let meant = self.running.values_mut().filter(|r| which(&r.key));
        for running in meant.filter(|running| !running.ending) {
            running.due = Some(running.due.map_or(limit, |due| due.min(limit)));
        }
    }

    /// Ends all of them at once (SIGKILL), without waiting.
    pub fn abandon(&mut self) {
        for running in self.running.values() {
            signal(&running.child, Signal::SIGKILL);
        }
        self.parting.iter_mut().for_each(Parting::end);
        self.parting.clear();
    }
}

impl<K> Drop for Spawner<K> {
    fn drop(&mut self) {
        self.parting.iter_mut().for_each(Parting::end);
    }
}

impl<K> AsFd for Spawner<K> {
    /// Readable when a child has ended.
    fn as_fd(&self) -> BorrowedFd<'_> {
        self.ends.0.as_fd()
    }
}

impl<K> Running<K> {
    fn outcome(&self, status: ExitStatus) -> Outcome {
        match (self.ending, status.code(), status.signal()) {
            (true, _, _) => Outcome::TimedOut,
            (false, Some(code), _) => Outcome::Exited(code),
            (false, None, number) => Outcome::Killed(number.unwrap_or(0)),
        }
    }

    fn enforce(&mut self, now: Mono) {
        if self.due.is_none_or(|due| now < due) {
            return;
        }
        if self.ending {
            signal(&self.child, Signal::SIGKILL);
        } else {
            self.ending = true;
            signal(&self.child, Signal::SIGTERM);
        }
        self.due = Some(now + PATIENCE);
    }
}

/// True once it is there to be collected.
fn has_ended(child: &Child) -> bool {
    let pid = Pid::from_raw(child.id().cast_signed());
    let peek = WaitPidFlag::WEXITED | WaitPidFlag::WNOHANG | WaitPidFlag::WNOWAIT;
    waitid(Id::Pid(pid), peek).is_ok_and(|status| status.pid().is_some())
}

/// The whole group; its leader has not been collected, so the number is its own.
fn signal(child: &Child, signal: Signal) {
    let _all_gone = killpg(Pid::from_raw(child.id().cast_signed()), signal);
}
