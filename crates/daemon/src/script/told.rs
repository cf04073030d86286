//! What was told, for a worker's successor: a notice is neither lost nor told twice when a worker dies.

use super::what::What;
use holdfast_model::{GroupKey, InstanceKey, State, VrrpModel};
use serde::{Deserialize, Serialize};
use std::collections::BTreeSet;

/// Of all instances and groups.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Told {
    pub(super) instances: Vec<(InstanceKey, InstanceTold)>,
    pub(super) groups: Vec<(GroupKey, GroupTold)>,
}

impl Told {
    /// Whoever served before us told of these.
    pub(crate) fn of_masters(model: &VrrpModel, masters: &BTreeSet<InstanceKey>) -> Self {
        let served = model.instances.iter();
        let served = served.filter(|instance| masters.contains(&instance.key));
        let instances = served.map(|instance| {
            let told = InstanceTold {
                priority: instance.priority.get(),
                told: State::Master,
                written: What::of_state(State::Master),
                entered: State::Master,
                awaited: None,
            };
            (instance.key.clone(), told)
        });
        let whole = model.groups.iter();
        let whole = whole.filter(|group| group.members.iter().all(|key| masters.contains(key)));
        let groups = whole.map(|group| {
            let told = GroupTold {
                told: State::Master,
                brought: State::Master,
                written: What::of_state(State::Master),
                pending: false,
            };
            (group.key.clone(), told)
        });
        Self {
            instances: instances.collect(),
            groups: groups.collect(),
        }
    }
}

/// Of one instance.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct InstanceTold {
    /// Effective.
    pub(super) priority: u8,
    pub(super) told: State,
    /// What was written about last.
    pub(super) written: Option<What>,
    pub(super) entered: State,
    /// Entered, and not true in the kernel yet.
    pub(super) awaited: Option<State>,
}

/// Of one group.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct GroupTold {
    pub(super) told: State,
    pub(super) brought: State,
    /// What was written about last.
    pub(super) written: Option<What>,
    /// It was brought elsewhere than was told.
    pub(super) pending: bool,
}
