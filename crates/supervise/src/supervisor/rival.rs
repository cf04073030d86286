//! keepalived, in whose place this daemon goes on: named in an order that `holdfast takeover` left in the run
//! directory, ended once there is a configuration to run, and without a word to its peer.

use crate::stat::Stat;
use nix::sys::signal::{Signal, kill};
use nix::unistd::Pid;
use std::fs;
use std::io;
use std::path::Path;
use std::time::{Duration, Instant};

/// How long killed processes may take to be gone.
const LIMIT: Duration = Duration::from_secs(1);

/// A process that is still the one that was meant.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Rival {
    pid: i32,
    started: u64,
}

/// The order, which counts once: `PID STARTED`.
pub(super) fn ordered(run_dir: &Path) -> Option<Rival> {
    let path = crate::takeover_order(run_dir);
    let text = fs::read_to_string(&path).ok()?;
    let _counts_once = fs::remove_file(&path);
    let (pid, started) = text.trim().split_once(' ')?;
    Some(Rival {
        pid: pid.parse().ok()?,
        started: started.parse().ok()?,
    })
}

impl Rival {
    pub(super) const fn pid(self) -> i32 {
        self.pid
    }

    /// Ends it: its parent is stopped first, lest it starts its children again, and it goes last,
    /// since children without a parent would resign and take their addresses away.
    pub(super) fn end(self) -> io::Result<()> {
        if Stat::of(self.pid).is_none_or(|now| now.started != self.started) {
            return Err(io::ErrorKind::NotFound.into());
        }
        let parent = Pid::from_raw(self.pid);
        kill(parent, Signal::SIGSTOP)?;
        wait(|| Stat::of(self.pid).is_none_or(|now| now.state != 'R' && now.state != 'D'));
        let children = children(self.pid);
        for child in &children {
            let _gone_by_itself = kill(Pid::from_raw(*child), Signal::SIGKILL);
        }
        if !wait(|| !children.iter().any(|pid| Stat::lives(*pid))) {
            // it starts them again, and serves on
            kill(parent, Signal::SIGCONT)?;
            return Err(io::ErrorKind::TimedOut.into());
        }
        kill(parent, Signal::SIGKILL)?;
        wait(|| !Stat::lives(self.pid));
        Ok(())
    }
}

fn children(of: i32) -> Vec<i32> {
    let all = fs::read_dir("/proc").into_iter().flatten().flatten();
    let pids = all.filter_map(|entry| entry.file_name().to_str()?.parse().ok());
    pids.filter(|pid| Stat::of(*pid).is_some_and(|stat| stat.parent == of))
        .collect()
}

fn wait(condition: impl Fn() -> bool) -> bool {
    let until = Instant::now() + LIMIT;
    while !condition() {
        if Instant::now() >= until {
            return false;
        }
        std::thread::sleep(Duration::from_millis(1));
    }
    true
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::process::{Command, Stdio};

    /// A shell with a child that it would start again.
    #[test]
    fn a_family_is_ended_without_a_last_word() {
        let folder = tempfile::tempdir().expect("folder");
        let word = folder.path().join("word");
        let script = format!(
            "trap 'echo said > {}' TERM; while :; do sleep 1000; done",
            word.display()
        );
        let mut shell = Command::new("sh");
        let mut shell = shell
            .args(["-c", &script])
            .stdin(Stdio::null())
            .spawn()
            .expect("sh");
        let pid = shell.id().cast_signed();
        assert!(wait(|| !children(pid).is_empty()));
        let child = *children(pid).first().expect("a child");
        let started = Stat::of(pid).expect("runs").started;
        let order = crate::takeover_order(folder.path());
        fs::write(&order, format!("{pid} {}\n", started + 1)).expect("write");
        let other = ordered(folder.path()).expect("order");
        assert!(other.end().is_err(), "another process has that number");
        fs::write(&order, format!("{pid} {started}\n")).expect("write");
        let rival = ordered(folder.path()).expect("order");
        assert_eq!(ordered(folder.path()), None, "it counts once");
        rival.end().expect("ended");
        assert!(!Stat::lives(child) && !Stat::lives(pid) && !word.exists());
        let _status = shell.wait();
    }
}
