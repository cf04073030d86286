//! Why the daemon could not run.

use crate::pidfile::PidFileError;
use std::io;

/// Why the daemon could not run.
#[derive(Debug, thiserror::Error)]
pub enum RunError {
    /// Another daemon, or no place to write.
    #[error(transparent)]
    PidFile(#[from] PidFileError),
    /// It is named, and cannot be entered.
    #[error("Unable to set network namespace {name} - exiting ({source})")]
    Namespace {
        /// Which.
        name: String,
        /// Why not.
        #[source]
        source: io::Error,
    },
    /// The system refused something.
    #[error("cannot {what}: {source}")]
    System {
        /// What was tried.
        what: &'static str,
        /// Why not.
        #[source]
        source: io::Error,
    },
}
