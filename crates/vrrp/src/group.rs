//! Sync groups: after every input all instances of a group are master, or none is, and none is
//! while one is in FAULT.

use crate::action::Action;
use crate::fault::Faults;
use crate::instance::Instance;
use crate::router::Router;
use crate::state::insist::{self, Weaker};
use crate::state::{self, Happening, State};
use holdfast_model::event::FaultCause;
use holdfast_model::{Event, GroupKey, InstanceKey, Mono, State as Name, SyncGroup};
use serde::{Deserialize, Serialize};
use std::collections::{BTreeMap, BTreeSet};

/// One group, and where it was brought to last.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Group {
    pub(crate) config: SyncGroup,
    pub(crate) state: Name,
    /// Its members' places in the router's list.
    members: Vec<usize>,
}

impl Group {
    /// Its members' places in the router's list.
    pub(crate) fn members(&self) -> &[usize] {
        &self.members
    }

    pub(crate) fn all(groups: &[SyncGroup], before: &[Self]) -> Vec<Self> {
        let state = |key: &GroupKey| {
            let known = before.iter().find(|group| group.config.key == *key);
            known.map_or(Name::Init, |group| group.state)
        };
        let group = |config: &SyncGroup| Self {
            config: config.clone(),
            state: state(&config.key),
            members: Vec::new(),
        };
        groups.iter().map(group).collect()
    }
}

impl Router {
    /// Finds the members of all groups among the instances.
    pub(crate) fn sync_groups(&mut self) {
        let instances = self.instances.iter().enumerate();
        let places: BTreeMap<InstanceKey, usize> = instances
            .map(|(at, instance)| (instance.config.key.clone(), at))
            .collect();
        for instance in &mut self.instances {
            instance.grouped = false;
        }
        for group in &mut self.groups {
            let members = group.config.members.iter();
            group.members = members.filter_map(|key| places.get(key).copied()).collect();
            for at in &group.members {
                if let Some(instance) = self.instances.get_mut(*at) {
                    instance.grouped = true;
                }
            }
        }
    }

    /// Hands the faults of each member to the others of its group. Those who are in no group any
    /// more are free of them.
    pub(crate) fn share_faults(&mut self, now: Mono) {
        let mut shared: BTreeMap<usize, Faults> = BTreeMap::new();
        for group in 0..self.groups.len() {
            let members = self.members(group);
            let faulty: Vec<usize> = members
                .iter()
                .copied()
                .filter(|at| self.own_faults(*at).is_some())
                .collect();
            let known = |at: &usize| self.own_faults(*at).is_some_and(|own| !own.is_waiting());
            for at in members {
                let others = || faulty.iter().filter(|other| **other != at);
                if others().any(known) {
                    shared.entry(at).or_default().insert(FaultCause::Group);
                } else if others().next().is_some() {
                    let faults = shared.entry(at).or_default();
                    faults.insert(FaultCause::GroupUnjudged);
                }
            }
            if faulty.iter().any(known) {
                self.group_is(group, Name::Fault);
            }
        }
        for at in 0..self.instances.len() {
            let Some(instance) = self.instances.get(at) else {
                continue;
            };
            let of_group = shared.get(&at).copied().unwrap_or_default();
            let faults = instance.faults.own().union(of_group);
            if faults != instance.faults {
                self.one(now, at, |instance, ctx| instance.set_faults(ctx, faults));
            }
        }
    }

    /// Brings every group to one state.
    pub(crate) fn settle_groups(&mut self, now: Mono) {
        if self.groups.is_empty() {
            return;
        }
        self.share_faults(now);
        for group in 0..self.groups.len() {
            let members = self.members(group);
            let state = |test: fn(&State) -> bool| {
                let mut states = members.iter().filter_map(|at| self.instances.get(*at));
                states.any(|instance| test(&instance.state))
            };
            let hangs_back = state(|state| matches!(state, State::Backup(b) if !b.wants));
            let lags = state(|state| matches!(state, State::Backup(_)));
            let leads = state(|state| matches!(state, State::Master(_)));
            if state(|state| matches!(state, State::Init | State::Fault)) {
                continue;
            }
            let happening = match (hangs_back, lags, leads) {
                (true, _, true) => Happening::GroupBackup,
                // what came in while nobody listened is heard first: another may serve by now
                (false, true, _) if !self.is_running() => continue,
                (false, true, _) => Happening::GroupMaster,
                (true, _, false) => {
                    self.group_is(group, Name::Backup);
                    continue;
                }
                (false, false, _) => continue,
            };
            let master = happening == Happening::GroupMaster;
            self.group_is(group, if master { Name::Master } else { Name::Backup });
            for at in members {
                let happening = happening.clone();
                self.one(now, at, |instance, ctx| {
                    state::step(instance, ctx, happening);
                });
            }
        }
    }

    /// A member that announces its addresses because of a weaker master does so for the others, too: with
    /// their group they have all given way over there, and only one of them has spoken.
    pub(crate) fn insist_together(&mut self, now: Mono, at: usize) {
        let state = self.instances.get_mut(at).map(|i| &mut i.state);
        let Some(State::Master(master)) = state else {
            return;
        };
        if !master.weaker.as_mut().is_some_and(Weaker::take_announced) {
            return;
        }
        let mut groups = self.groups.iter().map(Group::members);
        let members = groups.find(|members| members.contains(&at));
        for other in members.unwrap_or_default().to_vec() {
            if other != at {
                self.one(now, other, insist::announce);
            }
        }
    }

    /// An instance that a reload brought into a group which is master becomes master with it: it
    /// must not pull down the others, which nothing has happened to.
    pub(crate) fn welcome(&mut self, fresh: &BTreeSet<InstanceKey>) {
        for group in 0..self.groups.len() {
            let members = self.members(group);
            let known = |at: &usize| self.instances.get(*at);
            if !members.iter().filter_map(known).any(Instance::is_master) {
                continue;
            }
            for at in members {
                let Some(instance) = self.instances.get_mut(at) else {
                    continue;
                };
                if let State::Backup(backup) = &mut instance.state
                    && fresh.contains(&instance.config.key)
                {
                    backup.wants = true;
                }
            }
        }
    }

    fn members(&self, group: usize) -> Vec<usize> {
        let group = self.groups.get(group);
        group.map_or_else(Vec::new, |group| group.members.clone())
    }

    fn own_faults(&self, at: usize) -> Option<Faults> {
        let own = self.instances.get(at)?.faults.own();
        (!own.is_empty()).then_some(own)
    }

    /// Says where a group is brought to, once.
    fn group_is(&mut self, group: usize, state: Name) {
        let Some(group) = self.groups.get_mut(group) else {
            return;
        };
        if core::mem::replace(&mut group.state, state) != state {
            let group = group.config.key.clone();
            self.actions
                .push_back(Action::Report(Event::Group { group, state }));
        }
    }
}
