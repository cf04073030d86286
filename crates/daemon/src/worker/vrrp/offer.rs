//! Masters offer their places to the peer, and the supervisor is told what became of it.

use super::Worker;
use holdfast_supervise::FromWorker;
use holdfast_vrrp::Input;

impl Worker {
    pub(super) fn offer(&mut self) {
        if self.stopping.is_none() {
            self.effects.offer();
            self.feed(Input::Offer);
            self.offers = true;
        }
    }

    /// Says so once nothing is on offer any more.
    pub(super) fn tell_offered(&mut self) {
        if self.offers && !self.router.offers() {
            self.offers = false;
            let left = self.router.masters().count() as u64;
            self.control.say(FromWorker::Offered { left });
        }
    }
}
