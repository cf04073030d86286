//! In whose interval an instance counts: a backup of version 3 in its master's (RFC 9568 s6.4.2).

use crate::instance::{Context, Instance};
use crate::interval::Timing;
use crate::said::Once;
use crate::state::State;
use holdfast_model::event::VrrpEvent;
use holdfast_model::{Centis, Instance as Config, Version};

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
        if self.config.wire.version == Version::V2 {
            return;
        }
        let cap = self.config.wire.learned_max.map_or(u16::MAX, Centis::get);
        self.learned =
            Centis::new(interval.min(cap)).filter(|new| *new != self.config.advert_interval);
        self.retime();
    }

    /// After a reload: the master's interval is what it was, whatever ours is now (RFC 9568 s6.1,
    /// Active_Adver_Interval).
    pub(crate) fn follow_on(&mut self, old: &Config) {
        let new = &self.config;
        let known = self.followed(old.advert_interval);
        let same = old.wire.version == new.wire.version && new.wire.version == Version::V3;
        let cap = new.wire.learned_max;
        let known = known.map(|known| cap.map_or(known, |cap| known.min(cap)));
        self.learned = known.filter(|known| same && *known != new.advert_interval);
    }

    /// The interval of the master that a backup follows; `own` is what it has itself.
    pub(crate) fn followed(&self, own: Centis) -> Option<Centis> {
        let follows = matches!(&self.state, State::Backup(backup) if backup.master.is_some());
        self.learned.or_else(|| follows.then_some(own))
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
