//! Which sockets are open.

use crate::action::Action;
use crate::input::Ear;
use crate::router::Router;
use core::net::IpAddr;
use holdfast_model::{Cast, IfName};
use std::collections::{BTreeMap, BTreeSet};

/// Multicast groups.
type Groups = BTreeSet<IpAddr>;

/// Open sockets, and the groups that they joined.
pub(crate) type Watched = BTreeMap<Ear, Groups>;

impl Router {
    /// Opens and closes sockets so that every instance has its ear.
    pub(crate) fn sync_watches(&mut self) {
        let mut wanted: BTreeMap<Ear, Groups> = BTreeMap::new();
        let mut names: BTreeMap<Ear, IfName> = BTreeMap::new();
        if self.listens() {
            for instance in &self.instances {
                let interface = instance.config.place();
                let Some(link) = self.links.get(interface) else {
                    continue;
                };
                let ear = instance.ear(link.index);
                let groups = wanted.entry(ear).or_default();
                if let Cast::Group(group) = instance.config.wire.cast {
                    groups.insert(group);
                    names.insert(ear, interface.clone());
                }
            }
        }
        for (ear, groups) in &self.watched {
            if wanted.get(ear) != Some(groups) {
                self.actions.push_back(Action::Unwatch { ear: *ear });
            }
        }
        for (ear, groups) in &wanted {
            if self.watched.get(ear) != Some(groups) {
                self.actions.push_back(Action::Watch {
                    ear: *ear,
                    interface: names.get(ear).cloned(),
                    groups: groups.clone(),
                });
            }
        }
        self.watched = wanted;
    }
}
