//! What was told, for a worker's successor: a notice is neither lost nor told twice when a worker dies.

use super::what::What;
use holdfast_model::{GroupKey, InstanceKey, State};
use serde::{Deserialize, Serialize};

/// Of all instances and groups.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Told {
    pub(super) instances: Vec<(InstanceKey, InstanceTold)>,
    pub(super) groups: Vec<(GroupKey, GroupTold)>,
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
