//! TCP_CHECK.

use super::common;
use crate::block::script::outer_words;
use crate::check_draft::TalkDraft;
use crate::code;
use crate::context::Context;
use crate::draft::{CheckerDraft, CheckerKind, RealServerDraft};
use crate::table::{Arity, Row, Table};
use crate::value::bytes;
use holdfast_model::{BodyMatch, Name};
use holdfast_syntax::{Finding, Item};

pub(crate) fn apply(context: &mut Context<'_>, item: Item<'_, '_>, draft: &mut RealServerDraft) {
    let checker = common::read(context, item, &TABLE, CheckerKind::Tcp);
    draft.checkers.push(checker);
}

pub(in crate::block) const TABLE: Table<CheckerDraft> = Table {
    block: "TCP_CHECK",
    parts: &[common::ROWS, OWN],
};

/// What keepalived does not have.
const OWN: &[Row<CheckerDraft>] = &[
    Row::works(
        "send",
        Arity::Value("what to say"),
        "Holdfast's own (`@holdfast send \"PING\\r\\n\"`): said once the connection is made; `\\r`, `\\n`, `\\t`, `\\0`, `\\xHH`, `\\\"` and `\\\\` as in C.",
        |context, item, draft| {
            if let Some(bytes) = words(context, item) {
                talk(draft, |talk| talk.send = bytes);
            }
        },
    ),
    Row::works(
        "expect",
        Arity::Value("what has to come"),
        "Holdfast's own (`@holdfast expect \"+PONG\"`): succeeds when these bytes have come, within connect_timeout and the first 64 kB; escapes as in `send`.",
        |context, item, draft| {
            let Some(bytes) = words(context, item) else {
                return;
            };
            let pattern: String = bytes.iter().map(|byte| format!("\\x{byte:02x}")).collect();
            expect(context, item, draft, &pattern);
        },
    ),
    Row::works(
        "expect_regex",
        Arity::Value("a regular expression"),
        "Holdfast's own: the same by a pattern as PCRE2 reads it; `\\` itself is written `\\\\`, as in `regex`.",
        |context, item, draft| match outer_words(item).as_slice() {
            [pattern] => expect(context, item, draft, pattern),
            _ => several(context, item),
        },
    ),
];

/// From now on the check says or hears something.
fn talk(draft: &mut CheckerDraft, set: impl FnOnce(&mut TalkDraft)) {
    let mut talk = match core::mem::take(&mut draft.kind) {
        CheckerKind::Talk(talk) => talk,
        _ => Box::default(),
    };
    set(&mut talk);
    draft.kind = CheckerKind::Talk(talk);
}

/// The bytes of the one word of a line.
fn words(context: &mut Context<'_>, item: Item<'_, '_>) -> Option<Vec<u8>> {
    if item.len() > 2 {
        several(context, item);
        return None;
    }
    let text = item.bytes(1).unwrap_or_default();
    let bytes = bytes::unescape(text).filter(|bytes| !bytes.is_empty());
    if bytes.is_none() {
        let escapes = "`\\r`, `\\n`, `\\t`, `\\0`, `\\xHH`, `\\\"` or `\\\\` behind each `\\`";
        let expected = if text.is_empty() {
            "something"
        } else {
            escapes
        };
        context.bad_value(code::CHOICE, item, 1, expected, "the line is ignored");
    }
    bytes
}

fn several(context: &mut Context<'_>, item: Item<'_, '_>) {
    let keyword = String::from_utf8_lossy(item.keyword());
    let words = format!("`{keyword}` is followed by one word: the line is ignored");
    let finding = Finding::error(code::CHOICE, item.head(), words);
    context.push(finding.help("put words with blanks between them into quotes"));
}

fn expect(context: &mut Context<'_>, item: Item<'_, '_>, draft: &mut CheckerDraft, pattern: &str) {
    if let Err(error) = holdfast_pcre::Regex::new(pattern.as_bytes(), 0) {
        let words = format!("PCRE2 does not take `{pattern}`: {error}; the line is ignored");
        let finding = Finding::error(code::REGEX, item.word_span(1), words);
        context.push(finding.help("mend the pattern, or write `expect` for plain text"));
        return;
    }
    let expect = BodyMatch {
        pattern: Name::from(pattern),
        ..BodyMatch::default()
    };
    talk(draft, |talk| talk.expect = Some(Box::new(expect)));
}
