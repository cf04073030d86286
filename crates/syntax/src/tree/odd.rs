//! What is odd about lines: the findings of the builder that need no tree.

use super::build::{Builder, offset};
use crate::finding::{Finding, code};
use crate::line::{LINE_LIMIT, Line};

impl Builder {
    pub(super) fn nul(&mut self, at: u32) {
        if self.facts.nul {
            return;
        }
        self.facts.nul = true;
        let finding = Finding::error(
            code::NUL,
            self.span(at, at + 1),
            "the file holds NUL bytes: it is no text, or was only partly written",
        )
        .label("the rest of this line is ignored")
        .help("write the file again, as plain text");
        self.findings.push(finding);
    }

    pub(super) fn too_long(&mut self, at: u32, in_comment: bool) {
        let span = self.span(at, at + 1);
        let finding = if in_comment {
            Finding::warning(
                code::LONG_LINE,
                span,
                format!(
                    "this comment is longer than {LINE_LIMIT} bytes; keepalived reads its rest as \
                     further lines"
                ),
            )
            .help("break the comment into several lines")
        } else {
            Finding::error(
                code::LONG_LINE,
                span,
                format!(
                    "this line is longer than {LINE_LIMIT} bytes, the most a line can have: its \
                     rest is ignored"
                ),
            )
            .help("break it into several lines")
        };
        self.findings.push(finding);
    }

    pub(super) fn unterminated(&mut self, start: u32, length: usize) {
        let finding = Finding::error(
            code::QUOTE,
            self.span(start.saturating_sub(1), start + offset(length)),
            "this quote is not closed before the end of the line: the word is ignored",
        )
        .label("opened here")
        .help("add the closing `\"`");
        self.findings.push(finding);
    }

    pub(super) fn goes_on(&mut self, at: u32, taken: &str) {
        let finding = Finding::warning(
            code::BACKSLASH,
            self.span(at, at + 1),
            format!(
                "a `\\` at the end of a line joins lines in definitions only; keepalived takes this \
                 one {taken}"
            ),
        )
        .help("write the statement on one line without the `\\`; if a definition is meant, a line above lacks its `\\`");
        self.findings.push(finding);
    }

    pub(super) fn glued(&mut self, line: &Line<'_>, at: usize) {
        // `3#retry` is common and harmless; in a password the `#` may well be meant
        let mark = match line.text.get(at) {
            Some(b'!') => '!',
            Some(b'#') if line.text.trim_ascii_start().starts_with(b"auth_pass") => '#',
            _ => return,
        };
        let start = line.start + offset(at);
        let finding = Finding::advice(
            code::GLUED_COMMENT,
            self.span(start, line.start + offset(line.text.len())),
            format!("`{mark}` starts a comment even inside a word: the value ends before it"),
        )
        .help(format!(
            "if the `{mark}` is part of the value, write the value in \"quotes\" or write `\\{mark}`"
        ));
        self.findings.push(finding);
    }
}
