//! Regular expressions as PCRE2 reads them, each search bounded in steps and memory.
//!
//! keepalived's configurations are written for PCRE2: look-around, back references and 24 options
//! by name. A pattern is compiled once and then never changes; a search owns all that it writes to.
//! Patterns are interpreted: no page is ever writable and executable.
#![deny(clippy::disallowed_methods, clippy::disallowed_types)]

mod ffi;
mod option;

pub use ffi::{Limits, Outcome, Regex};
pub use option::{NAMES, option};

use thiserror::Error;

/// A pattern that PCRE2 does not take.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
#[error("{reason} (at byte {offset})")]
pub struct BadPattern {
    /// PCRE2's words.
    pub reason: String,
    /// How many bytes of the pattern it had read.
    pub offset: usize,
}

#[cfg(test)]
mod tests;
