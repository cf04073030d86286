//! `slow_start`: a real server that comes back takes its share little by little.
//!
//! ```text
//!   weight W ┤            ┌────        floor(W * time / slow_start), at least 1,
//!            │        ┌───┘            looked at once a second
//!          1 ┤────────┘
//!            └┬───────────┬───▶
//!          comes back   slow_start
//! ```
//! For the quorum it counts in full from the first moment. An operator's weight is his word: it is
//! not made less.

use crate::pool::{Action, Pool};
use crate::service::Service;
use crate::snapshot::RampState;
use core::time::Duration;
use holdfast_model::{Mono, RealServer, RealServerKey, SlowStart, Weight};

/// From one step to the next.
const STEP: Duration = Duration::from_secs(1);

/// A server on its way to its weight.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Ramp {
    /// When it came back.
    pub(crate) since: Mono,
    /// The last step.
    pub(crate) at: Mono,
    /// The next one.
    pub(crate) due: Mono,
}

impl Ramp {
    /// What of `full` it takes now.
    fn share(self, full: Weight, slow: SlowStart) -> Weight {
        let whole = slow.duration().as_millis();
        let passed = self.at.since(self.since).as_millis();
        if passed >= whole || full == Weight::ZERO {
            return full;
        }
        let share = u128::from(full.get()) * passed / whole.max(1);
        let share = u32::try_from(share).ok().and_then(Weight::new);
        share.unwrap_or(full).max(Weight::ONE)
    }
}

impl Service {
    /// What of its weight a server takes.
    pub(crate) fn eased(&self, server: &RealServer, full: Weight) -> Weight {
        let ramp = self.ramps.get(&(server.key.address, server.key.port));
        match ramp {
            Some(ramp) if self.order(&server.key).is_none() => ramp.share(full, server.slow_start),
            Some(_) | None => full,
        }
    }

    /// When a server has its whole weight again.
    pub(crate) fn eased_until(&self, server: &RealServer) -> Option<Mono> {
        let ramp = self.ramps.get(&(server.key.address, server.key.port))?;
        Some(ramp.since + server.slow_start.duration())
    }

    /// Its row's; none: no row, or it is not there.
    fn weight_of(&self, key: &RealServerKey) -> Option<Weight> {
        self.weight(self.config.real_server(key)?)
    }

    fn slow_start(&self, key: &RealServerKey) -> Option<SlowStart> {
        let server = self.config.real_server(key)?;
        (server.slow_start != SlowStart::NONE).then_some(server.slow_start)
    }

    /// The next step of a server; none: it has its whole weight, or is not there.
    fn step(&mut self, now: Mono, key: &RealServerKey) -> Option<Mono> {
        let place = (key.address, key.port);
        let end = self.slow_start(key).filter(|_| self.serves(key));
        let ramp = self.ramps.get_mut(&place)?;
        // one of the future was never ours
        let end = end.filter(|_| ramp.since <= now);
        let end = end.map(|slow| ramp.since + slow.duration());
        match end.filter(|end| *end > now) {
            Some(end) => {
                ramp.at = now;
                ramp.due = end.min(now + STEP);
                Some(ramp.due)
            }
            None => {
                self.ramps.remove(&place);
                None
            }
        }
    }
}

impl Pool {
    /// Does something that may bring a server back, and lets it begin slowly if it does.
    pub(crate) fn easing(&mut self, now: Mono, key: &RealServerKey, what: impl FnOnce(&mut Self)) {
        let serves = |pool: &Self| {
            let service = pool.services.get(&key.virtual_server);
            service.is_some_and(|service| service.serves(key))
        };
        let before = serves(self);
        what(self);
        if before || !serves(self) {
            return;
        }
        let Some(service) = self.services.get_mut(&key.virtual_server) else {
            return;
        };
        if service.slow_start(key).is_some() {
            let due = now + STEP;
            let ramp = Ramp {
                since: now,
                at: now,
                due,
            };
            // it was gone for a moment only
            if let Some(old) = service.ramps.insert((key.address, key.port), ramp) {
                self.steps.remove(&(old.due, key.clone()));
            }
            self.steps.insert((due, key.clone()));
        }
    }

    /// Who is on the way.
    pub(crate) fn ramps(&self) -> impl Iterator<Item = RampState> {
        self.real_servers().filter_map(|(service, key)| {
            let ramp = service.ramps.get(&(key.address, key.port))?;
            Some(RampState {
                real_server: key.clone(),
                since: ramp.since,
                at: ramp.at,
            })
        })
    }

    /// Goes on with one: the next step is due at once, and judges the rest.
    pub(crate) fn resume_ramp(&mut self, from: &RampState) {
        let key = &from.real_server;
        let Some(service) = self.services.get_mut(&key.virtual_server) else {
            return;
        };
        if service.slow_start(key).is_none() {
            return;
        }
        let (since, at, due) = (from.since, from.at, Mono::ZERO);
        let place = (key.address, key.port);
        service.ramps.insert(place, Ramp { since, at, due });
        self.steps.insert((due, key.clone()));
    }

    /// Takes the steps that are due. Each is of one server: there is one step a second for it.
    pub(crate) fn take_steps(&mut self, now: Mono) {
        while self.steps.first().is_some_and(|(due, _)| *due <= now) {
            let Some((_, key)) = self.steps.pop_first() else {
                return;
            };
            let Some(service) = self.services.get_mut(&key.virtual_server) else {
                continue;
            };
            let before = service.weight_of(&key);
            let next = service.step(now, &key);
            if service.weight_of(&key) != before {
                self.actions.push_back(Action::Turned(key.clone()));
            }
            self.steps.extend(next.map(|due| (due, key)));
        }
    }
}
