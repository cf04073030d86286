//! A director: a host with a daemon on it, Holdfast or Debian's keepalived.

mod change;
mod log;
mod process;

pub use log::Log;
pub use process::{children, tree};

use crate::error::{Doing as _, Error, Result};
use crate::net::Host;
use crate::shell::{run, wait, wait_some};
use nix::sys::signal::{Signal, kill};
use nix::unistd::Pid;
use std::fmt;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::Arc;
use std::time::{Duration, Instant};

/// The program of a director.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Program {
    /// This binary of ours.
    Holdfast(PathBuf),
    /// Debian's keepalived.
    Keepalived,
}

impl Program {
    /// True for ours.
    #[must_use]
    pub fn is_holdfast(&self) -> bool {
        matches!(self, Self::Holdfast(_))
    }
}

impl fmt::Display for Program {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(if self.is_holdfast() {
            "holdfast"
        } else {
            "keepalived"
        })
    }
}

/// Which worker of the daemon is meant.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Role {
    /// The process that was started.
    Parent,
    /// Its VRRP process.
    Vrrp,
    /// Its health checking process.
    Lvs,
}

/// How a reload ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Reload {
    /// The new configuration is in force.
    Complete,
    /// The old one stays.
    Refused,
}

/// A director. Its daemon is killed when this is dropped.
#[derive(Debug)]
pub struct Director {
    host: Host,
    program: Program,
    directory: PathBuf,
    extra: Vec<String>,
    detail: bool,
    log: Arc<Log>,
    child: Option<Child>,
}

impl Director {
    /// A director whose daemon is not started yet. `directory` holds its configuration, pid
    /// files and state; `extra` options are passed to either program.
    ///
    /// # Errors
    /// If the directory cannot be made.
    pub fn new(host: &Host, program: &Program, directory: &Path, extra: &[&str]) -> Result<Self> {
        fs::create_dir_all(directory.join("run")).doing(format!("make {}", directory.display()))?;
        Ok(Self {
            host: host.clone(),
            program: program.clone(),
            directory: directory.to_owned(),
            extra: extra.iter().map(|&word| word.to_owned()).collect(),
            detail: true,
            log: Arc::default(),
            child: None,
        })
    }

    /// Without `-D`: a bench of a large table would otherwise be one of log lines.
    #[must_use]
    pub fn terse(mut self) -> Self {
        self.detail = false;
        self
    }

    /// Its host.
    #[must_use]
    pub fn host(&self) -> &Host {
        &self.host
    }

    /// What it runs.
    #[must_use]
    pub fn program(&self) -> &Program {
        &self.program
    }

    /// Everything its daemon has said since the first start.
    #[must_use]
    pub fn log(&self) -> Arc<Log> {
        Arc::clone(&self.log)
    }

    /// Where its configuration stands.
    #[must_use]
    pub fn config_path(&self) -> PathBuf {
        self.directory.join("director.conf")
    }

    /// Where its files stand.
    #[must_use]
    pub fn run_dir(&self) -> PathBuf {
        self.directory.join("run")
    }

    /// Puts the configuration in place; nothing is told about it.
    ///
    /// # Errors
    /// If the file cannot be written.
    pub fn configure(&self, text: impl AsRef<[u8]>) -> Result<()> {
        let path = self.config_path();
        fs::write(&path, text).doing(format!("write {}", path.display()))
    }

    /// Starts the daemon in the foreground of its host.
    ///
    /// # Errors
    /// If it cannot be started.
    pub fn start(&mut self) -> Result<()> {
        let config = self.config_path();
        self.launch(&[], &config)
    }

    /// Starts its program with these words first.
    fn launch(&mut self, verb: &[&str], config: &Path) -> Result<()> {
        let mut command = self.command_line(&self.program, verb, config, &self.run_dir());
        let mut child = command
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .doing(format!("start {}", self.program))?;
        if let Some(pipe) = child.stdout.take() {
            self.log.follow(pipe);
        }
        if let Some(pipe) = child.stderr.take() {
            self.log.follow(pipe);
        }
        self.child = Some(child);
        Ok(())
    }

    fn command_line(&self, program: &Program, verb: &[&str], config: &Path, run: &Path) -> Command {
        let mut command = match program {
            Program::Holdfast(binary) => {
                let mut command = self.host.command(&binary.to_string_lossy());
                command.args(verb).arg("--run-dir").arg(run);
                command
            }
            Program::Keepalived => {
                let mut command = self.host.command("keepalived");
                command.arg("-p").arg(run.join("holdfast.pid"));
                command.arg("-r").arg(run.join("vrrp.pid"));
                command.arg("-c").arg(run.join("checkers.pid"));
                command
            }
        };
        command
            .args(["-n", "-l", "-G", "-f"])
            .arg(config)
            .args(&self.extra);
        if self.detail {
            command.arg("-D");
        }
        command
    }

    /// The process id of a role.
    #[must_use]
    pub fn pid(&self, role: Role) -> Option<Pid> {
        let file = match role {
            Role::Parent => {
                return self
                    .child
                    .as_ref()
                    .and_then(|child| i32::try_from(child.id()).ok())
                    .map(Pid::from_raw);
            }
            Role::Vrrp => "vrrp.pid",
            Role::Lvs => "checkers.pid",
        };
        let text = fs::read_to_string(self.directory.join("run").join(file)).ok()?;
        let named = text.trim().parse().ok().map(Pid::from_raw)?;
        let children = children(self.pid(Role::Parent)?);
        if children.contains(&named) || role == Role::Vrrp {
            return Some(named);
        }
        // keepalived does not write the pid of a checking process that it started again
        let vrrp = self.pid(Role::Vrrp);
        children.into_iter().find(|child| Some(*child) != vrrp)
    }

