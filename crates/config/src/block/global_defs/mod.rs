//! `global_defs`: what works. What is read only stands in the files beside.

mod files;
mod lvs;
mod mail;
mod system;
mod table;
mod vrrp;

use super::root::Draft;
use super::{name, needed, whole};
use crate::code;
use crate::context::Context;
use crate::draft::Spanned;
use crate::table::{Arity, Built, Row, Table, walk};
use core::time::Duration;
use holdfast_syntax::{Finding, Item};

pub(super) fn apply(context: &mut Context<'_>, item: Item<'_, '_>, draft: &mut Draft) {
    walk(context, item.items(), &TABLE, draft);
}

pub(super) const TABLE: Table<Draft> = Table {
    block: "global_defs",
    parts: &[
        WORKS,
        mail::MAIL,
        vrrp::VRRP,
        lvs::LVS,
        table::TABLE_ROWS,
        files::FILES,
        system::SYSTEM,
    ],
};

const WORKS: &[Row<Draft>] = &[
    Row {
        name: "router_id",
        aliases: &[],
        arity: Arity::Free,
        repeats: false,
        built: Built::Works,
        doc: "This director's name in notices; the host's name by default.",
        apply: |context, item, draft| {
            if let Some(value) = needed(context, item) {
                draft.global.router_id = Some(value);
            }
        },
    },
    Row {
        name: "notification_email",
        aliases: &[],
        arity: Arity::Block,
        repeats: true,
        built: Built::Works,
        doc: "Whom to write to: a block of addresses, one a line.",
        apply: notification_email,
    },
    Row {
        name: "notification_email_from",
        aliases: &[],
        arity: Arity::Free,
        repeats: false,
        built: Built::Works,
        doc: "The sender of notices.",
        apply: |context, item, draft| {
            if let Some(value) = needed(context, item) {
                draft.global.notification_email_from = Some(value);
            }
        },
    },
    Row {
        name: "smtp_server",
        aliases: &[],
        arity: Arity::Value("the mail server's address or name"),
        repeats: false,
        built: Built::Works,
        doc: "The mail server, and its port: 25 by default.",
        apply: mail::smtp_server,
    },
    Row {
        name: "smtp_connect_timeout",
        aliases: &[],
        arity: Arity::Value("seconds"),
        repeats: false,
        built: Built::Works,
        doc: "How long to wait for the mail server, whole seconds; 30 by default.",
        apply: |context, item, draft| {
            if let Some(value) = whole(context, item, 0..=4294, "the default of 30 is used") {
                if value == 0 {
                    let expected = "a whole number from 1 to 4294";
                    context.bad_value(code::NUMBER, item, 1, expected, "1 is used");
                }
                let value = Duration::from_secs(u64::from(value.max(1)));
                draft.global.smtp_connect_timeout = Some(value);
            }
        },
    },
    Row {
        name: "vrrp_version",
        aliases: &[],
        arity: Arity::Value("2 or 3"),
        repeats: false,
        built: Built::Works,
        doc: "The VRRP version of instances that name none; 2 by default.",
        apply: |context, item, draft| {
            if let Some(value) = whole(context, item, 2..=3, "the default of 2 is used") {
                let span = item.head();
                draft.version = Some(Spanned { value, span });
            }
        },
    },
];

fn notification_email(context: &mut Context<'_>, item: Item<'_, '_>, draft: &mut Draft) {
    let before = draft.global.notification_email.len();
    for line in item.items() {
        draft.global.notification_email.push(name(line, 0));
    }
    if draft.global.notification_email.len() == before {
        let finding = Finding::warning(
            code::MISSING_VALUE,
            item.head(),
            "`notification_email` is empty: nobody will be written to",
        )
        .help("write one address a line between its braces, or remove the block");
        context.push(finding);
    }
}
