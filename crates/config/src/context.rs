//! What a compilation collects on its way through the tree.

use crate::code;
use holdfast_model::HostFacts;
use holdfast_syntax::{Finding, Findings, Item};

/// Findings, and the facts that values are judged by.
pub(crate) struct Context<'f> {
    pub(crate) facts: &'f HostFacts,
    pub(crate) findings: Findings,
    pub(crate) fatal: Vec<Finding>,
    pub(crate) missing_parameter: bool,
}

impl<'f> Context<'f> {
    pub(crate) fn new(facts: &'f HostFacts) -> Self {
        Self {
            facts,
            findings: Findings::default(),
            fatal: Vec::new(),
            missing_parameter: false,
        }
    }

    pub(crate) fn push(&mut self, finding: Finding) {
        self.findings.push(finding);
    }

    /// A finding at which keepalived would exit.
    pub(crate) fn fatal(&mut self, finding: Finding) {
        // Bounded like the findings themselves.
        if self.fatal.len() < Findings::KEPT as usize {
            self.fatal.push(finding.clone());
        }
        self.findings.push(finding);
    }

    /// A keyword lacks a value; keepalived exits at once.
    pub(crate) fn missing_parameter(&mut self, item: Item<'_, '_>, expected: &str) {
        let keyword = String::from_utf8_lossy(item.keyword());
        self.missing_parameter = true;
        self.fatal(
            Finding::error(
                code::MISSING_PARAMETER,
                item.head(),
                format!("`{keyword}` is missing its value: expected {expected}"),
            )
            .label("nothing follows")
            .help("write the value after the keyword, or remove the line (a value that starts with `#` or `!` is a comment)"),
        );
    }

    /// A value is not what its keyword needs.
    pub(crate) fn bad_value(
        &mut self,
        code: &'static str,
        item: Item<'_, '_>,
        index: usize,
        expected: &str,
        consequence: &str,
    ) {
        let keyword = String::from_utf8_lossy(item.keyword());
        let found = item.text(index).unwrap_or_default();
        self.push(
            Finding::error(
                code,
                item.word_span(index),
                format!("`{keyword}`: expected {expected}, found `{found}`: {consequence}"),
            )
            .help(format!("write {expected}")),
        );
    }
}
