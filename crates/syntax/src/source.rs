//! The files of one configuration, in memory.

use crate::line::LINE_LIMIT;
use crate::span::{FileId, Span};
use std::borrow::Cow;
use std::sync::{Arc, OnceLock};

/// One file's bytes. They need not be UTF-8.
#[derive(Debug)]
pub struct SourceFile {
    name: String,
    bytes: Arc<Vec<u8>>,
    /// The line that includes it.
    included_by: Option<Span>,
    /// Where each line starts; found only when a place is asked for.
    lines: OnceLock<Vec<u32>>,
}

impl SourceFile {
    /// The name that findings show.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// Everything in it.
    pub fn bytes(&self) -> &[u8] {
        &self.bytes
    }

    fn line_starts(&self) -> &[u32] {
        self.lines.get_or_init(|| {
            let after_breaks = self.bytes.iter().enumerate().filter(|(_, b)| **b == b'\n');
            let starts = after_breaks.map(|(at, _)| u32::try_from(at + 1).unwrap_or(u32::MAX));
            std::iter::once(0).chain(starts).collect()
        })
    }

    /// The line's number from 1 and its first byte.
    fn line_of(&self, at: u32) -> (u32, u32) {
        let starts = self.line_starts();
        let index = starts.partition_point(|start| *start <= at).max(1);
        let start = starts.get(index - 1).copied().unwrap_or(0);
        (u32::try_from(index).unwrap_or(u32::MAX), start)
    }

    /// The line around a byte, without its end.
    fn line_bytes(&self, at: u32) -> &[u8] {
        let (number, start) = self.line_of(at);
        let next = self.line_starts().get(number as usize);
        let end = next.map_or(self.bytes.len(), |next| *next as usize);
        let line = self.bytes.get(start as usize..end).unwrap_or(&[]);
        let line = line.strip_suffix(b"\n").unwrap_or(line);
        line.strip_suffix(b"\r").unwrap_or(line)
    }
}

/// Where a finding points, as people count.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Place<'s> {
    /// The file's name.
    pub file: &'s str,
    /// From 1.
    pub line: u32,
    /// In characters, from 1; what is no UTF-8 counts as replacement characters.
    pub column: u32,
}

/// All files of a configuration.
#[derive(Debug, Default)]
pub struct SourceMap {
    files: Vec<SourceFile>,
    expansion: Expansion,
}

impl SourceMap {
    /// One file, the usual case.
    pub fn single(name: impl Into<String>, bytes: impl Into<Vec<u8>>) -> Self {
        let mut map = Self::default();
        map.add(name, bytes);
        map
    }

    /// Adds a file. Beyond 4 GiB its bytes are cut: places are 32 bit.
    pub fn add(&mut self, name: impl Into<String>, bytes: impl Into<Vec<u8>>) -> FileId {
        let mut bytes = bytes.into();
        bytes.truncate(u32::MAX as usize);
        self.push(name.into(), Arc::new(bytes), None)
    }

    /// Adds a file that another includes.
    pub(crate) fn push(
        &mut self,
        name: String,
        bytes: Arc<Vec<u8>>,
        included_by: Option<Span>,
    ) -> FileId {
        let id = FileId(u32::try_from(self.files.len()).unwrap_or(u32::MAX));
        self.files.push(SourceFile {
            name,
            bytes,
            included_by,
            lines: OnceLock::new(),
        });
        id
    }

    /// Adds a line to the expanded text: where it is now.
    pub(crate) fn expand(&mut self, line: &[u8], origin: Origin) -> (FileId, u32) {
        let id = match self.expansion.file {
            Some(id) => id,
            None => {
                let id = self.push("expanded".to_owned(), Arc::default(), None);
                self.expansion.file = Some(id);
                id
            }
        };
        let file = self.files.get_mut(id.0 as usize);
        let text = file.and_then(|file| Arc::get_mut(&mut file.bytes));
        let start = text.map_or(0, |text| {
            let start = u32::try_from(text.len()).unwrap_or(u32::MAX);
            text.extend_from_slice(line);
            text.push(b'\n');
            start
        });
        self.expansion.origins.push(origin);
        (id, start)
    }

