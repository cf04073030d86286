//! `authentication`.

use crate::auth_draft::{AuthDraft, AuthKind};
use crate::code;
use crate::context::Context;
use crate::draft::{InstanceDraft, Spanned};
use crate::table::{Arity, Built, Row, Table, walk};
use holdfast_syntax::{Finding, Item};

pub(super) fn apply(context: &mut Context<'_>, item: Item<'_, '_>, draft: &mut InstanceDraft) {
    walk(context, item.items(), &TABLE, &mut draft.auth);
}

pub(super) const TABLE: Table<AuthDraft> = Table {
    block: "authentication",
    parts: &[&[
        Row {
            name: "auth_type",
            aliases: &[],
            arity: Arity::Value("`PASS`"),
            repeats: false,
            built: Built::Works,
            doc: "PASS: a password in clear in every advert. AH: an IPsec header.",
            apply: |context, item, draft| {
                let value = match item.bytes(1) {
                    Some(b"PASS") => AuthKind::Pass,
                    Some(b"AH") => AuthKind::Ah,
                    _ => {
                        let expected = "`PASS` or `AH`";
                        let consequence = "adverts are sent and taken without a password";
                        context.bad_value(code::CHOICE, item, 1, expected, consequence);
                        draft.kind_refused = true;
                        return;
                    }
                };
                let span = item.head();
                draft.kind = Some(Spanned { value, span });
            },
        },
        Row {
            name: "auth_pass",
            aliases: &[],
            arity: Arity::Value("the password, at most 8 bytes"),
            repeats: false,
            built: Built::Works,
            doc: "The password; only its first 8 bytes count.",
            apply: password,
        },
    ]],
};

fn password(context: &mut Context<'_>, item: Item<'_, '_>, draft: &mut AuthDraft) {
    if item.len() > 2 {
        let message = "a password ends at a blank: the words after the first are ignored";
        let finding = Finding::advice(code::SURPLUS, item.word_span(2), message);
        let finding = finding.label("without effect");
        context.push(finding.help("write the password in \"quotes\", or without blanks"));
    }
    // The bytes of the file, not text: a password in another encoding is one, too.
    let raw = item.bytes(1).unwrap_or(&[]);
    let unescaped = item
        .text(1)
        .filter(|_| raw.contains(&b'\\') && core::str::from_utf8(raw).is_ok());
    let bytes = unescaped.as_ref().map_or(raw, |text| text.as_bytes());
    if bytes.len() > 8 {
        let finding = Finding::warning(
            code::TOO_LONG,
            item.word_span(1),
            "`auth_pass` is longer than 8 bytes: only the first 8 count, as with keepalived",
        )
        .label(format!("{} bytes", bytes.len()))
        .help("cut it to 8 bytes on all routers of this VRID");
        context.push(finding);
    }
    draft.given = Some(item.head());
    draft.password = [0; 8];
    for (to, from) in draft.password.iter_mut().zip(bytes) {
        *to = *from;
    }
}
