//! A process: how it begins, reads its configuration again, is told of what it watches, and is gone.

use super::{Event, World};
use crate::invariant::Cause;
use crate::invariant::kernel::Agreement;
use crate::place::{model, track_key};
use crate::scenario::{ITEMS, SLOTS};
use crate::spec::Spec;
use core::time::Duration;
use holdfast_model::State;
use holdfast_vrrp::tape::How;
use holdfast_vrrp::{Input, Router};

impl World {
    /// A process begins: it reads the links, gives back what no instance is to hold, and starts.
    pub(super) fn start(&mut self, at: usize) {
        let node = &mut self.nodes[at];
        if node.dead > 0 || node.paused > 0 || node.router.is_some() {
            return;
        }
        if let Some(specs) = node.later.take() {
            node.model = model(&specs, at, node.count);
            node.specs = specs;
            // What the time until the takeover is made of is another now.
            for track in &mut node.tracks {
                (track.held, track.patient) = (None, None);
            }
            self.disturb_all();
            self.cohere();
        }
        let now = self.now;
        let node = &mut self.nodes[at];
        for (track, kernel) in node.tracks.iter_mut().zip(&mut node.kernel) {
            track.sent = track.sent.map(|_| now);
            kernel.agreement.restart(now);
            kernel.unwell = now;
        }
        let mut model = node.model.clone();
        self.sabotage.model(&mut model);
        let resumed = node.snapshot.take();
        node.told = resumed.as_ref().map(|(_, told)| *told).unwrap_or_default();
        let router = match &resumed {
            Some((state, _)) => Router::resume(&model, state, self.now),
            None => Router::new(&model),
        };
        if let Some(tape) = self.recording.as_mut().filter(|tape| tape.is_of(at)) {
            let how = match &resumed {
                Some((from, _)) => How::Resumes {
                    model,
                    from: from.clone(),
                },
                None => How::Begins(model),
            };
            tape.head(now, how);
        }
        node.serviceable = node.link.gone == 0;
        node.router = Some(router);
        node.look();
        if resumed.is_some() {
            node.presume_levels();
        }
        // The lane's part: what the last process left and this one does not go on with.
        for slot in 0..SLOTS {
            let goes_on = |view: &crate::invariant::View| {
                usize::from(view.slot) == slot && view.state == State::Master
            };
            if !node.views.iter().any(goes_on) {
                node.kernel[slot].held.clear();
                node.kernel[slot].agreement = Agreement::default();
            }
        }
        if node.link.gone == 0 {
            let link = node.link_news();
            node.serviceable = link.up && link.source.is_some();
            self.turn(at, Cause::Link, Input::Link(link));
        }
        let resumed = resumed.is_some();
        self.turn(at, Cause::Start { resumed }, Input::Start);
        self.look_at_levels(at);
    }

    pub(super) fn crash(&mut self, at: usize, ms: u64, resume: bool) -> Option<u64> {
        let node = &mut self.nodes[at];
        node.dead += 1;
        let router = node.router.as_ref().filter(|_| resume);
        node.snapshot = router.map(|router| (router.snapshot(), node.told));
        self.forget_process(at);
        Some(ms)
    }

    /// The process is gone; its kernel is not.
    pub(super) fn forget_process(&mut self, at: usize) {
        let node = &mut self.nodes[at];
        node.router = None;
        node.ears.clear();
        node.life += 1;
        node.waiting = super::node::Waiting::default();
        node.views.clear();
        (node.wake, node.deadline) = (None, None);
        for kernel in &mut node.kernel {
            kernel.wish = None;
            kernel.untold = 0;
        }
    }

    pub(super) fn reload(&mut self, at: usize, specs: Vec<Spec>) {
        let node = &mut self.nodes[at];
        let mut new = model(&specs, at, node.count);
        if node
            .router
            .as_ref()
            .is_some_and(|router| !router.is_running())
        {
            node.later = Some(specs);
            return;
        }
        let old = core::mem::replace(&mut node.specs, specs);
        node.model = new.clone();
        self.sabotage.model(&mut new);
        for kernel in &mut node.kernel {
            kernel.agreement.restart(self.now);
        }
        if node.router.is_none() {
            for track in &mut node.tracks {
                (track.held, track.patient) = (None, None);
            }
        }
        node.forget_levels(&old);
        self.disturb_all();
        self.cohere();
        self.old = Some(old);
        self.turn(at, Cause::Reload, Input::Reconfigure(&new));
        self.old = None;
        self.disturb_all();
        self.look_at_levels(at);
    }

    pub(super) fn tell_level(&mut self, at: usize, life: u32, item: u8) {
        let node = &mut self.nodes[at];
        if node.life != life || node.router.is_none() {
            return;
        }
        let level = node.level(item);
        if let Some(told) = node.told.get_mut(usize::from(item)) {
            *told = Some(level);
        }
        let key = &track_key(item);
        self.turn(at, Cause::Level, Input::Level { key, level });
    }

    /// Somebody will look at everything that is watched, and say how it is.
    pub(super) fn look_at_levels(&mut self, at: usize) {
        let life = self.nodes[at].life;
        for item in 0..ITEMS as u8 {
            if self.nodes[at].specs.iter().any(|spec| spec.watches(item)) {
                let after = Duration::from_micros(self.rng.u64(1_000..200_000));
                self.after(
                    after,
                    Event::Level {
                        node: at,
                        life,
                        item,
                    },
                );
            }
        }
    }
}
