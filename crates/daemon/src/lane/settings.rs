//! Settings of links that the configuration asks for, and what they were before.

use crate::lane::links::Links;
use crate::state::HeldSetting;
use holdfast_kernel::rt::sysctl;
use holdfast_model::IfName;
use std::collections::BTreeMap;

/// Links, and what is at least to be set there.
pub(crate) type Switches = BTreeMap<(IfName, &'static str), i32>;

/// `promote_secondaries` and its kin: switches of IPv4, by link.
#[derive(Debug, Default)]
pub(crate) struct LinkSettings {
    wanted: Switches,
    /// Index of the link that has it, and what it had before.
    done: BTreeMap<(IfName, String), (u32, i32)>,
}

impl LinkSettings {
    /// `before` was written down by a worker that did not live to restore it.
    pub(crate) fn resume(before: &[HeldSetting]) -> Self {
        let done = before
            .iter()
            .map(|held| ((held.interface.clone(), held.name.clone()), (0, held.value)));
        Self {
            wanted: Switches::new(),
            done: done.collect(),
        }
    }

    pub(crate) fn configure(&mut self, wanted: Switches) {
        self.wanted = wanted;
    }

    /// Switches on what is off, restores what nobody asks for any more; true when that changed what
    /// has to be restored.
    pub(crate) fn apply(&mut self, links: &Links) -> bool {
        let mut changed = false;
        for ((link, name), value) in &self.wanted {
            let Some(index) = links.index(link) else {
                continue;
            };
            let key = (link.clone(), (*name).to_owned());
            let done = self.done.get(&key);
            if done.is_some_and(|(known, _)| *known == index) {
                continue;
            }
            // a worker before us knew; a link that came anew has its own
            let known = done.filter(|(known, _)| *known == 0).map(|done| done.1);
            let before = known.map_or_else(|| sysctl::read("ipv4", link, name), Ok);
            match before.and_then(|before| {
                if before < *value {
                    sysctl::write("ipv4", link, name, *value)?;
                }
                Ok(before)
            }) {
                Ok(before) => {
                    changed |= self.done.insert(key, (index, before)) != Some((index, before));
                }
                Err(error) => tracing::warn!("cannot set {name} on {link}: {error}"),
            }
        }
        let wants = |(link, name): &(IfName, String)| {
            let mut wanted = self.wanted.keys();
            wanted.any(|(its, switch)| its == link && switch == name)
        };
        let keys = self.done.keys().filter(|key| !wants(key));
        let left: Vec<_> = keys.cloned().collect();
        for key in left {
            if let Some((_, value)) = self.done.remove(&key) {
                let (interface, name) = key;
                restore(&HeldSetting {
                    interface,
                    name,
                    value,
                });
                changed = true;
            }
        }
        changed
    }

    /// What has to be restored.
    pub(crate) fn held(&self) -> Vec<HeldSetting> {
        let done = self
            .done
            .iter()
            .map(|((link, name), (_, value))| HeldSetting {
                interface: link.clone(),
                name: name.clone(),
                value: *value,
            });
        done.collect()
    }
}

/// Gives a link its setting back; one that is gone needs nothing.
pub(crate) fn restore(held: &HeldSetting) {
    let _link_is_gone = sysctl::write("ipv4", &held.interface, &held.name, held.value);
}
