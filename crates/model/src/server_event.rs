//! What happens to virtual and real servers.

use crate::checker::Probe;
use crate::failure::CheckFailure;
use crate::order::Order;
use core::net::IpAddr;
use serde::{Deserialize, Serialize};

/// What happens to a virtual server.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub enum ServiceEvent {
    /// `Gained quorum W+H=S <= A`: `quorum`, `hysteresis`, weights of the living.
    QuorumGained {
        /// `quorum`.
        quorum: u32,
        /// `hysteresis`.
        hysteresis: u32,
        /// Sum of the weights of living real servers.
        weight: u64,
    },
    /// `Lost quorum`.
    QuorumLost {
        /// `quorum`.
        quorum: u32,
        /// `hysteresis`.
        hysteresis: u32,
        /// Sum of the weights of living real servers.
        weight: u64,
    },
    /// The sorry server goes in.
    SorryServerAdded {
        /// keepalived's notation of it.
        address: IpAddr,
        /// Its port.
        port: u16,
    },
    /// The sorry server comes out.
    SorryServerRemoved {
        /// keepalived's notation of it.
        address: IpAddr,
        /// Its port.
        port: u16,
    },
    /// On quorum loss the living leave the table for the sorry server.
    AliveRemoved,
    /// On quorum gain they return.
    AliveReturned,
    /// The service is new in the configuration.
    Added,
    /// The service left the configuration.
    Removed,
}

/// What happens to a real server.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub enum RealServerEvent {
    /// A check was started for the first time.
    CheckActivated {
        /// What it asks.
        probe: Probe,
    },
    /// `ha_suspend`: a check waits for the address of its virtual server.
    CheckSuspended {
        /// What it asks.
        probe: Probe,
    },
    /// A check succeeded for the first time, or after it had failed.
    CheckSucceeded {
        /// What it asks.
        probe: Probe,
    },
    /// A check failed for good: its retries are spent.
    CheckFailed {
        /// What it asks.
        probe: Probe,
        /// Why.
        reason: CheckFailure,
        /// Failures in a row, when more than one was needed.
        retries: u32,
    },
    /// `log_all_failures`: a check failed, and is retried.
    CheckForgiven {
        /// What it asks.
        probe: Probe,
        /// Why.
        reason: CheckFailure,
    },
    /// `alpha`: the first result of a check is a failure; it stays as it began.
    CheckNotYetUp {
        /// What it asks.
        probe: Probe,
        /// Why.
        reason: CheckFailure,
    },
    /// It goes into the table.
    Added,
    /// It leaves the table.
    Removed,
    /// A reload left it out.
    Unconfigured,
    /// The daemon stops, and takes its row back.
    ShutDown,
    /// `inhibit_on_failure`: it failed, and the row it had with weight 0 goes with it.
    InhibitedRemoved,
    /// `inhibit_on_failure`: back to its weight.
    Enabled,
    /// `inhibit_on_failure`: weight 0.
    Disabled,
    /// An operator ordered something of it.
    Ordered(Order),
    /// The last order is over, or was taken back.
    OrderOver,
    /// Its weight was changed by a reload.
    WeightChanged {
        /// Before.
        from: u32,
        /// After.
        to: u32,
        /// It passes its checks.
        alive: bool,
    },
}
