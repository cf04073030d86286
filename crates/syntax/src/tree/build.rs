//! Tokens to tree. Recovers at block ends: whatever stands inside a block stays inside.

use super::preprocessor::Preprocessor;
use super::{Facts, Node, Tree, Word};
use crate::finding::{Finding, Findings, code};
use crate::line::{LINE_LIMIT, Line, lines};
use crate::source::SourceMap;
use crate::span::{FileId, Span};
use crate::token::{self, Token};
use core::num::NonZeroU32;

/// Blocks inside blocks. keepalived's deepest is 5.
const DEPTH_LIMIT: usize = 32;

/// Reads all files of a map, one after the other.
pub fn parse(sources: &SourceMap) -> (Tree<'_>, Findings) {
    let mut tree = Tree {
        sources,
        nodes: Vec::new(),
        words: Vec::new(),
        facts: Facts::default(),
    };
    let mut findings = Findings::default();
    for (id, file) in sources.files() {
        let mut builder = Builder {
            file: id,
            bytes: file.bytes(),
            tree: &mut tree,
            findings: &mut findings,
            stack: Vec::new(),
            ignored_depth: 0,
            pending: None,
            statement: None,
            goes_on: false,
            variables: false,
            preprocessor: Preprocessor::default(),
        };
        for line in lines(id, file.bytes()) {
            builder.line(&line);
        }
        builder.finish();
    }
    (tree, findings)
}

struct Builder<'b, 's> {
    file: FileId,
    bytes: &'s [u8],
    tree: &'b mut Tree<'s>,
    findings: &'b mut Findings,
    /// Open blocks, outermost first; at most the depth limit.
    stack: Vec<usize>,
    /// Open blocks beyond the limit, only counted.
    ignored_depth: usize,
    /// The statement just read, while a `{` may still follow.
    pending: Option<usize>,
    /// First word of the statement being read.
    statement: Option<u32>,
    /// It holds a `$` or a `\`.
    variables: bool,
    /// A definition goes on in this line.
    goes_on: bool,
    preprocessor: Preprocessor<'s>,
}

