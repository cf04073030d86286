//! `global_defs`.

use crate::mail::MailServer;
use crate::units::Name;
use core::time::Duration;
use serde::{Deserialize, Serialize};

/// What the file says of the whole daemon.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct GlobalDefs {
    /// `router_id`: this director's name in notices; the host name by default.
    pub router_id: Option<Name>,
    /// `notification_email`.
    pub notification_email: Vec<Name>,
    /// `notification_email_from`.
    pub notification_email_from: Option<Name>,
    /// `smtp_server`.
    pub smtp_server: Option<MailServer>,
    /// `smtp_connect_timeout`.
    pub smtp_connect_timeout: Option<Duration>,
}
