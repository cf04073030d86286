//! DNS_CHECK.

use super::common;
use crate::block::name;
use crate::code;
use crate::context::Context;
use crate::draft::{CheckerDraft, CheckerKind, RealServerDraft};
use crate::table::{Arity, Row, Table};
use holdfast_model::Name;
use holdfast_syntax::{Finding, Item};

/// Records that can be asked for, and their numbers (RFC 1035 s3.2.2, 3596, 4034).
const TYPES: &[(&str, u16)] = &[
    ("A", 1),
    ("NS", 2),
    ("CNAME", 5),
    ("SOA", 6),
    ("MX", 15),
    ("TXT", 16),
    ("AAAA", 28),
    ("RRSIG", 46),
    ("DNSKEY", 48),
];
const SOA: u16 = 6;
/// A name and its labels (RFC 1035 s2.3.4), written.
const LONGEST: usize = 253;
const LABEL: usize = 63;

pub(crate) fn apply(context: &mut Context<'_>, item: Item<'_, '_>, draft: &mut RealServerDraft) {
    let kind = CheckerKind::Dns {
        name: None,
        record: SOA,
    };
    let checker = common::read(context, item, &TABLE, kind);
    draft.checkers.push(checker);
}

pub(in crate::block) const TABLE: Table<CheckerDraft> = Table {
    block: "DNS_CHECK",
    parts: &[
        common::ROWS,
        &[
            Row::works(
                "type",
                Arity::Value("a record's type"),
                "The record to ask for; SOA.",
                record,
            ),
            Row::works(
                "name",
                Arity::Value("a name"),
                "The name to ask for; the root.",
                subject,
            ),
        ],
    ],
};

fn record(context: &mut Context<'_>, item: Item<'_, '_>, draft: &mut CheckerDraft) {
    let word = item.bytes(1);
    let known = TYPES.iter().find(|(name, _)| Some(name.as_bytes()) == word);
    match (known, &mut draft.kind) {
        (Some((_, number)), CheckerKind::Dns { record, .. }) => *record = *number,
        (Some(_), _other) => {}
        (None, _) => {
            let names: Vec<&str> = TYPES.iter().map(|(name, _)| *name).collect();
            let expected = format!("one of {}", names.join(", "));
            context.bad_value(code::CHOICE, item, 1, &expected, "the line is ignored");
        }
    }
}

fn subject(context: &mut Context<'_>, item: Item<'_, '_>, draft: &mut CheckerDraft) {
    let given = name(item, 1);
    let text = given.as_str().strip_suffix('.').unwrap_or(given.as_str());
    let labels = || text.split('.');
    if text.len() > LONGEST || labels().any(|label| label.len() > LABEL) {
        let expected = "labels of at most 63 bytes, 253 in all";
        context.bad_value(code::TOO_LONG, item, 1, expected, "the root is asked for");
    } else if !text.is_empty() && labels().any(str::is_empty) {
        let message = format!("`{given}` has an empty label: the root is asked for");
        let finding = Finding::error(code::CHOICE, item.word_span(1), message);
        context.push(finding.help("write one dot between two labels"));
    } else if let CheckerKind::Dns { name, .. } = &mut draft.kind {
        *name = Some(Name::from(text));
    }
}
