//! What one check remembers from one time to the next.

/// Made once a check; lost with it.
#[derive(Debug, Default)]
pub struct Course {
    /// The url to begin with.
    pub(crate) at: usize,
    /// What was said last.
    said: String,
    unsaid: bool,
}

impl Course {
    /// Something for the operator that is no failure: once, until it is something else.
    pub(crate) fn say(&mut self, words: String) {
        if self.said != words {
            self.said = words;
            self.unsaid = true;
        }
    }

    /// What is new to say, if anything is.
    pub fn news(&mut self) -> Option<&str> {
        core::mem::take(&mut self.unsaid).then_some(self.said.as_str())
    }
}
