//! `vrrp_sync_group`: instances that are master together, or none of them.

use crate::key::{GroupKey, InstanceKey};
use crate::notify::Notify;
use serde::{Deserialize, Serialize};

/// One group.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct SyncGroup {
    /// Identity.
    pub key: GroupKey,
    /// Its instances, at least one; each is in one group only. What the group watches is in the
    /// lists of its members.
    pub members: Vec<InstanceKey>,
    /// `notify_*`.
    pub notify: Notify,
}
