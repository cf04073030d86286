//! `holdfast upgrade`: the daemon goes on as another program, and nobody notices; or it goes on as it is.
//! `holdfast handback` to nobody.
#![allow(
    clippy::expect_used,
    clippy::disallowed_methods,
    reason = "a test reads files, and fails by panicking"
)]

mod support;

use nix::sys::signal::{Signal, kill};
use nix::unistd::Pid;
use std::fs;
use std::path::Path;
use std::process::{Command, Output};
use support::{Daemon, script};

const MASTER: &str = "Entering MASTER STATE";

/// A master that notes what it tells; None without the rights to run one.
fn master(directory: &Path) -> Option<Daemon> {
    let told = script(directory, "told", "");
    let daemon = Daemon::start(directory, "", "", &format!("notify \"{told}\""))?;
    daemon.wait("log", MASTER);
    daemon.wait("out", "INSTANCE V1 MASTER");
    Some(daemon)
}

fn upgrade(directory: &Path, more: &[&str]) -> Output {
    let mut command = Command::new(env!("CARGO_BIN_EXE_holdfast"));
    command
        .args(["upgrade", "--run-dir"])
        .arg(directory.join("run"));
    command.args(more).output().expect("holdfast")
}

/// It succeeds.
fn upgraded(directory: &Path, daemon: &Daemon) {
    let output = upgrade(directory, &[]);
    assert!(
        output.status.success(),
        "{}\n{}",
        said(&output),
        daemon.read("log")
    );
}

fn said(output: &Output) -> String {
    String::from_utf8_lossy(&output.stderr).into_owned()
}

fn pid(directory: &Path, name: &str) -> i32 {
    let text = fs::read_to_string(directory.join("run").join(name)).expect("pid file");
    text.trim().parse().expect("pid")
}

/// The VIP, seen in the daemon's namespace.
fn has_vip(directory: &Path) -> bool {
    let pid = pid(directory, "holdfast.pid").to_string();
    let mut command = Command::new("nsenter");
    let output = command.args(["-n", "-t", &pid, "ip", "-o", "addr", "show", "dev", "e0"]);
    let output = output.output().expect("nsenter");
    String::from_utf8_lossy(&output.stdout).contains("10.9.0.9")
}

fn went_unnoticed(directory: &Path, daemon: &Daemon) {
    assert!(has_vip(directory));
    let log = daemon.read("log");
    assert_eq!(log.matches(MASTER).count(), 1, "{log}");
    assert!(!log.contains("sent 0 priority"), "{log}");
    assert_eq!(
        log.matches("BACKUP STATE").count(),
        1,
        "at its start: {log}"
    );
    let told = daemon.read("out");
    assert_eq!(told.matches("MASTER").count(), 1, "{told}");
}

#[test]
fn it_goes_on_as_the_same_process_and_nothing_is_told_twice() {
    let directory = tempfile::tempdir().expect("directory");
    let directory = directory.path();
    let Some(mut daemon) = master(directory) else {
        return;
    };
    let (parent, mut worker) = (pid(directory, "holdfast.pid"), pid(directory, "vrrp.pid"));
    for times in 1..=3 {
        upgraded(directory, &daemon);
        daemon.wait_times("log", "Upgrade complete", times);
        assert_eq!(pid(directory, "holdfast.pid"), parent);
        let now = pid(directory, "vrrp.pid");
        assert_ne!(now, worker);
        worker = now;
    }
    let log = daemon.wait_times("log", "Resumed: 1 instance(s) go on as MASTER", 3);
    assert!(!log.contains("Adopted"), "{log}");
    went_unnoticed(directory, &daemon);
    // a reload, and a stop, are what they were
    daemon.signal(Signal::SIGHUP);
    daemon.wait("log", "Reload complete");
    daemon.stop();
    let log = daemon.read("log");
    assert!(log.contains("sent 0 priority"), "{log}");
    for left in [
        "holdfast.pid",
        "vrrp.pid",
        "control.sock",
        "upgrade.sock",
        "vrrp.state",
    ] {
        assert!(!directory.join("run").join(left).exists(), "{left} is left");
    }
}

#[test]
fn what_cannot_run_it_leaves_it_alone() {
    let directory = tempfile::tempdir().expect("directory");
    let directory = directory.path();
    let Some(daemon) = master(directory) else {
        return;
    };
    let worker = pid(directory, "vrrp.pid");
    let junk = directory.join("junk");
    fs::write(&junk, "no program").expect("write");
    let junk = junk.display().to_string();
    for (program, why) in [
        ("/bin/false", "the new program failed"),
        (&junk, "cannot be started"),
    ] {
        let output = upgrade(directory, &["--program", program]);
        assert_eq!(output.status.code(), Some(1), "{}", said(&output));
        assert!(said(&output).contains(why), "{}", said(&output));
    }
    assert_eq!(pid(directory, "vrrp.pid"), worker);
    let output = upgrade(directory, &[]);
    assert!(
        output.status.success(),
        "and then it can: {}",
        said(&output)
    );
    went_unnoticed(directory, &daemon);
}

#[test]
fn without_a_daemon_it_says_so() {
    if !nix::unistd::geteuid().is_root() {
        return;
    }
    let directory = tempfile::tempdir().expect("directory");
    let output = upgrade(directory.path(), &[]);
    assert_eq!(output.status.code(), Some(3), "{}", said(&output));
    assert!(said(&output).contains("no daemon runs"));
}

#[test]
fn memories_that_it_cannot_read_are_no_reason_to_give_up_the_vip() {
    let directory = tempfile::tempdir().expect("directory");
    let directory = directory.path();
    let Some(daemon) = master(directory) else {
        return;
    };
    // a worker of another form: it writes nothing that is understood
    let worker = Pid::from_raw(pid(directory, "vrrp.pid"));
    kill(worker, Signal::SIGSTOP).expect("stopped");
    forget(pid(directory, "holdfast.pid"));
    upgraded(directory, &daemon);
    daemon.wait("log", "Adopted: 1 instance(s) go on as MASTER");
    went_unnoticed(directory, &daemon);
}

/// Spoils what is remembered for a next worker.
fn forget(supervisor: i32) {
    let descriptors = fs::read_dir(format!("/proc/{supervisor}/fd")).expect("descriptors");
    let mut spoilt = 0;
    for entry in descriptors.flatten() {
        let target = fs::read_link(entry.path()).unwrap_or_default();
        if target.to_string_lossy().contains("memfd:holdfast-memory") {
            let file = fs::OpenOptions::new().write(true).open(entry.path());
            file.and_then(|file| file.set_len(0)).expect("spoilt");
            spoilt += 1;
        }
    }
    assert_eq!(spoilt, 2);
}

#[test]
fn with_nobody_to_hand_over_to_it_goes_on() {
    let directory = tempfile::tempdir().expect("directory");
    let directory = directory.path();
    let Some(daemon) = master(directory) else {
        return;
    };
    let mut command = Command::new(env!("CARGO_BIN_EXE_holdfast"));
    command.args(["handback", "--run-dir"]);
    let output = command.arg(directory.join("run")).output();
    let output = output.expect("holdfast");
    assert_eq!(output.status.code(), Some(1), "{}", said(&output));
    assert!(said(&output).contains("nobody took over 1 instance(s)"));
    assert!(has_vip(directory));
    let log = daemon.wait("log", "Handback failed");
    assert_eq!(log.matches(MASTER).count(), 1, "{log}");
}
