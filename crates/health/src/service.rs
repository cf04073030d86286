//! One virtual server: who lives, who is in the table.

use crate::quorum::Quorum;
use core::net::IpAddr;
use holdfast_model::event::{RealServerEvent, ServiceEvent};
use holdfast_model::{Event, RealServer, RealServerKey, VirtualServer, Weight};
use std::collections::BTreeMap;

/// A virtual server's state.
#[derive(Debug, Clone)]
pub(crate) struct Service {
    pub(crate) config: VirtualServer,
    /// Failed checks, by address and port; a server that is not in it lives.
    failed: BTreeMap<(IpAddr, u16), u32>,
    quorum: Quorum,
}

impl Service {
    /// Everybody lives.
    pub(crate) fn new(config: VirtualServer) -> Self {
        let mut service =
            Self { quorum: Quorum { up: true }, failed: BTreeMap::new(), config };
        service.quorum = service.initial_quorum();
        service
    }

    fn initial_quorum(&self) -> Quorum {
        Quorum::initial(self.living_weight(), self.config.quorum, self.config.hysteresis)
    }

    fn living_weight(&self) -> u64 {
        let living = self.config.real_servers.iter().filter(|server| self.lives(&server.key));
        living.map(|server| u64::from(server.weight.get())).sum()
    }

    /// No check of it fails.
    pub(crate) fn lives(&self, key: &RealServerKey) -> bool {
        !self.failed.contains_key(&(key.address, key.port))
    }

    /// The sorry server is to be in the table.
    pub(crate) const fn sorry(&self) -> bool {
        self.config.sorry_server.is_some() && !self.quorum.up
    }

    /// What a real server's row is to be; `None`: no row.
    pub(crate) fn weight(&self, server: &RealServer) -> Option<Weight> {
        if self.lives(&server.key) && !self.sorry() {
            return Some(server.weight);
        }
        server.inhibit_on_failure.then_some(Weight::ZERO)
    }

    /// A check of `key` has failed for good. True when that took the server down.
    pub(crate) fn fail(&mut self, key: &RealServerKey, events: &mut Vec<Event>) -> bool {
        let failed = self.failed.entry((key.address, key.port)).or_insert(0);
        *failed += 1;
        if *failed > 1 {
            return false;
        }
        if !self.sorry() {
            events.push(self.row_event(key, false));
        }
        self.update_quorum(events);
        true
    }

    /// A check of `key` succeeds again. True when that brought the server back.
    pub(crate) fn recover(&mut self, key: &RealServerKey, events: &mut Vec<Event>) -> bool {
        let place = (key.address, key.port);
        let Some(failed) = self.failed.get_mut(&place) else { return false };
        *failed = failed.saturating_sub(1);
        if *failed > 0 {
            return false;
        }
        self.failed.remove(&place);
        if !self.sorry() {
            events.push(self.row_event(key, true));
        }
        self.update_quorum(events);
        true
    }

    fn row_event(&self, key: &RealServerKey, alive: bool) -> Event {
        let inhibit = self.config.real_servers.iter().any(|s| s.key == *key && s.inhibit_on_failure);
        let event = match (inhibit, alive) {
            (true, true) => RealServerEvent::Enabled,
            (true, false) => RealServerEvent::Disabled,
            (false, true) => RealServerEvent::Added,
            (false, false) => RealServerEvent::Removed,
        };
        Event::RealServer { real_server: key.clone(), event }
    }

    fn update_quorum(&mut self, events: &mut Vec<Event>) {
        let weight = self.living_weight();
        let (quorum, hysteresis) = (self.config.quorum, self.config.hysteresis);
        if !self.quorum.update(weight, quorum, hysteresis) {
            return;
        }
        let mut say = |event| {
            events.push(Event::Service { virtual_server: self.config.key.clone(), event });
        };
        let sorry = self.config.sorry_server.as_ref().map(|host| (host.address, host.port));
        if self.quorum.up {
            say(ServiceEvent::QuorumGained { quorum, hysteresis, weight });
            if let Some((address, port)) = sorry {
                say(ServiceEvent::SorryServerRemoved { address, port });
                say(ServiceEvent::AliveReturned);
            }
        } else {
            say(ServiceEvent::QuorumLost { quorum, hysteresis, weight });
            if let Some((address, port)) = sorry {
                say(ServiceEvent::SorryServerAdded { address, port });
                say(ServiceEvent::AliveRemoved);
            }
        }
    }

    /// Takes a new configuration over; servers that stay keep their state.
    pub(crate) fn reconfigure(&mut self, config: &VirtualServer) {
        self.config = config.clone();
        let kept = &self.config.real_servers;
        self.failed.retain(|(address, port), _| {
            kept.iter().any(|s| s.key.address == *address && s.key.port == *port)
        });
        self.quorum = self.initial_quorum();
    }

    /// Forgets the failures of a real server whose checks have all changed.
    pub(crate) fn set_failed(&mut self, key: &RealServerKey, failed: u32) {
        let place = (key.address, key.port);
        if failed == 0 {
            self.failed.remove(&place);
        } else {
            self.failed.insert(place, failed);
        }
        self.quorum = self.initial_quorum();
    }
}
