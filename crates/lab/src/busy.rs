//! Busy processors.

use crate::cgroup::Cgroup;
use crate::error::Result;
use nix::unistd::Pid;
use std::process::{Child, Command};

/// Endless loops, until it is dropped.
#[derive(Debug)]
pub(crate) struct Busy {
    loops: Vec<Child>,
}

impl Busy {
    /// Two for each processor.
    pub(crate) fn start() -> Self {
        let processors = std::thread::available_parallelism().map_or(1, usize::from);
        Self::with(processors * 2)
    }

    /// So many.
    pub(crate) fn with(loops: usize) -> Self {
        Self {
            loops: (0..loops).filter_map(|_| endless()).collect(),
        }
    }

    /// So many, each in the group before there is another one.
    ///
    /// # Errors
    /// If the kernel does not let them in.
    pub(crate) fn within(group: &Cgroup, loops: usize) -> Result<Self> {
        let mut busy = Self { loops: Vec::new() };
        for each in (0..loops).filter_map(|_| endless()) {
            let pid = i32::try_from(each.id()).map(Pid::from_raw);
            busy.loops.push(each);
            pid.ok().map_or(Ok(()), |pid| group.take(pid))?;
        }
        Ok(busy)
    }

    /// They are to end, as soon as they have a processor for it.
    pub(crate) fn end(&mut self) {
        for each in &mut self.loops {
            let _gone = each.kill();
        }
    }
}

fn endless() -> Option<Child> {
    let mut shell = Command::new("sh");
    shell.args(["-c", "while :; do :; done"]).spawn().ok()
}

impl Drop for Busy {
    fn drop(&mut self) {
        self.end();
        for each in &mut self.loops {
            let _status = each.wait();
        }
    }
}
