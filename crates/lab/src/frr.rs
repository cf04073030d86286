//! FRRouting's daemons as peers: zebra, and with it bfdd or vrrpd, with sockets of their own on
//! each host.

use crate::director::Log;
use crate::error::{Doing as _, Error, Result};
use crate::net::Host;
use crate::shell::{run, wait};
use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::Arc;
use std::time::{Duration, Instant};

/// Where Debian puts them.
const PROGRAMS: &str = "/usr/lib/frr";
/// How long a daemon may take to open its socket.
const START: Duration = Duration::from_secs(5);

/// FRRouting on one host. What runs is killed when this is dropped.
#[derive(Debug)]
pub struct Frr {
    host: Host,
    directory: PathBuf,
    log: Arc<Log>,
    running: Vec<(&'static str, Child)>,
}

impl Frr {
    /// Starts zebra, which tells the others of interfaces.
    ///
    /// # Errors
    /// If it does not start.
    pub fn start(host: &Host, directory: &Path) -> Result<Self> {
        fs::create_dir_all(directory).doing(format!("make {}", directory.display()))?;
        run(Command::new("chown").arg("frr:frr").arg(directory))?;
        let mut frr = Self {
            host: host.clone(),
            directory: directory.to_owned(),
            log: Arc::default(),
            running: Vec::new(),
        };
        frr.run("zebra", "")?;
        Ok(frr)
    }

    /// Everything its daemons have said.
    #[must_use]
    pub fn log(&self) -> Arc<Log> {
        Arc::clone(&self.log)
    }

    /// Starts a daemon with its configuration, and waits until it can be asked.
    ///
    /// # Errors
    /// If it does not start.
    pub fn run(&mut self, daemon: &'static str, config: &str) -> Result<()> {
        let at = |name: &str| self.directory.join(name);
        let (file, socket) = (at(&format!("{daemon}.conf")), at(&format!("{daemon}.vty")));
        fs::write(&file, config).doing(format!("write {}", file.display()))?;
        let _there_is_none = fs::remove_file(&socket);
        let mut command = self.host.command(&format!("{PROGRAMS}/{daemon}"));
        command
            .args(["-u", "frr", "-g", "frr", "-P", "0", "--log", "stdout"])
            .arg("-z")
            .arg(at("zserv"))
            .arg("-i")
            .arg(at(&format!("{daemon}.pid")))
            .arg("--vty_socket")
            .arg(&self.directory)
            .arg("-f")
            .arg(&file);
        if daemon == "bfdd" {
            command.arg("--bfdctl").arg(at("bfdctl"));
        }
        let mut child = command
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .doing(format!("start {daemon}"))?;
        if let Some(pipe) = child.stdout.take() {
            self.log.follow(pipe);
        }
        if let Some(pipe) = child.stderr.take() {
            self.log.follow(pipe);
        }
        self.running.push((daemon, child));
        wait(&format!("{daemon} runs"), START, || socket.exists()).map(drop)
    }

    /// SIGKILL: neighbours are not told. When it was sent.
    ///
    /// # Errors
    /// If it does not run.
    pub fn kill(&mut self, daemon: &str) -> Result<Instant> {
        let mut child = self.take(daemon)?;
        let at = Instant::now();
        child.kill().doing(format!("kill {daemon}"))?;
        child.wait().doing(format!("wait for {daemon}"))?;
        Ok(at)
    }

    /// SIGTERM, and waits for the end; when it was sent.
    ///
    /// # Errors
    /// If it does not run or does not end.
    pub fn stop(&mut self, daemon: &str) -> Result<Instant> {
        let mut child = self.take(daemon)?;
        let pid = i32::try_from(child.id()).unwrap_or_default();
        let at = Instant::now();
        let pid = nix::unistd::Pid::from_raw(pid);
        nix::sys::signal::kill(pid, nix::sys::signal::Signal::SIGTERM)
            .doing(format!("stop {daemon}"))?;
        wait(&format!("{daemon} ended"), START, || {
            !matches!(child.try_wait(), Ok(None))
        })?;
        Ok(at)
    }

    /// What vtysh says to one command.
    ///
    /// # Errors
    /// If nobody answers.
    pub fn ask(&self, question: &str) -> Result<String> {
        let mut command = Command::new("vtysh");
        command.arg("--vty_socket").arg(&self.directory);
        run(command.args(["-c", question]))
    }

    fn take(&mut self, daemon: &str) -> Result<Child> {
        let at = self.running.iter().position(|(name, _)| *name == daemon);
        let at = at.ok_or_else(|| Error::Failed(format!("no {daemon} runs")))?;
        Ok(self.running.swap_remove(at).1)
    }
}

impl Drop for Frr {
    fn drop(&mut self) {
        for (_, mut child) in self.running.drain(..) {
            let _gone = child.kill();
            let _status = child.wait();
        }
        let _gone = fs::remove_dir_all(&self.directory);
    }
}
