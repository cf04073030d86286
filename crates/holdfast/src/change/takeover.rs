//! `holdfast takeover`: this daemon goes on where a running keepalived is.

use super::rival::Rival;
use super::systemd;
use crate::cli::{Options, TakeoverRequest};
use crate::{complain, run};
use holdfast_daemon::load;
use holdfast_supervise::{exit, pidfile, takeover_order};
use std::fs;
use std::io;
use std::path::Path;

/// Nothing to take over.
const NOT_RUNNING: i32 = 3;

/// Looks, compares, and lets the daemon take over. 0: done (`--dry-run`: it could be); 1: it cannot be; 2: the files
/// differ, or ours cannot be run; 3: no keepalived runs.
pub(crate) fn takeover(request: TakeoverRequest) -> i32 {
    if !nix::unistd::geteuid().is_root() {
        complain("holdfast: takeover must be run by root");
        return exit::NO_PERMISSION;
    }
    let by_systemd = !request.here && systemd::runs();
    let daemon = if by_systemd && request.arguments.is_empty() {
        systemd::options()
    } else {
        request.options.clone()
    };
    let run_dir = run::run_dir(&daemon);
    if let Some(pid) = pidfile::owner(&run_dir.join("holdfast.pid")) {
        complain(&format!(
            "holdfast: a daemon of ours runs here already (pid {pid})"
        ));
        return exit::FATAL;
    }
    let rival = match found(request.pid) {
        Ok(rival) => rival,
        Err((code, line)) => {
            complain(&format!("holdfast: {line}"));
            return code;
        }
    };
    if let Err(code) = compared(&rival, &daemon, request.force) {
        return code;
    }
    if request.dry_run {
        let pid = rival.pid;
        complain(&format!("holdfast: keepalived({pid}) can be taken over"));
        return exit::OK;
    }
    if let Err(error) = order(&run_dir, &rival) {
        complain(&format!(
            "holdfast: cannot write into {}: {error}",
            run_dir.display()
        ));
        return exit::FATAL;
    }
    let code = if by_systemd {
        systemd::take_over()
    } else {
        run::daemon(&request.options, &request.arguments)
    };
    // one that was not carried out must not surprise a later start
    let _carried_out = fs::remove_file(takeover_order(&run_dir));
    code
}

/// The only one, or the one that was named.
fn found(pid: Option<i32>) -> Result<Rival, (i32, String)> {
    if let Some(pid) = pid {
        return Rival::of(pid).map_err(|error| (exit::FATAL, error.to_string()));
    }
    let mut all = Rival::all();
    match (all.pop(), all.len()) {
        (None, _) => Err((
            NOT_RUNNING,
            "no keepalived runs in this network namespace".into(),
        )),
        (Some(one), 0) => Ok(one),
        (Some(one), _) => {
            let pids = all.iter().chain([&one]).map(|rival| rival.pid.to_string());
            let pids = pids.collect::<Vec<_>>().join(", ");
            let line = format!("several run here ({pids}): say which by --keepalived=PID");
            Err((exit::FATAL, line))
        }
    }
}

/// Both files have to mean the same, or what serves would not be the same afterwards.
fn compared(rival: &Rival, ours: &Options, force: bool) -> Result<(), i32> {
    let file = rival.file();
    let theirs = Options {
        file: Some(file.clone()),
        ..rival.options.clone()
    };
    let differences = load::differences(&run::context(&theirs), &run::context(ours));
    let differences = differences.map_err(|error| {
        complain(&format!("holdfast: {error}"));
        exit::CONFIG
    })?;
    if newer_than(&file, rival) {
        complain(&format!(
            "holdfast: {} was written after keepalived was started: if it was not reloaded since, it runs something else",
            file.display()
        ));
    }
    if differences.is_empty() {
        return Ok(());
    }
    complain(&format!(
        "holdfast: {} means something else:",
        file.display()
    ));
    differences
        .iter()
        .for_each(|line| complain(&format!("  {line}")));
    if force {
        return Ok(());
    }
    complain(
        "holdfast: nothing was done: make them the same, or take over all the same with --force",
    );
    Err(exit::CONFIG)
}

/// The directory of the process is as old as the process.
fn newer_than(file: &Path, rival: &Rival) -> bool {
    let written = fs::metadata(file).and_then(|about| about.modified());
    let process = fs::metadata(format!("/proc/{}", rival.pid));
    let started = process.and_then(|about| about.modified());
    matches!((written, started), (Ok(written), Ok(started)) if written > started)
}

/// For the daemon, once it has a configuration to run.
fn order(run_dir: &Path, rival: &Rival) -> io::Result<()> {
    fs::create_dir_all(run_dir)?;
    let text = format!("{} {}\n", rival.pid, rival.started);
    fs::write(takeover_order(run_dir), text)
}
