//! What of signatures (`auth_hmac`) the next process has to know: others do not believe an advert
//! that is not later than the last, and the wall clock may have been set back.

use crate::state::StateFile;
use holdfast_model::{Mono, VrrpModel};
use holdfast_vrrp::{Router, Signed};
use std::path::Path;
use std::time::Duration;

/// How old what is known of others may be: adverts of this time could be played back to a process
/// that begins.
const AGE: Duration = Duration::from_secs(10);

/// What stands in the file.
pub(super) struct Signing {
    /// Somebody signs or verifies.
    on: bool,
    written: Signed,
    /// When others are looked at again.
    next: Mono,
}

impl Signing {
    /// What a process before this one wrote.
    pub(super) fn resume(run_dir: &Path) -> Self {
        Self {
            on: false,
            written: StateFile::signed(run_dir).read().unwrap_or_default(),
            next: Mono::ZERO,
        }
    }

    pub(super) fn configure(&mut self, model: &VrrpModel) {
        self.on = model.instances.iter().any(|i| i.wire.hmac.is_some());
    }

    /// For a router that begins.
    pub(super) const fn known(&self) -> &Signed {
        &self.written
    }

    /// It ends: nothing is too young to be written down.
    pub(super) const fn end(&mut self) {
        self.next = Mono::ZERO;
    }

    /// What is to be written down now.
    pub(super) fn news(&mut self, router: &Router, now: Mono) -> Option<Signed> {
        if !self.on {
            return None;
        }
        let latest = router.latest(now);
        let mut new = self.written.clone();
        if !self.written.covers(latest, now) {
            new.latest = latest;
        }
        if now >= self.next {
            self.next = now + AGE;
            new.heard = router.heard();
        }
        (new != self.written).then(|| {
            self.written = new.clone();
            new
        })
    }
}
