//! What virtual and real servers run, and whom the lvs worker tells.

use crate::key::{RealServerKey, VirtualServerKey};
use crate::mail::ServerAlerts;
use crate::notify::{Notices, Script};
use serde::{Deserialize, Serialize};

/// Whom the lvs worker tells of what.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct ServerNotices {
    /// `notify_fifo`, `lvs_notify_fifo`, and what scripts must be like.
    pub notices: Notices,
    /// `rs_init_notifies`: real servers are told of at the start too.
    pub at_start: bool,
    /// Of whom mail is written.
    pub alerts: ServerAlerts,
    /// Virtual servers that say something of it, in the order of the file.
    pub services: Vec<ServiceNotify>,
    /// Real servers that say something of it, in the order of the file.
    pub servers: Vec<ServerNotify>,
}

/// What a virtual server runs.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ServiceNotify {
    /// Which.
    pub key: VirtualServerKey,
    /// `quorum_up`.
    pub up: Option<Script>,
    /// `quorum_down`.
    pub down: Option<Script>,
    /// `omega`: it and its real servers are told of as down at the stop.
    pub omega: bool,
    /// `smtp_alert`; none: as the file says.
    pub alert: Option<bool>,
}

/// What a real server runs.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ServerNotify {
    /// Which.
    pub key: RealServerKey,
    /// `notify_up`.
    pub up: Option<Script>,
    /// `notify_down`.
    pub down: Option<Script>,
    /// `smtp_alert`; none: as the file says.
    pub alert: Option<bool>,
}
