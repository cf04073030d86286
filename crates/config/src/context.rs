//! What a compilation collects on its way through the tree.

use crate::ahead::Ahead;
use crate::code;
use crate::hint;
use crate::key_file::KeyFile;
use crate::programs::Programs;
use holdfast_model::{HostFacts, IfName};
use holdfast_syntax::{Finding, Findings, Item, Span, code as syntax};
use std::collections::{BTreeMap, BTreeSet};

/// What a command's keyword expects.
pub(crate) const COMMAND: &str = "a program and its arguments";

/// Findings, and the facts that values are judged by.
pub(crate) struct Context<'f> {
    pub(crate) facts: &'f HostFacts,
    pub(crate) findings: Findings,
    pub(crate) fatal: Vec<Finding>,
    pub(crate) missing_parameter: bool,
    /// `dynamic_interfaces`.
    pub(crate) dynamic_interfaces: bool,
    /// The place of the next rule that names none: keepalived counts down.
    pub(crate) rule_place: u32,
    /// How many blocks without effect are around what is read.
    pub(crate) inside_unbuilt: u32,
    /// Of blocks that begin in one file and end in another: where they stand.
    pub(crate) stretches: BTreeMap<Span, Vec<Span>>,
    /// Programs that the file names.
    pub(crate) programs: Programs,
    /// Files that hold a key.
    pub(crate) key_files: Vec<KeyFile>,
    /// A brace stands or is missing where keepalived loses its place.
    pub(crate) shifted: bool,
    /// Keywords without effect that were named.
    named: BTreeMap<&'static str, BTreeSet<Vec<u8>>>,
    /// Keywords without effect that decide who is master, who may speak or who is reachable.
    pub(crate) decisive: Vec<Finding>,
    /// What has been read before the walk gets there.
    pub(crate) ahead: Ahead,
}

impl<'f> Context<'f> {
    pub(crate) fn new(facts: &'f HostFacts) -> Self {
        Self {
            facts,
            findings: Findings::default(),
            fatal: Vec::new(),
            missing_parameter: false,
            dynamic_interfaces: false,
            rule_place: 16384,
            inside_unbuilt: 0,
            stretches: BTreeMap::new(),
            programs: Programs::new(),
            key_files: Vec::new(),
            shifted: false,
            named: BTreeMap::new(),
            decisive: Vec::new(),
            ahead: Ahead::default(),
        }
    }

    /// The programs that were named, if nothing else was left here.
    pub(crate) fn nothing_but_programs(self) -> Option<Programs> {
        let said = self.findings.is_empty() && self.fatal.is_empty() && self.decisive.is_empty();
        let lost = self.missing_parameter || self.shifted || !self.named.is_empty();
        let kept = !self.stretches.is_empty() || !self.key_files.is_empty();
        (said && !lost && !kept).then_some(self.programs)
    }

    /// Is there such an interface? Yes when nobody has looked.
    pub(crate) fn has_interface(&self, name: &str) -> bool {
        self.facts.interfaces.is_none()
            || IfName::new(name).is_some_and(|name| self.facts.interface(&name).is_some())
    }

