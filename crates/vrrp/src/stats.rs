//! Counters (RFC 2787, as far as they make sense without SNMP).

use holdfast_model::event::RejectReason;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// Of one instance, since it was made.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Stats {
    /// Adverts that passed every check.
    pub adverts_received: u64,
    /// Adverts sent, resignations included.
    pub adverts_sent: u64,
    /// Transitions to master.
    pub became_master: u64,
    /// Transitions from master.
    pub released_master: u64,
    /// Resignations heard.
    pub priority_zero_received: u64,
    /// Resignations sent.
    pub priority_zero_sent: u64,
    /// Adverts accepted although their addresses are not quite ours.
    pub address_mismatches: u64,
    /// Packets thrown away, by the first check that failed.
    pub rejected: BTreeMap<RejectReason, u64>,
}

/// Of the router: what belongs to no instance.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct RouterStats {
    /// Packets thrown away, by the first check that failed.
    pub rejected: BTreeMap<RejectReason, u64>,
    /// Packets from a link that nobody named.
    pub unknown_link: u64,
}

/// Counts one more.
pub(crate) fn count(rejected: &mut BTreeMap<RejectReason, u64>, reason: RejectReason) {
    let counter = rejected.entry(reason).or_default();
    *counter = counter.saturating_add(1);
}
