//! Handing over to the peer before the end: our addresses answer until somebody else speaks for them.

use super::Supervisor;
use crate::exit;
use crate::log::Level;
use crate::protocol::{Role, ToWorker};

impl Supervisor<'_> {
    /// A caller wants it.
    pub(super) fn hand_back(&mut self) {
        if self.upgrade.offers() {
            return;
        }
        let vrrp = self.workers.iter().find(|worker| worker.role == Role::Vrrp);
        self.log.write(Level::Info, "Handing over to the peer ...");
        match vrrp.filter(|worker| worker.runs()) {
            Some(worker) => worker.tell(ToWorker::Offer, None),
            None => self.offered(0),
        }
    }

    /// What became of it: with nothing left this daemon ends, else it goes on.
    pub(super) fn offered(&mut self, left: u64) {
        if left == 0 {
            self.upgrade
                .answer(exit::OK, "handed over: the daemon ends");
            self.stop();
            return;
        }
        let line = format!(
            "Handback failed: nobody took over {left} instance(s): this daemon goes on as their MASTER"
        );
        self.log.write(Level::Error, &line);
        self.upgrade.answer(exit::FATAL, &line);
    }
}
