//! The instance whose state the lvs worker is told of.

use super::link::{Level, Link};
use holdfast_model::event::VrrpEvent;
use holdfast_model::{Event, InstanceKey, State};
use std::collections::BTreeSet;

/// Who is master, and what was told of it.
#[derive(Debug, Default)]
pub(super) struct Followed {
    key: Option<InstanceKey>,
    masters: BTreeSet<InstanceKey>,
    told: Option<bool>,
}

impl Followed {
    /// From now on it is this one.
    pub(super) fn configure(&mut self, key: Option<&InstanceKey>) {
        self.key = key.cloned();
    }

    /// Who goes on as master.
    pub(super) fn resume(&mut self, masters: Vec<InstanceKey>) {
        self.masters.extend(masters);
    }

    /// What an instance says of itself.
    pub(super) fn hear(&mut self, event: &Event) {
        let Event::Vrrp { instance, event } = event else {
            return;
        };
        match event {
            VrrpEvent::Entered(State::Master) => {
                self.masters.insert(instance.clone());
            }
            VrrpEvent::Entered(_) | VrrpEvent::Started | VrrpEvent::Stopped => {
                self.masters.remove(instance);
            }
            _ => {}
        }
    }

    /// The other side has started anew and knows nothing.
    pub(super) fn forget(&mut self) {
        self.told = None;
    }

    /// Tells, if there is news.
    pub(super) fn tell(&mut self, link: &Link) {
        let Some(key) = &self.key else { return };
        let master = self.masters.contains(key);
        if self.told.replace(master) != Some(master) {
            link.send(&Level::Master(master));
        }
    }
}
