//! Checkers that are read, and are not built yet: FILE_CHECK, BFD_CHECK.

use crate::block::check;
use crate::code;
use crate::context::Context;
use crate::draft::{RealServerDraft, TrackKind};
use crate::table::{Arity, Row, Table, walk};
use holdfast_model::Name;
use holdfast_syntax::{Finding, Item};

/// The blocks, as `real_server` has them.
pub(in crate::block) const ROWS: &[Row<RealServerDraft>] = &[
    Row::parsed(
        "FILE_CHECK",
        Arity::Block,
        "A file's number is added to the weight.",
        file,
    )
    .repeated()
    .decisive(),
    Row::parsed("BFD_CHECK", Arity::Block, "Up while a BFD session is.", bfd)
        .repeated()
        .decisive(),
];

const NAME: Arity = Arity::Value("a name");

/// FILE_CHECK or BFD_CHECK while it is read.
#[derive(Debug, Default)]
pub(crate) struct NamedDraft {
    name: Option<Name>,
}

fn file(context: &mut Context<'_>, item: Item<'_, '_>, server: &mut RealServerDraft) {
    named(context, item, server, TrackKind::File);
}

fn bfd(context: &mut Context<'_>, item: Item<'_, '_>, server: &mut RealServerDraft) {
    named(context, item, server, TrackKind::Bfd);
}

fn named(
    context: &mut Context<'_>,
    item: Item<'_, '_>,
    server: &mut RealServerDraft,
    kind: TrackKind,
) {
    let (table, keyword) = match kind {
        TrackKind::Bfd => (&BFD, "name"),
        TrackKind::Interface | TrackKind::Script | TrackKind::File | TrackKind::Process => {
            (&FILE, "track_file")
        }
    };
    let mut draft = NamedDraft::default();
    walk(context, item.items(), table, &mut draft);
    match draft.name {
        Some(name) => server.watches.push((kind, name, item.head())),
        None => missing(context, item, keyword),
    }
}

fn take(_: &mut Context<'_>, item: Item<'_, '_>, draft: &mut NamedDraft) {
    draft.name = Some(Name::from(item.text(1).unwrap_or_default().as_ref()));
}

pub(in crate::block) const FILE: Table<NamedDraft> = Table {
    block: "FILE_CHECK",
    parts: &[&[
        Row::parsed("track_file", NAME, "The track_file that it reads.", take),
        Row::parsed(
            "weight",
            Arity::Needed("a whole number"),
            "What its number is multiplied by.",
            |c, i, _| {
                let _value = check::signed(c, i, 1, -65_535..=65_535);
            },
        ),
    ]],
};

pub(in crate::block) const BFD: Table<NamedDraft> = Table {
    block: "BFD_CHECK",
    parts: &[&[
        Row::parsed("name", Arity::Needed("a name"), "The bfd_instance.", take),
        Row::parsed(
            "alpha",
            Arity::Free,
            "Counts as failed until it is up.",
            check::boolean,
        ),
    ]],
};

pub(super) fn missing(context: &mut Context<'_>, item: Item<'_, '_>, keyword: &str) {
    let block = String::from_utf8_lossy(item.keyword());
    let finding = Finding::error(
        code::NO_SUBJECT,
        item.head(),
        format!("`{block}` has no `{keyword}`: it is left out"),
    )
    .help(format!("add `{keyword}` with what is to be checked"));
    context.push(finding);
}
