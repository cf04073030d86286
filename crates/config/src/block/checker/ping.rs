//! PING_CHECK.

use super::common;
use crate::context::Context;
use crate::draft::{CheckerDraft, CheckerKind, RealServerDraft};
use crate::table::Table;
use holdfast_syntax::Item;

pub(crate) fn apply(context: &mut Context<'_>, item: Item<'_, '_>, draft: &mut RealServerDraft) {
    let checker = common::read(context, item, &TABLE, CheckerKind::Ping);
    draft.checkers.push(checker);
}

pub(in crate::block) const TABLE: Table<CheckerDraft> = Table {
    block: "PING_CHECK",
    parts: &[common::ROWS],
};