impl<'s> Builder<'_, 's> {
    fn line(&mut self, line: &Line<'s>) {
        if let Some(at) = line.nul {
            self.nul(at);
        }
        if self.preprocessed(line) {
            return;
        }
        let (mut at, mut word_end, mut in_comment) = (0, usize::MAX, false);
        while let Some((token, text, end)) = token::next(line.text, at) {
            let start = line.start + offset(text.start);
            match token {
                Token::Open => self.open(start),
                Token::Close => self.close(start),
                Token::Plain | Token::Escaped | Token::Quoted => {
                    self.variables |= token != Token::Plain;
                    self.word(token, start, text.len());
                }
                Token::Unterminated => self.unterminated(start, text.len()),
                Token::Comment => {
                    in_comment = true;
                    if at == word_end {
                        self.glued(line, at);
                    }
                }
            }
            at = end;
            if matches!(token, Token::Plain | Token::Escaped) {
                word_end = end;
            }
        }
        self.end_statement();
        if line.too_long {
            self.too_long(line, in_comment);
        }
    }

    /// Lines that the preprocessor takes as a whole.
    fn preprocessed(&mut self, line: &Line<'s>) -> bool {
        if self.goes_on {
            self.goes_on = line.text.trim_ascii_end().ends_with(b"\\");
            return true;
        }
        let first = line.text.iter().position(|b| !token::is_blank(*b));
        let Some(first) = first.filter(|at| matches!(line.text.get(*at), Some(b'$' | b'~'))) else {
            return false;
        };
        let Some((what, goes_on)) = self.preprocessor.whole_line(line.text) else {
            return false;
        };
        self.goes_on = goes_on;
        let start = line.start + offset(first);
        let end = line.start + offset(line.text.trim_ascii_end().len());
        self.preprocessor_finding(what, self.span(start, end));
        true
    }

    fn word(&mut self, token: Token, start: u32, length: usize) {
        let index = u32::try_from(self.tree.words.len()).unwrap_or(u32::MAX);
        self.statement.get_or_insert(index);
        self.tree.words.push(Word {
            start,
            // A line is at most 1024 bytes.
            length: u16::try_from(length).unwrap_or(u16::MAX),
            escaped: token == Token::Escaped,
            quoted: token == Token::Quoted,
        });
    }

    fn end_statement(&mut self) {
        let Some(first_word) = self.statement.take() else {
            return;
        };
        let words = self.tree.words.get(first_word as usize..).unwrap_or(&[]);
        let bytes = self.bytes;
        let texts = words.iter().map(|word| {
            let end = word.start as usize + word.length as usize;
            bytes.get(word.start as usize..end).unwrap_or(&[])
        });
        let quoted = words.first().is_some_and(|word| word.quoted);
        let variables = core::mem::take(&mut self.variables);
        let what = match quoted {
            true => None,
            false => self.preprocessor.judge(texts, variables),
        };
        let node = Node {
            file: self.file,
            first_word,
            words: u16::try_from(words.len()).unwrap_or(u16::MAX),
            dropped: what.is_some(),
            end: self.next_index() + 1,
            open: None,
            close: None,
        };
        let span = words.first().zip(words.last()).map(|(first, last)| Span {
            file: self.file,
            start: first.start,
            end: last.start + u32::from(last.length),
        });
        self.pending = Some(self.tree.nodes.len());
        self.tree.nodes.push(node);
        if let (Some(what), Some(span)) = (what, span) {
            self.preprocessor_finding(what, span);
        }
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
            self.tree.nodes.len() - 1
        });
        if let Some(node) = self.tree.nodes.get_mut(index) {
            node.open = NonZeroU32::new(at + 1);
        }
        self.tree.facts.blocks = true;
        self.stack.push(index);
    }

    fn close(&mut self, at: u32) {
        self.end_statement();
        self.pending = None;
        if self.ignored_depth > 0 {
            self.ignored_depth -= 1;
            return;
        }
        let end = self.next_index();
        let Some(index) = self.stack.pop() else {
            let finding = Finding::error(
                code::EXTRA_CLOSE,
                self.span(at, at + 1),
                "`}` closes nothing: no block is open here",
            )
            .label("no matching `{`")
            .help("remove it, or look for a `{` missing above");
            self.findings.push(finding);
            return;
        };
        if let Some(node) = self.tree.nodes.get_mut(index) {
            node.close = NonZeroU32::new(at + 1);
            node.end = end;
        }
    }

    fn finish(&mut self) {
        let end = self.next_index();
        let open = core::mem::take(&mut self.stack);
        self.tree.facts.ends_inside |= !open.is_empty() || self.ignored_depth > 0;
        for index in open {
            let Some(node) = self.tree.nodes.get_mut(index) else {
                continue;
            };
            node.end = end;
            let brace = node.open.map_or(0, NonZeroU32::get);
            let words = self.tree.words.get(node.first_word as usize);
            let start = words.map_or(brace.saturating_sub(1), |word| word.start);
            let finding = Finding::error(
                code::UNCLOSED,
                self.span(start.min(brace), brace),
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
            "`{` without a keyword before it: everything up to its `}` is ignored",
        )
        .help("write the block's keyword before the brace, or remove both braces");
        self.findings.push(finding);
        let (first_word, end) = (self.tree.words.len(), self.next_index() + 1);
        self.tree.nodes.push(Node {
            file: self.file,
            first_word: u32::try_from(first_word).unwrap_or(u32::MAX),
            words: 0,
            dropped: true,
            end,
            open: None,
            close: None,
        });
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

    fn nul(&mut self, at: u32) {
        if self.tree.facts.nul {
            return;
        }
        self.tree.facts.nul = true;
        let finding = Finding::error(
            code::NUL,
            self.span(at, at + 1),
            "the file holds NUL bytes: it is no text, or was only partly written",
        )
        .label("the rest of this line is ignored")
        .help("write the file again, as plain text");
        self.findings.push(finding);
    }

    fn too_long(&mut self, line: &Line<'_>, in_comment: bool) {
        let at = line.start + offset(LINE_LIMIT);
        let span = self.span(at, at + 1);
        let finding = if in_comment {
            Finding::warning(
                code::LONG_LINE,
                span,
                format!(
                    "this comment is longer than {LINE_LIMIT} bytes; keepalived reads its rest as \
                     further lines"
                ),
            )
            .help("break the comment into several lines")
        } else {
            Finding::error(
                code::LONG_LINE,
                span,
                format!(
                    "this line is longer than {LINE_LIMIT} bytes, the most a line can have: its \
                     rest is ignored"
                ),
            )
            .help("break it into several lines")
        };
        self.findings.push(finding);
    }

    fn unterminated(&mut self, start: u32, length: usize) {
        let finding = Finding::error(
            code::QUOTE,
            self.span(start.saturating_sub(1), start + offset(length)),
            "this quote is not closed before the end of the line: the word is ignored",
        )
        .label("opened here")
        .help("add the closing `\"`");
        self.findings.push(finding);
    }

    fn glued(&mut self, line: &Line<'_>, at: usize) {
        if line.text.get(at) != Some(&b'!') {
            return;
        }
        let start = line.start + offset(at);
        let finding = Finding::advice(
            code::GLUED_COMMENT,
            self.span(start, line.start + offset(line.text.len())),
            "`!` starts a comment even inside a word: the value ends before it",
        )
        .help("if the `!` is part of the value, write the value in \"quotes\" or write `\\!`");
        self.findings.push(finding);
    }

    fn preprocessor_finding(&mut self, what: &str, span: Span) {
        let finding = Finding::error(
            code::PREPROCESSOR,
            span,
            format!("{what} is not supported yet: the line is ignored"),
        )
        .help("write the result out in full");
        self.findings.push(finding);
    }

    fn next_index(&self) -> u32 {
        u32::try_from(self.tree.nodes.len()).unwrap_or(u32::MAX)
    }

    const fn span(&self, start: u32, end: u32) -> Span {
        Span {
            file: self.file,
            start,
            end,
        }
    }
}

/// Offsets in a line fit: a file has at most 4 GiB.
fn offset(bytes: usize) -> u32 {
    u32::try_from(bytes).unwrap_or(u32::MAX)
}
