//! Checkers that are read, and are not built yet: MISC_CHECK, FILE_CHECK, BFD_CHECK.

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
        "MISC_CHECK",
        Arity::Block,
        "Up while a program exits with 0.",
        misc,
    )
    .repeated()
    .decisive(),
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

/// MISC_CHECK while it is read.
#[derive(Debug, Default)]
pub(crate) struct MiscDraft {
    named: bool,
}

fn misc(context: &mut Context<'_>, item: Item<'_, '_>, _: &mut RealServerDraft) {
    let mut draft = MiscDraft::default();
    walk(context, item.items(), &MISC, &mut draft);
    if !draft.named {
        missing(context, item, "misc_path");
    }
}

pub(in crate::block) const MISC: Table<MiscDraft> = Table {
    block: "MISC_CHECK",
    parts: &[&[
        Row::parsed(
            "misc_path",
            Arity::Free,
            "The program; 0 is success.",
            |c, i, draft: &mut MiscDraft| {
                check::command(c, i, draft);
                draft.named = i.len() > 1 || c.quote_follows(i);
            },
        ),
        Row::parsed(
            "misc_timeout",
            Arity::Value("seconds"),
            "How long it may run; delay_loop.",
            |c, i, _| check::number(c, i, 0..=4294),
        ),
        Row::parsed(
            "misc_dynamic",
            Arity::Switch,
            "Its exit code is the weight and two.",
            check::nothing,
        ),
        Row::parsed(
            "user",
            Arity::Needed("a user and perhaps a group"),
            "As whom it runs.",
            check::nothing,
        ),
        Row::parsed(
            "retry",
            Arity::Value("a whole number"),
            "Failures that are forgiven while the server is up.",
            |c, i, _| check::number(c, i, 0..=u32::MAX),
        ),
        Row::parsed(
            "delay_before_retry",
            Arity::Value("seconds"),
            "Seconds until a failed check is repeated.",
            any_seconds,
        ),
        Row::parsed(
            "warmup",
            Arity::Value("seconds"),
            "The first check comes at random within this time.",
            any_seconds,
        ),
        Row::parsed(
            "delay_loop",
            Arity::Value("seconds"),
            "Seconds from one check to the next.",
            |c, i, _| check::seconds(c, i, crate::value::duration::LONG),
        ),
        Row::parsed(
            "alpha",
            Arity::Free,
            "Counts as failed until it has succeeded.",
            check::boolean,
        ),
        Row::parsed(
            "log_all_failures",
            Arity::Free,
            "Logs failures of a server that is down too.",
            check::boolean,
        ),
    ]],
};

fn any_seconds(context: &mut Context<'_>, item: Item<'_, '_>, _: &mut MiscDraft) {
    check::seconds(context, item, crate::value::duration::ANY);
}

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

fn missing(context: &mut Context<'_>, item: Item<'_, '_>, keyword: &str) {
    let block = String::from_utf8_lossy(item.keyword());
    let finding = Finding::error(
        code::NO_SUBJECT,
        item.head(),
        format!("`{block}` has no `{keyword}`: it is left out"),
    )
    .help(format!("add `{keyword}` with what is to be checked"));
    context.push(finding);
}
