//! What a daemon costs: all of its processes, all of their threads.

use crate::director::{Director, Role, tree};
use nix::unistd::Pid;
use std::fs;

/// Seconds of all processors so far, to the nanosecond.
pub(super) fn cpu(director: &Director) -> f64 {
    seconds(processes(director))
}

/// Seconds of all processors so far of all threads of these processes, to the nanosecond.
pub(super) fn seconds(processes: Vec<Pid>) -> f64 {
    let threads = processes.into_iter().flat_map(|pid| {
        let tasks = fs::read_dir(format!("/proc/{pid}/task"));
        tasks.into_iter().flatten().flatten()
    });
    let nanos = threads.filter_map(|task| {
        let text = fs::read_to_string(task.path().join("schedstat")).ok()?;
        text.split_whitespace().next()?.parse::<u64>().ok()
    });
    nanos.sum::<u64>() as f64 / 1e9
}

/// MiB: memory that is shared counts in parts (PSS).
pub(super) fn memory(director: &Director) -> f64 {
    let shares = processes(director).into_iter().filter_map(|pid| {
        let text = fs::read_to_string(format!("/proc/{pid}/smaps_rollup")).ok()?;
        let line = text.lines().find_map(|line| line.strip_prefix("Pss:"))?;
        line.trim().strip_suffix("kB")?.trim().parse::<u64>().ok()
    });
    shares.sum::<u64>() as f64 / 1024.0
}

fn processes(director: &Director) -> Vec<Pid> {
    director.pid(Role::Parent).map(tree).unwrap_or_default()
}

/// How busy the machine is: what the kernel says about the last minute.
pub(super) fn load() -> String {
    let text = fs::read_to_string("/proc/loadavg").unwrap_or_default();
    text.split_whitespace().next().unwrap_or("?").to_owned()
}
