//! `global_defs`: what works. What is read only stands in the files beside.

mod files;
mod lvs;
mod system;
mod vrrp;

use super::root::Draft;
use super::{name, needed, whole};
use crate::code;
use crate::context::Context;
use crate::draft::Spanned;
use crate::hint;
use crate::table::{Arity, Built, Row, Table, walk};
use crate::value::{address::address, number};
use core::net::SocketAddr;
use core::time::Duration;
use holdfast_syntax::{Finding, Item};

pub(super) fn apply(context: &mut Context<'_>, item: Item<'_, '_>, draft: &mut Draft) {
    walk(context, item.items(), &TABLE, draft);
}

pub(super) const TABLE: Table<Draft> = Table {
    block: "global_defs",
    parts: &[WORKS, vrrp::VRRP, lvs::LVS, files::FILES, system::SYSTEM],
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
        arity: Arity::Value("the mail server's address"),
        repeats: false,
        built: Built::Works,
        doc: "The mail server, and its port: 25 by default.",
        apply: smtp_server,
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

fn smtp_server(context: &mut Context<'_>, item: Item<'_, '_>, draft: &mut Draft) {
    let port = match item.bytes(2) {
        None => 25,
        Some(word) => match number::port(word) {
            Some(port) => port,
            None => {
                let expected = "a port from 1 to 65535";
                context.bad_value(code::NUMBER, item, 2, expected, "no mail server is set");
                return;
            }
        },
    };
    match item.bytes(1).and_then(address) {
        Some(address) => draft.global.smtp_server = Some(SocketAddr::new(address, port)),
        None => {
            let host = item.text(1).unwrap_or_default();
            let finding = Finding::warning(
                code::UNBUILT,
                item.word_span(1),
                format!("a host name for `smtp_server` is not supported yet: `{host}` is ignored"),
            )
            .help(
                hint::for_value(code::ADDRESS, &host, "an IP address and a port")
                    .filter(|hint| !hint.contains("looked up"))
                    .unwrap_or_else(|| "write the mail server's IP address".to_owned()),
            );
            context.push(finding);
        }
    }
}
