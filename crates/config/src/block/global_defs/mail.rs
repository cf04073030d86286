//! `global_defs`: mail.

use super::super::root::Draft;
use super::super::{check, name};
use crate::code;
use crate::context::Context;
use crate::hint;
use crate::table::{Arity, Row};
use crate::value::{address::address, number};
use holdfast_model::{MailServer, Name};
use holdfast_syntax::{Finding, Item};

/// Mail about changes.
pub(super) const MAIL: &[Row<Draft>] = &[
    Row::works(
        "smtp_helo_name",
        Arity::Free,
        "How this director greets the mail server; the host's name by default.",
        |_, i, d| d.mail.helo = (i.len() > 1).then(|| name(i, 1)),
    ),
    Row::works(
        "smtp_alert",
        Arity::Free,
        "Mails about everything by default.",
        |c, i, d| d.mail.all = check::truth(c, i),
    ),
    Row::works(
        "smtp_alert_vrrp",
        Arity::Free,
        "Mails about instances by default.",
        |c, i, d| d.mail.vrrp = check::truth(c, i),
    ),
    Row::works(
        "smtp_alert_checker",
        Arity::Free,
        "Mails about servers by default; about real servers without it too.",
        |c, i, d| d.mail.checker = check::truth(c, i),
    ),
    Row::works(
        "no_email_faults",
        Arity::Switch,
        "No mail about FAULT.",
        |_, _, d| d.mail.no_faults = true,
    ),
    Row::works(
        "no_checker_emails",
        Arity::Free,
        "Mails about real servers, not about each check.",
        |c, i, d| d.mail.no_checks = check::truth(c, i).unwrap_or(false),
    ),
];

/// `smtp_server HOST [PORT]`. A name is looked up when there is mail.
pub(super) fn smtp_server(context: &mut Context<'_>, item: Item<'_, '_>, draft: &mut Draft) {
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
    let host = item.text(1).unwrap_or_default();
    let known = item.bytes(1).and_then(address).is_some() || is_name(&host);
    if known {
        let host = Name::from(host.as_ref());
        draft.global.smtp_server = Some(MailServer { host, port });
    } else {
        let hint = hint::for_value(code::ADDRESS, &host, "an IP address and a port");
        let hint = hint.filter(|hint| !hint.contains("looked up"));
        let finding = Finding::error(
            code::ADDRESS,
            item.word_span(1),
            format!("`{host}` is neither an address nor the name of a host: no mail server is set"),
        );
        let other = || "write the mail server's IP address or its name".to_owned();
        context.push(finding.help(hint.unwrap_or_else(other)));
    }
}

/// Could be the name of a host (RFC 1123 s2.1, and `_`).
fn is_name(text: &str) -> bool {
    let inside = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'.' | b'_');
    text.len() <= 253
        && text.bytes().all(inside)
        && text.bytes().any(|byte| byte.is_ascii_alphabetic())
        && !text.starts_with(['.', '-'])
}