    /// Sends a signal to one process.
    ///
    /// # Errors
    /// If there is no such process.
    pub fn signal(&self, role: Role, signal: Signal) -> Result<()> {
        let pid = self
            .pid(role)
            .ok_or_else(|| self.failed("has no such process"))?;
        kill(pid, signal).doing(format!(
            "signal {signal} to {role:?} of {}",
            self.host.name()
        ))
    }

    /// Holdfast's counters: asks for them with SIGUSR2 and waits for the file.
    ///
    /// # Errors
    /// If it does not come.
    pub fn vrrp_stats(&self) -> Result<String> {
        let path = self.directory.join("run").join("vrrp.stats");
        let _there_is_none = fs::remove_file(&path);
        self.signal(Role::Parent, Signal::SIGUSR2)?;
        let bound = Duration::from_secs(2);
        wait_some("vrrp.stats", bound, || fs::read_to_string(&path).ok())
    }

    /// Asks for a reload and waits for its end.
    ///
    /// # Errors
    /// If the daemon does not say within 10 s how it ended.
    pub fn reload(&self) -> Result<Reload> {
        let mark = self.log.mark();
        self.signal(Role::Parent, Signal::SIGHUP)?;
        let ends = ["Reload complete", "Reload refused", "Reload failed"];
        let line = self.log.wait_any(mark, &ends, Duration::from_secs(10))?;
        let complete = line.1.contains("Reload complete");
        Ok(if complete {
            Reload::Complete
        } else {
            Reload::Refused
        })
    }

    /// SIGTERM, without waiting.
    ///
    /// # Errors
    /// If it does not run.
    pub fn terminate(&self) -> Result<()> {
        self.signal(Role::Parent, Signal::SIGTERM)
    }

    /// Waits until the daemon's parent process has ended.
    ///
    /// # Errors
    /// If it has not within `bound`.
    pub fn wait_end(&mut self, bound: Duration) -> Result<Duration> {
        let what = format!("the daemon of {} ended", self.host.name());
        let Some(child) = self.child.as_mut() else {
            return Ok(Duration::ZERO);
        };
        let took = wait(&what, bound, || !matches!(child.try_wait(), Ok(None)))?;
        self.child = None;
        Ok(took)
    }

    /// SIGTERM and wait for the end.
    ///
    /// # Errors
    /// If it has not ended within `bound`.
    pub fn stop(&mut self, bound: Duration) -> Result<Duration> {
        self.terminate()?;
        self.wait_end(bound)
    }

    /// SIGKILL to every process of the daemon, all at once; when it was sent.
    ///
    /// # Errors
    /// If it does not run.
    pub fn kill_all(&mut self) -> Result<Instant> {
        let parent = self
            .pid(Role::Parent)
            .ok_or_else(|| self.failed("does not run"))?;
        let all = tree(parent);
        // stopped first: none sees another one die, as when the kernel kills a whole cgroup
        for &pid in &all {
            let _gone = kill(pid, Signal::SIGSTOP);
        }
        let at = Instant::now();
        for &pid in &all {
            let _gone = kill(pid, Signal::SIGKILL);
        }
        if let Some(mut child) = self.child.take() {
            let _status = child.wait();
        }
        // orphans come to this process (a subreaper): a zombie would look like a running daemon
        for pid in all {
            let _not_ours = nix::sys::wait::waitpid(pid, None);
        }
        Ok(at)
    }

    /// SIGSTOP, or SIGCONT, to every process of the daemon; when the first was sent.
    ///
    /// # Errors
    /// If it does not run.
    pub fn freeze(&self, stop: bool) -> Result<Instant> {
        let parent = self
            .pid(Role::Parent)
            .ok_or_else(|| self.failed("does not run"))?;
        let signal = if stop {
            Signal::SIGSTOP
        } else {
            Signal::SIGCONT
        };
        let at = Instant::now();
        for pid in tree(parent) {
            let _gone = kill(pid, signal);
        }
        Ok(at)
    }

    /// What systemd runs after the daemon has ended (`ExecStopPost=`): `holdfast release`.
    /// keepalived has none.
    ///
    /// # Errors
    /// If the command fails.
    pub fn exec_stop_post(&self) -> Result<()> {
        match &self.program {
            Program::Keepalived => Ok(()),
            Program::Holdfast(binary) => {
                let mut command = self.host.command(&binary.to_string_lossy());
                command
                    .arg("release")
                    .arg("--run-dir")
                    .arg(self.directory.join("run"));
                run(&mut command).map(drop)
            }
        }
    }

    /// CPU seconds so far of each of its processes, with those that it waited for.
    #[must_use]
    pub fn cpu(&self) -> Vec<(String, f64)> {
        let all = self.pid(Role::Parent).map(tree).unwrap_or_default();
        all.into_iter()
            .map(|pid| (process::title(pid), process::cpu(pid)))
            .collect()
    }

    /// True while the parent process lives.
    pub fn lives(&mut self) -> bool {
        self.child
            .as_mut()
            .is_some_and(|child| matches!(child.try_wait(), Ok(None)))
    }

    fn failed(&self, what: &str) -> Error {
        Error::Failed(format!("the daemon of {} {what}", self.host.name()))
    }
}

impl Drop for Director {
    fn drop(&mut self) {
        if self.child.is_some() {
            let _not_running = self.kill_all();
        }
    }
}
