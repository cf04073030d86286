//! Text of a configuration to a tree of words. Knows the shape of `keepalived.conf`, no keyword.
//!
//! ```text
//!  source   files in memory            span    a place in one of them
//!  line     bytes -> lines: the reader's length limit, NUL bytes
//!  expand   lines -> lines: include, @id, $NAME, ~SEQ; only lines that use them are copied
//!  token    line -> words and braces (nom): comments, quotes, escapes
//!  tree     tokens -> blocks and statements, recovering at block ends
//!  finding  what is wrong, where, what was expected     render  the same for people
//! ```
//!
//! Nothing here fails: every input gives a [`Tree`], and what is odd about it as [`Findings`].
//! Words are places in the file, not copies, so a tree costs 8 bytes a word and 32 a line.
#![deny(clippy::disallowed_methods, clippy::disallowed_types)]

mod expand;
mod finding;
mod format;
mod line;
pub mod render;
mod source;
mod span;
mod token;
mod tree;

pub use expand::{
    DEPTH_LIMIT, EXPANDED_LINES_LIMIT, Environment, Found, Nothing, Refusal, Surroundings, parse,
};
pub use finding::{Finding, Findings, Severity, code};
pub use format::format;
pub use line::LINE_LIMIT;
pub use source::{Place, SourceFile, SourceMap};
pub use span::{FileId, Span};
pub use tree::{Facts, Item, Items, Piece, Pieces, Tree, Word};
