//! One word.

use crate::span::{FileId, Span};

/// Bits of where a word begins in its statement; raw lines have at most 1024 bytes, only one that
/// was put together from definitions could be longer than that.
const OFFSET_BITS: u32 = 18;
const OFFSET_MAX: u32 = (1 << OFFSET_BITS) - 1;
const LENGTH_BITS: u32 = 12;
const LENGTH_MAX: u32 = (1 << LENGTH_BITS) - 1;
const ESCAPED: u32 = 1 << (OFFSET_BITS + LENGTH_BITS);

/// A word: a place in its statement. A configuration of 100,000 real servers has a million.
///
/// ```text
///   31  30      29          18 17           0
///  +---+-------+--------------+--------------+
///  | 0 |escaped| length       | offset       |
///  +---+-------+--------------+--------------+
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Word(u32);

impl Word {
    /// `offset` bytes behind the statement's first word; none when it is too far or too long.
    pub(super) fn new(offset: u32, length: usize) -> Option<Self> {
        let length = u32::try_from(length).ok()?;
        let fits = offset <= OFFSET_MAX && length <= LENGTH_MAX;
        fits.then_some(Self(offset | length << OFFSET_BITS))
    }

    pub(super) const fn escaped(self) -> Self {
        Self(self.0 | ESCAPED)
    }

    pub(super) const fn is_escaped(self) -> bool {
        self.0 & ESCAPED != 0
    }

    /// Where it stands in its statement.
    pub(super) const fn range(self) -> core::ops::Range<usize> {
        let start = self.0 & OFFSET_MAX;
        let end = start + (self.0 >> OFFSET_BITS & LENGTH_MAX);
        start as usize..end as usize
    }

    /// Where it stands, in a statement that starts at `start`.
    pub(super) const fn place(self, file: FileId, start: u32) -> Span {
        let start = start + (self.0 & OFFSET_MAX);
        Span {
            file,
            start,
            end: start + (self.0 >> OFFSET_BITS & LENGTH_MAX),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn it_is_where_it_was_put() {
        let word = Word::new(OFFSET_MAX, LENGTH_MAX as usize).expect("fits");
        assert!(!word.is_escaped() && word.escaped().is_escaped());
        for word in [word, word.escaped()] {
            let place = word.place(FileId(3), 10);
            assert_eq!((place.file, place.start), (FileId(3), 10 + OFFSET_MAX));
            assert_eq!(place.end - place.start, LENGTH_MAX);
        }
        assert_eq!(Word::new(OFFSET_MAX + 1, 1), None);
        assert_eq!(Word::new(0, LENGTH_MAX as usize + 1), None);
    }
}
