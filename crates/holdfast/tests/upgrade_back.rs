//! A new version whose workers cannot live: the one before it goes on. This program is that version, too: its
//! supervisor is the real one, and starts workers that end at once.
#![allow(
    clippy::expect_used,
    clippy::disallowed_methods,
    clippy::panic,
    clippy::print_stdout,
    reason = "a test reads files, and fails by panicking"
)]

mod support;

use holdfast_supervise::{Handover, Role, Settings, Sink, log::LogOptions};
use std::ffi::OsString;
use std::os::unix::process::CommandExt as _;
use std::path::{Path, PathBuf};
use std::process::Command;
use support::Daemon;

const HOLDFAST: &str = env!("CARGO_BIN_EXE_holdfast");

fn main() {
    let mut words = std::env::args_os().skip(1);
    let first = words.next().unwrap_or_default();
    match first.to_str() {
        Some("recompile") => {
            let error = Command::new(HOLDFAST).arg("recompile").args(words).exec();
            panic!("{HOLDFAST}: {error}");
        }
        Some("upgraded") => broken(words.collect()),
        // what a runner of tests asks first; none of them is an ignored one
        Some("--list") if words.any(|word| word == "--ignored") => {}
        Some("--list") => println!("it_goes_back: test"),
        _test => it_goes_back(),
    }
}

/// As the next version would be, were its workers broken.
fn broken(passed: Vec<OsString>) {
    let at = passed.iter().rposition(|word| word == "--run-dir");
    let run_dir = at.and_then(|at| passed.get(at + 1)).expect("run directory");
    let run_dir = PathBuf::from(run_dir);
    let log = LogOptions {
        console: true,
        no_syslog: true,
        ..LogOptions::default()
    };
    let settings = Settings {
        program: "/bin/false".into(),
        pid_file: run_dir.join("holdfast.pid"),
        vrrp_pid_file: run_dir.join("vrrp.pid"),
        lvs_pid_file: run_dir.join("checkers.pid"),
        run_dir,
        roles: Role::ALL.to_vec(),
        compile_arguments: passed.clone(),
        worker_arguments: passed,
        log: log.clone(),
        respawn: true,
        release_vrrp: true,
        release_here: |_, _| 0,
        unload: || {},
        release_ipvs: true,
        interrupt: true,
        namespace_given: false,
        banner: "Starting a broken version".into(),
    };
    let before = Handover::receive().expect("handover");
    let code =
        holdfast_supervise::run(&settings, &mut Sink::open("Keepalived", &log), Some(before));
    std::process::exit(code.unwrap_or(1));
}

fn it_goes_back() {
    let directory = tempfile::tempdir().expect("directory");
    let directory = directory.path();
    let Some(mut daemon) = Daemon::start(directory, "", "", "") else {
        println!("not root: skipped");
        return;
    };
    daemon.wait("log", "Entering MASTER STATE");
    let own = std::env::current_exe().expect("this program");
    let output = upgrade(directory, &own);
    let said = String::from_utf8_lossy(&output.stderr).into_owned();
    let log = daemon.wait("log", "Upgrade failed: ");
    assert_eq!(output.status.code(), Some(1), "{said}\n{log}");
    assert!(said.contains("the version before it goes on"), "{said}");
    assert!(log.contains("Going on as a broken version"), "{log}");
    let log = daemon.wait_times("log", "Resumed: 1 instance(s) go on as MASTER", 1);
    assert_eq!(log.matches("Entering MASTER STATE").count(), 1, "{log}");
    assert!(!log.contains("sent 0 priority"), "{log}");
    let output = upgrade(directory, Path::new(HOLDFAST));
    assert!(output.status.success(), "{output:?}");
    daemon.stop();
    println!("it went back, and on");
}

fn upgrade(directory: &Path, program: &Path) -> std::process::Output {
    let mut command = Command::new(HOLDFAST);
    command
        .args(["upgrade", "--run-dir"])
        .arg(directory.join("run"));
    command
        .arg("--program")
        .arg(program)
        .output()
        .expect("holdfast")
}
