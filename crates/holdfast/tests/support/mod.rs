//! A daemon in a network namespace of its own, with files that say what became of it.
#![allow(dead_code, reason = "each test file uses a part of it")]

use nix::sys::signal::Signal;
use std::fs;
use std::os::unix::fs::PermissionsExt as _;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

/// Longer than an election and a loaded machine.
const PATIENCE: Duration = Duration::from_secs(40);

/// A kernel worker says that a link is up, some time after it was set up: who starts before is
/// right to begin in FAULT.
pub(crate) const UP: &str =
    "ip link set e1 up; until ip link show e0 | grep -q 'state UP'; do :; done;";

/// A daemon with one instance on one end of a veth pair.
pub(crate) struct Daemon {
    process: Child,
    directory: PathBuf,
}

impl Daemon {
    /// None without the rights to make a namespace.
    pub(crate) fn start(directory: &Path, global: &str, own: &str, instance: &str) -> Option<Self> {
        Self::start_with(directory, UP, global, own, instance)
    }

    /// The same; `ready` is done after one end of the pair is up and before the daemon starts.
    pub(crate) fn start_with(
        directory: &Path,
        ready: &str,
        global: &str,
        own: &str,
        instance: &str,
    ) -> Option<Self> {
        let text = format!(
            "global_defs {{\nscript_user root\n{global}\n}}\nholdfast {{\n{own}\n}}\n\
             vrrp_instance V1 {{\nstate MASTER\ninterface e0\nvirtual_router_id 7\npriority 200\n\
             advert_int 1\nvirtual_ipaddress {{\n10.9.0.9/24\n}}\n{instance}\n}}\n"
        );
        Self::run(directory, &ours(directory), ready, &text)
    }

    /// Runs with this file, on a link that is up.
    pub(crate) fn holdfast(directory: &Path, text: &str) -> Option<Self> {
        Self::run(directory, &ours(directory), UP, text)
    }

    /// The same beside it: None where there is no keepalived 2.2.7.
    pub(crate) fn keepalived(directory: &Path, text: &str) -> Option<Self> {
        let version = Command::new("keepalived").arg("--version").output().ok()?;
        let ours = String::from_utf8_lossy(&version.stderr).contains("Keepalived v2.2.7");
        let here = directory.display();
        let command = format!("keepalived -n -l -D -P -p {here}/pid -r {here}/pid-vrrp");
        ours.then(|| Self::run(directory, &command, UP, text))?
    }

    /// Runs `command` with this file.
    pub(crate) fn run(directory: &Path, command: &str, ready: &str, text: &str) -> Option<Self> {
        if !nix::unistd::geteuid().is_root() {
            return None;
        }
        fs::write(directory.join("conf"), text).expect("written");
        let here = directory.display();
        let shell = format!(
            "ip link set lo up; ip link add e0 type veth peer name e1; ip link set e0 up; \
             ip addr add 10.9.0.1/24 dev e0; {ready} \
             exec {command} -f {here}/conf"
        );
        let log = fs::File::create(directory.join("log")).expect("log");
        let process = Command::new("unshare")
            .args(["-n", "sh", "-c", &shell])
            .stdin(Stdio::null())
            .stderr(log)
            .spawn()
            .expect("unshare");
        let directory = directory.to_owned();
        Some(Self { process, directory })
    }

    pub(crate) fn read(&self, name: &str) -> String {
        fs::read_to_string(self.directory.join(name)).unwrap_or_default()
    }

    /// Waits until a file says something.
    pub(crate) fn wait(&self, name: &str, what: &str) -> String {
        self.wait_times(name, what, 1)
    }

    /// Waits until a file says something so many times.
    pub(crate) fn wait_times(&self, name: &str, what: &str, times: usize) -> String {
        let begin = Instant::now();
        loop {
            let text = self.read(name);
            if text.matches(what).count() >= times {
                return text;
            }
            let (took, log) = (begin.elapsed(), self.read("log"));
            assert!(took < PATIENCE, "no {what:?} in {name}: {text}\n{log}");
            std::thread::sleep(Duration::from_millis(20));
        }
    }

    pub(crate) fn signal(&self, signal: Signal) {
        let pid = nix::unistd::Pid::from_raw(self.process.id().cast_signed());
        nix::sys::signal::kill(pid, signal).expect("signal");
    }

    /// Stops it; how long that took.
    pub(crate) fn stop(&mut self) -> Duration {
        let begin = Instant::now();
        self.signal(Signal::SIGTERM);
        let _status = self.process.wait();
        begin.elapsed()
    }
}

/// The daemon's command line but for its file.
fn ours(directory: &Path) -> String {
    let (program, here) = (env!("CARGO_BIN_EXE_holdfast"), directory.display());
    format!("{program} -n -l -D -P --no-syslog --run-dir {here}/run")
}

impl Drop for Daemon {
    fn drop(&mut self) {
        let _gone = self.process.kill();
        let _status = self.process.wait();
    }
}

/// A script that notes its arguments, and then does `more`.
pub(crate) fn script(directory: &Path, name: &str, more: &str) -> String {
    let path = directory.join(name);
    let text = format!(
        "#!/bin/sh\necho \"{name}: $*\" >> {}/out\n{more}\n",
        directory.display()
    );
    fs::write(&path, text).expect("written");
    fs::set_permissions(&path, fs::Permissions::from_mode(0o755)).expect("mode");
    path.display().to_string()
}
