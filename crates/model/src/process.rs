//! What the processes need to know of themselves.

use crate::global::GlobalDefs;
use crate::notify::Script;
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
        }
    }
}
