//! Settings of links that the configuration asks for, and what they were before.

use crate::lane::links::Links;
use crate::state::HeldSetting;
use holdfast_kernel::rt::sysctl;
use holdfast_model::IfName;
use std::collections::{BTreeMap, BTreeSet};

const PROMOTE: &str = "promote_secondaries";

/// `promote_secondaries`, by link.
#[derive(Debug, Default)]
pub(crate) struct LinkSettings {
    promote: BTreeSet<IfName>,
    /// Index of the link that has it, and what it had before.
    done: BTreeMap<IfName, (u32, i32)>,
}

impl LinkSettings {
    /// `before` was written down by a worker that did not live to restore it.
    pub(crate) fn resume(before: &[HeldSetting]) -> Self {
        let done = before
            .iter()
            .map(|held| (held.interface.clone(), (0, held.value)));
        Self {
            promote: BTreeSet::new(),
            done: done.collect(),
        }
    }

    pub(crate) fn configure(&mut self, promote: BTreeSet<IfName>) {
        self.promote = promote;
    }

    /// Sets what is missing, restores what nobody asks for any more; true when that changed what
    /// has to be restored.
    pub(crate) fn apply(&mut self, links: &Links) -> bool {
        let mut changed = false;
        for name in &self.promote {
            let Some(index) = links.index(name) else {
                continue;
            };
            let done = self.done.get(name);
            if done.is_some_and(|(known, _)| *known == index) {
                continue;
            }
            // a worker before us knew; a link that came anew has its own
            let known = done.filter(|(known, _)| *known == 0).map(|done| done.1);
            let before = known.map_or_else(|| sysctl::read("ipv4", name, PROMOTE), Ok);
            match before.and_then(|before| {
                sysctl::write("ipv4", name, PROMOTE, 1)?;
                Ok(before)
            }) {
                Ok(before) => {
                    changed |=
                        self.done.insert(name.clone(), (index, before)) != Some((index, before))
                }
                Err(error) => tracing::warn!("cannot set {PROMOTE} on {name}: {error}"),
            }
        }
        let left: Vec<IfName> = self
            .done
            .keys()
            .filter(|name| !self.promote.contains(name))
            .cloned()
            .collect();
        for name in left {
            if let Some((_, before)) = self.done.remove(&name) {
                restore(&HeldSetting {
                    interface: name,
                    value: before,
                });
                changed = true;
            }
        }
        changed
    }

    /// What has to be restored.
    pub(crate) fn held(&self) -> Vec<HeldSetting> {
        let done = self.done.iter().map(|(name, (_, value))| HeldSetting {
            interface: name.clone(),
            value: *value,
        });
        done.collect()
    }
}

/// Gives a link its setting back; one that is gone needs nothing.
pub(crate) fn restore(held: &HeldSetting) {
    let _link_is_gone = sysctl::write("ipv4", &held.interface, PROMOTE, held.value);
}
