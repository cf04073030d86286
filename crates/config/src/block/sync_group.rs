//! `vrrp_sync_group`: instances that are master together.

use super::check;
use super::check::COMMAND;
use super::root::Draft;
use super::{script, track};
use crate::code;
use crate::context::Context;
use crate::draft::{GroupDraft, NotifyDraft, Objects, TrackKind, Tracks};
use crate::table::{Arity, Row, Table, walk};
use holdfast_model::Name;
use holdfast_syntax::{Finding, Item, Span};

/// The block while its keywords are read.
#[derive(Debug)]
pub(crate) struct Reading {
    members: Vec<(Name, Span)>,
    tracks: Tracks,
    /// `sync_group_tracking_weight`.
    weights: bool,
    notify: NotifyDraft,
    /// What is defined above.
    objects: Objects,
}

pub(super) fn apply(context: &mut Context<'_>, item: Item<'_, '_>, draft: &mut Draft) {
    if item.len() < 2 {
        context.nameless(item);
        return;
    }
    let name = Name::from(item.text(1).unwrap_or_default().as_ref());
    if let Some(first) = draft.group_names.get(&name) {
        let finding = Finding::error(
            code::SAME_NAME,
            item.head(),
            format!("sync group `{name}` is already defined: this block is ignored"),
        )
        .also(*first, "first defined here")
        .help("give it another name, or remove one of the two");
        context.push(finding);
        return;
    }
    draft.group_names.insert(name.clone(), item.head());
    let mut reading = Reading {
        members: Vec::new(),
        tracks: Tracks::new(),
        weights: false,
        notify: NotifyDraft::default(),
        objects: core::mem::take(&mut draft.objects),
    };
    walk(context, item.items(), &TABLE, &mut reading);
    draft.objects = reading.objects;
    draft.groups.push(GroupDraft {
        name,
        head: item.head(),
        members: reading.members,
        tracks: reading.tracks,
        weights: reading.weights,
        notify: reading.notify,
    });
}

pub(super) const TABLE: Table<Reading> = Table {
    block: "vrrp_sync_group",
    parts: &[&[
        Row::works("group", Arity::Block, "Its instances, by name.", members).repeated(),
        Row::works(
            "track_interface",
            Arity::Block,
            "Interfaces that all of them watch.",
            |c, i, d| read(c, i, d, TrackKind::Interface),
        )
        .repeated(),
        Row::works(
            "track_script",
            Arity::Block,
            "Scripts that all of them watch.",
            |c, i, d| read(c, i, d, TrackKind::Script),
        )
        .repeated(),
        Row::works(
            "track_file",
            Arity::Block,
            "Files that all of them watch.",
            |c, i, d| read(c, i, d, TrackKind::File),
        )
        .repeated(),
        Row::works(
            "track_process",
            Arity::Block,
            "Processes that all of them watch.",
            |c, i, d| read(c, i, d, TrackKind::Process),
        )
        .repeated(),
        Row::works(
            "track_bfd",
            Arity::Block,
            "BFD sessions that all of them watch.",
            |c, i, d| read(c, i, d, TrackKind::Bfd),
        )
        .repeated(),
        Row::works(
            "notify_master",
            COMMAND,
            "Runs when the group becomes master.",
            |c, i, d| script::notify(c, i, &mut d.notify),
        ),
        Row::works(
            "notify_backup",
            COMMAND,
            "Runs when the group becomes backup.",
            |c, i, d| script::notify(c, i, &mut d.notify),
        ),
        Row::works(
            "notify_fault",
            COMMAND,
            "Runs when the group goes to FAULT.",
            |c, i, d| script::notify(c, i, &mut d.notify),
        ),
        Row::works(
            "notify_stop",
            COMMAND,
            "Runs when the daemon stops.",
            |c, i, d| script::notify(c, i, &mut d.notify),
        ),
        Row::works(
            "notify",
            COMMAND,
            "Runs at each change, with what has changed.",
            |c, i, d| script::notify(c, i, &mut d.notify),
        ),
        Row::works(
            "smtp_alert",
            Arity::Free,
            "Mails about its changes.",
            |c, i, d| {
                d.notify.alert = check::truth(c, i);
            },
        ),
        Row::works(
            "sync_group_tracking_weight",
            Arity::Switch,
            "Weights of its members count too; else only those that the group itself gives.",
            |_, _, draft| draft.weights = true,
        ),
        Row::works(
            "notify_priority_changes",
            Arity::Free,
            "Tells FIFOs of changed priorities of members that do not say it themselves.",
            |c, i, draft| draft.notify.priority_changes = check::truth(c, i),
        ),
        Row::works(
            "global_tracking",
            Arity::Free,
            "Old; has no meaning.",
            |c, i, _| check::deprecated(c, i, "nothing: the line has no effect"),
        ),
    ]],
};

fn members(_: &mut Context<'_>, item: Item<'_, '_>, draft: &mut Reading) {
    for line in item.items() {
        for index in 0..line.len() {
            let name = Name::from(line.text(index).unwrap_or_default().as_ref());
            draft.members.push((name, line.word_span(index)));
        }
    }
}

fn read(context: &mut Context<'_>, item: Item<'_, '_>, draft: &mut Reading, kind: TrackKind) {
    track::lines(context, item, kind, &draft.objects, &mut draft.tracks);
}
