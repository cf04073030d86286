//! What can be watched: what such blocks share.

use super::root::Draft;
use crate::code;
use crate::context::Context;
use crate::draft::{CheckDraft, ProcessDraft, TrackKind, Weighing};
use crate::table::{Table, walk};
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
    /// A `vrrp_track_process`.
    pub(super) process: ProcessDraft,
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
