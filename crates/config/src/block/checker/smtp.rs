//! SMTP_CHECK, and the `host` block of its first days: each is a check of its own.

use super::common;
use crate::block::needed;
use crate::context::Context;
use crate::draft::{CheckerDraft, CheckerKind, RealServerDraft};
use crate::table::{Arity, Row, Table};
use holdfast_syntax::Item;

pub(crate) fn apply(context: &mut Context<'_>, item: Item<'_, '_>, draft: &mut RealServerDraft) {
    let kind = CheckerKind::Smtp {
        helo: None,
        hosts: Vec::new(),
    };
    let mut checker = common::read(context, item, &TABLE, kind);
    let hosts = match &mut checker.kind {
        CheckerKind::Smtp { hosts, .. } => core::mem::take(hosts),
        _other => Vec::new(),
    };
    if hosts.is_empty() {
        draft.checkers.push(checker);
        return;
    }
    let hosts = hosts.into_iter().map(|host| host.within(&checker));
    draft.checkers.extend(hosts);
}

pub(in crate::block) const TABLE: Table<CheckerDraft> = Table {
    block: "SMTP_CHECK",
    parts: &[
        common::ROWS,
        &[
            Row::works(
                "helo_name",
                Arity::Needed("a name"),
                "How it greets; smtpchecker.keepalived.org.",
                |context, item, draft| {
                    let name = needed(context, item);
                    if let (CheckerKind::Smtp { helo, .. }, Some(name)) = (&mut draft.kind, name) {
                        *helo = Some(name);
                    }
                },
            ),
            Row::works(
                "host",
                Arity::Block,
                "Old: a check of its own, with what SMTP_CHECK says besides.",
                |context, item, draft: &mut CheckerDraft| {
                    let kind = CheckerKind::default();
                    let host = common::read(context, item, &HOST, kind);
                    if let CheckerKind::Smtp { hosts, .. } = &mut draft.kind {
                        hosts.push(host);
                    }
                },
            )
            .repeated(),
        ],
    ],
};

pub(in crate::block) const HOST: Table<CheckerDraft> = Table {
    block: "host",
    parts: &[common::ROWS],
};
