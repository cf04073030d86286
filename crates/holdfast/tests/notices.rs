//! Notify scripts and FIFO of a running daemon, in a network namespace of its own.

#![expect(
    clippy::expect_used,
    reason = "a test ends where its ground is missing"
)]

use std::fs;
use std::io::Read as _;
use std::os::unix::fs::{OpenOptionsExt as _, PermissionsExt as _};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

/// Longer than an election and a loaded machine.
const PATIENCE: Duration = Duration::from_secs(40);

/// A daemon with one instance on one end of a veth pair.
struct Daemon {
    process: Child,
    directory: PathBuf,
}

impl Daemon {
    /// None without the rights to make a namespace.
    fn start(directory: &Path, global: &str, own: &str, instance: &str) -> Option<Self> {
        // A kernel worker says that a link is up, some time after it was set up: who starts before
        // is right to begin in FAULT.
        let up = "ip link set e1 up; until ip link show e0 | grep -q 'state UP'; do :; done;";
        Self::start_with(directory, up, global, own, instance)
    }

    /// The same; `ready` is done after one end of the pair is up and before the daemon starts.
    fn start_with(
        directory: &Path,
        ready: &str,
        global: &str,
        own: &str,
        instance: &str,
    ) -> Option<Self> {
        if !nix::unistd::geteuid().is_root() {
            return None;
        }
        let text = format!(
            "global_defs {{\nscript_user root\n{global}\n}}\nholdfast {{\n{own}\n}}\n\
             vrrp_instance V1 {{\nstate MASTER\ninterface e0\nvirtual_router_id 7\npriority 200\n\
             advert_int 1\nvirtual_ipaddress {{\n10.9.0.9/24\n}}\n{instance}\n}}\n"
        );
        fs::write(directory.join("conf"), text).expect("written");
        let program = env!("CARGO_BIN_EXE_holdfast");
        let here = directory.display();
        let shell = format!(
            "ip link set lo up; ip link add e0 type veth peer name e1; ip link set e0 up; \
             ip addr add 10.9.0.1/24 dev e0; {ready} \
             exec {program} -n -l -D -P --no-syslog --run-dir {here}/run -f {here}/conf"
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

    fn read(&self, name: &str) -> String {
        fs::read_to_string(self.directory.join(name)).unwrap_or_default()
    }

    /// Waits until a file says something.
    fn wait(&self, name: &str, what: &str) -> String {
        let begin = Instant::now();
        loop {
            let text = self.read(name);
            if text.contains(what) {
                return text;
            }
            let (took, log) = (begin.elapsed(), self.read("log"));
            assert!(took < PATIENCE, "no {what:?} in {name}: {text}\n{log}");
            std::thread::sleep(Duration::from_millis(20));
        }
    }

    /// Stops it; how long that took.
    fn stop(&mut self) -> Duration {
        let begin = Instant::now();
        let pid = nix::unistd::Pid::from_raw(self.process.id().cast_signed());
        nix::sys::signal::kill(pid, nix::sys::signal::Signal::SIGTERM).expect("signal");
        let _status = self.process.wait();
        begin.elapsed()
    }
}

impl Drop for Daemon {
    fn drop(&mut self) {
        let _gone = self.process.kill();
        let _status = self.process.wait();
    }
}

/// A script that notes its arguments, and then does `more`.
fn script(directory: &Path, name: &str, more: &str) -> String {
    let path = directory.join(name);
    let text = format!(
        "#!/bin/sh\necho \"{name}: $*\" >> {}/out\n{more}\n",
        directory.display()
    );
    fs::write(&path, text).expect("written");
    fs::set_permissions(&path, fs::Permissions::from_mode(0o755)).expect("mode");
    path.display().to_string()
}

#[test]
fn scripts_and_lines_come_in_order() {
    let directory = tempfile::tempdir().expect("directory");
    let base = directory.path();
    let say = script(base, "say", "");
    let instance = format!(
        "notify_master \"{say} master 'of two'\"\nnotify_backup {say}\n\
         notify_stop \"{say} stop\"\nnotify \"{say} any\""
    );
    let fifo = base.join("fifo");
    let global = format!("vrrp_notify_fifo {}", fifo.display());
    let Some(mut daemon) = Daemon::start(base, &global, "", &instance) else {
        return;
    };
    daemon.wait("out", "INSTANCE V1 BACKUP");
    let mut lines = fs::OpenOptions::new()
        .read(true)
        .custom_flags(nix::libc::O_NONBLOCK)
        .open(&fifo)
        .expect("the FIFO");
    daemon.wait("out", "INSTANCE V1 MASTER");
    daemon.stop();
    let out = daemon.read("out");
    let wanted = "say: \nsay: any INSTANCE V1 BACKUP 200\nsay: master of two\n\
                  say: any INSTANCE V1 MASTER 200\nsay: stop\nsay: any INSTANCE V1 STOP 200\n";
    assert_eq!(out, wanted);
    let mut told = String::new();
    lines.read_to_string(&mut told).expect("lines");
    let all = "INSTANCE \"V1\" BACKUP 200\nINSTANCE \"V1\" MASTER 200\nINSTANCE \"V1\" STOP 200\n";
    assert_eq!(told, all);
    assert!(!fifo.exists(), "we made it, we remove it");
}

#[test]
fn a_link_that_is_down_at_the_start_is_a_fault_until_it_is_up() {
    let directory = tempfile::tempdir().expect("directory");
    let base = directory.path();
    let say = script(base, "say", "");
    let here = base.display();
    // the other end comes up once the first script has run
    let ready = format!("(until [ -e {here}/out ]; do sleep 0.02; done; ip link set e1 up) &");
    let instance = format!("notify {say}\n");
    let Some(mut daemon) = Daemon::start_with(base, &ready, "", "", &instance) else {
        return;
    };
    daemon.wait("out", "INSTANCE V1 MASTER");
    daemon.stop();
    // the same lines as with keepalived 2.2.7
    let line = |state| format!("say: INSTANCE V1 {state} 200\n");
    let wanted = ["FAULT", "BACKUP", "MASTER", "STOP"].map(line).concat();
    assert_eq!(daemon.read("out"), wanted);
}

#[test]
fn a_script_that_hangs_holds_up_neither_election_nor_stop() {
    let directory = tempfile::tempdir().expect("directory");
    let base = directory.path();
    let hang = script(base, "hang", "trap '' TERM\nwhile :; do sleep 1; done");
    let say = script(base, "say", "");
    let instance = format!("notify_backup {hang}\nnotify_master {say}\n");
    let own = "notify_timeout 8";
    let Some(mut daemon) = Daemon::start(base, "", own, &instance) else {
        return;
    };
    daemon.wait("out", "hang: ");
    // elected while the script of the state before hangs; told once that is ended
    daemon.wait("log", "Entering MASTER STATE");
    assert!(!daemon.read("log").contains("took too long"));
    daemon.wait("log", "hang took too long: ended");
    daemon.wait("out", "say: ");
    assert!(daemon.stop() < Duration::from_secs(10));
}

#[test]
fn a_script_that_others_could_replace_does_not_run_as_root() {
    let directory = tempfile::tempdir().expect("directory");
    let base = directory.path();
    let say = script(base, "say", "");
    let open = script(base, "open", "");
    fs::set_permissions(&open, fs::Permissions::from_mode(0o757)).expect("mode");
    let instance = format!("notify_backup {open}\nnotify {say}\n");
    let global = "enable_script_security";
    let Some(mut daemon) = Daemon::start(base, global, "", &instance) else {
        return;
    };
    daemon.wait("log", "open` does not run: everybody may write ");
    daemon.wait("out", "INSTANCE V1 BACKUP");
    daemon.stop();
    assert!(!daemon.read("out").contains("open"));
}
