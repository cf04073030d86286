//! What is wrong with a configuration.

use crate::source::SourceMap;
use crate::span::Span;
use std::collections::BTreeSet;

/// How bad a finding is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Severity {
    /// Our own counsel. keepalived says nothing here; never counts for an exit code.
    Advice,
    /// Works, perhaps not as meant.
    Warning,
    /// Something was left out or replaced by a default.
    Error,
}

impl Severity {
    /// `error`, `warning` or `advice`.
    pub const fn word(self) -> &'static str {
        match self {
            Self::Advice => "advice",
            Self::Warning => "warning",
            Self::Error => "error",
        }
    }
}

/// Codes of this crate's findings; `HF09..` means "not supported yet" everywhere.
pub mod code {
    /// The file holds NUL bytes.
    pub const NUL: &str = "HF0101";
    /// A line is longer than the reader takes.
    pub const LONG_LINE: &str = "HF0102";
    /// A quote does not end in its line.
    pub const QUOTE: &str = "HF0103";
    /// A block is not closed.
    pub const UNCLOSED: &str = "HF0104";
    /// `}` without a block.
    pub const EXTRA_CLOSE: &str = "HF0105";
    /// `{` without a keyword.
    pub const EXTRA_OPEN: &str = "HF0106";
    /// A comment starts inside a word.
    pub const GLUED_COMMENT: &str = "HF0107";
    /// Blocks nested too deeply.
    pub const DEPTH: &str = "HF0108";
    /// An included file that is missing or skipped; never counts for an exit code.
    pub const INCLUDE_MISSING: &str = "HF0110";
    /// A script has nobody to run as.
    pub const SCRIPT: &str = "HF0423";
    /// An included file is missing that must be there: keepalived exits.
    pub const INCLUDE_NEEDED: &str = "HF0111";
    /// A `~SEQ` or `~LST` that is none.
    pub const REPETITION: &str = "HF0112";
    /// A line that gets too long by its variables.
    pub const LONG_EXPANSION: &str = "HF0113";
    /// Definitions, repetitions or includes without end.
    pub const EXPANSION: &str = "HF0114";
    /// A definition that goes on past the end of the file.
    pub const UNFINISHED: &str = "HF0115";
    /// A `\` at the end of a line that nothing joins.
    pub const BACKSLASH: &str = "HF0117";
    /// A `@` without a name.
    pub const CONDITION: &str = "HF0118";
    /// A name that has no definition.
    pub const UNDEFINED: &str = "HF0116";
}

/// One thing to say about a place.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Finding {
    /// `HF` and four digits.
    pub code: &'static str,
    /// How bad.
    pub severity: Severity,
    /// What was found, in one sentence.
    pub message: String,
    /// What stands next to the place.
    pub label: String,
    /// The place.
    pub span: Span,
    /// What was expected, and what to do.
    pub help: Vec<String>,
    /// Other places that matter, each with its label.
    pub secondary: Vec<(Span, String)>,
    /// What we run and keepalived would not have run because of this: where it stands, and its name.
    pub lost: Vec<(Span, String)>,
}

impl Finding {
    /// A finding without help.
    pub fn new(
        code: &'static str,
        severity: Severity,
        span: Span,
        message: impl Into<String>,
    ) -> Self {
        Self {
            code,
            severity,
            message: message.into(),
            label: String::new(),
            span,
            help: Vec::new(),
            secondary: Vec::new(),
            lost: Vec::new(),
        }
    }

    /// An error.
    pub fn error(code: &'static str, span: Span, message: impl Into<String>) -> Self {
        Self::new(code, Severity::Error, span, message)
    }

    /// A warning.
    pub fn warning(code: &'static str, span: Span, message: impl Into<String>) -> Self {
        Self::new(code, Severity::Warning, span, message)
    }

    /// Advice.
    pub fn advice(code: &'static str, span: Span, message: impl Into<String>) -> Self {
        Self::new(code, Severity::Advice, span, message)
    }

    /// What stands next to the place.
    #[must_use]
    pub fn label(mut self, label: impl Into<String>) -> Self {
        self.label = label.into();
        self
    }

    /// What to do.
    #[must_use]
    pub fn help(mut self, help: impl Into<String>) -> Self {
        self.help.push(help.into());
        self
    }

    /// Another place.
    #[must_use]
    pub fn also(mut self, span: Span, label: impl Into<String>) -> Self {
        self.secondary.push((span, label.into()));
        self
    }

    /// True when keepalived reports it and still ends as if nothing were wrong, or has no say in it.
    pub fn is_uncounted(&self) -> bool {
        self.is_unsupported()
            || self.code.starts_with("HF08")
            || matches!(self.code, code::INCLUDE_MISSING | code::SCRIPT)
    }

