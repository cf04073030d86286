//! Lines that say what later ones mean: conditions, definitions, repetitions.

use super::text::Text;
use super::{Collecting, Frame, Reader, too_deep};
use crate::expand::DEPTH_LIMIT;
use crate::expand::clean::trim;
use crate::expand::define::{self, BodyLine, Definition};
use crate::expand::repeat;
use crate::finding::{Finding, code};
use crate::span::Span;
use crate::token::is_blank;
use std::rc::Rc;

impl Reader<'_> {
    /// `@id` and `@^id`: is the line for this host? An id that nothing follows is for nobody.
    pub(super) fn is_meant(&mut self, text: &Text<'_>) -> bool {
        let id = text.clean.get(1..).unwrap_or(&[]);
        let (not, id) = match id.strip_prefix(b"^") {
            Some(id) => (true, id),
            None => (false, id),
        };
        let Some(end) = id.iter().position(|b| is_blank(*b)) else {
            return false;
        };
        let id = id.get(..end).unwrap_or(&[]);
        if !not && (id.is_empty() || id.starts_with(b"!")) {
            let finding = Finding::advice(
                code::CONDITION,
                text.origin.written,
                "this `@` has no name right behind it: the line is for nobody, and ignored",
            )
            .help("write `@NAME line` for one director, `@^NAME line` for all others");
            self.builder.findings.push(finding);
        }
        let same = id == b"holdfast" || id == self.environment.config_id.as_bytes();
        same != not
    }

    /// `$NAME=value`, perhaps the first line of several.
    pub(super) fn define(&mut self, text: &Text<'_>) -> bool {
        let Some((name, value)) = define::definition(&text.clean) else {
            return false;
        };
        let number = self.sources.expansion_mut().name(name);
        let span = text.origin.written;
        self.collecting = Some(Collecting {
            name: name.to_vec(),
            number,
            lines: Vec::new(),
            goes_on: false,
            span,
        });
        self.collect_line(value, span);
        true
    }

    pub(super) fn collect(&mut self, text: &Text<'_>) {
        // A line of nothing but a comment is no line of the value, and does not end it.
        if !text.clean.is_empty() {
            let span = text.origin.written;
            self.collect_line(&text.clean, span);
        }
    }

    pub(super) fn collect_line(&mut self, line: &[u8], span: Span) {
        let goes_on = line.ends_with(b"\\");
        let line = line.strip_suffix(b"\\").unwrap_or(line);
        let line = if goes_on { trim(line) } else { line };
        if let Some(collecting) = self.collecting.as_mut() {
            collecting.goes_on = goes_on;
            if !goes_on || !line.is_empty() {
                let text = line.to_vec();
                collecting.lines.push(BodyLine { text, span });
            }
        }
        if !goes_on {
            self.finish_collecting(false);
        }
    }

    /// The definition is complete.
    pub(super) fn finish_collecting(&mut self, at_the_end: bool) {
        let Some(mut collecting) = self.collecting.take() else {
            return;
        };
        if at_the_end {
            let finding = Finding::advice(
                code::UNFINISHED,
                collecting.span,
                "this definition goes on past the end of the file",
            )
            .help("remove the `\\` at the end of its last line");
            self.builder.findings.push(finding);
        }
        // A value of one line that stands below the `\`, at its end, is as if it stood above.
        let multiline = match collecting.lines.len() {
            0 => false,
            1 => collecting.goes_on,
            _ => true,
        };
        if collecting.lines.is_empty() {
            collecting.lines.push(BodyLine {
                text: Vec::new(),
                span: collecting.span,
            });
        }
        let definition = Definition {
            multiline,
            lines: Rc::new(collecting.lines),
            name: Some(collecting.number),
        };
        self.definitions.set(&collecting.name, definition);
    }

    /// `~SEQ` and `~LST`.
    pub(super) fn repeats(&mut self, text: &Text<'_>) -> bool {
        if text.clean.first() != Some(&b'~') {
            return false;
        }
        let origin = text.origin;
        let span = origin.written;
        let mut resolve = |number: &[u8]| {
            let mut number = Text {
                raw: None,
                clean: number.to_vec(),
                origin,
                full: false,
            };
            self.substitute(&mut number);
            number.clean
        };
        match repeat::parse(&text.clean, &mut resolve) {
            None => return false,
            Some(Err(why)) => {
                let finding = Finding::error(
                    code::REPETITION,
                    span,
                    format!("this repetition is ignored: {why}"),
                )
                .help("write `~SEQ(name,start,step,end) text` or `~LST(name,value,value) text`");
                self.builder.findings.push(finding);
            }
            Some(Ok(repeat)) => {
                if self.frames.len() >= DEPTH_LIMIT {
                    self.stop(span, &too_deep());
                    return true;
                }
                let expansion = self.sources.expansion_mut();
                let end = text.clean.iter().position(|b| *b == b')');
                let head = text.clean.get(..end.map_or(0, |end| end + 1));
                let label = expansion.name(head.unwrap_or(&[]));
                self.frames.push(Frame::Repeat {
                    repeat,
                    label,
                    done: 0,
                    origin: text.origin,
                });
            }
        }
        true
    }
}