    /// How a line came to be: for origins.
    pub(crate) const fn expansion_mut(&mut self) -> &mut Expansion {
        &mut self.expansion
    }

    /// The origin of a place in the expanded text.
    fn origin(&self, span: Span) -> Option<Origin> {
        if self.expansion.file != Some(span.file) {
            return None;
        }
        let (line, _) = self.file(span.file)?.line_of(span.start);
        self.expansion.origins.get(line as usize - 1).copied()
    }

    /// The place in a file for a place in the expanded text: the whole written line. Any other
    /// place is itself.
    pub fn written(&self, span: Span) -> Span {
        self.origin(span).map_or(span, |origin| origin.written)
    }

    /// The line that includes the file of a place.
    pub fn included_by(&self, span: Span) -> Option<Span> {
        self.file(span.file)?.included_by
    }

    /// Does `inner` start in `outer`, or was it expanded or included there?
    pub fn encloses(&self, outer: Span, inner: Span) -> bool {
        let inside =
            |at: Span| at.file == outer.file && outer.start <= at.start && at.start < outer.end;
        let written = self.written(inner);
        // As deep as includes can be.
        let mut parents = core::iter::successors(Some(written), |at| {
            self.included_by(*at).map(|line| self.written(line))
        });
        inside(inner) || parents.any(inside)
    }

    /// How a place came to be, one line each: what its line was expanded to, by which definitions
    /// and repetitions, which lines include its file.
    pub fn notes(&self, span: Span) -> Vec<String> {
        let mut notes = Vec::new();
        if let Some(origin) = self.origin(span) {
            notes.push(format!("expanded to: {}", self.line_text(span)));
            for link in self.expansion.links(origin.chain).take(NOTES) {
                let place = self.place(link.span);
                let name = self.expansion.names.get(link.name as usize);
                let name = name.map_or("?", String::as_str);
                notes.push(match link.repetition {
                    0 => format!("${name} defined here: {}:{}", place.file, place.line),
                    n => format!("repetition {n} of `{name}`: {}:{}", place.file, place.line),
                });
            }
        }
        let parents = core::iter::successors(self.included_by(self.written(span)), |parent| {
            self.included_by(self.written(*parent))
        });
        for parent in parents.take(NOTES) {
            let place = self.place(parent);
            notes.push(format!("included from {}:{}", place.file, place.line));
        }
        notes
    }

    /// The file's bytes, to keep them.
    pub(crate) fn shared(&self, id: FileId) -> Arc<Vec<u8>> {
        self.file(id)
            .map_or_else(Arc::default, |file| Arc::clone(&file.bytes))
    }

    /// The file of that id.
    pub fn file(&self, id: FileId) -> Option<&SourceFile> {
        self.files.get(id.0 as usize)
    }

    /// All files that were read, with their ids, in the order of reading; the expanded text is not
    /// among them.
    pub fn files(&self) -> impl Iterator<Item = (FileId, &SourceFile)> {
        let files = (0u32..).map(FileId).zip(&self.files);
        files.filter(|(id, _)| self.expansion.file != Some(*id))
    }

    /// The bytes of a span; empty when it lies outside.
    pub fn bytes(&self, span: Span) -> &[u8] {
        self.file(span.file)
            .and_then(|file| file.bytes.get(span.start as usize..span.end as usize))
            .unwrap_or(&[])
    }

    /// Where a span starts.
    ///
    /// A place in the expanded text is where its line was written.
    pub fn place(&self, span: Span) -> Place<'_> {
        let span = self.written(span);
        let Some(file) = self.file(span.file) else {
            return Place {
                file: "?",
                line: 1,
                column: 1,
            };
        };
        let (line, start) = file.line_of(span.start);
        let before = file
            .bytes
            .get(start as usize..span.start as usize)
            .unwrap_or(&[]);
        let column = String::from_utf8_lossy(before).chars().count() + 1;
        Place {
            file: &file.name,
            line,
            column: u32::try_from(column).unwrap_or(u32::MAX),
        }
    }

    /// The whole line a span starts in, white space at both ends removed. This and a finding's code
    /// tell whether two configurations have the same fault.
    pub fn line_text(&self, span: Span) -> Cow<'_, str> {
        let bytes = self
            .file(span.file)
            .map_or(&[][..], |file| file.line_bytes(span.start));
        let bytes = bytes.get(..LINE_LIMIT).unwrap_or(bytes);
        String::from_utf8_lossy(bytes.trim_ascii())
    }
}

