//! A pause between two looks: whoever floods us must not keep a lane from its work.

use holdfast_kernel::time::now;
use holdfast_model::Mono;
use std::time::Duration;

/// Until when.
#[derive(Debug, Default)]
pub(crate) struct Rest(Mono);

impl Rest {
    /// Begins one.
    pub(crate) fn begin(&mut self, time: Duration) {
        self.0 = now() + time;
    }

    /// Waits for its end.
    pub(crate) async fn over(&self) {
        let rest = self.0.since(now());
        if !rest.is_zero() {
            tokio::time::sleep(rest).await;
        }
    }
}
