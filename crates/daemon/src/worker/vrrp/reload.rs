//! A reload: everything that the router will want is asked for first, and the router takes the new
//! configuration over when the links of its instances are there. It would otherwise give up what it
//! serves because of an interface that is just being made.

use super::Worker;
use holdfast_kernel::time::now;
use holdfast_model::{Mono, VrrpModel};
use holdfast_supervise::{Bundle, FromWorker};
use holdfast_vrrp::Input;
use std::time::Duration;

/// How long that may take: less than a link that nobody wants any more stays, for its instance still
/// has to resign there.
const LINKS_LIMIT: Duration = Duration::from_millis(500);

/// A configuration that waits for its links.
pub(super) struct Waiting {
    model: VrrpModel,
    generation: u64,
    pub(super) until: Mono,
}

impl Worker {
    pub(super) fn reload(&mut self, bundle: &Bundle) {
        // one after the other
        self.take_over(Mono(u64::MAX));
        let generation = bundle.header.generation;
        match crate::worker::vrrp_section(bundle, self.shares) {
            Ok(model) => {
                tracing::info!("Reloading");
                self.bfd.reconfigure(&model.bfd);
                self.effects.configure(&model);
                self.trackers.configure(&model.tracked);
                self.urgent.configure(bundle);
                self.memory.configure(&model);
                self.signing.configure(&model);
                self.waiting = Some(Waiting {
                    model,
                    generation,
                    until: now() + LINKS_LIMIT,
                });
            }
            Err(error) => {
                tracing::error!("reload: {error}: the old configuration stays in force");
                self.control.say(FromWorker::Kept { generation });
            }
        }
    }

    /// The router takes over what waits, once its links are there.
    pub(super) fn take_over(&mut self, time: Mono) {
        let ready =
            |waiting: &mut Waiting| time >= waiting.until || self.effects.has_links(&waiting.model);
        let Some(waiting) = self.waiting.take_if(ready) else {
            return;
        };
        let model = waiting.model;
        self.feed(Input::Reconfigure(&model));
        self.model = model;
        let generation = waiting.generation;
        self.control.say(FromWorker::Reloaded { generation });
    }
}
