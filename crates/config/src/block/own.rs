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
use crate::listening_draft::LeaseWish;
use crate::table::{Arity, Row, Table, walk};
use crate::value::duration;
use core::time::Duration;
use holdfast_model::{Centis, Drift, MailTls, Name, OnLoss};
use holdfast_syntax::{Finding, Item, Items, Span};
use std::collections::BTreeMap;

/// Holdfast's own settings.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Own {
    /// `allow_unbuilt`: start although something that decides who is reachable is not built yet, and
    /// left out.
    pub allow_unbuilt: bool,
    /// `notify_timeout`.
    pub notify_timeout: Option<Duration>,
    /// `script_security strict`.
    pub strict_scripts: bool,
    /// `max_learned_interval`.
    pub learned: LearnedCap,
    /// `smtp_*`: what keepalived's mail does not know.
    pub mail: OwnMail,
    /// `ipvs_drift`.
    pub drift: Drift,
    /// `on_vip_loss`.
    pub(crate) on_loss: Option<OnLoss>,
    /// `vip_lease`.
    pub(crate) lease: Option<Spanned<LeaseWish>>,
    /// `silence`: advice that is not given, by code, and where that is said.
    pub silenced: BTreeMap<&'static str, Span>,
}

/// `max_learned_interval`: up to where a backup of version 3 believes its master's interval.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum LearnedCap {
    /// Whatever the master says, up to 40.95 s (RFC 9568 s6.4.2).
    #[default]
    None,
    /// Ten times its own, at least 3 s.
    Tenfold,
    /// So much.
    At(Centis),
}

impl LearnedCap {
    /// For an instance with that interval.
    pub(crate) fn of(self, own: Centis) -> Option<Centis> {
        match self {
            Self::None => None,
            Self::Tenfold => Centis::new(own.get().saturating_mul(10).clamp(300, 4095)),
            Self::At(cap) => Some(cap.max(own)),
        }
    }
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
    draft.wire.learned = draft.own.learned;
    draft.table.settings.drift = draft.own.drift;
    draft.wire.habits.lease = draft.own.lease.clone();
    draft.wire.habits.on_loss = draft.own.on_loss;
}

pub(super) const TABLE: Table<Own> = Table {
    block: "holdfast",
    parts: &[ROWS],
};

const ROWS: &[Row<Own>] = &[
    Row::works(
        "allow_unbuilt",
        Arity::Free,
        "Starts although something that decides who is reachable is not built yet and left out, as `--allow-unbuilt` does: an instance with `auth_type AH`.",
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
        "max_learned_interval",
        Arity::Free,
        "The longest advert interval that a backup of version 3 learns from its master, in seconds; without a value ten times `advert_int`, at least 3 s. One forged advert can otherwise keep it waiting for 148 s.",
        learned,
    ),
    Row::works(
        "ipvs_drift",
        Arity::Value("`operator`, `repair` or `report`"),
        "What becomes of changes that others make to our part of the IPVS table. `operator`, the default: a real server that somebody removed, added or gave another weight stays so until its check changes state or its configuration does; missing services are put back. `repair`: all is put back. `report`: nothing is, the log says what differs.",
        |context, item, own| match item.bytes(1) {
            Some(b"operator") => own.drift = Drift::Operator,
            Some(b"repair") => own.drift = Drift::Repair,
            Some(b"report") => own.drift = Drift::Report,
            _ => check::choice(context, item, &["operator", "repair", "report"]),
        },
    ),
    Row::works(
        "on_vip_loss",
        Arity::Value("`restore` or `backup`"),
        super::lease::LOSS_OF_THE_FILE,
        |context, item, own| super::keep(super::lease::on_loss(context, item), &mut own.on_loss),
    ),
    Row::works(
        "vip_lease",
        Arity::Free,
        super::lease::OF_THE_FILE,
        |context, item, own| super::keep(super::lease::wish(context, item), &mut own.lease),
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

fn learned(context: &mut Context<'_>, item: Item<'_, '_>, own: &mut Own) {
    own.learned = LearnedCap::Tenfold;
    let Some(word) = item.bytes(1) else { return };
    let cap = duration::seconds(word, 10_000..=40_950_000);
    let cap = cap.and_then(|cap| u16::try_from(cap.duration().as_millis() / 10).ok());
    match cap.and_then(Centis::new) {
        Some(cap) => own.learned = LearnedCap::At(cap),
        None => {
            let expected = "seconds from 0.01 to 40.95";
            let consequence = "ten times `advert_int` is used";
            context.bad_value(code::NUMBER, item, 1, expected, consequence);
        }
    }
}

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
