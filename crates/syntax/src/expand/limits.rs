//! How far expansion may go. A text that goes further is not read wrongly in part: it is refused.

/// Lines that definitions, repetitions and files read again may make together.
pub const EXPANDED_LINES_LIMIT: u32 = 1_000_000;

/// Includes, bodies and repetitions inside each other; references inside a reference.
pub const DEPTH_LIMIT: usize = 64;

/// Bytes of the expanded text. Its words may take four times as many.
const BYTES_LIMIT: usize = 32 << 20;

/// References followed, by lines allowed. A line of references to lines of references doubles with
/// each level.
const REFERENCES_A_LINE: u32 = 4;

/// What has been used.
#[derive(Debug)]
pub(super) struct Budget {
    allowed: u32,
    lines: u32,
    references: u32,
    bytes: usize,
}

impl Budget {
    /// For that many lines.
    pub(super) const fn new(allowed: u32) -> Self {
        Self {
            allowed,
            lines: 0,
            references: 0,
            bytes: 0,
        }
    }

    /// One more line; `false` when there are too many.
    pub(super) fn line(&mut self) -> bool {
        self.lines(1)
    }

    /// More lines.
    pub(super) fn lines(&mut self, count: usize) -> bool {
        let count = u32::try_from(count).unwrap_or(u32::MAX);
        self.lines = self.lines.saturating_add(count);
        self.lines <= self.allowed
    }

    /// One more reference.
    pub(super) fn reference(&mut self) -> bool {
        self.references = self.references.saturating_add(1);
        self.references <= self.allowed.saturating_mul(REFERENCES_A_LINE)
    }

    /// More expanded text.
    pub(super) fn bytes(&mut self, count: usize) -> bool {
        self.bytes = self.bytes.saturating_add(count);
        self.bytes <= BYTES_LIMIT
    }
}
