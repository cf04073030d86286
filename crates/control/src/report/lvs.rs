//! Virtual servers and their real servers.

use core::time::Duration;
use serde::{Deserialize, Serialize};
use std::collections::VecDeque;

/// All of IPVS.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Lvs {
    /// The kernel has IPVS; none: not known yet.
    pub ipvs: Option<bool>,
    /// How soon the kernel hears of what checks have found.
    pub delay: Delay,
    /// In the order of their keys.
    pub virtual_servers: Vec<VirtualServer>,
}

/// How many of the last times are told.
const RECENT: usize = 32;

/// From the results of checks to the messages about them: what is ours of the time in which a dead server is served.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Delay {
    /// How often the kernel was told.
    pub times: u64,
    /// The longest, in microseconds.
    pub most_us: u64,
    /// The last ones, in microseconds, the newest last.
    pub recent_us: VecDeque<u64>,
}

impl Delay {
    /// Once more.
    pub fn add(&mut self, took: Duration) {
        let took = u64::try_from(took.as_micros()).unwrap_or(u64::MAX);
        self.times += 1;
        self.most_us = self.most_us.max(took);
        if self.recent_us.len() == RECENT {
            self.recent_us.pop_front();
        }
        self.recent_us.push_back(took);
    }
}

/// One `virtual_server`.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct VirtualServer {
    /// As commands name it: `192.0.2.20:80/tcp`, `fwmark:5`, `group:web`.
    pub name: String,
    /// `lvs_sched`.
    pub scheduler: String,
    /// `lvs_method`: DR, NAT or TUN.
    pub method: String,
    /// Whether it has its quorum.
    pub quorum: Quorum,
    /// `sorry_server`.
    pub sorry_server: Option<Sorry>,
    /// `ha_suspend`: its address is elsewhere, and nobody is checked.
    pub suspended: bool,
    /// In the order of the file.
    pub real_servers: Vec<RealServer>,
}

/// `quorum`.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Quorum {
    /// It is held.
    pub up: bool,
    /// `quorum`.
    pub needed: u32,
    /// `hysteresis`.
    pub hysteresis: u32,
    /// The weights of living real servers together.
    pub weight: u64,
}

/// A server of last resort.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Sorry {
    /// Its address and port.
    pub name: String,
    /// It serves.
    pub active: bool,
}

/// One `real_server`.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct RealServer {
    /// Its address and port.
    pub name: String,
    /// Its checks pass.
    pub up: bool,
    /// Of its row in the table; none: it has no row.
    pub weight: Option<u32>,
    /// As the file says.
    pub configured_weight: u32,
    /// DR, NAT or TUN.
    pub method: String,
    /// Why it is so, in a sentence.
    pub why: String,
    /// What an operator wants of it.
    pub order: Option<Order>,
    /// All of its checks.
    pub checks: Vec<Check>,
}

/// What an operator can want.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Act {
    /// No new connections.
    Drain,
    /// Out, whatever its checks say.
    Disable,
    /// This weight.
    Weight(u32),
    /// Nothing of it any more, and as the file says.
    Enable,
}

/// An order in force.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Order {
    /// Which.
    pub act: Act,
    /// How long still; none: until another one.
    pub left_ms: Option<u64>,
}

/// What came of an order.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Ordered {
    /// The virtual server that was meant.
    pub virtual_server: String,
    /// The real server, as it is now.
    pub real_server: RealServer,
    /// What there is to know besides.
    pub notes: Vec<String>,
}

/// Connections of a real server in the kernel's table.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Connections {
    /// Established ones.
    pub active: u64,
    /// The others, which time out by themselves.
    pub inactive: u64,
}

/// One check.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Check {
    /// What asks whom.
    pub name: String,
    /// It passes.
    pub up: bool,
    /// It has had a result.
    pub tried: bool,
    /// Failures since the last success, while it is up.
    pub failures: u32,
    /// Why it failed last, while it is down or on its way there.
    pub reason: Option<String>,
}
