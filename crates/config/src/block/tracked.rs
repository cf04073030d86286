//! What can be watched: what all such blocks share; `vrrp_track_process`, `bfd_instance`.

use super::root::Draft;
use super::track::own_weight;
use super::{bfd, check};
use crate::code;
use crate::context::Context;
use crate::draft::{CheckDraft, TrackKind, Weighing};
use crate::table::{Arity, Row, Table, walk};
use crate::value::duration::SECOND;
use holdfast_model::Name;
use holdfast_model::track::InitFile;
use holdfast_syntax::{Finding, Item, Span};

/// One of these blocks on its way.
#[derive(Debug, Default)]
pub(crate) struct Tracked {
    /// It says what to look at: script, file, process or neighbour.
    pub(super) subject: Option<Span>,
    pub(super) weight: Option<Weighing>,
    /// A quote without its end swallowed what to look at.
    swallowed: bool,
    /// `file`.
    pub(super) path: Name,
    pub(super) initial: Option<InitFile>,
    /// A `vrrp_script`.
    pub(super) check: CheckDraft,
}

/// Reads a block, and remembers it by name if it says what to look at.
pub(super) fn block(
    context: &mut Context<'_>,
    item: Item<'_, '_>,
    draft: &mut Draft,
    kind: TrackKind,
    table: &Table<Tracked>,
    subject: &str,
) -> Option<Tracked> {
    let name = Name::from(item.text(1).unwrap_or_default().as_ref());
    let mut tracked = Tracked::default();
    walk(context, item.items(), table, &mut tracked);
    if tracked.subject.is_none() {
        let finding = Finding::error(
            code::NO_SUBJECT,
            item.head(),
            format!(
                "`{} {name}` has no usable `{subject}`: it is left out",
                table.block
            ),
        )
        .help(format!("add `{subject}` with what is to be watched"));
        if !tracked.swallowed {
            context.push(finding);
        }
        draft.objects.refuse(kind, name);
        return None;
    }
    if let Some(first) = draft
        .objects
        .define(kind, name.clone(), tracked.weight, item.head())
    {
        let finding = Finding::error(
            code::SAME_NAME,
            item.head(),
            format!("`{} {name}` is already defined", table.block),
        )
        .also(first, "first defined here")
        .help("give it another name, or remove one of the two");
        context.push(finding);
    }
    Some(tracked)
}

pub(super) fn process(context: &mut Context<'_>, item: Item<'_, '_>, draft: &mut Draft) {
    let _process = block(
        context,
        item,
        draft,
        TrackKind::Process,
        &PROCESS,
        "process",
    );
}

pub(super) fn bfd(context: &mut Context<'_>, item: Item<'_, '_>, draft: &mut Draft) {
    check::name_within(context, item, 31);
    let _session = block(
        context,
        item,
        draft,
        TrackKind::Bfd,
        &bfd::TABLE,
        "neighbor_ip",
    );
}

pub(super) fn subject(context: &mut Context<'_>, item: Item<'_, '_>, draft: &mut Tracked) {
    if let Some(first) = draft.subject {
        let keyword = item.text(0).unwrap_or_default();
        let message = format!("`{keyword}` stands here a second time: the first one counts");
        let finding = Finding::error(code::GIVEN_TWICE, item.head(), message);
        let finding = finding.also(first, "first given here");
        context.push(finding.help("remove the one that is not meant"));
        return;
    }
    draft.swallowed = item.len() < 2 && context.quote_follows(item);
    if item.len() > 1 {
        draft.subject = Some(item.head());
    }
}

pub(super) const PROCESS: Table<Tracked> = Table {
    block: "vrrp_track_process",
    parts: &[&[
        Row::parsed(
            "process",
            Arity::Value("a program and perhaps its arguments"),
            "Whom to look for.",
            subject,
        )
        .repeated(),
        Row::parsed(
            "param_match",
            Arity::Free,
            "How much of the arguments has to fit: `initial`, `partial`, or all.",
            param_match,
        ),
        Row::parsed(
            "full_command",
            Arity::Free,
            "Compares the whole command line.",
            check::nothing,
        ),
        Row::parsed(
            "weight",
            Arity::Needed("-254 to 254"),
            "Added to the priority; 0: absence is a fault.",
            |c, i, draft| {
                draft.weight = own_weight(c, i, 254);
            },
        ),
        Row::parsed(
            "quorum",
            Arity::Value("a count"),
            "How many have to run; 1.",
            |c, i, _| check::number(c, i, 1..=65_535),
        ),
        Row::parsed(
            "quorum_max",
            Arity::Value("a count"),
            "How many may run.",
            |c, i, _| check::number(c, i, 0..=65_535),
        ),
        Row::parsed(
            "delay",
            Arity::Value("seconds"),
            "How long a change has to last.",
            hour,
        ),
        Row::parsed(
            "terminate_delay",
            Arity::Value("seconds"),
            "The same for a process that ends.",
            hour,
        ),
        Row::parsed(
            "fork_delay",
            Arity::Value("seconds"),
            "The same for a process that starts.",
            hour,
        ),
    ]],
};

fn param_match(context: &mut Context<'_>, item: Item<'_, '_>, _: &mut Tracked) {
    if item.len() > 1 {
        check::choice(context, item, &["initial", "partial"]);
    }
}

fn hour(context: &mut Context<'_>, item: Item<'_, '_>, _: &mut Tracked) {
    check::seconds(context, item, 1..=3600 * SECOND);
}
