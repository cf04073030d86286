//! `auth_hmac`: signed adverts (keepalived since 2.4).

use super::whole;
use crate::auth_draft::{HmacDraft, KeyDraft};
use crate::code;
use crate::context::Context;
use crate::draft::{InstanceDraft, Spanned};
use crate::table::{Arity, Row, Table, walk};
use crate::value::number;
use holdfast_model::{AntiReplay, HmacMode};
use holdfast_syntax::Item;

pub(super) fn apply(context: &mut Context<'_>, item: Item<'_, '_>, draft: &mut InstanceDraft) {
    let hmac = draft.hmac.get_or_insert_with(|| HmacDraft {
        span: item.head(),
        keys: Vec::new(),
        active: None,
        window: None,
        replay: AntiReplay::Time,
        mode: HmacMode::Enforce,
    });
    walk(context, item.items(), &TABLE, hmac);
}

pub(super) const TABLE: Table<HmacDraft> = Table {
    block: "auth_hmac",
    parts: &[&[
        Row::works(
            "key",
            Arity::Value("1 to 255 and the key"),
            "`key ID VALUE`: 32 to 64 bytes as they stand, `hex:` and their digits, or `file:` and a file that holds either. Every key verifies.",
            key,
        )
        .repeated(),
        Row::works(
            "active_key",
            Arity::Value("1 to 255"),
            "The key that signs; without it the first one.",
            |c, i, draft| {
                let value = whole(c, i, 1..=255, "the first key signs");
                let value = value.and_then(|value| u8::try_from(value).ok());
                let span = i.word_span(1);
                draft.active = value.map(|value| Spanned { value, span });
            },
        ),
        Row::works(
            "time_window",
            Arity::Value("1 to 300 seconds"),
            "How far the clocks of two routers may be apart; three times advert_int, at least 5.",
            |c, i, draft| draft.window = whole(c, i, 1..=300, "three times advert_int is used"),
        ),
        Row::works(
            "anti_replay",
            Arity::Value("`time` or `monotonic`"),
            "What is refused as heard before: `time` (the default) also what was signed outside of the window, `monotonic` only what is not later than the sender's last advert.",
            |c, i, draft| {
                draft.replay = match i.bytes(1) {
                    Some(b"time") => AntiReplay::Time,
                    Some(b"monotonic") => AntiReplay::Monotonic,
                    _ => {
                        let expected = "`time` or `monotonic`";
                        return c.bad_value(code::CHOICE, i, 1, expected, "`time` is used");
                    }
                };
            },
        ),
        Row::works(
            "mode",
            Arity::Value("`enforce`, `permissive` or `receive-only`"),
            "`enforce`, the default: signs, and drops what is not. `permissive`: signs, and takes what is not. `receive-only`: does not sign.",
            |c, i, draft| {
                draft.mode = match i.bytes(1) {
                    Some(b"enforce") => HmacMode::Enforce,
                    Some(b"permissive") => HmacMode::Permissive,
                    Some(b"receive-only") => HmacMode::ReceiveOnly,
                    _ => {
                        let expected = "`enforce`, `permissive` or `receive-only`";
                        return c.bad_value(code::CHOICE, i, 1, expected, "`enforce` is used");
                    }
                };
            },
        ),
    ]],
};

fn key(context: &mut Context<'_>, item: Item<'_, '_>, draft: &mut HmacDraft) {
    let id = item.bytes(1).and_then(|word| number::number(word, 1..=255));
    let Some(id) = id.and_then(|id| u8::try_from(id).ok()) else {
        let expected = "the key's number, 1 to 255, and the key";
        context.bad_value(code::NUMBER, item, 1, expected, "the key is left out");
        return;
    };
    let Some(text) = item.text(2) else {
        let expected = "the key after its number";
        return context.missing_value(item, expected);
    };
    let key = KeyDraft {
        id,
        text: text.into_owned(),
        span: item.word_span(2),
    };
    draft.keys.retain(|other| other.id != id);
    draft.keys.push(key);
}
