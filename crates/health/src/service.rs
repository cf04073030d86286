//! One virtual server: who lives, who is in the table.
//!
//! ```text
//!   quorum up                 living real servers            failed: gone, or weight 0 (inhibit)
//!   quorum down, sorry        the sorry server only          all of inhibit: weight 0
//!   quorum down, no sorry     living real servers            as with quorum
//! ```
//! The table is a level: whoever carries it out adds before it removes, so it is never empty on
//! the way. Events come in keepalived's order.

use crate::check::CheckId;
use crate::ease::Ramp;
use crate::load::served;
use crate::quorum::Quorum;
use crate::weigh::{Weigh, Weighed, effective};
use core::net::IpAddr;
use holdfast_model::event::{RealServerEvent, ServiceEvent};
use holdfast_model::{
    Event, Forwarding, Given, GroupServices, Persistence, RealServer, RealServerKey, Scheduler,
    ServiceOptions, Thresholds, VirtualServer, Weight,
};
use std::collections::{BTreeMap, BTreeSet};

/// A real server's address and port.
pub(crate) type Place = (IpAddr, u16);

/// By whom an operator wants something.
pub(crate) type Orders = BTreeMap<Place, Given>;

/// One row of the kernel's table.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Row {
    /// The destination's address.
    pub address: IpAddr,
    /// Its port.
    pub port: u16,
    /// How packets reach it.
    pub forwarding: Forwarding,
    /// Its share of new connections.
    pub weight: Weight,
    /// How many connections it may have.
    pub thresholds: Thresholds,
}

/// All that the kernel is to know of a service: two equal ones need no step.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Table {
    scheduler: Scheduler,
    persistence: Option<Persistence>,
    options: ServiceOptions,
    group: Option<Box<GroupServices>>,
    rows: Vec<Row>,
}

/// A virtual server's state.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Service {
    pub(crate) config: VirtualServer,
    /// How many checks fail, by address and port; a server that is not in it lives.
    failed: BTreeMap<Place, u32>,
    /// Servers that checks give a weight.
    weighed: Weighed,
    pub(crate) quorum: Quorum,
    /// The sum of the weights of the living.
    pub(crate) living: u64,
    /// What an operator wants of them.
    pub(crate) orders: Orders,
    /// Those on their way to their weight.
    pub(crate) ramps: BTreeMap<Place, Ramp>,
}

impl Service {
    /// As configured, with these failures; `quorum_up` as it was before, false for a new one.
    pub(crate) fn new(
        config: VirtualServer,
        (failed, weighed): (BTreeMap<Place, u32>, Weighed),
        orders: Orders,
        quorum_up: bool,
        events: &mut Vec<Event>,
    ) -> Self {
        let mut service = Self {
            config,
            failed,
            weighed,
            quorum: Quorum { up: quorum_up },
            living: 0,
            orders,
            ramps: BTreeMap::new(),
        };
        service.update_quorum(None, events);
        service
    }

    /// The sum of the weights of the living.
    pub(crate) const fn living_weight(&self) -> u64 {
        self.living
    }

    /// The same, by looking at all of them.
    pub(crate) fn counted(&self) -> u64 {
        let servers = self.config.real_servers.iter();
        servers
            .filter(|server| self.serves(&server.key))
            .map(|server| u64::from(self.full_weight(server).get()))
            .sum()
    }

    /// While it serves.
    pub(crate) fn full_weight(&self, server: &RealServer) -> Weight {
        if let Some(weight) = self.ordered_weight(&server.key) {
            return weight;
        }
        effective(server, self.weighed.get(&place(server)))
    }

    /// What a server adds to the living while it is one of them.
    fn share(&self, key: &RealServerKey) -> u64 {
        let server = self.config.real_server(key);
        server.map_or(0, |server| self.full_weight(server).get().into())
    }

