//! `holdfast handback`: the peer serves, and this daemon ends without a trace.

use crate::complain;
use holdfast_supervise::{exit, pidfile};
use std::path::Path;
use std::time::{Duration, Instant};

/// The longest Master_Down_Timer of version 2 is 766 s; who configures that waits for it.
const LIMIT: Duration = Duration::from_secs(800);
/// How long a daemon that has handed over may take to end.
const END: Duration = Duration::from_secs(30);
/// No daemon runs.
const NOT_RUNNING: i32 = 3;

/// 0: the peer serves and nothing is left here; 1: it does not, and this daemon goes on; 3: none runs.
pub(crate) fn handback(run_dir: &Path) -> i32 {
    if !nix::unistd::geteuid().is_root() {
        complain("holdfast: handback must be run by root");
        return exit::NO_PERMISSION;
    }
    let pid_file = run_dir.join("holdfast.pid");
    if pidfile::owner(&pid_file).is_none() {
        complain(&format!(
            "holdfast: no daemon runs in {}",
            run_dir.display()
        ));
        return NOT_RUNNING;
    }
    match holdfast_supervise::ask_handback(run_dir, LIMIT) {
        Ok(answer) if answer.code == exit::OK => {}
        Ok(answer) => {
            complain(&format!("holdfast: {}", answer.text));
            return answer.code;
        }
        Err(error) => {
            complain(&format!("holdfast: {error}"));
            return exit::FATAL;
        }
    }
    let until = Instant::now() + END;
    while pidfile::owner(&pid_file).is_some() {
        if Instant::now() >= until {
            complain("holdfast: the peer serves, but the daemon does not end: its log says more");
            return exit::FATAL;
        }
        std::thread::sleep(Duration::from_millis(10));
    }
    forget(run_dir)
}

/// What was written down for a daemon after this one, which does not come.
fn forget(run_dir: &Path) -> i32 {
    let mut code = exit::OK;
    if run_dir.join("vrrp.state").exists() {
        complain(
            "holdfast: the peer serves, but not all was given back: 'holdfast release' tries again",
        );
        return exit::FATAL;
    }
    for name in ["lvs.state", "checks.state", "signed.state"] {
        match std::fs::remove_file(run_dir.join(name)) {
            Err(error) if error.kind() != std::io::ErrorKind::NotFound => {
                complain(&format!("holdfast: {name} stays: {error}"));
                code = exit::FATAL;
            }
            Ok(()) | Err(_) => {}
        }
    }
    if code == exit::OK {
        complain("holdfast: handed over; nothing of ours is left: keepalived can be started");
    }
    code
}
