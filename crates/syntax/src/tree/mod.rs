//! Blocks and statements, as an arena: nodes in the order of the text, each knowing where its
//! inside ends.

mod build;
mod odd;
mod piece;

pub(crate) use build::Builder;
pub use piece::{Piece, Pieces};

use crate::source::SourceMap;
use crate::span::{FileId, Span};
use std::borrow::Cow;
use std::collections::BTreeMap;

/// A word: a place in the file its line is from.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Word {
    start: u32,
    /// At most the line limit.
    length: u16,
    escaped: bool,
    quoted: bool,
}

/// One line of words, or a block that such a line opens.
#[derive(Debug, Clone, Copy)]
struct Node {
    file: FileId,
    first_word: u32,
    words: u16,
    /// A `{` without keyword: left out when walking, what is inside counts as outside.
    bare: bool,
    /// One past the last node inside.
    end: u32,
    /// Where `{` stands, plus one; none for a statement.
    open: Option<core::num::NonZeroU32>,
    /// Where `}` stands, plus one; none when missing.
    close: Option<core::num::NonZeroU32>,
}

/// Braces that stand in another file than their node, by the node's index: a block may begin in
/// one file and end in another, but hardly any does.
#[derive(Debug, Default)]
struct Elsewhere {
    open: BTreeMap<usize, FileId>,
    close: BTreeMap<usize, FileId>,
}

/// What a reload wants to know of a file as a whole.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Facts {
    /// Holds NUL bytes.
    pub nul: bool,
    /// Ends inside a block.
    pub ends_inside: bool,
    /// Has at least one block.
    pub blocks: bool,
    /// A file is missing that an `includer`, `includem`, `includew`, `includeb` or `includea` needs.
    pub lacks_file: bool,
    /// Expansion was given up: the tree is not what was meant.
    pub cut_short: bool,
}

/// A configuration as blocks and statements.
#[derive(Debug)]
pub struct Tree<'s> {
    sources: &'s SourceMap,
    nodes: Vec<Node>,
    words: Vec<Word>,
    facts: Facts,
    elsewhere: Elsewhere,
    /// Each `}` that closes nothing: the node after it, and where it stands.
    extra_closes: Vec<(u32, Span)>,
    /// Where the file beside the others begins.
    beside: Option<usize>,
}

impl<'s> Tree<'s> {
    /// The files it was read from.
    pub const fn sources(&self) -> &'s SourceMap {
        self.sources
    }

    /// About the text as a whole.
    pub const fn facts(&self) -> Facts {
        self.facts
    }

    /// What stands at the top level.
    pub fn items(&self) -> Items<'_, 's> {
        Items {
            tree: self,
            at: 0,
            end: self.beside.unwrap_or(self.nodes.len()),
        }
    }

    /// What stands at the top level of the [file beside the others](crate::Environment::beside).
    pub fn beside(&self) -> Items<'_, 's> {
        Items {
            tree: self,
            at: self.beside.unwrap_or(self.nodes.len()),
            end: self.nodes.len(),
        }
    }
}

/// A walk over the items of one level.
#[derive(Debug, Clone)]
pub struct Items<'t, 's> {
    tree: &'t Tree<'s>,
    at: usize,
    end: usize,
}

impl<'t, 's> Iterator for Items<'t, 's> {
    type Item = Item<'t, 's>;

    fn next(&mut self) -> Option<Self::Item> {
        while self.at < self.end {
            let node = self.tree.nodes.get(self.at)?;
            let index = self.at;
            if node.bare {
                self.at = index + 1;
                continue;
            }
            // An item lies inside its parent and is at least one node long.
            self.at = (node.end as usize).max(index + 1);
            return Some(Item {
                tree: self.tree,
                node,
                index,
            });
        }
        None
    }
}

/// A statement or a block.
#[derive(Debug, Clone, Copy)]
pub struct Item<'t, 's> {
    tree: &'t Tree<'s>,
    node: &'t Node,
    index: usize,
}

impl<'t, 's> Item<'t, 's> {
    /// Where it comes in the order of the text.
    pub const fn index(&self) -> usize {
        self.index
    }

