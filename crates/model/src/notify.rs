//! Programs that are run, and who is told of changes.

use crate::mail::{Alert, Mail};
use crate::units::Name;
use core::time::Duration;
use serde::{Deserialize, Serialize};

/// As whom a program runs.
#[derive(Debug, Clone, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct RunAs {
    /// User.
    pub uid: u32,
    /// Group.
    pub gid: u32,
    /// Supplementary groups, none by default.
    pub groups: Vec<u32>,
}

/// A program and its arguments: run as they are, no shell between.
#[derive(Debug, Clone, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct Script {
    /// The program's path, then its arguments.
    pub words: Vec<Name>,
    /// As whom.
    pub run_as: RunAs,
}

impl Script {
    /// The program, for people.
    pub fn program(&self) -> &str {
        self.words.first().map_or("", Name::as_str)
    }
}

/// What an instance (or a group) runs, and whom it tells. Programs that are left out do not run.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Notify {
    /// `notify_master`.
    pub master: Option<Script>,
    /// `notify_backup`.
    pub backup: Option<Script>,
    /// `notify_fault`.
    pub fault: Option<Script>,
    /// `notify_stop`.
    pub stop: Option<Script>,
    /// `notify_deleted` stands there: what leaves the configuration is DELETED, not in FAULT.
    pub says_deleted: bool,
    /// `notify_deleted` with a program.
    pub deleted: Option<Script>,
    /// `notify`: at each change, with what has changed as further arguments.
    pub any: Option<Script>,
    /// `notify_master_rx_lower_pri`.
    pub lower_priority: Option<Script>,
    /// `notify_priority_changes`, or the file's.
    pub priority_changes: bool,
    /// `smtp_alert`, or the file's.
    pub alert: Alert,
}

/// A FIFO that is told of changes.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Fifo {
    /// Where it is; made when it is not there.
    pub path: Name,
    /// Whose it is.
    pub owner: RunAs,
    /// Who reads it: a program that runs as long as the daemon, with the path as last argument.
    pub reader: Option<Script>,
    /// `notify_fifo`: both workers write it, and one of them has its reader.
    pub shared: bool,
}

/// What happens to a script that others could replace.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
pub enum Security {
    /// It runs, with a warning.
    #[default]
    Off,
    /// `enable_script_security`: with the rights of root it does not.
    Enabled,
    /// `script_security strict` of `holdfast { }`: it does not run.
    Strict,
}

/// Whom all instances tell.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Notices {
    /// `notify_fifo` and `vrrp_notify_fifo`.
    pub fifos: Vec<Fifo>,
    /// `fifo_write_vrrp_states_on_reload`.
    pub states_on_reload: bool,
    /// What scripts must be like.
    pub security: Security,
    /// How long a notify script may run; `notify_timeout` of `holdfast { }`.
    pub limit: Duration,
    /// Access of a FIFO that is made: 0600, or 0644 less `umask`.
    pub fifo_mode: u32,
    /// How mail is written; none without a server and somebody to write to.
    pub mail: Option<Mail>,
}

impl Default for Notices {
    fn default() -> Self {
        Self {
            fifos: Vec::new(),
            states_on_reload: false,
            security: Security::Off,
            limit: Duration::from_secs(60),
            fifo_mode: 0o600,
            mail: None,
        }
    }
}
