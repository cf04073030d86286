//! References in a line, replaced by what they stand for.

use super::text::Text;
use super::{Frame, Reader, too_deep, too_many_references};
use crate::expand::DEPTH_LIMIT;
use crate::expand::clean::trim;
use crate::expand::define::{self, Definition};
use crate::finding::{Finding, code};
use crate::line::LINE_LIMIT;
use crate::source::Origin;
use crate::span::Span;
use std::rc::Rc;

impl Reader<'_> {
    /// Replaces what is defined; `false` when nothing was.
    pub(super) fn substitute(&mut self, text: &mut Text<'_>) -> bool {
        let (mut at, mut changed, mut links) = (0, false, 0);
        // Where the replacements that `at` lies in end, counted from the line's end.
        let mut inside: Vec<usize> = Vec::new();
        while let Some(offset) = text.clean.get(at..).and_then(dollar) {
            at += offset;
            while inside
                .last()
                .is_some_and(|tail| text.clean.len().saturating_sub(*tail) <= at)
            {
                inside.pop();
            }
            let Some((range, value, definition)) = self.value(&text.clean, at) else {
                at += 1;
                continue;
            };
            let length = text.clean.len() - range.len() + value.len();
            if length > LINE_LIMIT {
                self.too_long(text.origin.written);
                text.full = true;
                break;
            }
            if inside.len() >= DEPTH_LIMIT {
                self.stop(text.origin.written, &too_deep());
                return false;
            }
            if !self.budget.reference() {
                self.stop(text.origin.written, &too_many_references());
                return false;
            }
            inside.push(text.clean.len() - range.end);
            let repeats = trim(&value).first() == Some(&b'~');
            text.clean.splice(range, value);
            (changed, text.raw) = (true, None);
            if let Some(definition) = definition {
                let span = definition.lines.first().map(|line| line.span);
                let span = span.unwrap_or(text.origin.written);
                if definition.multiline {
                    self.body(&definition, text.origin);
                }
                if let Some(name) = definition.name.filter(|_| links < LINKS) {
                    links += 1;
                    text.origin = self.linked(text.origin, name, span, 0);
                }
            }
            if repeats {
                break;
            }
        }
        if changed {
            let length = trim(&text.clean).len();
            if length < text.clean.len() {
                text.clean = trim(&text.clean).to_vec();
            }
        }
        changed
    }

    /// What the reference at `at` stands for, and where it ends.
    #[allow(clippy::type_complexity, reason = "three things of one reference")]
    pub(super) fn value(
        &mut self,
        line: &[u8],
        at: usize,
    ) -> Option<(core::ops::Range<usize>, Vec<u8>, Option<Definition>)> {
        let reference = define::reference(line, at)?;
        let last = reference.range.end == line.len();
        if self.definitions.has(reference.name) {
            let definition = self.definitions.get(reference.name, last);
            let definition = definition.filter(|_| reference.parameters.is_empty())?;
            let value = definition.lines.first()?.text.clone();
            return Some((reference.range, value, Some(definition.clone())));
        }
        let directory = self.directory();
        let value = define::standard(
            &reference,
            self.environment,
            &directory,
            &mut self.random,
            self.world,
        )?;
        Some((reference.range, value, None))
    }

    /// The further lines of a definition come next.
    pub(super) fn body(&mut self, definition: &Definition, origin: Origin) {
        if self.frames.len() >= DEPTH_LIMIT {
            self.stop(origin.written, &too_deep());
            return;
        }
        self.frames.push(Frame::Body {
            lines: Rc::clone(&definition.lines),
            next: 1,
            name: definition.name,
            origin,
        });
    }

    pub(super) fn too_long(&mut self, span: Span) {
        let finding = Finding::error(
            code::LONG_EXPANSION,
            span,
            format!(
                "with its variables replaced this line is longer than {LINE_LIMIT} bytes: what \
                 does not fit stays as written"
            ),
        )
        .help("break it into several lines");
        self.builder.findings.push(finding);
    }

    /// A name that nobody defined stays as it is, which is seldom meant.
    pub(super) fn undefined(&mut self, text: &Text<'_>) {
        let mut at = 0;
        while let Some(offset) = text.clean.get(at..).and_then(dollar) {
            at += offset;
            let reference = define::reference(&text.clean, at);
            at += 1;
            let Some(reference) = reference.filter(|r| !self.definitions.has(r.name)) else {
                continue;
            };
            let name = String::from_utf8_lossy(reference.name);
            let help = match self.definitions.like(reference.name) {
                Some(other) => format!(
                    "`${}` has one: a name's capitals count",
                    String::from_utf8_lossy(other)
                ),
                None => format!("write `${name}=value` on a line above, if a variable is meant"),
            };
            let finding = Finding::advice(
                code::UNDEFINED,
                text.origin.written,
                format!("`${name}` has no definition above this line: it stays as it is"),
            )
            .help(help);
            self.builder.findings.push(finding);
            return;
        }
    }
}

/// Definitions of one line that its notes may name.
const LINKS: u32 = 8;

fn dollar(rest: &[u8]) -> Option<usize> {
    rest.iter().position(|b| *b == b'$')
}
