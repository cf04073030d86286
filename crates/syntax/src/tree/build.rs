//! Tokens to tree. Recovers at block ends: whatever stands inside a block stays inside.

use super::{Elsewhere, Facts, Node, Nodes, Tree, Word, number};
use crate::finding::{Finding, Findings, code};
use crate::line::Line;
use crate::source::SourceMap;
use crate::span::{FileId, Span};
use crate::token::{self, Token};
use core::num::NonZeroU32;

/// Blocks inside blocks. keepalived's deepest is 5.
const DEPTH_LIMIT: usize = 32;

/// Takes lines, gives a tree.
#[derive(Debug, Default)]
pub(crate) struct Builder {
    /// Of the line being read.
    file: FileId,
    nodes: Nodes,
    words: Vec<Word>,
    pub(crate) facts: Facts,
    pub(crate) findings: Findings,
    /// Open blocks, outermost first; at most the depth limit.
    stack: Vec<usize>,
    /// Open blocks beyond the limit, only counted.
    ignored_depth: usize,
    /// The statement just read, while a `{` may still follow.
    pending: Option<usize>,
    /// First word of the statement being read, and where it stands.
    statement: Option<(u32, u32)>,
    elsewhere: Elsewhere,
    extra_closes: Vec<(u32, Span)>,
    /// Where the file beside the others begins.
    beside: Option<usize>,
}

impl Builder {
    /// Makes room for a text of that many bytes, as configurations go.
    pub(crate) fn expect(&mut self, bytes: usize) {
        self.nodes.list.reserve(bytes / 24);
        self.nodes.blocks.reserve(bytes / 64);
        self.words.reserve(bytes / 12);
    }

    /// Reads a line. What follows a brace and is for the preprocessor is left: where it starts.
    pub(crate) fn line(&mut self, line: &Line<'_>) -> Option<usize> {
        self.file = line.file;
        if let Some(at) = line.nul {
            self.nul(at);
        }
        let (mut at, mut word_end, mut in_comment) = (0, usize::MAX, false);
        let mut left = None;
        while let Some((token, text, end)) = token::next(line.text, at) {
            let start = line.start + offset(text.start);
            match token {
                Token::Open => self.open(start),
                Token::Close => self.close(start),
                Token::Escaped if ends_with_backslash(line.text, text.start) => {
                    self.goes_on(start, "to the word before it");
                }
                Token::Plain | Token::Escaped | Token::Quoted => {
                    if !self.word(token, start, text.len()) {
                        break;
                    }
                }
                Token::Unterminated => self.unterminated(start, text.len()),
                Token::Comment => {
                    in_comment = true;
                    if at == 0 && line.text.trim_ascii_end().ends_with(b"\\") {
                        self.goes_on(start, "for a word of its own");
                    }
                    if at == word_end {
                        self.glued(line, at);
                    }
                }
            }
            at = end;
            match token {
                Token::Plain | Token::Escaped => word_end = end,
                Token::Open | Token::Close if is_special(line.text.get(end..).unwrap_or(&[])) => {
                    left = Some(end);
                    break;
                }
                _ => {}
            }
        }
        self.end_statement();
        if let Some(at) = line.too_long {
            self.too_long(at, in_comment);
        }
        left
    }

    /// Says what is wrong with the bytes of a line that is not read as it stands.
    pub(crate) fn bytes_of(&mut self, line: &Line<'_>, in_comment: bool) {
        self.file = line.file;
        if let Some(at) = line.nul {
            self.nul(at);
        }
        if let Some(at) = line.too_long {
            self.too_long(at, in_comment);
        }
    }

    /// Is the innermost open block one of that keyword?
    pub(crate) fn innermost_is(&self, sources: &SourceMap, keyword: &[u8]) -> bool {
        let index = self.stack.last().copied();
        index
            .and_then(|index| self.keyword(index))
            .is_some_and(|span| sources.bytes(span) == keyword)
    }

    /// Reading is given up: of all findings only the reason counts.
    pub(crate) fn give_up(&mut self, reason: Finding) {
        if !self.facts.cut_short {
            self.facts.cut_short = true;
            self.findings = Findings::default();
            self.findings.push(reason);
        }
    }

    /// The tree of all that was read.
    pub(crate) fn finish(mut self, sources: &SourceMap) -> (Tree<'_>, Findings) {
        if self.facts.cut_short {
            // What is left is not what was meant, so nothing is said about it.
            self.nodes = Nodes::default();
            self.words.clear();
            self.beside = None;
        } else {
            self.close_all();
        }
        let tree = Tree {
            sources,
            nodes: self.nodes,
            words: self.words,
            facts: self.facts,
            elsewhere: self.elsewhere,
            extra_closes: self.extra_closes,
            beside: self.beside,
        };
        (tree, self.findings)
    }

    /// What comes now is the file beside the others: no block reaches into it.
    pub(crate) fn beside(&mut self) {
        self.close_all();
        self.ignored_depth = 0;
        self.pending = None;
        self.beside = Some(self.nodes.list.len());
    }

    /// False when it does not fit: then what follows on its line is not read either.
    fn word(&mut self, token: Token, start: u32, length: usize) -> bool {
        let first = self.statement.map_or(start, |(_, first)| first);
        let Some(word) = Word::new(start - first, length) else {
            self.too_long(start, false);
            return false;
        };
        let index = number(self.words.len());
        self.statement.get_or_insert((index, start));
        self.words.push(if token == Token::Escaped {
            word.escaped()
        } else {
            word
        });
        true
    }

