//! What stands in the state file.

use super::Lane;
use crate::state::Held;
use holdfast_model::InstanceKey;

impl Lane {
    pub(super) fn write_down(&mut self, held: Held) {
        if held == self.held {
            return;
        }
        self.held = held;
        if let Err(error) = self.file.write(&self.held) {
            tracing::warn!("cannot write the state file: {error}");
        }
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