    /// A check of `key` says another weight. True when that shows.
    pub(crate) fn weigh(
        &mut self,
        (key, check): (&RealServerKey, CheckId),
        weigh: Weigh,
        events: &mut Vec<Event>,
    ) -> bool {
        let Some(server) = self.config.real_server(key) else {
            return false;
        };
        let from = self.full_weight(server).get();
        let by = self.weighed.entry(place(server)).or_default();
        by.insert(check, weigh);
        let to = self.full_weight(server).get();
        if from == to {
            return false;
        }
        let alive = self.lives(key);
        events.push(about(
            server,
            RealServerEvent::WeightChanged { from, to, alive },
        ));
        self.update_quorum(self.sorry_place(), events);
        true
    }

    /// No check of it fails.
    pub(crate) fn lives(&self, key: &RealServerKey) -> bool {
        !self.failed.contains_key(&(key.address, key.port))
    }

    /// The sorry server is to be in the table.
    pub(crate) const fn sorry(&self) -> bool {
        self.config.sorry_server.is_some() && !self.quorum.up
    }

    /// What the sorry server's row is to be; `None`: no row.
    pub(crate) fn sorry_weight(&self) -> Option<Weight> {
        let sorry = self.config.sorry_server.as_ref()?;
        let resting = sorry.inhibit.then_some(Weight::ZERO);
        if self.sorry() {
            Some(Weight::ONE)
        } else {
            resting
        }
    }

    /// What a real server's row is to be; `None`: no row.
    pub(crate) fn weight(&self, server: &RealServer) -> Option<Weight> {
        let serves = self.serves(&server.key);
        if serves && !self.sorry() {
            return Some(self.eased(server, self.full_weight(server)));
        }
        // drained: its connections end by themselves, whoever serves meanwhile
        if serves && self.ordered_weight(&server.key) == Some(Weight::ZERO) {
            return Some(Weight::ZERO);
        }
        server.inhibit_on_failure.then_some(Weight::ZERO)
    }

    /// The rows, in the order of the file, the sorry server last unless it is a real server too.
    pub(crate) fn rows(&self) -> Vec<Row> {
        let servers = self.config.real_servers.iter();
        let mut rows: Vec<Row> = servers
            .filter_map(|server| {
                Some(Row {
                    address: server.key.address,
                    port: server.key.port,
                    forwarding: server.forwarding,
                    weight: self.weight(server)?,
                    thresholds: server.thresholds,
                })
            })
            .collect();
        let Some(sorry) = &self.config.sorry_server else {
            return rows;
        };
        let Some(weight) = self.sorry_weight() else {
            return rows;
        };
        let is_it = |row: &Row| (row.address, row.port) == (sorry.address, sorry.port);
        if weight == Weight::ZERO && rows.iter().any(is_it) {
            return rows;
        }
        rows.retain(|row| !is_it(row));
        rows.push(Row {
            address: sorry.address,
            port: sorry.port,
            forwarding: sorry.forwarding,
            weight,
            thresholds: Thresholds::default(),
        });
        rows
    }

    pub(crate) fn table(&self) -> Table {
        Table {
            scheduler: self.config.scheduler,
            persistence: self.config.persistence,
            options: self.config.options.clone(),
            group: self.config.group.clone(),
            rows: self.rows(),
        }
    }

    /// A check of `key` has failed for good. True when that took the server down.
    pub(crate) fn fail(&mut self, key: &RealServerKey, events: &mut Vec<Event>) -> bool {
        let failed = self.failed.entry((key.address, key.port)).or_insert(0);
        *failed = failed.saturating_add(1);
        if *failed > 1 || self.is_disabled(key) {
            return false;
        }
        events.push(self.row_event(key, false));
        self.living = self.living.saturating_sub(self.share(key));
        self.judge(self.sorry_place(), events);
        true
    }

