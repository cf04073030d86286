//! One statement or block, and a walk over those of a level.

use super::{Block, Tree, Word};
use crate::source::SourceFile;
use crate::span::{FileId, Span};
use std::borrow::Cow;
use std::collections::BTreeMap;

/// A walk over the items of one level.
#[derive(Debug, Clone)]
pub struct Items<'t, 's> {
    tree: &'t Tree<'s>,
    at: usize,
    end: usize,
}

impl<'t, 's> Items<'t, 's> {
    pub(super) const fn between(tree: &'t Tree<'s>, at: usize, end: usize) -> Self {
        Self { tree, at, end }
    }
}

impl<'t, 's> Iterator for Items<'t, 's> {
    type Item = Item<'t, 's>;

    fn next(&mut self) -> Option<Self::Item> {
        while self.at < self.end {
            let item = self.tree.item(self.at)?;
            if item.is_empty() {
                self.at += 1;
                continue;
            }
            self.at = item.end();
            return Some(item);
        }
        None
    }
}

/// A statement or a block.
#[derive(Debug, Clone, Copy)]
pub struct Item<'t, 's> {
    tree: &'t Tree<'s>,
    pub(super) index: usize,
    file: FileId,
    /// Where its first word is in its file.
    start: u32,
    words: &'t [Word],
    /// Its file's text from there on.
    text: &'s [u8],
    block: Option<&'t Block>,
}

impl<'t, 's> Item<'t, 's> {
    pub(super) fn at(tree: &'t Tree<'s>, index: usize) -> Option<Self> {
        let node = tree.nodes.get(index)?;
        let words = tree.nodes.words(index, node, tree.words.len());
        let file = tree.nodes.file(index);
        let text = tree.sources.file(file).map_or(&[][..], SourceFile::bytes);
        Some(Self {
            tree,
            index,
            file,
            start: node.start,
            words: tree.words.get(words).unwrap_or(&[]),
            text: text.get(node.start as usize..).unwrap_or(&[]),
            block: tree.nodes.block(node),
        })
    }

    /// Where it comes in the order of the text.
    pub const fn index(&self) -> usize {
        self.index
    }

    /// One past the last node inside it: it lies inside its parent and is at least one node long.
    fn end(&self) -> usize {
        let end = self.block.map_or(0, |block| block.end as usize);
        end.max(self.index + 1)
    }

    /// How many words it has, the keyword among them. A block may have none.
    pub const fn len(&self) -> usize {
        self.words.len()
    }

    /// True for a `{` without a keyword.
    pub const fn is_empty(&self) -> bool {
        self.words.is_empty()
    }

    /// The first word.
    pub fn keyword(&self) -> &'s [u8] {
        self.bytes(0).unwrap_or(&[])
    }

    /// A word as it stands in the file, without quotes, escapes not undone. 0 is the keyword.
    pub fn bytes(&self, index: usize) -> Option<&'s [u8]> {
        self.words.get(index).map(|word| self.raw(*word))
    }

    /// A word as text: escapes undone, bytes that are no UTF-8 replaced. 0 is the keyword.
    pub fn text(&self, index: usize) -> Option<Cow<'s, str>> {
        let word = *self.words.get(index)?;
        let text = String::from_utf8_lossy(self.raw(word));
        Some(if word.is_escaped() {
            Cow::Owned(text.replace("\\#", "#").replace("\\!", "!"))
        } else {
            text
        })
    }

    /// Where a word stands; the whole item's place when it has no such word.
    pub fn word_span(&self, index: usize) -> Span {
        match self.words.get(index) {
            Some(word) => self.place(*word),
            None => self.head(),
        }
    }

    /// All its words; for a block without words its brace.
    pub fn head(&self) -> Span {
        match (self.words.first(), self.words.last()) {
            (Some(first), Some(last)) => self.place(*first).to(self.place(*last)),
            _ => self.open().unwrap_or_default(),
        }
    }

    /// True when it opens a block.
    pub fn is_block(&self) -> bool {
        self.block.is_some_and(|block| block.open.is_some())
    }

    /// True when it has a `}` and no `{` ([`Tree::reopened`]).
    pub fn lacks_open(&self) -> bool {
        self.block
            .is_some_and(|block| block.open.is_none() && block.close.is_some())
    }

    /// The `{`.
    pub fn open(&self) -> Option<Span> {
        let end = self.block?.open?;
        Some(brace(self.file_of(&self.tree.elsewhere.open), end.get()))
    }

    /// The `}`; none for a statement and for a block that is not closed.
    pub fn close(&self) -> Option<Span> {
        let end = self.block?.close?;
        Some(brace(self.file_of(&self.tree.elsewhere.close), end.get()))
    }

    /// Where the block stands, file by file, when it begins in one and ends in another; else nothing.
    pub fn stretches(&self) -> Vec<Span> {
        let Some(close) = self.close().filter(|close| close.file != self.file) else {
            return Vec::new();
        };
        let tree = self.tree;
        let nodes = (self.index..self.end()).filter_map(|index| tree.item(index));
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
        let known = elsewhere.get(&self.index).copied();
        known.unwrap_or(self.file)
    }

    /// What is inside.
    pub fn items(&self) -> Items<'t, 's> {
        Items {
            tree: self.tree,
            at: self.index + 1,
            end: self.end(),
        }
    }

    fn raw(&self, word: Word) -> &'s [u8] {
        self.text.get(word.range()).unwrap_or(&[])
    }

    const fn place(&self, word: Word) -> Span {
        word.place(self.file, self.start)
    }
}

const fn brace(file: FileId, end: u32) -> Span {
    Span {
        file,
        start: end - 1,
        end,
    }
}