    fn end_statement(&mut self) {
        let Some((first_word, start)) = self.statement.take() else {
            return;
        };
        self.pending = Some(self.nodes.list.len());
        let node = Node {
            start,
            first_word,
            block: None,
        };
        self.nodes.push(self.file, node);
    }

    /// The statement just ended opens the block, on this line or the one before.
    fn open(&mut self, at: u32) {
        self.end_statement();
        if self.ignored_depth > 0 || self.stack.len() >= DEPTH_LIMIT {
            self.too_deep(at);
            return;
        }
        let index = self.pending.take().unwrap_or_else(|| {
            self.headless(at);
            self.nodes.list.len() - 1
        });
        if let Some(block) = self.nodes.block_mut(index) {
            block.open = NonZeroU32::new(at + 1);
        }
        if self.is_elsewhere(index) {
            self.elsewhere.open.insert(index, self.file);
        }
        self.facts.blocks = true;
        self.stack.push(index);
    }

    fn close(&mut self, at: u32) {
        self.end_statement();
        self.pending = None;
        if self.ignored_depth > 0 {
            self.ignored_depth -= 1;
            return;
        }
        let end = self.nodes.next();
        let Some(index) = self.stack.pop() else {
            let finding = Finding::error(
                code::EXTRA_CLOSE,
                self.span(at, at + 1),
                "`}` closes nothing: no block is open here",
            )
            .label("no matching `{`")
            .help("remove it, or look for a `{` missing above");
            self.findings.push(finding);
            self.extra_closes.push((end, self.span(at, at + 1)));
            return;
        };
        if let Some(block) = self.nodes.block_mut(index) {
            block.close = NonZeroU32::new(at + 1);
            block.end = end;
        }
        if self.is_elsewhere(index) {
            self.elsewhere.close.insert(index, self.file);
        }
    }

    fn close_all(&mut self) {
        let end = self.nodes.next();
        let open = core::mem::take(&mut self.stack);
        self.facts.ends_inside |= !open.is_empty() || self.ignored_depth > 0;
        for index in open {
            let open = self.nodes.block_mut(index).and_then(|block| {
                block.end = end;
                block.open
            });
            let brace = open.map_or(0, NonZeroU32::get);
            let span = |file, start: u32, end| Span { file, start, end };
            let file = self.elsewhere.open.get(&index).copied();
            let brace = span(
                file.unwrap_or_else(|| self.nodes.file(index)),
                brace.saturating_sub(1),
                brace,
            );
            let head = self.keyword(index).unwrap_or(brace);
            let finding = Finding::error(
                code::UNCLOSED,
                head.to(brace),
                "this block is never closed: the file ends inside it",
            )
            .label("opened here")
            .help("add the missing `}` where the block should end");
            self.findings.push(finding);
        }
    }

    fn headless(&mut self, at: u32) {
        let finding = Finding::error(
            code::EXTRA_OPEN,
            self.span(at, at + 1),
            "`{` without a keyword before it: what is inside is read as if the braces were not there",
        )
        .help("write the block's keyword before the brace, or remove it and its `}`");
        self.findings.push(finding);
        let node = Node {
            start: at,
            first_word: number(self.words.len()),
            block: None,
        };
        self.nodes.push(self.file, node);
    }

    fn too_deep(&mut self, at: u32) {
        if self.ignored_depth == 0 {
            let finding = Finding::error(
                code::DEPTH,
                self.span(at, at + 1),
                format!("blocks are nested more than {DEPTH_LIMIT} deep: this one is ignored"),
            )
            .help("no configuration needs this; look for missing `}` above");
            self.findings.push(finding);
        }
        self.ignored_depth += 1;
    }

    /// Where a node's first word is.
    fn keyword(&self, index: usize) -> Option<Span> {
        let node = self.nodes.get(index)?;
        let words = self.nodes.words(index, node, self.words.len());
        let word = self.words.get(words)?.first()?;
        Some(word.place(self.nodes.file(index), node.start))
    }

    /// Is the line being read in another file than that node?
    fn is_elsewhere(&self, index: usize) -> bool {
        self.nodes
            .get(index)
            .is_some_and(|_| self.nodes.file(index) != self.file)
    }

    pub(super) const fn span(&self, start: u32, end: u32) -> Span {
        Span {
            file: self.file,
            start,
            end,
        }
    }
}

/// A `\` alone, and nothing behind it.
fn ends_with_backslash(line: &[u8], at: usize) -> bool {
    line.get(at..)
        .is_some_and(|rest| rest.trim_ascii_end() == b"\\")
}

/// After a brace the preprocessor looks at the line again, as at a new one.
fn is_special(rest: &[u8]) -> bool {
    let start = rest.iter().position(|b| !token::is_blank(*b));
    match start.and_then(|start| rest.get(start..)) {
        Some([b'@' | b'$' | b'~', ..]) => true,
        Some(rest) => rest.starts_with(b"include"),
        None => false,
    }
}

/// Offsets in a line fit: a file has at most 4 GiB.
pub(super) fn offset(bytes: usize) -> u32 {
    u32::try_from(bytes).unwrap_or(u32::MAX)
}