    /// A check of `key` succeeds again. True when that brought the server back.
    pub(crate) fn recover(&mut self, key: &RealServerKey, events: &mut Vec<Event>) -> bool {
        let place = (key.address, key.port);
        let Some(failed) = self.failed.get_mut(&place) else {
            return false;
        };
        *failed = failed.saturating_sub(1);
        if *failed > 0 {
            return false;
        }
        self.failed.remove(&place);
        if self.is_disabled(key) {
            return false;
        }
        events.push(self.row_event(key, true));
        self.living = self.living.saturating_add(self.share(key));
        self.judge(self.sorry_place(), events);
        true
    }

    /// Takes a new configuration over, with the failures of the checks it has. Servers and quorum
    /// that stay keep their state.
    pub(crate) fn reconfigure(
        &mut self,
        config: &VirtualServer,
        (failed, weighed): (BTreeMap<Place, u32>, Weighed),
        events: &mut Vec<Event>,
    ) {
        let sorry_before = self.sorry_place();
        let stay: BTreeSet<&RealServerKey> = config.real_servers.iter().map(|s| &s.key).collect();
        let mut before: BTreeMap<&RealServerKey, Weight> = BTreeMap::new();
        for server in &self.config.real_servers {
            if stay.contains(&server.key) {
                before.insert(&server.key, server.weight);
            } else {
                events.push(about(server, RealServerEvent::Unconfigured));
                events.extend(self.row_leaves(server));
            }
        }
        for server in &config.real_servers {
            let Some(weight) = before.get(&server.key) else {
                continue;
            };
            if *weight != server.weight {
                let event = RealServerEvent::WeightChanged {
                    from: weight.get(),
                    to: server.weight.get(),
                    alive: self.lives(&server.key),
                };
                events.push(about(server, event));
            }
            if self.is_disabled(&server.key) {
                continue;
            }
            // a check that failed was exchanged for another
            if !self.lives(&server.key) && !failed.contains_key(&place(server)) {
                events.push(self.row_event(&server.key, true));
            }
            // it has a new check that begins as failed
            if self.lives(&server.key) && failed.contains_key(&place(server)) {
                events.push(self.row_event(&server.key, false));
            }
        }
        let stays = |place: &Place| config.real_servers.iter().any(|s| self::place(s) == *place);
        self.orders.retain(|place, _| stays(place));
        self.ramps.retain(|place, _| stays(place));
        self.config = served(config);
        (self.failed, self.weighed) = (failed, weighed);
        self.update_quorum(sorry_before, events);
    }

    /// Says who left: the configuration has this virtual server no more.
    pub(crate) fn removed(&self, events: &mut Vec<Event>) {
        events.push(self.say(ServiceEvent::Removed));
        let servers = self.config.real_servers.iter();
        events.extend(servers.filter_map(|server| self.row_leaves(server)));
    }

    /// A server is configured no more: what becomes of its row, if it has one.
    fn row_leaves(&self, server: &RealServer) -> Option<Event> {
        match (self.serves(&server.key), server.inhibit_on_failure) {
            (true, _) => Some(about(server, RealServerEvent::Removed)),
            (false, true) => Some(about(server, RealServerEvent::InhibitedRemoved)),
            (false, false) => None,
        }
    }

    pub(crate) fn row_event(&self, key: &RealServerKey, alive: bool) -> Event {
        let server = self.config.real_server(key);
        let inhibit = server.is_some_and(|server| server.inhibit_on_failure);
        let event = match (inhibit, alive) {
            (true, true) => RealServerEvent::Enabled,
            (true, false) => RealServerEvent::Disabled,
            (false, true) => RealServerEvent::Added,
            (false, false) => RealServerEvent::Removed,
        };
        Event::RealServer {
            real_server: key.clone(),
            event,
        }
    }

    pub(crate) fn say(&self, event: ServiceEvent) -> Event {
        Event::Service {
            virtual_server: self.config.key.clone(),
            event,
        }
    }
}

fn about(server: &RealServer, event: RealServerEvent) -> Event {
    Event::RealServer {
        real_server: server.key.clone(),
        event,
    }
}

fn place(server: &RealServer) -> Place {
    (server.key.address, server.key.port)
}
