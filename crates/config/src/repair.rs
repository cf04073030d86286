//! A `{` that was forgotten while its `}` is there, or the other way round: as keepalived takes it.

use crate::block::ROOT_NAME;
use crate::rooms::{Inside, Rooms};
use holdfast_syntax::{Findings, Piece, Tree, code};
use std::collections::BTreeSet;

/// The tree with the missing `{` in it, and without those that open nothing; none when all braces
/// have their counterpart.
pub(crate) fn repair<'s>(tree: &Tree<'s>, findings: &mut Findings) -> Option<Tree<'s>> {
    let (opened, unopened) = odd(tree);
    if opened.is_empty() && unopened.is_empty() {
        return None;
    }
    let mended = tree.reopened(&opened, &unopened);
    findings
        .merge(|finding| finding.code == code::EXTRA_CLOSE && !mended.is_extra_close(finding.span));
    Some(mended)
}

/// Blocks without `{`, as many as there are `}` left over behind them; and lines with a `{` that
/// have no block, as many as there are `}` missing.
fn odd(tree: &Tree<'_>) -> (BTreeSet<usize>, BTreeSet<usize>) {
    let (mut opened, mut unopened) = (BTreeSet::new(), BTreeSet::new());
    let mut left_over = tree.extra_closes();
    let mut missing = if tree.facts().ends_inside {
        tree.unclosed()
    } else {
        0
    };
    if left_over == 0 && missing == 0 {
        return (opened, unopened);
    }
    let rooms = Rooms::all();
    let mut stack = vec![Inside::Room(ROOT_NAME)];
    let mut pieces = tree.pieces().peekable();
    while let Some(piece) = pieces.next() {
        let here = stack.last().copied().unwrap_or(Inside::Room(ROOT_NAME));
        match piece {
            Piece::Line(item) => {
                let inside = inside(rooms, here, item.keyword());
                let is_open = matches!(pieces.peek(), Some(Piece::Open(_)));
                let wants = matches!(inside, Some(Inside::Room(_) | Inside::List));
                if !is_open && wants && left_over > 0 {
                    left_over -= 1;
                    opened.insert(item.index());
                    stack.extend(inside);
                }
            }
            Piece::Open(item) => {
                let inside = if item.is_empty() {
                    None
                } else {
                    Some(inside(rooms, here, item.keyword()))
                };
                let odd = matches!(inside, None | Some(Some(Inside::Nothing)));
                if odd && missing > 0 {
                    missing -= 1;
                    unopened.insert(item.index());
                } else {
                    stack.push(inside.unwrap_or(Some(here)).unwrap_or(Inside::Nothing));
                }
            }
            Piece::Close(_) if stack.len() > 1 => {
                stack.pop();
            }
            // one that nothing above it has lost
            Piece::Close(_) => left_over = left_over.saturating_sub(1),
        }
    }
    (opened, unopened)
}

/// What is inside of a keyword; none of one that is unknown there.
fn inside(rooms: &Rooms, here: Inside, keyword: &[u8]) -> Option<Inside> {
    match here {
        Inside::Room(room) => rooms.find(room, keyword).map(|entry| entry.inside),
        Inside::List | Inside::Nothing => None,
    }
}
