//! BFD of a worker that goes on where another ended.

use super::{Bfd, YOUTH};
use holdfast_bfd::{Speaker, SpeakerState};
use holdfast_kernel::time::now;
use holdfast_model::BfdSession;

impl Bfd {
    /// Goes on with the sessions of the worker before this one. Those that it cannot go on with
    /// have a while to come up.
    pub(in crate::worker) fn resume(&mut self, sessions: &[BfdSession], from: &SpeakerState) {
        if !self.off {
            self.speaker = Speaker::resume(sessions, from, now());
            self.start();
            self.grace();
        }
    }

    /// For a successor.
    pub(in crate::worker) fn snapshot(&self) -> SpeakerState {
        self.speaker.snapshot()
    }

    /// Sessions that have just begun have a while to come up.
    pub(super) fn grace(&mut self) {
        let until = now() + YOUTH;
        let begun = self.edge.changed.iter();
        let begun = begun.filter(|session| self.edge.levels.get(*session) == Some(&false));
        self.edge
            .young
            .extend(begun.map(|session| (session.clone(), until)));
    }
}
