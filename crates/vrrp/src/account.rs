//! All that bears on an instance's state, for whoever asks why it is in it.

use crate::interval::Timing;
use crate::router::Router;
use crate::state::State;
pub use crate::tracking::Effect;
use crate::tracking::{effect, level};
use holdfast_model::{IfName, InstanceKey, Level, Mono, State as Name, Track};
use std::collections::BTreeSet;

/// Of one instance, beside its [`Status`](crate::Status).
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Account {
    /// What it watches: how that is, and what it makes of it.
    pub watched: Vec<(Track, Level, Effect)>,
    /// Interfaces it needs that do not exist.
    pub missing: BTreeSet<IfName>,
    /// Interfaces it needs that are down.
    pub down: BTreeSet<IfName>,
    /// The others of its sync group: their states, and whether they have a fault of their own.
    pub others: Vec<(InstanceKey, Name, bool)>,
    /// Backup: when it takes over, if it hears nobody.
    pub takes_over: Option<Mono>,
    /// Backup: the end of `preempt_delay`, once it runs.
    pub preempts_from: Option<Mono>,
    /// Backup in a sync group: it would be master by now, and waits for the others.
    pub waits_for_group: bool,
    /// It takes over from a master that is worse.
    pub preempts: bool,
    /// When passing faults end.
    pub retry: Option<Mono>,
    /// Its times.
    pub timing: Timing,
}

impl Router {
    /// What bears on the state of an instance.
    pub fn account(&self, key: &InstanceKey) -> Option<Account> {
        let at = self.position(key)?;
        let instance = self.instances.get(at)?;
        let config = &instance.config;
        let link = |name: &IfName| self.links.get(name);
        let watched = config.tracks.list.iter().map(|track| {
            let level = level(&track.key, &self.levels, &link);
            (track.clone(), level, effect(track, level))
        });
        let (missing, down) = self.lacking(config);
        let (takes_over, preempts_from, waits_for_group) = match &instance.state {
            State::Backup(backup) => (Some(backup.down), backup.preempt_from, backup.wants),
            State::Init | State::Master(_) | State::Fault => (None, None, false),
        };
        Some(Account {
            watched: watched.collect(),
            missing,
            down,
            others: self.others(at),
            takes_over,
            preempts_from,
            waits_for_group,
            preempts: instance.preempts(),
            retry: instance.retry,
            timing: instance.timing,
        })
    }

    /// Interfaces that are missing, and those that are down.
    fn lacking(&self, config: &holdfast_model::Instance) -> (BTreeSet<IfName>, BTreeSet<IfName>) {
        let (mut missing, mut down) = (BTreeSet::new(), BTreeSet::new());
        let devices = config.addresses.iter().map(|vip| &vip.interface);
        for name in devices.chain([&config.interface, config.place()]) {
            match self.links.get(name) {
                None => missing.insert(name.clone()),
                Some(link) if !link.up => down.insert(name.clone()),
                Some(_) => false,
            };
        }
        (missing, down)
    }

    fn others(&self, at: usize) -> Vec<(InstanceKey, Name, bool)> {
        let mut groups = self.groups.iter();
        let Some(group) = groups.find(|group| group.members().contains(&at)) else {
            return Vec::new();
        };
        let others = group.members().iter().filter(|other| **other != at);
        others
            .filter_map(|other| self.instances.get(*other))
            .map(|other| {
                let faulty = !other.faults.own().is_empty();
                (other.config.key.clone(), other.state_name(), faulty)
            })
            .collect()
    }
}
