//! A control group of our own that has little of the processors, or room for few processes.

use crate::error::{Doing as _, Error, Result};
use nix::unistd::Pid;
use std::fs;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicU32, Ordering};

/// Microseconds in which the share is given, to usual threads and to those with a real-time priority (the kernel's
/// own values: Documentation/scheduler/sched-bwc.rst, sched-rt-group.rst).
const PERIOD: u32 = 100_000;
const REALTIME_PERIOD: u32 = 1_000_000;

/// Dropped, its processes go back to where this one is.
#[derive(Debug)]
pub(crate) struct Cgroup {
    path: PathBuf,
    parent: PathBuf,
}

impl Cgroup {
    /// One whose processes have so many hundredths of one processor together.
    ///
    /// # Errors
    /// If there are no control groups for processors here, or they are not ours to make.
    pub(crate) fn with_share(percent: u32) -> Result<Self> {
        let (group, unified) = Self::of("cpu")?;
        let quota = PERIOD / 100 * percent;
        if unified {
            group.write("cpu.max", &format!("{quota} {PERIOD}"))?;
            return Ok(group);
        }
        group.write("cpu.cfs_period_us", &PERIOD.to_string())?;
        group.write("cpu.cfs_quota_us", &quota.to_string())?;
        // else nobody with a real-time priority may be there (CONFIG_RT_GROUP_SCHED)
        let realtime = "cpu.rt_runtime_us";
        if group.path.join(realtime).exists() {
            let share = REALTIME_PERIOD / 100 * percent;
            group.write(realtime, &share.to_string())?;
        }
        Ok(group)
    }

    /// One in which nobody gets one process, or thread, more.
    ///
    /// # Errors
    /// If there are no control groups for processes here, or they are not ours to make.
    pub(crate) fn without_children() -> Result<Self> {
        let (group, _) = Self::of("pids")?;
        group.write("pids.max", "0").map(|()| group)
    }

    /// From now on they do.
    ///
    /// # Errors
    /// If the kernel refuses.
    pub(crate) fn with_children(&self) -> Result<()> {
        self.write("pids.max", "max")
    }

    /// One of its own, without limits yet; and whether it is one of version 2.
    fn of(controller: &str) -> Result<(Self, bool)> {
        static COUNT: AtomicU32 = AtomicU32::new(0);
        let number = COUNT.fetch_add(1, Ordering::Relaxed);
        let name = format!("holdfast-lab-{}-{number}", std::process::id());
        let (parent, unified) = place(controller)?;
        let path = parent.join(name);
        if unified {
            let wanted = format!("+{controller}");
            let _it_may_have_it = fs::write(parent.join("cgroup.subtree_control"), wanted);
        }
        fs::create_dir(&path).doing(format!("make {}", path.display()))?;
        Ok((Self { path, parent }, unified))
    }

    /// Puts a process there, with all its threads.
    ///
    /// # Errors
    /// If it is gone, or the kernel refuses.
    pub(crate) fn take(&self, pid: Pid) -> Result<()> {
        self.write("cgroup.procs", &pid.to_string())
    }

    fn write(&self, file: &str, value: &str) -> Result<()> {
        let path = self.path.join(file);
        fs::write(&path, value).doing(format!("write {value} to {}", path.display()))
    }
}

impl Drop for Cgroup {
    fn drop(&mut self) {
        let inside = fs::read_to_string(self.path.join("cgroup.procs")).unwrap_or_default();
        for pid in inside.lines() {
            let _it_may_be_gone = fs::write(self.parent.join("cgroup.procs"), pid);
        }
        let _gone = fs::remove_dir(&self.path);
    }
}

/// Where a group can be made, and whether it is one of version 2: below this process's own, or in version 2, where a
/// group with processes has no groups with shares, below the root.
fn place(controller: &str) -> Result<(PathBuf, bool)> {
    let mounts = fs::read_to_string("/proc/mounts").doing("read /proc/mounts")?;
    let own = fs::read_to_string("/proc/self/cgroup").doing("read /proc/self/cgroup")?;
    let found = find(&mounts, &own, controller);
    found.ok_or_else(|| Error::Failed(format!("no control groups for {controller} here")))
}

/// [`place`], of the texts of these files (proc(5), cgroups(7)).
fn find(mounts: &str, own: &str, controller: &str) -> Option<(PathBuf, bool)> {
    let fields = |line: &'_ str| -> Option<(String, String, String)> {
        let mut words = line.split(' ').skip(1).map(str::to_owned);
        Some((words.next()?, words.next()?, words.next()?))
    };
    let mounts: Vec<_> = mounts.lines().filter_map(fields).collect();
    let has = |words: &str| words.split(',').any(|word| word == controller);
    let first = mounts.iter();
    let mut first = first.filter(|(_, kind, options)| kind == "cgroup" && has(options));
    if let Some((mount, ..)) = first.next() {
        let mut lines = own.lines().map(|line| line.splitn(3, ':').skip(1));
        let group = lines.find_map(|mut words| {
            let named = words.next().is_some_and(has);
            words.next().filter(|_| named)
        });
        let below = group.unwrap_or_default().trim_start_matches('/');
        return Some((Path::new(mount).join(below), false));
    }
    let mut second = mounts.iter().filter(|(_, kind, _)| kind == "cgroup2");
    second.next().map(|(mount, ..)| (mount.into(), true))
}

#[cfg(test)]
mod tests {
    use super::find;
    use std::path::PathBuf;

    #[test]
    fn the_place_follows_the_mounts() {
        let first = "cgroup /sys/fs/cgroup/cpu cgroup rw,relatime,cpu,cpuacct 0 0\n\
            cgroup2 /sys/fs/cgroup/unified cgroup2 rw 0 0\n";
        let own = "2:cpuset:/\n1:cpu,cpuacct:/a/b\n0::/\n";
        let place = |path: &str, unified| Some((PathBuf::from(path), unified));
        assert_eq!(
            find(first, own, "cpu"),
            place("/sys/fs/cgroup/cpu/a/b", false)
        );
        assert_eq!(
            find(first, "1:cpu:/\n", "cpu"),
            place("/sys/fs/cgroup/cpu/", false)
        );
        let processes = "cgroup /sys/fs/cgroup/pids cgroup rw,pids 0 0\n";
        assert_eq!(
            find(&format!("{first}{processes}"), "8:pids:/c\n", "pids"),
            place("/sys/fs/cgroup/pids/c", false)
        );
        let second = "proc /proc proc rw 0 0\ncgroup2 /sys/fs/cgroup cgroup2 rw 0 0\n";
        assert_eq!(
            find(second, "0::/user\n", "cpu"),
            place("/sys/fs/cgroup", true)
        );
        assert_eq!(find("proc /proc proc rw 0 0\n", own, "cpu"), None);
    }
}
