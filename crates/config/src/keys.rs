//! Which faults a configuration has, whatever line they moved to.

use holdfast_syntax::{Finding, Findings, SourceMap, code as syntax};
use std::collections::BTreeMap;

/// The faults of a configuration: code and text of the line. A reload asks whether a fault is new.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct FindingKeys {
    counts: BTreeMap<(&'static str, String), usize>,
}

impl FindingKeys {
    /// Of the findings that were kept (see [`Findings::KEPT`]).
    pub fn new(findings: &Findings, sources: &SourceMap) -> Self {
        let mut keys = Self::default();
        for finding in findings {
            *keys.counts.entry(key(finding, sources)).or_default() += 1;
        }
        keys
    }

    /// Is such a one among these?
    pub fn has(&self, finding: &Finding, sources: &SourceMap) -> bool {
        self.counts.contains_key(&key(finding, sources))
    }

    /// Those of `new` that are not among these. A line that is copied is no new fault; a further
    /// brace too many or too few is, for it moves what comes after it.
    pub(crate) fn fresh<'n>(&self, new: &'n Findings, sources: &SourceMap) -> Vec<&'n Finding> {
        let mut met: BTreeMap<(&'static str, String), usize> = BTreeMap::new();
        let mut fresh = Vec::new();
        for finding in new {
            let key = key(finding, sources);
            let known = self.counts.get(&key).copied().unwrap_or(0);
            let count = met.entry(key).or_default();
            *count += 1;
            let structural = matches!(
                finding.code,
                syntax::UNCLOSED | syntax::EXTRA_CLOSE | syntax::EXTRA_OPEN
            );
            if known == 0 || structural && *count > known {
                fresh.push(finding);
            }
        }
        fresh
    }
}

fn key(finding: &Finding, sources: &SourceMap) -> (&'static str, String) {
    (finding.code, sources.line_text(finding.span).into_owned())
}
