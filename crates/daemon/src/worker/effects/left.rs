//! What a worker leaves to its successor besides its sockets, and what that does with it.

use super::Effects;
use crate::script::told::Told;
use holdfast_model::VrrpModel;
use holdfast_vrrp::Router;

impl Effects {
    /// The first configuration of a worker that goes on where another ended: instances that were
    /// master hold what they held, and what was told is not told again.
    pub(in crate::worker) fn resume(&mut self, model: &VrrpModel, router: &Router, told: &Told) {
        let masters: Vec<_> = router.masters().cloned().collect();
        self.take_over(model, &masters);
        self.followed.resume(masters);
        self.notifier.resume(told);
    }

    /// What was told so far.
    pub(in crate::worker) fn legacy(&self) -> Told {
        self.notifier.told()
    }
}
