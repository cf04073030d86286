//! What can go wrong in the lab itself or in a scenario.

use std::io;
use std::time::Duration;

/// The lab's error: everything ends in a line for a person.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// A system call or a file failed.
    #[error("{what}: {source}")]
    Io {
        /// What was tried.
        what: String,
        /// The system's answer.
        #[source]
        source: io::Error,
    },
    /// A command ended badly.
    #[error("`{command}` failed ({status}): {output}")]
    Command {
        /// The command line.
        command: String,
        /// Its exit status.
        status: String,
        /// What it said.
        output: String,
    },
    /// A condition did not come true in time.
    #[error("not within {bound:.2?}: {what}")]
    Timeout {
        /// The condition.
        what: String,
        /// How long it was waited for.
        bound: Duration,
    },
    /// Anything else that ends a scenario.
    #[error("{0}")]
    Failed(String),
}

/// The lab's result.
pub type Result<T, E = Error> = std::result::Result<T, E>;

/// Adds what was tried to a system error.
pub trait Doing<T> {
    /// `what` reads like `open /run/netns/x`.
    fn doing(self, what: impl Into<String>) -> Result<T>;
}

impl<T, E: Into<io::Error>> Doing<T> for std::result::Result<T, E> {
    fn doing(self, what: impl Into<String>) -> Result<T> {
        self.map_err(|error| Error::Io {
            what: what.into(),
            source: error.into(),
        })
    }
}

/// Locks even if another thread died while it held the lock: the lab only stores whole values.
pub(crate) fn lock<T>(mutex: &std::sync::Mutex<T>) -> std::sync::MutexGuard<'_, T> {
    mutex
        .lock()
        .unwrap_or_else(std::sync::PoisonError::into_inner)
}
