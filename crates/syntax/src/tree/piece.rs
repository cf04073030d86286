//! The text as keepalived's reader meets it: lines and braces one after the other, every brace in
//! its place whether it belongs there or not; and the tree again with a `{` more.

use super::{Item, Tree, number};
use crate::span::Span;
use core::num::NonZeroU32;
use std::collections::BTreeSet;

/// A line, or a brace.
#[derive(Debug, Clone, Copy)]
pub enum Piece<'t, 's> {
    /// The words of an item.
    Line(Item<'t, 's>),
    /// The `{` of an item; one without words has no line before it.
    Open(Item<'t, 's>),
    /// A `}`.
    Close(Span),
}

/// A walk over all pieces.
#[derive(Debug)]
pub struct Pieces<'t, 's> {
    tree: &'t Tree<'s>,
    at: usize,
    /// The line was given, its `{` was not.
    inside: bool,
    /// Open blocks, innermost last.
    open: Vec<Item<'t, 's>>,
    /// Of the extra `}`, how many were given.
    extra: usize,
}

impl<'s> Tree<'s> {
    /// All lines and braces in the order of the text.
    pub const fn pieces(&self) -> Pieces<'_, 's> {
        Pieces {
            tree: self,
            at: 0,
            inside: false,
            open: Vec::new(),
            extra: 0,
        }
    }

    /// How many `}` close nothing.
    pub const fn extra_closes(&self) -> usize {
        self.extra_closes.len()
    }

    /// Does a `}` there close nothing?
    pub fn is_extra_close(&self, place: Span) -> bool {
        self.extra_closes.iter().any(|(_, span)| *span == place)
    }

    /// How many blocks are never closed.
    pub fn unclosed(&self) -> usize {
        let open = |block: &&super::Block| block.open.is_some() && block.close.is_none();
        self.nodes.blocks.iter().filter(open).count()
    }

    /// The same text as if some items, by index, had a `{` behind them, and as if the `{` of some
    /// others were not there.
    #[must_use]
    pub fn reopened(&self, opened: &BTreeSet<usize>, unopened: &BTreeSet<usize>) -> Self {
        let mut tree = Tree {
            sources: self.sources,
            nodes: self.nodes.clone(),
            words: self.words.clone(),
            facts: self.facts,
            elsewhere: super::Elsewhere {
                open: self.elsewhere.open.clone(),
                ..super::Elsewhere::default()
            },
            extra_closes: Vec::new(),
            beside: self.beside,
        };
        let (mut stack, mut next) = (Vec::new(), 0);
        for piece in self.pieces() {
            match piece {
                Piece::Line(item) => {
                    next = item.index + 1;
                    tree.end(item.index, next, None);
                    if opened.contains(&item.index) && !item.is_block() {
                        stack.push(item.index);
                    }
                }
                Piece::Open(item) => {
                    next = item.index + 1;
                    if !unopened.contains(&item.index) {
                        stack.push(item.index);
                    }
                }
                Piece::Close(span) => match stack.pop() {
                    Some(index) => tree.end(index, next, Some(span)),
                    None => tree.extra_closes.push((number(next), span)),
                },
            }
        }
        for index in stack {
            tree.end(index, next, None);
        }
        tree
    }

    fn end(&mut self, index: usize, end: usize, close: Option<Span>) {
        let file = self.nodes.file(index);
        let is_statement = self
            .nodes
            .get(index)
            .is_some_and(|node| node.block.is_none());
        if is_statement && end == index + 1 && close.is_none() {
            return;
        }
        let Some(block) = self.nodes.block_mut(index) else {
            return;
        };
        block.end = number(end);
        block.close = close.and_then(|close| NonZeroU32::new(close.end));
        if let Some(close) = close.filter(|close| close.file != file) {
            self.elsewhere.close.insert(index, close.file);
        }
    }
}

impl<'t, 's> Iterator for Pieces<'t, 's> {
    type Item = Piece<'t, 's>;

    fn next(&mut self) -> Option<Self::Item> {
        let tree = self.tree;
        if core::mem::take(&mut self.inside)
            && let Some(item) = tree.item(self.at - 1).filter(Item::is_block)
        {
            self.open.push(item);
            return Some(Piece::Open(item));
        }
        let at = self.at;
        while let Some(block) = self.open.pop_if(|block| tree.nodes.end(block.index) <= at) {
            if let Some(close) = block.close() {
                return Some(Piece::Close(close));
            }
        }
        if let Some((next, close)) = tree.extra_closes.get(self.extra)
            && *next as usize <= at
        {
            self.extra += 1;
            return Some(Piece::Close(*close));
        }
        let item = tree.item(at)?;
        self.at += 1;
        if item.is_empty() {
            self.open.push(item);
            return Some(Piece::Open(item));
        }
        self.inside = true;
        Some(Piece::Line(item))
    }
}
