//! Orders of an operator: they outlast reloads for as long as the real server is configured.
//!
//! | order | row, while its checks pass | while one fails | for the quorum |
//! |---|---|---|---|
//! | none | its weight; none while the sorry server serves | none | its weight |
//! | drain | weight 0, also beside the sorry server | none | nothing |
//! | disable | none | none | nothing |
//! | weight N | weight N; none while the sorry server serves (N = 0: as drain) | none | N |
//!
//! With `inhibit_on_failure` every "none" is a row of weight 0.

use crate::pool::{Action, Pool};
use crate::service::Service;
use holdfast_model::event::RealServerEvent;
use holdfast_model::{Event, Given, Mono, Order, RealServerKey, Weight};

impl Service {
    /// What an operator wants of a server.
    pub(crate) fn order(&self, key: &RealServerKey) -> Option<Given> {
        self.orders.get(&(key.address, key.port)).copied()
    }

    /// Its checks pass, and nobody keeps it away.
    pub(crate) fn serves(&self, key: &RealServerKey) -> bool {
        self.lives(key) && !self.is_disabled(key)
    }

    pub(crate) fn is_disabled(&self, key: &RealServerKey) -> bool {
        let order = self.order(key).map(|given| given.order);
        matches!(order, Some(Order::Disable))
    }

    /// The weight that an order gives.
    pub(crate) fn ordered_weight(&self, key: &RealServerKey) -> Option<Weight> {
        match self.order(key)?.order {
            Order::Drain => Some(Weight::ZERO),
            Order::Weight(weight) => Some(weight),
            Order::Disable => None,
        }
    }

    /// Takes an order, or takes it away. True: that shows in the table.
    pub(crate) fn take_order(
        &mut self,
        key: &RealServerKey,
        given: Option<Given>,
        events: &mut Vec<Event>,
    ) -> bool {
        let Some(server) = self.config.real_server(key).cloned() else {
            return false;
        };
        let before = (self.serves(key), self.full_weight(&server).get());
        let (sorry, table) = (self.sorry_place(), self.table());
        let place = (key.address, key.port);
        match given {
            Some(given) => self.orders.insert(place, given),
            None => self.orders.remove(&place),
        };
        let after = (self.serves(key), self.full_weight(&server).get());
        match (before, after) {
            ((true, _), (false, _)) => events.push(self.row_event(key, false)),
            ((false, _), (true, _)) => events.push(self.row_event(key, true)),
            ((true, from), (true, to)) if from != to => {
                let alive = true;
                let event = RealServerEvent::WeightChanged { from, to, alive };
                let real_server = key.clone();
                events.push(Event::RealServer { real_server, event });
            }
            _same => {}
        }
        self.update_quorum(sorry, events);
        self.table() != table
    }
}

impl Pool {
    /// An operator wants this of a real server, or nothing any more.
    pub(crate) fn take_order(&mut self, key: &RealServerKey, given: Option<Given>) {
        let Some(service) = self.services.get(&key.virtual_server) else {
            return;
        };
        if service.config.real_server(key).is_none() {
            return;
        }
        let before = service.order(key);
        if let Some(until) = before.and_then(|given| given.until) {
            self.ends.remove(&(until, key.clone()));
        }
        let event = match (given, before) {
            (Some(given), _) => RealServerEvent::Ordered(given.order),
            (None, Some(_)) => RealServerEvent::OrderOver,
            (None, None) => return,
        };
        self.say(key, event);
        self.judge(key, |service, key, events| {
            service.take_order(key, given, events)
        });
        let end = given.and_then(|given| given.until);
        self.ends.extend(end.map(|until| (until, key.clone())));
    }

    /// Ends orders whose time is over.
    pub(crate) fn end_orders(&mut self, now: Mono) {
        while self.ends.first().is_some_and(|(until, _)| *until <= now) {
            let Some((until, key)) = self.ends.pop_first() else {
                return;
            };
            let service = self.services.get(&key.virtual_server);
            let given = service.and_then(|service| service.order(&key));
            // a reload that left the server out left its order out
            if given.is_some_and(|given| given.until == Some(until)) {
                self.easing(now, &key, |pool| pool.take_order(&key, None));
            }
        }
    }

    /// Somebody's eyes are on the table of this virtual server: whatever it shows is wanted anew.
    pub(crate) fn show(&mut self, key: &RealServerKey) {
        if self.services.contains_key(&key.virtual_server) {
            let virtual_server = key.virtual_server.clone();
            self.actions.push_back(Action::Dirty(virtual_server));
        }
    }
}
