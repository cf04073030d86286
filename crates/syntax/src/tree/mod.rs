//! Blocks and statements, as an arena: nodes in the order of the text, each knowing where its
//! inside ends.

mod build;
mod item;
mod odd;
mod piece;
mod word;

pub(crate) use build::Builder;
pub use item::{Item, Items};
pub use piece::{Piece, Pieces};
pub use word::Word;

use crate::source::SourceMap;
use crate::span::{FileId, Span};
use core::num::NonZeroU32;
use std::collections::BTreeMap;

/// One line of words, or a block that such a line opens. Its words end where the next one's begin.
#[derive(Debug, Clone, Copy)]
struct Node {
    /// Where its first word is in its file.
    start: u32,
    first_word: u32,
    /// Which of the tree's blocks it is, plus one; none for a statement: most nodes are.
    block: Option<NonZeroU32>,
}

/// What a block has beyond its words.
#[derive(Debug, Clone, Copy)]
struct Block {
    /// One past the last node inside.
    end: u32,
    /// Where `{` stands, plus one; none when it was left out ([`Tree::reopened`]).
    open: Option<NonZeroU32>,
    /// Where `}` stands, plus one; none when missing.
    close: Option<NonZeroU32>,
}

/// Nodes in the order of the text, and what those of them have that are blocks.
#[derive(Debug, Default, Clone)]
struct Nodes {
    list: Vec<Node>,
    blocks: Vec<Block>,
    /// From that node on they are in that file.
    files: Vec<(u32, FileId)>,
}

impl Nodes {
    /// How many there are. Nodes are fewer than bytes.
    fn next(&self) -> u32 {
        number(self.list.len())
    }

    fn push(&mut self, file: FileId, node: Node) {
        if self.files.last().is_none_or(|(_, last)| *last != file) {
            self.files.push((self.next(), file));
        }
        self.list.push(node);
    }

    /// The file of a node.
    fn file(&self, index: usize) -> FileId {
        if let [(_, only)] = *self.files {
            return only;
        }
        let after = |(first, _): &(u32, FileId)| *first as usize <= index;
        let run = self.files.partition_point(after).checked_sub(1);
        run.and_then(|run| self.files.get(run))
            .map_or_else(FileId::default, |(_, file)| *file)
    }

    fn get(&self, index: usize) -> Option<&Node> {
        self.list.get(index)
    }

    fn block(&self, node: &Node) -> Option<&Block> {
        let index = node.block?.get() as usize;
        self.blocks.get(index - 1)
    }

    /// What that node has as a block; it becomes one if it was none.
    fn block_mut(&mut self, index: usize) -> Option<&mut Block> {
        let node = self.list.get_mut(index)?;
        let block = node.block.get_or_insert_with(|| {
            self.blocks.push(Block {
                end: number(index).saturating_add(1),
                open: None,
                close: None,
            });
            NonZeroU32::new(number(self.blocks.len())).unwrap_or(NonZeroU32::MAX)
        });
        self.blocks.get_mut(block.get() as usize - 1)
    }

    /// One past the last node inside that one.
    fn end(&self, index: usize) -> usize {
        let block = self.get(index).and_then(|node| self.block(node));
        // An item lies inside its parent and is at least one node long.
        block.map_or(0, |block| block.end as usize).max(index + 1)
    }

    /// Where a node's words are.
    fn words(&self, index: usize, node: &Node, all: usize) -> core::ops::Range<usize> {
        let next = self.get(index + 1).map(|next| next.first_word as usize);
        node.first_word as usize..next.unwrap_or(all)
    }
}

/// Nodes and blocks are fewer than bytes.
fn number(index: usize) -> u32 {
    u32::try_from(index).unwrap_or(u32::MAX)
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
    nodes: Nodes,
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
        Items::between(self, 0, self.beside.unwrap_or(self.nodes.list.len()))
    }

    fn item(&self, index: usize) -> Option<Item<'_, 's>> {
        Item::at(self, index)
    }

    /// What stands at the top level of the [file beside the others](crate::Environment::beside).
    pub fn beside(&self) -> Items<'_, 's> {
        let end = self.nodes.list.len();
        Items::between(self, self.beside.unwrap_or(end), end)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn two_million_lines_fit() {
        let sizes = (size_of::<Word>(), size_of::<Node>(), size_of::<Block>());
        assert_eq!(sizes, (4, 12, 12));
    }
}
