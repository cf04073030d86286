//! One thing to tell.

use crate::mail::letter::Letter;
use holdfast_model::Script;

/// One thing to tell: a line for the FIFOs, and scripts to run one after the other.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Notice {
    /// `INSTANCE` or `GROUP`, and its name: what it is about is told in order.
    pub(crate) subject: String,
    pub(crate) line: String,
    pub(crate) scripts: Vec<(Script, Vec<String>)>,
    pub(crate) letter: Option<Letter>,
}

impl Notice {
    /// Nothing but a line.
    pub(crate) fn is_silent(&self) -> bool {
        self.scripts.is_empty() && self.letter.is_none()
    }
}
