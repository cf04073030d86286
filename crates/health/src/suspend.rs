//! `ha_suspend`: no checks of a virtual server whose address is elsewhere. What was known of its
//! real servers stays; its checks keep their pace, and go on with the next beat once it is back.

use crate::check::CheckId;
use crate::pool::{Action, Pool};
use core::net::IpAddr;
use holdfast_model::event::RealServerEvent;
use holdfast_model::{Event, LvsModel, Mono, VirtualServerKey};
use std::collections::BTreeSet;

/// Who waits for whose address.
#[derive(Debug, Clone, Default)]
pub(crate) struct Suspend {
    /// Those that are suspended without their address.
    configured: BTreeSet<VirtualServerKey>,
    /// Of these, those whose address is elsewhere.
    waiting: BTreeSet<VirtualServerKey>,
    /// This machine's addresses; nobody has told yet: none.
    here: BTreeSet<IpAddr>,
}

impl Suspend {
    pub(crate) const fn new() -> Self {
        Self {
            configured: BTreeSet::new(),
            waiting: BTreeSet::new(),
            here: BTreeSet::new(),
        }
    }

    pub(crate) fn configure(&mut self, model: &LvsModel) {
        self.configured = model.suspends.iter().cloned().collect();
        self.judge();
    }

    fn judge(&mut self) {
        let here = &self.here;
        let elsewhere = |key: &&VirtualServerKey| {
            key.address()
                .is_some_and(|address| !here.contains(&address))
        };
        self.waiting = self.configured.iter().filter(elsewhere).cloned().collect();
    }

    pub(crate) fn waits(&self, key: &VirtualServerKey) -> bool {
        self.waiting.contains(key)
    }
}

impl Pool {
    /// This machine's addresses are these now.
    pub(crate) fn addresses(&mut self, here: &BTreeSet<IpAddr>) {
        let before = core::mem::take(&mut self.suspend.waiting);
        self.suspend.here.clone_from(here);
        self.suspend.judge();
        if before == self.suspend.waiting {
            return;
        }
        for check in self.checks.values() {
            let key = &check.key.real_server.virtual_server;
            let (was, is) = (before.contains(key), self.suspend.waits(key));
            if was == is || check.key.probe.watches().is_some() {
                continue;
            }
            let probe = check.key.probe.clone();
            let event = if is {
                RealServerEvent::CheckSuspended { probe }
            } else {
                RealServerEvent::CheckActivated { probe }
            };
            let real_server = check.key.real_server.clone();
            let event = Event::RealServer { real_server, event };
            self.actions.push_back(Action::Report(event));
        }
    }

    /// True when a check that is due waits for its address: it has its turn at the next beat.
    pub(crate) fn postpone(&mut self, now: Mono, id: CheckId) -> bool {
        let Some(check) = self.checks.get_mut(&id) else {
            return false;
        };
        let key = &check.key.real_server.virtual_server;
        if !self.suspend.waits(key) {
            return false;
        }
        check.skip(now);
        self.due.insert((check.due, id));
        true
    }
}
