//! `holdfast { }`: what this program has and keepalived does not.
//!
//! keepalived stumbles over a block that it does not know. So that one file serves both, each of
//! its lines may stand behind `@holdfast`, which keepalived drops and which is always on here; or
//! the block stands in `holdfast.conf` beside the main file.

use super::{Draft, check, name, whole};
use crate::code;
use crate::context::Context;
use crate::draft::Spanned;
use crate::explain;
use crate::table::{Arity, Row, Table, walk};
use core::time::Duration;
use holdfast_model::{MailTls, Name};
use holdfast_syntax::{Finding, Item, Items, Span};
use std::collections::BTreeMap;

/// Holdfast's own settings.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Own {
    /// `allow_unbuilt`: start although keywords that decide who is master, who may speak or who is
    /// reachable have no effect yet.
    pub allow_unbuilt: bool,
    /// `notify_timeout`.
    pub notify_timeout: Option<Duration>,
    /// `script_security strict`.
    pub strict_scripts: bool,
    /// `smtp_*`: what keepalived's mail does not know.
    pub mail: OwnMail,
    /// `silence`: advice that is not given, by code, and where that is said.
    pub silenced: BTreeMap<&'static str, Span>,
}

/// `smtp_*` of `holdfast { }`.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct OwnMail {
    /// `smtp_tls`.
    pub tls: MailTls,
    /// `smtp_tls_ca`.
    pub authorities: Option<Name>,
    /// `smtp_user`.
    pub(crate) user: Option<Spanned<Name>>,
    /// `smtp_password_file`.
    pub password_file: Option<Name>,
}

pub(super) fn apply(context: &mut Context<'_>, item: Item<'_, '_>, draft: &mut Draft) {
    walk(context, item.items(), &TABLE, &mut draft.own);
}

pub(super) const TABLE: Table<Own> = Table {
    block: "holdfast",
    parts: &[ROWS],
};

const ROWS: &[Row<Own>] = &[
    Row::works(
        "allow_unbuilt",
        Arity::Free,
        "Starts although keywords that are \u{201c}refused\u{201d} have no effect yet, as `--allow-unbuilt` does.",
        |_, _, own| own.allow_unbuilt = true,
    ),
    Row::works(
        "notify_timeout",
        Arity::Value("seconds from 1 to 3600"),
        "How long a notify script may run before its process group is ended; 60.",
        |context, item, own| {
            if let Some(value) = whole(context, item, 1..=3600, "the default of 60 is used") {
                own.notify_timeout = Some(Duration::from_secs(u64::from(value)));
            }
        },
    ),
    Row::works(
        "script_security",
        Arity::Value("`strict`"),
        "`strict`: a script that anybody but root and its own user could replace does not run.",
        |context, item, own| {
            check::choice(context, item, &["strict"]);
            own.strict_scripts = item.bytes(1) == Some(b"strict");
        },
    ),
    Row::works(
        "silence",
        Arity::Value("codes of advice, `HF0712` for example"),
        "Advice that is not given: the codes of findings, one or more.",
        silence,
    )
    .repeated(),
    Row::works(
        "smtp_tls",
        Arity::Value("`starttls` or `always`"),
        "Encrypts mail, and wants a certificate of smtp_server's name: after STARTTLS, or from the first byte on.",
        |context, item, own| match item.bytes(1) {
            Some(b"starttls") => own.mail.tls = MailTls::StartTls,
            Some(b"always") => own.mail.tls = MailTls::Always,
            _ => check::choice(context, item, &["starttls", "always"]),
        },
    ),
    Row::works(
        "smtp_tls_ca",
        Arity::Value("a file"),
        "Certificates (PEM) that are trusted besides the system's.",
        |_, item, own| own.mail.authorities = Some(name(item, 1)),
    ),
    Row::works(
        "smtp_user",
        Arity::Value("a user of the mail server"),
        "Logs in before mail is sent; with `smtp_tls` only.",
        |_, item, own| {
            let (value, span) = (name(item, 1), item.head());
            own.mail.user = Some(Spanned { value, span });
        },
    ),
    Row::works(
        "smtp_password_file",
        Arity::Value("a file"),
        "Its first line is the password of smtp_user; it is read anew for each mail.",
        |_, item, own| own.mail.password_file = Some(name(item, 1)),
    ),
];

fn silence(context: &mut Context<'_>, item: Item<'_, '_>, own: &mut Own) {
    for index in 1..item.len() {
        let word = item.text(index).unwrap_or_default();
        match explain::known(&word) {
            Some(code) => {
                own.silenced.insert(code, item.word_span(index));
            }
            None => {
                let expected = "a code of advice, `HF0712` for example";
                context.bad_value(code::CHOICE, item, index, expected, "it is ignored");
            }
        }
    }
}

/// The file beside the main one. It may have been written as a configuration of its own, so that
/// nothing else in it counts.
pub(crate) fn beside(context: &mut Context<'_>, items: Items<'_, '_>, draft: &mut Draft) {
    let mut others = Vec::new();
    for item in items {
        if item.keyword() == b"holdfast" && item.is_block() {
            apply(context, item, draft);
        } else {
            others.push(item.head());
        }
    }
    let Some(first) = others.first() else {
        return;
    };
    let text = match others.len() {
        1 => "this is not read: beside the main file only `holdfast { }` is".to_owned(),
        many => format!(
            "this and {} more are not read: beside the main file only `holdfast {{ }}` is",
            many - 1
        ),
    };
    let finding = Finding::warning(code::BESIDE, *first, text).help(
        "put them into the main file or let it `include` them; if this file is a configuration of its own, \
         name it with `-f` or keep it elsewhere",
    );
    context.push(finding);
}

/// Takes out the advice that the file does not want. Errors and warnings are not for silencing.
pub(crate) fn hush(context: &mut Context<'_>, own: &Own) {
    if own.silenced.is_empty() {
        return;
    }
    let louder = context
        .findings
        .silence(|code| own.silenced.contains_key(code));
    for code in louder {
        let Some(span) = own.silenced.get(code) else {
            continue;
        };
        let finding = Finding::warning(
            code::SILENCE,
            *span,
            format!("{code} is more than advice in this file: it is not silenced"),
        )
        .help("mend what it is about; `holdfast explain` with the code says how");
        context.push(finding);
    }
}
