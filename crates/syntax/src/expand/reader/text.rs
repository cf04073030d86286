//! A line on its way through the preprocessor.

use crate::expand::clean::{clean, trim};
use crate::line::Line;
use crate::source::Origin;
use crate::span::Span;
use crate::token::is_blank;

/// A line on its way.
pub(super) struct Text<'t> {
    /// As it stands in a file, while nothing in it was replaced.
    pub(super) raw: Option<Line<'t>>,
    /// Without comment.
    pub(super) clean: Vec<u8>,
    pub(super) origin: Origin,
    /// No further replacement fits into it.
    pub(super) full: bool,
}

impl Text<'_> {
    /// Takes off `@id`.
    pub(super) fn strip_condition(&mut self) {
        let end = condition_length(&self.clean);
        self.clean.drain(..end);
        if let Some(line) = self.raw {
            let start = line.text.iter().position(|b| !is_blank(*b)).unwrap_or(0);
            let from = start + condition_length(line.text.get(start..).unwrap_or(&[]));
            self.raw = Some(rest(line, from));
        }
    }
}

/// `@id` and the blanks after it.
fn condition_length(line: &[u8]) -> usize {
    let id = line.iter().position(|b| is_blank(*b)).unwrap_or(line.len());
    let blanks = line.get(id..).unwrap_or(&[]).iter();
    id + blanks.take_while(|b| is_blank(**b)).count()
}

/// A line from some byte on.
pub(super) fn rest(line: Line<'_>, from: usize) -> Line<'_> {
    Line {
        start: line.start + u32::try_from(from).unwrap_or(u32::MAX),
        text: line.text.get(from..).unwrap_or(&[]),
        nul: None,
        too_long: None,
        ..line
    }
}

/// The place of a line without the blanks around it.
pub(super) fn written(line: &Line<'_>) -> Span {
    let offset = |n| line.start + u32::try_from(n).unwrap_or(u32::MAX);
    let start = line.text.iter().position(|b| !is_blank(*b)).unwrap_or(0);
    let end = line.text.iter().rposition(|b| !is_blank(*b));
    Span {
        file: line.file,
        start: offset(start),
        end: offset(end.map_or(start, |end| end + 1)),
    }
}

/// Does the line need more than reading? Nearly none does, and all are asked. It starts with its
/// first word.
pub(super) fn is_for_us(line: &[u8], dollars: bool) -> bool {
    match line.first() {
        Some(b'@' | b'$' | b'~') => true,
        Some(b'i') if line.starts_with(b"include") => true,
        _ => dollars && line.contains(&b'$'),
    }
}

pub(super) fn has_comment(line: &[u8]) -> bool {
    clean(line).len() < trim(line).len()
}
