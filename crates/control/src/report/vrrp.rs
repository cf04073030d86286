//! VRRP instances and their sync groups.

use serde::{Deserialize, Serialize};

/// All of VRRP.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Vrrp {
    /// In the order of the file.
    pub instances: Vec<Instance>,
    /// In the order of the file.
    pub sync_groups: Vec<Group>,
}

/// One instance.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Instance {
    /// Its name.
    pub name: String,
    /// `INIT`, `BACKUP`, `MASTER` or `FAULT`.
    pub state: String,
    /// For how long.
    pub in_state_ms: u64,
    /// As the file says.
    pub priority: u8,
    /// With what it watches.
    pub effective_priority: u8,
    /// `interface`.
    pub interface: String,
    /// `virtual_router_id`.
    pub vrid: u8,
    /// 2 or 3.
    pub version: u8,
    /// The addresses of its adverts, with prefix and interface.
    pub addresses: Vec<String>,
    /// `virtual_ipaddress_excluded`.
    pub excluded: Vec<String>,
    /// As a master: the addresses are in the kernel.
    pub serving: bool,
    /// Who is master, as far as it knows.
    pub master: Option<Master>,
    /// Why it is in FAULT, in words.
    pub faults: Vec<String>,
    /// Its sync group.
    pub sync_group: Option<String>,
}

/// The master of a virtual router.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Master {
    /// Where its adverts come from; none: it has none to speak from.
    pub address: Option<String>,
    /// In its adverts.
    pub priority: u8,
    /// It is this host.
    pub here: bool,
}

/// A sync group.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Group {
    /// Its name.
    pub name: String,
    /// What its instances were brought to last.
    pub state: String,
    /// Its instances.
    pub instances: Vec<String>,
}
