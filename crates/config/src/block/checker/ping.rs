//! PING_CHECK.

use super::common;
use crate::context::Context;
use crate::draft::{CheckerDraft, CheckerKind, RealServerDraft};
use crate::table::{Table, walk};
use holdfast_syntax::Item;

pub(crate) fn apply(context: &mut Context<'_>, item: Item<'_, '_>, draft: &mut RealServerDraft) {
    let mut checker = CheckerDraft {
        head: item.head(),
        kind: CheckerKind::Ping,
        ..CheckerDraft::default()
    };
    walk(context, item.items(), &TABLE, &mut checker);
    draft.checkers.push(checker);
}

pub(in crate::block) const TABLE: Table<CheckerDraft> = Table {
    block: "PING_CHECK",
    parts: &[common::ROWS],
};
