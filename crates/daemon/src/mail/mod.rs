//! Mail about changes: what is in it, and the thread that hands it to a server.
//!
//! ```text
//!  letter   subject, headers and body, in keepalived's words     mailer   a bounded queue and a thread
//!  plain    keepalived's own dialogue, byte for byte             secure   TLS and login
//! ```
//! A server that is dead or slow costs this thread its timeouts, and nobody else anything.

pub(crate) mod letter;
pub(crate) mod mailer;
mod plain;
mod secure;

use std::io;

/// Why a letter was not taken.
#[derive(Debug, thiserror::Error)]
pub(crate) enum MailError {
    /// Nobody there, or not in time.
    #[error("SMTP connection ERROR to {server} ({source})")]
    Connect {
        /// Where.
        server: String,
        /// Why not.
        #[source]
        source: io::Error,
    },
    /// The connection broke, or an answer did not come in time.
    #[error("Error reading data from remote SMTP server {server} ({source})")]
    Broken {
        /// Who.
        server: String,
        /// How.
        #[source]
        source: io::Error,
    },
    /// It says no.
    #[error(
        "Error processing {command} cmd on SMTP server {server}. SMTP status code = {code} ({text})"
    )]
    Refused {
        /// Who.
        server: String,
        /// To what.
        command: &'static str,
        /// Its number for that.
        code: u16,
        /// And its words.
        text: String,
    },
    /// With TLS or a login.
    #[error("SMTP server {server}: {words}")]
    Secure {
        /// Who.
        server: String,
        /// What.
        words: String,
    },
}
