//! What the processes need to know of themselves.

use crate::global::GlobalDefs;
use crate::notify::Script;
use crate::units::Name;
use core::time::Duration;
use serde::{Deserialize, Serialize};

/// The `process` section of a model.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ProcessModel {
    /// `global_defs`.
    pub global: GlobalDefs,
    /// How long a stop may take before the workers are killed (`child_wait_time`), 5 s.
    pub stop_limit: Duration,
    /// `startup_script`: before the workers start.
    pub startup: Option<Once>,
    /// `shutdown_script`: after they have ended.
    pub shutdown: Option<Once>,
    /// `vrrp_priority` and its kin.
    pub vrrp: Urgency,
    /// `checker_priority` and its kin.
    pub lvs: Urgency,
    /// `process_name`: the supervisor's.
    pub name: Option<Name>,
    /// `umask`: access that what is created does not get.
    pub umask: Option<u32>,
    /// Where the daemon stands.
    pub place: Place,
}

/// What tells several daemons on a host apart.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Place {
    /// `net_namespace`.
    pub namespace: Option<Name>,
    /// `instance`.
    pub instance: Option<Name>,
}

/// How urgent a worker is to the kernel.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Urgency {
    /// `*_process_name`, `process_names`.
    pub name: Option<Name>,
    /// `*_priority`: its nice value.
    pub nice: Option<i8>,
    /// `*_rt_priority`: 1 to 99; then the nice value does not count.
    pub realtime: Option<u8>,
    /// `*_rlimit_rttime`: how long it may compute in real time without a pause, microseconds.
    pub limit: Option<u32>,
    /// `*_no_swap`.
    pub no_swap: bool,
    /// `*_cpu_affinity`; none: all.
    pub cpus: Vec<u16>,
    /// `max_auto_priority`: up to which real-time priority it raises itself when it is late.
    pub most: Option<u8>,
    /// `min_auto_priority_delay`: from how late on.
    pub late: Option<Duration>,
}

/// A program that runs once in the daemon's life.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Once {
    /// What.
    pub script: Script,
    /// How long it may run.
    pub limit: Duration,
}

impl Default for ProcessModel {
    fn default() -> Self {
        Self {
            global: GlobalDefs::default(),
            stop_limit: Duration::from_secs(5),
            startup: None,
            shutdown: None,
            vrrp: Urgency::default(),
            lvs: Urgency::default(),
            name: None,
            umask: None,
            place: Place::default(),
        }
    }
}
