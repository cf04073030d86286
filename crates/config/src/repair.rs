//! A `{` that was forgotten while its `}` is there: put in, as keepalived does.

use crate::block::ROOT_NAME;
use crate::rooms::{Inside, Rooms};
use holdfast_syntax::{Findings, Piece, Tree, code};
use std::collections::BTreeSet;

/// The tree with the missing `{` in it; none when no `}` is left over.
pub(crate) fn repair<'s>(tree: &Tree<'s>, findings: &mut Findings) -> Option<Tree<'s>> {
    let opened = forgotten(tree);
    if opened.is_empty() {
        return None;
    }
    let mended = tree.reopened(&opened);
    findings
        .merge(|finding| finding.code == code::EXTRA_CLOSE && !mended.is_extra_close(finding.span));
    Some(mended)
}

/// Blocks without `{`, as many as there are `}` left over behind them.
fn forgotten(tree: &Tree<'_>) -> BTreeSet<usize> {
    let mut opened = BTreeSet::new();
    let mut left_over = tree.extra_closes();
    if left_over == 0 {
        return opened;
    }
    let rooms = Rooms::new();
    let mut stack = vec![Inside::Room(ROOT_NAME)];
    let mut pieces = tree.pieces().peekable();
    while let Some(piece) = pieces.next() {
        let here = stack.last().copied().unwrap_or(Inside::Room(ROOT_NAME));
        match piece {
            Piece::Line(item) => {
                let inside = inside(&rooms, here, item.keyword());
                let is_open = matches!(pieces.peek(), Some(Piece::Open(_)));
                if !is_open && inside != Inside::Nothing && left_over > 0 {
                    left_over -= 1;
                    opened.insert(item.index());
                    stack.push(inside);
                }
            }
            Piece::Open(item) if item.is_empty() => stack.push(here),
            Piece::Open(item) => stack.push(inside(&rooms, here, item.keyword())),
            Piece::Close(_) if stack.len() > 1 => {
                stack.pop();
            }
            // one that nothing above it has lost
            Piece::Close(_) => left_over = left_over.saturating_sub(1),
        }
    }
    opened
}

/// Inside of what nobody knows there is nothing.
fn inside(rooms: &Rooms, here: Inside, keyword: &[u8]) -> Inside {
    match here {
        Inside::Room(room) => rooms
            .find(room, keyword)
            .map_or(Inside::Nothing, |entry| entry.inside),
        Inside::List | Inside::Nothing => Inside::Nothing,
    }
}
