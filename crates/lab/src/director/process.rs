//! Who is whose child, from /proc.

use nix::unistd::Pid;
use std::fs;

/// The children of a process.
#[must_use]
pub fn children(parent: Pid) -> Vec<Pid> {
    let Ok(entries) = fs::read_dir("/proc") else {
        return Vec::new();
    };
    entries
        .flatten()
        .filter_map(|entry| entry.file_name().to_str()?.parse().ok())
        .filter(|&pid| parent_of(pid) == Some(parent.as_raw()))
        .map(Pid::from_raw)
        .collect()
}

/// A process and all that descend from it, ancestors first.
#[must_use]
pub fn tree(root: Pid) -> Vec<Pid> {
    let mut all = vec![root];
    let mut next = 0;
    while let Some(&pid) = all.get(next) {
        all.extend(children(pid));
        next += 1;
    }
    all
}

/// CPU seconds of a process and of its children that were waited for.
pub(super) fn cpu(pid: Pid) -> f64 {
    let fields = fields(pid.as_raw()).unwrap_or_default();
    // utime, stime, cutime, cstime
    let ticks: u32 = fields
        .iter()
        .skip(11)
        .take(4)
        .filter_map(|each| each.parse::<u32>().ok())
        .sum();
    // USER_HZ is 100 on every Linux of this kind
    f64::from(ticks) / 100.0
}

/// The first word of its command line.
pub(super) fn title(pid: Pid) -> String {
    let text = fs::read_to_string(format!("/proc/{pid}/cmdline")).unwrap_or_default();
    text.split('\0').next().unwrap_or_default().to_owned()
}

fn parent_of(pid: i32) -> Option<i32> {
    fields(pid)?.get(1)?.parse().ok()
}

/// /proc/PID/stat from the state on (proc(5): field 3), since the name may hold anything.
fn fields(pid: i32) -> Option<Vec<String>> {
    let stat = fs::read_to_string(format!("/proc/{pid}/stat")).ok()?;
    let rest = stat.rsplit_once(')')?.1;
    Some(rest.split_whitespace().map(str::to_owned).collect())
}
