//! Checkers that ask nobody: what they name is watched. FILE_CHECK, BFD_CHECK.

use crate::block::check;
use crate::block::track::own_weight;
use crate::code;
use crate::context::Context;
use crate::draft::{
    CheckerDraft, CheckerKind, FileDraft, Objects, RealServerDraft, TrackKind, Weighing,
};
use crate::table::{Arity, Row, Table, walk};
use holdfast_model::Name;
use holdfast_syntax::{Finding, Item};

/// The blocks, as `real_server` has them.
pub(in crate::block) const ROWS: &[Row<RealServerDraft>] = &[
    Row::works(
        "FILE_CHECK",
        Arity::Block,
        "A file's number, multiplied, is added to the weight; -2147483648 and below is a failure.",
        file,
    )
    .repeated(),
    Row::works("BFD_CHECK", Arity::Block, "Up while a BFD session is.", bfd).repeated(),
];

const NAME: Arity = Arity::Value("a name");

/// FILE_CHECK or BFD_CHECK while it is read.
#[derive(Debug, Default)]
pub(crate) struct NamedDraft {
    name: Option<Name>,
    weight: Option<Weighing>,
    alpha: Option<bool>,
    rise: Option<u32>,
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
        Some(name) => {
            server.checkers.push(CheckerDraft {
                head: item.head(),
                alpha: draft.alpha,
                rise: draft.rise,
                kind: if kind == TrackKind::Bfd {
                    CheckerKind::Bfd(name.clone())
                } else {
                    CheckerKind::File(FileDraft {
                        file: name.clone(),
                        weight: draft.weight.filter(|weighing| weighing.weight != 0),
                    })
                },
                ..CheckerDraft::default()
            });
            server.watches.push((kind, name, item.head()));
        }
        None => missing(context, item, keyword),
    }
}

const RISE: Row<NamedDraft> = Row::works(
    "rise",
    Arity::Value("a number from 1 to 1000"),
    "Holdfast's own (`@holdfast rise 3`): what is watched has to be good for so many successes in a row, the first at once and each further one a delay_loop later, until a server that is down is up; 1.",
    |c, i, draft: &mut NamedDraft| draft.rise = check::whole_number(c, i, 1..=1000).or(draft.rise),
);

fn take(_: &mut Context<'_>, item: Item<'_, '_>, draft: &mut NamedDraft) {
    draft.name = Some(Name::from(item.text(1).unwrap_or_default().as_ref()));
}

pub(in crate::block) const FILE: Table<NamedDraft> = Table {
    block: "FILE_CHECK",
    parts: &[&[
        Row::works("track_file", NAME, "The track_file that it reads.", take),
        Row::works(
            "weight",
            Arity::Needed("a whole number"),
            "What its number is multiplied by, and perhaps `reverse`; the track_file's.",
            |c, i, draft| draft.weight = own_weight(c, i, i32::MAX).or(draft.weight),
        ),
        RISE,
    ]],
};

pub(in crate::block) const BFD: Table<NamedDraft> = Table {
    block: "BFD_CHECK",
    parts: &[&[
        Row::works("name", Arity::Needed("a name"), "The bfd_instance.", take),
        Row::works(
            "alpha",
            Arity::Free,
            "Counts as failed until it is up.",
            |c, i, draft| draft.alpha = check::truth(c, i).or(draft.alpha),
        ),
        RISE,
    ]],
};

/// Checks get what the object that they name says; those of objects that are not there go.
pub(in crate::block) fn resolve(objects: &Objects, server: &mut RealServerDraft) {
    server
        .checkers
        .retain_mut(|checker| match &mut checker.kind {
            CheckerKind::File(check) => {
                let key = (TrackKind::File, check.file.clone());
                check.weight = check.weight.or_else(|| objects.weight(&key));
                objects.defined(key.0, &key.1)
            }
            CheckerKind::Bfd(session) => {
                let key = (TrackKind::Bfd, session.clone());
                objects.defined(key.0, &key.1)
                    && !objects.deaf(&key, |listeners| listeners.checkers)
            }
            _ => true,
        });
}

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
