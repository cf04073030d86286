//! Bytes to lines.

use crate::span::FileId;
use crate::token::is_blank;

/// Bytes of one line that count: keepalived's reader holds no more (lib/parser.h, MAXBUF).
pub const LINE_LIMIT: usize = 1024;

/// One line, without its end.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Line<'s> {
    pub(crate) file: FileId,
    /// Where its text starts in the file.
    pub(crate) start: u32,
    /// What of it counts: from its first word, up to the limit, up to a NUL byte. A line of blanks
    /// keeps them.
    pub(crate) text: &'s [u8],
    /// Holds bytes beyond the limit other than blanks: where the limit is in the file.
    pub(crate) too_long: Option<u32>,
    /// Holds a NUL byte, at this offset in the file.
    pub(crate) nul: Option<u32>,
}

/// The line that starts at `at`, and where the next one starts. NUL bytes are looked for if the
/// file `has_nul` anywhere.
pub(crate) fn line_at(
    file: FileId,
    bytes: &[u8],
    at: usize,
    has_nul: bool,
) -> Option<(Line<'_>, usize)> {
    let rest = bytes.get(at..).filter(|rest| !rest.is_empty())?;
    let (whole, length) = match memchr::memchr(b'\n', rest) {
        Some(end) => (rest.get(..end)?, end + 1),
        None => (rest, rest.len()),
    };
    let start = u32::try_from(at).ok()?;
    Some((limited(file, start, whole, has_nul), at + length))
}

fn limited(file: FileId, start: u32, whole: &[u8], has_nul: bool) -> Line<'_> {
    let whole = whole.strip_suffix(b"\r").unwrap_or(whole);
    if whole.len() <= LINE_LIMIT && !has_nul {
        return Line {
            file,
            start,
            text: whole,
            too_long: None,
            nul: None,
        }
        .without_indent();
    }
    let (text, beyond) = whole.split_at_checked(LINE_LIMIT).unwrap_or((whole, &[]));
    let nul = memchr::memchr(0, text);
    let offset = |bytes| u32::try_from(bytes).ok().map(|bytes| start + bytes);
    let hidden = || beyond.iter().position(|b| *b == 0).map(|n| n + LINE_LIMIT);
    Line {
        file,
        start,
        text: nul.and_then(|end| text.get(..end)).unwrap_or(text),
        too_long: offset(LINE_LIMIT).filter(|_| !beyond.trim_ascii().is_empty()),
        nul: nul.or_else(hidden).and_then(offset),
    }
    .without_indent()
}

impl Line<'_> {
    fn without_indent(self) -> Self {
        // nearly all indents are spaces
        let (eights, _) = self.text.as_chunks::<8>();
        let spaces = 8 * eights
            .iter()
            .take_while(|eight| **eight == [b' '; 8])
            .count();
        let rest = self.text.get(spaces..).unwrap_or(&[]);
        let indent = rest.iter().position(|byte| !is_blank(*byte));
        let indent = indent.map(|indent| spaces + indent);
        let Some((_, text)) = indent.and_then(|indent| self.text.split_at_checked(indent)) else {
            return self;
        };
        let indent = u32::try_from(self.text.len() - text.len()).unwrap_or(0);
        Self {
            start: self.start + indent,
            text,
            ..self
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn lines(file: FileId, bytes: &[u8]) -> impl Iterator<Item = Line<'_>> {
        let mut at = 0;
        std::iter::from_fn(move || {
            let (line, next) = line_at(file, bytes, at, true)?;
            at = next;
            Some(line)
        })
    }

    fn texts(bytes: &[u8]) -> Vec<&[u8]> {
        lines(FileId(0), bytes).map(|line| line.text).collect()
    }

    #[test]
    fn line_ends() {
        assert_eq!(texts(b"a\r\nb\n\nc"), [&b"a"[..], b"b", b"", b"c"]);
        assert_eq!(texts(b""), [b""; 0]);
        assert_eq!(texts(b"a\rb"), [b"a\rb"], "a lone CR ends no line");
    }

    #[test]
    fn limits() {
        let long = [vec![b'x'; LINE_LIMIT + 1], b"\ny".to_vec()].concat();
        let got: Vec<_> = lines(FileId(0), &long).collect();
        assert_eq!(
            (got[0].text.len(), got[0].too_long),
            (LINE_LIMIT, Some(1024))
        );
        assert_eq!((got[1].text, got[1].start), (&b"y"[..], 1026));
        let blank = [vec![b'x'; 10], vec![b' '; LINE_LIMIT]].concat();
        assert!(!lines(FileId(0), &blank).any(|line| line.too_long.is_some()));
        let nul = lines(FileId(0), b"x\nab\0cd").nth(1).unwrap();
        assert_eq!((nul.text, nul.nul), (&b"ab"[..], Some(4)));
    }
}
