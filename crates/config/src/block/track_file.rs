//! `track_file`: a number in a file that decides on priorities.

use super::root::Draft;
use super::track::own_weight;
use super::tracked::{Tracked, block, subject};
use crate::code;
use crate::context::Context;
use crate::draft::TrackKind;
use crate::table::{Arity, Row, Table};
use crate::value::words;
use holdfast_model::track::{InitFile, TrackFile};
use holdfast_syntax::{Finding, Item};

pub(super) fn apply(context: &mut Context<'_>, item: Item<'_, '_>, draft: &mut Draft) {
    if item.keyword() == b"vrrp_track_file" {
        let message = "`vrrp_track_file` is the old name of `track_file`";
        let finding = Finding::advice(code::DEPRECATED, item.word_span(0), message);
        context.push(finding.help("write `track_file`"));
    }
    if let Some(tracked) = block(context, item, draft, TrackKind::File, &TABLE, "file") {
        let file = TrackFile {
            name: super::name(item, 1),
            path: tracked.path,
            initial: tracked.initial,
        };
        let files = &mut draft.tracked.files;
        files.retain(|known| known.name != file.name);
        files.push(file);
    }
}

pub(super) const TABLE: Table<Tracked> = Table {
    block: "track_file",
    parts: &[&[
        Row::works(
            "file",
            Arity::Needed("a path"),
            "The file that holds a number; 0 while it is missing.",
            |c, i, draft: &mut Tracked| {
                if draft.subject.is_none() {
                    draft.path = super::name(i, 1);
                }
                subject(c, i, draft);
            },
        )
        .repeated(),
        Row::works(
            "weight",
            Arity::Needed("-254 to 254"),
            "What the number is multiplied by; 1. With 0 a number other than 0 is a fault.",
            |c, i, draft| {
                draft.weight = own_weight(c, i, 254);
            },
        ),
        Row::works(
            "init_file",
            Arity::Free,
            "Writes a number (0) at the start if the file is missing, or with `overwrite` in any case.",
            init_file,
        ),
    ]],
};

fn init_file(context: &mut Context<'_>, item: Item<'_, '_>, draft: &mut Tracked) {
    let mut initial = InitFile {
        value: 0,
        overwrite: false,
    };
    for index in 1..item.len() {
        let word = item.bytes(index).unwrap_or_default();
        if word == b"overwrite" {
            initial.overwrite = true;
        } else if let Some(value) = words::signed(word) {
            initial.value = value;
        } else {
            let expected = "a whole number or `overwrite`";
            context.bad_value(code::NUMBER, item, index, expected, "the word is ignored");
        }
    }
    draft.initial = Some(initial);
}
