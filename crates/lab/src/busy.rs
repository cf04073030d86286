//! Busy processors.

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
        let start = |_| {
            let mut shell = Command::new("sh");
            shell.args(["-c", "while :; do :; done"]).spawn().ok()
        };
        Self {
            loops: (0..loops).filter_map(start).collect(),
        }
    }
}

impl Drop for Busy {
    fn drop(&mut self) {
        for each in &mut self.loops {
            let _gone = each.kill();
            let _status = each.wait();
        }
    }
}
