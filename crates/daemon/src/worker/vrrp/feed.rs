//! One input for the router: what comes of it is done, recorded and remembered.

use super::Worker;
use crate::worker::memory::News;
use crate::worker::recorder;
use holdfast_kernel::time::now;
use holdfast_model::{Mono, VrrpModel, drive};
use holdfast_vrrp::tape::{self, How};
use holdfast_vrrp::{Action, Input};

impl Worker {
    pub(super) fn feed(&mut self, input: Input<'_>) {
        let (effects, time) = (&mut self.effects, now());
        let advert = matches!(
            input,
            Input::Tick | Input::Datagram(_) | Input::Clock { .. }
        );
        let mut news = if advert { News::Heard } else { News::Other };
        let mut run = |action| {
            news = match (news, &action) {
                (News::Heard | News::Sent, Action::Send { .. }) => News::Sent,
                _other => News::Other,
            };
            effects.run(action);
        };
        match &mut self.recorder {
            None => drive(&mut self.router, time, input, run),
            Some(recorder) => {
                let mut turn = recorder.turn(time, &input);
                drive(&mut self.router, time, input, |action| {
                    recorder::note(&mut turn, &action);
                    run(action);
                });
                if recorder.done(turn, time, &self.router).is_err() {
                    self.recorder = None;
                }
            }
        }
        self.memory.touch(time, news);
    }

    /// The router begins.
    pub(super) fn record(&mut self, time: Mono, how: impl FnOnce(VrrpModel) -> How) {
        if let Some(recorder) = &mut self.recorder
            && recorder.head(time, how(tape::told(&self.model))).is_err()
        {
            self.recorder = None;
        }
    }
}