    fn word_list(&self) -> &'t [Word] {
        let first = self.node.first_word as usize;
        self.tree
            .words
            .get(first..first + self.node.words as usize)
            .unwrap_or(&[])
    }

    /// How many words it has, the keyword among them. A block may have none.
    pub const fn len(&self) -> usize {
        self.node.words as usize
    }

    /// True for a `{` without a keyword.
    pub const fn is_empty(&self) -> bool {
        self.node.words == 0
    }

    /// The first word.
    pub fn keyword(&self) -> &'s [u8] {
        self.bytes(0).unwrap_or(&[])
    }

    /// A word as it stands in the file, without quotes, escapes not undone. 0 is the keyword.
    pub fn bytes(&self, index: usize) -> Option<&'s [u8]> {
        self.word_list().get(index).map(|word| self.raw(word))
    }

    /// A word as text: escapes undone, bytes that are no UTF-8 replaced. 0 is the keyword.
    pub fn text(&self, index: usize) -> Option<Cow<'s, str>> {
        let word = self.word_list().get(index)?;
        let text = String::from_utf8_lossy(self.raw(word));
        Some(if word.escaped {
            Cow::Owned(text.replace("\\#", "#").replace("\\!", "!"))
        } else {
            text
        })
    }

    /// Where a word stands; the whole item's place when it has no such word.
    pub fn word_span(&self, index: usize) -> Span {
        match self.word_list().get(index) {
            Some(word) => self.place(word),
            None => self.head(),
        }
    }

    /// All its words; for a block without words its brace.
    pub fn head(&self) -> Span {
        let words = self.word_list();
        match (words.first(), words.last()) {
            (Some(first), Some(last)) => self.place(first).to(self.place(last)),
            _ => self.open().unwrap_or_default(),
        }
    }

    /// True when it opens a block.
    pub const fn is_block(&self) -> bool {
        self.node.open.is_some()
    }

    /// True when it has a `}` and no `{` ([`Tree::reopened`]).
    pub const fn lacks_open(&self) -> bool {
        self.node.open.is_none() && self.node.close.is_some()
    }

    /// The `{`.
    pub fn open(&self) -> Option<Span> {
        self.node
            .open
            .map(|end| brace(self.file_of(&self.tree.elsewhere.open), end.get()))
    }

    /// The `}`; none for a statement and for a block that is not closed.
    pub fn close(&self) -> Option<Span> {
        self.node
            .close
            .map(|end| brace(self.file_of(&self.tree.elsewhere.close), end.get()))
    }

    /// Where the block stands, file by file, when it begins in one and ends in another; else nothing.
    pub fn stretches(&self) -> Vec<Span> {
        let Some(close) = self.close().filter(|close| close.file != self.node.file) else {
            return Vec::new();
        };
        let tree = self.tree;
        let nodes = (self.index..self.node.end as usize)
            .filter_map(|index| tree.nodes.get(index).map(|node| Item { tree, node, index }));
        let mut list: Vec<Span> = Vec::new();
        for place in nodes.map(|item| item.head()).chain([close]) {
            match list.iter_mut().find(|stretch| stretch.file == place.file) {
                Some(stretch) => stretch.end = stretch.end.max(place.end),
                None => list.push(place),
            }
        }
        list
    }

    fn file_of(&self, elsewhere: &BTreeMap<usize, FileId>) -> FileId {
        elsewhere
            .get(&self.index)
            .copied()
            .unwrap_or(self.node.file)
    }

    /// What is inside.
    pub fn items(&self) -> Items<'t, 's> {
        Items {
            tree: self.tree,
            at: self.index + 1,
            end: self.node.end as usize,
        }
    }

    fn raw(&self, word: &Word) -> &'s [u8] {
        self.tree.sources.bytes(self.place(word))
    }

    fn place(&self, word: &Word) -> Span {
        Span {
            file: self.node.file,
            start: word.start,
            end: word.start + u32::from(word.length),
        }
    }
}

const fn brace(file: FileId, end: u32) -> Span {
    Span {
        file,
        start: end - 1,
        end,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn two_million_lines_fit() {
        assert_eq!((size_of::<Word>(), size_of::<Node>()), (8, 24));
    }
}
