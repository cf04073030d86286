//! What is wrong, what would be right, and what to do.

use serde::Serialize;

/// How bad it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "lowercase")]
pub(super) enum Severity {
    /// Something does not work.
    Broken,
    /// Something may fail, or not be what is wanted.
    Risk,
}

/// One thing.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub(super) struct Finding {
    /// What it is about: one word, for programs.
    pub(super) about: &'static str,
    pub(super) severity: Severity,
    /// What was found.
    pub(super) found: String,
    /// What should be there, and why.
    pub(super) expected: String,
    /// What to do.
    pub(super) todo: String,
}

impl Finding {
    pub(super) fn broken(about: &'static str, found: impl Into<String>) -> Self {
        Self {
            about,
            severity: Severity::Broken,
            found: found.into(),
            expected: String::new(),
            todo: String::new(),
        }
    }

    pub(super) fn risk(about: &'static str, found: impl Into<String>) -> Self {
        let severity = Severity::Risk;
        Self {
            severity,
            ..Self::broken(about, found)
        }
    }

    pub(super) fn expected(mut self, expected: impl Into<String>) -> Self {
        self.expected = expected.into();
        self
    }

    pub(super) fn todo(mut self, todo: impl Into<String>) -> Self {
        self.todo = todo.into();
        self
    }
}
