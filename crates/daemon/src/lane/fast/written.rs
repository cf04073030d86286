//! What stands in the state file.

use super::Lane;
use crate::state::Held;
use holdfast_kernel::time::now;
use holdfast_model::InstanceKey;
use std::time::Duration;

/// A full disk has room again some time.
const AGAIN: Duration = Duration::from_secs(1);

impl Lane {
    pub(super) fn write_down(&mut self, held: Held) {
        if held != self.held {
            self.held = held;
            self.write();
        }
    }

    /// What the disk had no room for.
    pub(super) fn write_what_is_due(&mut self) {
        if self.write_again.is_some_and(|at| at <= now()) {
            self.write();
        }
    }

    fn write(&mut self) {
        let written = self.file.keep(&self.held, "the state file");
        self.write_again = (!written).then(|| now() + AGAIN);
    }

    /// At the end: where our table is gone, nobody has to take it away.
    pub(super) fn forget_table(&mut self) {
        let firewall = self.held.firewall && self.firewall.is_left();
        self.write_down(Held {
            firewall,
            ..self.held.clone()
        });
    }

    /// They hold nothing any more.
    pub(super) fn forget(&mut self, gone: &[InstanceKey]) {
        if !gone.is_empty() {
            let mut held = self.held.clone();
            held.instances.retain(|key, _| !gone.contains(key));
            self.write_down(held);
        }
    }
}
