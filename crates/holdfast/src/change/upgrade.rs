//! `holdfast upgrade`: the daemon that runs goes on as this program.

use crate::cli::UpgradeRequest;
use crate::complain;
use holdfast_supervise::{exit, pidfile};
use std::fs::File;
use std::os::fd::AsFd as _;
use std::path::Path;
use std::time::Duration;

/// Longer than it takes to read a large configuration, to start, and to go back.
const LIMIT: Duration = Duration::from_secs(100);
/// No daemon runs.
const NOT_RUNNING: i32 = 3;

/// Asks, and says what became of it. 0: it goes on as this program; 1 and 2: it goes on as it was; 3: no
/// daemon runs.
pub(crate) fn upgrade(request: &UpgradeRequest) -> i32 {
    if !nix::unistd::geteuid().is_root() {
        complain("holdfast: upgrade must be run by root");
        return exit::NO_PERMISSION;
    }
    if pidfile::owner(&request.run_dir.join("holdfast.pid")).is_none() {
        complain(&format!(
            "holdfast: no daemon runs in {}",
            request.run_dir.display()
        ));
        return NOT_RUNNING;
    }
    let path = request
        .program
        .as_deref()
        .unwrap_or(Path::new("/proc/self/exe"));
    let program = match File::open(path) {
        Ok(program) => program,
        Err(error) => {
            complain(&format!(
                "holdfast: cannot open {}: {error}",
                path.display()
            ));
            return exit::FATAL;
        }
    };
    let console = std::io::stderr();
    let asked = holdfast_supervise::ask(&request.run_dir, program.as_fd(), console.as_fd(), LIMIT);
    match asked {
        Ok(answer) => {
            complain(&format!("holdfast: {}", answer.text));
            answer.code
        }
        Err(error) => {
            complain(&format!("holdfast: {error}"));
            exit::FATAL
        }
    }
}
