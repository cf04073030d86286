//! Why an instance does not serve.

use serde::{Deserialize, Serialize};

/// Why an instance is in FAULT.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub enum FaultCause {
    /// The interface does not exist.
    InterfaceMissing,
    /// The interface is down or has no carrier.
    InterfaceDown,
    /// The interface has no address to send from.
    NoSource,
    /// The kernel did not take the VIP within a second.
    NotApplied,
    /// Somebody removes the VIP again and again.
    VipTaken,
    /// The kernel has no IPVS, and a VIP of the instance has virtual servers here.
    NoIpvs,
    /// Something that it watches with weight 0 is not as it should be.
    Tracked,
    /// Of something that it watches with weight 0 nobody knows yet how it is.
    Unjudged,
    /// Another instance of its sync group is in FAULT.
    Group,
    /// Unicast is asked for, and nobody is named to whom (`unicast_fault_no_peer`).
    NoPeers,
    /// Another instance of its sync group waits to know how something is that it watches with weight 0.
    GroupUnjudged,
}
