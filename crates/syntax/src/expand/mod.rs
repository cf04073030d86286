//! The preprocessor: `include`, `@id`, `$NAME`, `~SEQ` and `~LST`, as keepalived 2.2.7 reads them.
//!
//! ```text
//!  reader   files, bodies of definitions, repetitions: which line is next, and what becomes of it
//!  include  an include line to files          braces   {a,b} to its alternatives
//!  define   $NAME=value, $NAME, ${NAME}       repeat   ~SEQ(...), ~LST(...)
//!  clean    comments and escapes of a line    limits   how far all this may go
//! ```
//!
//! A line that uses none of it is read where it stands. Any other becomes a line of the *expanded*
//! text, whose [origin](crate::SourceMap::notes) leads back to what was written.

mod braces;
mod clean;
mod define;
mod include;
mod limits;
mod reader;
mod repeat;

pub use limits::{DEPTH_LIMIT, EXPANDED_LINES_LIMIT};
pub use reader::parse;

use std::sync::Arc;

/// What the text may ask of the world around it. The same questions get the same answers.
pub trait Surroundings {
    /// The files that a pattern without braces names, in the order they are to be read: `*`, `?`
    /// and `[...]` as glob(7) has them, relative names below `directory`. Nothing there, nothing
    /// returned.
    fn include(&mut self, directory: &str, pattern: &[u8]) -> Vec<Found>;

    /// A variable of the process's environment: `${_ENV NAME}`.
    fn variable(&mut self, name: &str) -> Option<String>;
}

/// No other file and no variable: what a text means by itself.
#[derive(Debug, Clone, Copy, Default)]
pub struct Nothing;

impl Surroundings for Nothing {
    fn include(&mut self, _directory: &str, _pattern: &[u8]) -> Vec<Found> {
        Vec::new()
    }

    fn variable(&mut self, _name: &str) -> Option<String> {
        None
    }
}

/// A file that a pattern names.
#[derive(Debug, Clone)]
pub struct Found {
    /// The name that findings show.
    pub name: String,
    /// What relative names in it are relative to, and its `${_PWD}`.
    pub directory: String,
    /// Its bytes.
    pub content: Result<Arc<Vec<u8>>, Refusal>,
}

/// Why a file is not read.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Refusal {
    /// It is a directory.
    Directory,
    /// A device, a socket, a link to nothing, or executable.
    NotPlain,
    /// It cannot be opened or read.
    Unreadable(String),
}

/// What a text's meaning depends on besides files.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Environment {
    /// `-i`, or the host's name up to the first dot: `@id`, `${_INSTANCE}`.
    pub config_id: String,
    /// The directory of the first file.
    pub directory: String,
    /// Where `${_RANDOM}` starts.
    pub seed: u64,
    /// A file that is read after all others, if it is there: [`Tree::beside`](crate::Tree::beside).
    pub beside: Option<String>,
    /// `-e`: every file that a plain `include` names must be there and readable.
    pub all_files: bool,
    /// Lines that expansion may make: [`EXPANDED_LINES_LIMIT`].
    pub lines: u32,
}

impl Default for Environment {
    fn default() -> Self {
        Self {
            config_id: String::new(),
            directory: String::new(),
            seed: 0,
            beside: None,
            all_files: false,
            lines: EXPANDED_LINES_LIMIT,
        }
    }
}
