//! The gratuitous ARP schedule of a master.
//!
//! ```text
//!   in the kernel ─ repeat ─── delay ─── repeat          ... refresh ─ refresh_repeat ...
//!   worse advert ── lower_prio_repeat ── lower_prio_delay ── lower_prio_repeat
//! ```

use crate::action::Action;
use crate::instance::{Context, Instance};
use crate::state::State;
use crate::timer;
use core::time::Duration;
use holdfast_model::event::VrrpEvent;
use holdfast_model::{Garp, Mono, VirtualAddress};
use serde::{Deserialize, Serialize};

/// Rounds that are still to come.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub(crate) struct Schedule {
    /// The second round of the last cause.
    pub(crate) second: Option<Round>,
    /// The next refresh, for every VIP.
    pub(crate) refresh: Option<Mono>,
    /// The next round on further links.
    pub(crate) further: Option<Mono>,
}

/// One round to come.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Round {
    pub(crate) due: Mono,
    /// Frames an address.
    pub(crate) count: u16,
    pub(crate) addresses: Vec<VirtualAddress>,
}

/// What is to be sent now.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Due {
    /// Every VIP, this many frames each.
    All(u16),
    /// Some of them.
    Some(Vec<VirtualAddress>, u16),
}

impl Schedule {
    /// `addresses` came into the kernel: plans what follows their first round.
    pub(crate) fn begin(&mut self, now: Mono, garp: &Garp, addresses: &[VirtualAddress]) {
        if !garp.delay.is_zero() {
            self.add_second(now + garp.delay, garp.repeat, addresses);
        }
        if self.refresh.is_none() {
            self.retime(now, garp);
        }
    }

    /// Somebody worse was heard, whom hosts may have believed: plans what follows the first round.
    pub(crate) fn insist(&mut self, now: Mono, garp: &Garp, addresses: &[VirtualAddress]) {
        if !garp.lower_prio_delay.is_zero() && garp.lower_prio_repeat > 0 {
            let due = now + garp.lower_prio_delay;
            self.add_second(due, garp.lower_prio_repeat, addresses);
        }
    }

    fn add_second(&mut self, due: Mono, count: u16, addresses: &[VirtualAddress]) {
        let mut waiting = self
            .second
            .take()
            .map_or_else(Vec::new, |round| round.addresses);
        for address in addresses {
            if !waiting.contains(address) {
                waiting.push(address.clone());
            }
        }
        self.second = Some(Round {
            due,
            count,
            addresses: waiting,
        });
    }

    /// The refresh interval is new.
    pub(crate) fn retime(&mut self, now: Mono, garp: &Garp) {
        self.refresh = (!garp.refresh.is_zero()).then(|| now + garp.refresh);
    }

    /// The interval of rounds on further links is new, or begins.
    pub(crate) fn retime_further(&mut self, now: Mono, every: Duration) {
        self.further = (!every.is_zero()).then(|| now + every);
    }

    /// True when a round on further links is due; then the next is planned.
    pub(crate) fn take_further(&mut self, now: Mono, every: Duration) -> bool {
        let Some(due) = self.further.filter(|due| *due <= now) else {
            return false;
        };
        self.further = (!every.is_zero()).then(|| timer::next(due, every, now));
        true
    }

    /// Addresses left the configuration.
    pub(crate) fn retain(&mut self, keep: &[VirtualAddress]) {
        if let Some(round) = &mut self.second {
            round.addresses.retain(|address| keep.contains(address));
        }
    }

    /// Takes the rounds that are due.
    pub(crate) fn take_due(&mut self, now: Mono, garp: &Garp) -> Option<Due> {
        let second = self.second.take_if(|round| round.due <= now);
        if let Some(due) = self.refresh
            && due <= now
        {
            self.refresh = (!garp.refresh.is_zero()).then(|| timer::next(due, garp.refresh, now));
            let count = second.map_or(0, |round| round.count);
            return Some(Due::All(count.max(garp.refresh_repeat)));
        }
        second.map(|round| Due::Some(round.addresses, round.count))
    }

    /// When the next round is due.
    pub(crate) fn deadline(&self) -> Option<Mono> {
        let own = timer::earliest(self.second.as_ref().map(|round| round.due), self.refresh);
        timer::earliest(own, self.further)
    }
}

impl Instance {
    /// A round of gratuitous ARP; the caller knows that the kernel was given the addresses. Not for those
    /// that somebody took and that are not back.
    pub(crate) fn announce(
        &self,
        ctx: &mut Context<'_>,
        mut addresses: Vec<VirtualAddress>,
        count: u16,
    ) {
        if let State::Master(master) = &self.state {
            let owed =
                |vip: &VirtualAddress| master.owed.iter().any(|owed| owed.address == vip.address);
            addresses.retain(|vip| !owed(vip));
        }
        if addresses.is_empty() || count == 0 {
            return;
        }
        for vip in &addresses {
            let (interface, address) = (vip.interface.clone(), vip.address);
            self.report(ctx, VrrpEvent::Announcing { interface, address });
        }
        ctx.actions.push_back(Action::Announce {
            instance: self.config.key.clone(),
            epoch: self.epoch,
            addresses,
            count,
        });
    }
}