    /// An interface does not exist: keepalived exits, unless `dynamic_interfaces` lets it come
    /// later. True when it may.
    pub(crate) fn missing_interface(&mut self, span: Span, name: &str, consequence: &str) -> bool {
        if self.dynamic_interfaces {
            let message = format!("interface `{name}` does not exist now: it is waited for");
            let finding = Finding::advice(code::NO_INTERFACE, span, message);
            self.push(finding.help(
                "correct its name if it is not one that comes later (`ip link` lists those of now)",
            ));
            return true;
        }
        self.fatal(
            Finding::error(
                code::NO_INTERFACE,
                span,
                format!("interface `{name}` does not exist: {consequence}"),
            )
            .label("no such interface")
            .help(hint::for_interface(name)),
        );
        false
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

    /// Names a keyword that is not built yet, once a block's kind.
    pub(crate) fn no_effect(&mut self, item: Item<'_, '_>, block: &'static str) {
        let keyword = item.keyword();
        let named = self.named.entry(block).or_default();
        if self.inside_unbuilt > 0 || named.contains(keyword) {
            return;
        }
        named.insert(keyword.to_vec());
        let keyword = String::from_utf8_lossy(keyword);
        let message = format!("`{keyword}` is accepted, and has no effect yet");
        let finding = Finding::warning(code::UNBUILT, item.word_span(0), message)
            .help("keepalived acts on this keyword, holdfast will");
        self.push(finding);
    }

    /// Something that is not built yet, and without which what runs would be something else.
    pub(crate) fn decisive(&mut self, finding: Finding) {
        if self.decisive.len() < Findings::KEPT as usize {
            self.decisive.push(finding.clone());
        }
        self.push(finding);
    }

    /// A keyword lacks a value; keepalived exits at once.
    /// `braces`: a `{` that follows it is one too many.
    pub(crate) fn missing_parameter(&mut self, item: Item<'_, '_>, expected: &str, braces: bool) {
        let keyword = String::from_utf8_lossy(item.keyword());
        // of a command without its end keepalived says so, and goes on
        if expected == COMMAND && self.quote_follows(item) {
            return;
        }
        self.missing_parameter = true;
        let help = if braces && item.is_block() {
            "write the value instead of the braces; `{{ name }}` is a template's, and was not filled in"
        } else {
            "write the value after the keyword, or remove the line (a value that starts with `#` or `!` is a comment)"
        };
        self.fatal(
            Finding::error(
                code::MISSING_PARAMETER,
                item.head(),
                format!("`{keyword}` is missing its value: expected {expected}"),
            )
            .label("nothing follows")
            .help(help),
        );
    }

    /// A word inside a line lacks its value; keepalived exits at once.
    pub(crate) fn missing_word(&mut self, line: Item<'_, '_>, index: usize) {
        let word = line.text(index).unwrap_or_default();
        self.missing_parameter = true;
        self.fatal(
            Finding::error(
                code::MISSING_PARAMETER,
                line.word_span(index),
                format!("`{word}` is missing its value"),
            )
            .label("nothing follows")
            .help("write the value after the word, or remove the word"),
        );
    }

    /// A keyword lacks a value; keepalived says so, and goes on.
    pub(crate) fn missing_value(&mut self, item: Item<'_, '_>, expected: &str) {
        let keyword = String::from_utf8_lossy(item.keyword());
        let message =
            format!("`{keyword}` is missing its value: expected {expected}; the line is ignored");
        self.push(
            Finding::error(code::MISSING_VALUE, item.head(), message)
                .label("nothing follows")
                .help("write the value after the keyword, or remove the line"),
        );
    }

    /// A block has no name; keepalived says so, and leaves it out.
    pub(crate) fn nameless(&mut self, item: Item<'_, '_>) {
        let keyword = String::from_utf8_lossy(item.keyword());
        let message = format!(
            "`{keyword}` needs a name: expected `{keyword} NAME {{`; the block is left out"
        );
        let finding = Finding::error(code::NO_NAME, item.head(), message);
        self.push(finding.help("give it a name of its own"));
    }

    /// Did a quote without its end swallow what follows the keyword? The reader has said so.
    pub(crate) fn quote_follows(&self, item: Item<'_, '_>) -> bool {
        let head = item.head();
        self.findings.iter().any(|finding| {
            let quote = finding.span;
            finding.code == syntax::QUOTE
                && quote.file == head.file
                && (head.end..head.end.saturating_add(16)).contains(&quote.start)
        })
    }

    /// A finding at which keepalived would exit, when something else has said so already.
    pub(crate) fn fatal_already_told(&mut self, finding: Finding) {
        if self.fatal.len() < Findings::KEPT as usize {
            self.fatal.push(finding);
        }
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
                if index == 0 {
                    format!("expected {expected}, found `{found}`: {consequence}")
                } else {
                    format!("`{keyword}`: expected {expected}, found `{found}`: {consequence}")
                },
            )
            .help(
                hint::for_value(code, &found, expected)
                    .unwrap_or_else(|| format!("write {expected}")),
            ),
        );
    }
}