/// Notes of one kind at a finding.
const NOTES: usize = 8;

/// Where a line of the expanded text is from.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Origin {
    /// The written line.
    pub(crate) written: Span,
    /// The link that made it last; see [`Expansion::link`].
    pub(crate) chain: u32,
}

/// One step of an expansion.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Link {
    /// Of the definition, or the repetition as written.
    pub(crate) name: u32,
    /// Where that was written.
    pub(crate) span: Span,
    /// Which repetition, from 1; 0 for a definition.
    pub(crate) repetition: u32,
    /// The link before; 0 for none.
    pub(crate) before: u32,
}

/// The lines that were made, not written. They stand in one file of their own.
#[derive(Debug, Default)]
pub(crate) struct Expansion {
    file: Option<FileId>,
    /// One a line.
    origins: Vec<Origin>,
    links: Vec<Link>,
    names: Vec<String>,
}

impl Expansion {
    /// Keeps a name for links.
    pub(crate) fn name(&mut self, name: &[u8]) -> u32 {
        self.names.push(String::from_utf8_lossy(name).into_owned());
        u32::try_from(self.names.len() - 1).unwrap_or(u32::MAX)
    }

    /// Adds a link; its number counts from 1. A step that repeats the one before is not kept.
    pub(crate) fn link(&mut self, link: Link) -> u32 {
        let before = self.links(link.before).next();
        if before.is_some_and(|before| before.span == link.span && before.name == link.name)
            && link.repetition == 0
        {
            return link.before;
        }
        self.links.push(link);
        u32::try_from(self.links.len()).unwrap_or(0)
    }

    fn links(&self, chain: u32) -> impl Iterator<Item = &Link> {
        let at = |number: u32| self.links.get((number as usize).checked_sub(1)?);
        core::iter::successors(at(chain), move |link| at(link.before))
    }
}

impl SourceMap {
    /// The line a span starts in as it can be shown - a window of it when it is long - with the
    /// offset and length of the span in that text, and whether its start was cut off.
    pub(crate) fn line_parts(&self, span: Span) -> (String, usize, usize, bool) {
        const WINDOW: usize = 160;
        let span = self.written(span);
        let Some(file) = self.file(span.file) else {
            return (String::new(), 0, 0, false);
        };
        let (_, line_start) = file.line_of(span.start);
        let line = file.line_bytes(span.start);
        let at = (span.start.saturating_sub(line_start) as usize).min(line.len());
        let from = if at > WINDOW { at - WINDOW / 2 } else { 0 };
        let to = line.len().min(from + 2 * WINDOW);
        let length = (span.end.saturating_sub(span.start) as usize).min(to.saturating_sub(at));
        let part = |range: core::ops::Range<usize>| {
            let text = String::from_utf8_lossy(line.get(range).unwrap_or(&[]));
            text.replace(|c: char| c.is_control() && c != '\t', "\u{fffd}")
        };
        let before = part(from..at);
        let marked = part(at..at + length);
        let after = part(at + length..to);
        let (offset, width) = (before.len(), marked.len());
        (before + &marked + &after, offset, width, from > 0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn span(start: u32) -> Span {
        Span {
            file: FileId(0),
            start,
            end: start,
        }
    }

    #[test]
    fn columns_count_characters() {
        let map = SourceMap::single("f", "ab\r\n é!x\n\u{fffd}".as_bytes());
        let at = |start| {
            let place = map.place(span(start));
            (place.line, place.column)
        };
        assert_eq!(at(0), (1, 1));
        assert_eq!(at(4), (2, 1));
        assert_eq!(at(7), (2, 3));
        assert_eq!(at(10), (3, 1));
        assert_eq!(at(4_000_000), (3, 1), "past the end is still a place");
    }

    #[test]
    fn other_encodings_are_safe() {
        let map = SourceMap::single("f", b"# \xff\xfe\xff\xff x\n".as_slice());
        assert_eq!(map.place(span(7)).column, 8);
        assert!(map.line_text(span(3)).ends_with('x'));
    }
}
