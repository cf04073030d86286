//! What can be asked of a router at any time.

use crate::router::Router;
use crate::state::State;
use crate::stats::{RouterStats, Stats};
use core::net::IpAddr;
use holdfast_model::event::FaultCause;
use holdfast_model::{Instance, InstanceKey, Mono, State as Name, SyncGroup};

/// What can be said about an instance at any time.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Status {
    /// Which.
    pub key: InstanceKey,
    /// Its state.
    pub state: Name,
    /// Since when.
    pub since: Mono,
    /// Its effective priority.
    pub priority: u8,
    /// As a backup: who is master, and its priority.
    pub master: Option<(IpAddr, u8)>,
    /// As a master: the addresses are in the kernel.
    pub serving: bool,
    /// Why it is in FAULT.
    pub faults: Vec<FaultCause>,
}

impl Router {
    /// Every instance, in the order of the file.
    pub fn status(&self) -> impl Iterator<Item = Status> {
        self.instances.iter().map(|instance| Status {
            key: instance.config.key.clone(),
            state: instance.state_name(),
            since: instance.since,
            priority: instance.priority.get(),
            master: match &instance.state {
                State::Backup(backup) => backup.master,
                State::Init | State::Master(_) | State::Fault => None,
            },
            serving: matches!(&instance.state, State::Master(master) if master.placed)
                && instance.pending.is_none(),
            faults: instance.faults.iter().collect(),
        })
    }

    /// Of every instance in the order of the file: its state, its effective priority, and whether
    /// there is a reason not to serve. For those who ask after every input.
    pub fn glance(&self) -> impl Iterator<Item = (Name, u8, bool)> {
        self.instances.iter().map(|instance| {
            let faulty = !instance.faults.is_empty();
            (instance.state_name(), instance.priority.get(), faulty)
        })
    }

    /// The configuration of every instance, in the order of the file.
    pub fn configurations(&self) -> impl Iterator<Item = &Instance> {
        self.instances.iter().map(|instance| &instance.config)
    }

    /// Sync groups, and the state that each was brought to last.
    pub fn groups(&self) -> impl Iterator<Item = (&SyncGroup, Name)> {
        let groups = self.groups.iter();
        groups.map(|group| (&group.config, group.state))
    }

    /// The counters of an instance.
    pub fn stats(&self, key: &InstanceKey) -> Option<&Stats> {
        let at = self.position(key)?;
        self.instances.get(at).map(|instance| &instance.stats)
    }

    /// The counters of what belongs to no instance.
    pub const fn router_stats(&self) -> &RouterStats {
        &self.stats
    }
}
