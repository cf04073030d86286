//! In whose interval an instance counts: a backup of version 3 in its master's (RFC 9568 s6.4.2).

use crate::instance::{Context, Instance, Once};
use crate::interval::Timing;
use holdfast_model::event::VrrpEvent;
use holdfast_model::{Centis, Version};

impl Instance {
    /// RFC 9568 s7.1: an interval other than ours is worth a word; it is learnt all the same.
    pub(crate) fn interval_differs(&mut self, ctx: &mut Context<'_>, theirs: u16) {
        let ours = self.config.advert_interval.get();
        let differs = self.config.wire.version == Version::V3 && theirs != ours;
        if differs && self.said.first(Once::Interval) {
            self.report(ctx, VrrpEvent::IntervalDiffers { theirs, ours });
        }
    }

    /// RFC 9568 s6.4.2: a backup counts in its master's interval. Version 2 has but one.
    pub(crate) fn learn(&mut self, interval: u16) {
        let known = self.learned.unwrap_or(self.config.advert_interval);
        if self.config.wire.version == Version::V2 || interval == known.get() {
            return;
        }
        self.learned = Centis::new(interval).filter(|new| *new != self.config.advert_interval);
        self.retime();
    }

    /// Its own interval counts again.
    pub(crate) fn unlearn(&mut self) {
        self.learned = None;
        self.retime();
    }

    /// The times of what it is and knows now.
    pub(crate) fn retime(&mut self) {
        let interval = self.learned.unwrap_or(self.config.advert_interval);
        self.timing = Timing::of(&self.config, self.priority, interval);
    }
}
