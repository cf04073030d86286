//! Mail about changes.

use crate::units::Name;
use core::time::Duration;
use serde::{Deserialize, Serialize};

/// How this director writes mail.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Mail {
    /// `smtp_server`: who takes it.
    pub server: MailServer,
    /// `notification_email`: to whom, at least one.
    pub to: Vec<Name>,
    /// `notification_email_from`.
    pub from: Name,
    /// `router_id`: how its subjects begin.
    pub router: Name,
    /// `smtp_helo_name`.
    pub helo: Name,
    /// `smtp_connect_timeout`: for the connection, and for every answer.
    pub timeout: Duration,
    /// `smtp_tls` of `holdfast { }`.
    pub tls: MailTls,
    /// `smtp_tls_ca`: a file of certificates to trust besides the system's.
    pub authorities: Option<Name>,
    /// `smtp_user` and `smtp_password_file`.
    pub login: Option<MailLogin>,
}

/// Where mail is handed in.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct MailServer {
    /// An address, or a name that is looked up for each mail.
    pub host: Name,
    /// 25 by default.
    pub port: u16,
}

/// Whether the connection is encrypted.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
pub enum MailTls {
    /// No, as with keepalived.
    #[default]
    Off,
    /// From the second command on (RFC 3207), or not at all.
    StartTls,
    /// From the first byte on (RFC 8314).
    Always,
}

/// Whom the mail server knows.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct MailLogin {
    /// Its user.
    pub user: Name,
    /// A file whose first line is the password.
    pub password_file: Name,
}

/// Which changes of an instance or a group are worth a mail.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
pub enum Alert {
    /// None.
    #[default]
    Never,
    /// All.
    Changes,
    /// All but those to FAULT (`no_email_faults`).
    ButFaults,
}

/// Which changes of servers are worth a mail.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct ServerAlerts {
    /// Of virtual servers that say nothing.
    pub services: bool,
    /// Of real servers that say nothing.
    pub servers: bool,
    /// Each check that turns; with `no_checker_emails` only those that turn their server.
    pub checks: bool,
}

impl Default for ServerAlerts {
    fn default() -> Self {
        Self {
            services: false,
            servers: true,
            checks: true,
        }
    }
}