    /// True for "not supported yet": about this program, not about the file.
    pub fn is_unsupported(&self) -> bool {
        self.code.starts_with("HF09")
    }
}

/// Findings in the order they were made, bounded: a megabyte of junk is not worth a million lines.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Findings {
    list: Vec<Finding>,
    /// Of advice, warnings and errors.
    kept: [u32; 3],
    dropped: u32,
    faulty: bool,
}

impl Findings {
    /// Kept of each severity; the rest is only counted.
    pub const KEPT: u32 = 1000;

    /// True when one more of this severity would only be counted. What is costly to phrase need
    /// not be phrased then: [`Findings::count`] it.
    pub const fn is_full(&self, severity: Severity) -> bool {
        let [advice, warnings, errors] = self.kept;
        let kept = match severity {
            Severity::Advice => advice,
            Severity::Warning => warnings,
            Severity::Error => errors,
        };
        kept >= Self::KEPT
    }

    /// Counts one that is not kept.
    pub const fn count(&mut self, severity: Severity, unsupported: bool) {
        self.faulty |= !unsupported && !matches!(severity, Severity::Advice);
        self.dropped = self.dropped.saturating_add(1);
    }

    /// Adds one.
    pub fn push(&mut self, finding: Finding) {
        self.faulty |= finding.severity > Severity::Advice && !finding.is_uncounted();
        let slot = match finding.severity {
            Severity::Advice => 0,
            Severity::Warning => 1,
            Severity::Error => 2,
        };
        match self.kept.get_mut(slot) {
            Some(kept) if *kept < Self::KEPT => {
                *kept += 1;
                self.list.push(finding);
            }
            _ => self.dropped = self.dropped.saturating_add(1),
        }
    }

    /// Adds all of another list.
    pub fn append(&mut self, other: Self) {
        self.dropped = self.dropped.saturating_add(other.dropped);
        self.faulty |= other.faulty;
        other
            .list
            .into_iter()
            .for_each(|finding| self.push(finding));
    }

    /// Takes out the advice of unwanted codes. The result are those of them that stand for more than
    /// advice here, and stay.
    pub fn silence(&mut self, unwanted: impl Fn(&str) -> bool) -> BTreeSet<&'static str> {
        let mut louder = BTreeSet::new();
        self.list.retain(|finding| {
            let hit = unwanted(finding.code);
            if hit && finding.severity > Severity::Advice {
                louder.insert(finding.code);
            }
            !hit || finding.severity > Severity::Advice
        });
        louder
    }

    /// Looks at all that were kept, and may change them, but not their severity.
    pub fn amend(&mut self, each: impl FnMut(&mut Finding)) {
        self.list.iter_mut().for_each(each);
    }

    /// Takes out findings that turned out to be part of another one.
    pub fn merge(&mut self, part_of_another: impl Fn(&Finding) -> bool) {
        self.list.retain(|finding| !part_of_another(finding));
    }

    /// Those that were kept.
    pub fn iter(&self) -> core::slice::Iter<'_, Finding> {
        self.list.iter()
    }

    /// How many more there were.
    pub const fn dropped(&self) -> u32 {
        self.dropped
    }

    /// True when there was an error or a warning other than "not supported yet", kept or not.
    pub const fn is_faulty(&self) -> bool {
        self.faulty
    }

    /// True when nothing was found.
    pub fn is_empty(&self) -> bool {
        self.list.is_empty()
    }

    /// Sorts by place, as a reader of the files wants them; what is said of a place is said once.
    pub fn sort(&mut self, sources: &SourceMap) {
        self.list
            .sort_by_cached_key(|finding| (sources.written(finding.span), finding.span));
        // a repetition says the same of one written line again and again
        let mut said: BTreeSet<(&'static str, String)> = BTreeSet::new();
        let mut place = Span::default();
        self.list.retain(|finding| {
            let written = sources.written(finding.span);
            if written != place {
                said.clear();
                place = written;
            }
            said.insert((finding.code, finding.message.clone()))
        });
    }
}

impl<'a> IntoIterator for &'a Findings {
    type Item = &'a Finding;
    type IntoIter = core::slice::Iter<'a, Finding>;
    fn into_iter(self) -> Self::IntoIter {
        self.list.iter()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_flood_is_bounded_but_errors_get_through() {
        let mut findings = Findings::default();
        for _ in 0..5000 {
            findings.push(Finding::warning("HF0001", Span::default(), "w"));
        }
        findings.push(Finding::error("HF0002", Span::default(), "e"));
        assert_eq!(findings.iter().count(), 1001);
        assert_eq!(findings.dropped(), 4000);
        assert!(findings.is_faulty());
        assert!(findings.iter().any(|f| f.severity == Severity::Error));
        let mut all = Findings::default();
        all.append(findings);
        assert_eq!(all.dropped(), 4000);
    }
}
