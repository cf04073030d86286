//! What can be watched: `vrrp_script`, `track_file`, `vrrp_track_process`.

use super::check;
use super::root::Draft;
use super::track::own_weight;
use crate::code;
use crate::context::Context;
use crate::draft::TrackKind;
use crate::table::{Arity, Row, Table, walk};
use crate::value::{duration::SECOND, number, words};
use holdfast_model::Name;
use holdfast_syntax::{Finding, Item, Span};

/// One of these blocks on its way.
#[derive(Debug, Default)]
pub(crate) struct Tracked {
    /// It says what to look at: script, file, process or neighbour.
    pub(super) subject: Option<Span>,
    pub(super) weight: Option<i32>,
    /// A quote without its end swallowed what to look at.
    swallowed: bool,
}

/// Reads a block, and remembers it by name if it says what to look at.
fn block(
    context: &mut Context<'_>,
    item: Item<'_, '_>,
    draft: &mut Draft,
    kind: TrackKind,
    table: &Table<Tracked>,
    subject: &str,
) {
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
        return;
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
}

pub(super) fn script(context: &mut Context<'_>, item: Item<'_, '_>, draft: &mut Draft) {
    block(context, item, draft, TrackKind::Script, &SCRIPT, "script");
}

pub(super) fn file(context: &mut Context<'_>, item: Item<'_, '_>, draft: &mut Draft) {
    if item.keyword() == b"vrrp_track_file" {
        let message = "`vrrp_track_file` is the old name of `track_file`";
        let finding = Finding::advice(code::DEPRECATED, item.word_span(0), message);
        context.push(finding.help("write `track_file`"));
    }
    block(context, item, draft, TrackKind::File, &FILE, "file");
}

pub(super) fn process(context: &mut Context<'_>, item: Item<'_, '_>, draft: &mut Draft) {
    block(
        context,
        item,
        draft,
        TrackKind::Process,
        &PROCESS,
        "process",
    );
}

fn subject(context: &mut Context<'_>, item: Item<'_, '_>, draft: &mut Tracked) {
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

pub(super) const SCRIPT: Table<Tracked> = Table {
    block: "vrrp_script",
    parts: &[&[
        Row::parsed(
            "script",
            Arity::Free,
            "The program and its arguments; 0 is success.",
            |c, i, draft| {
                check::command(c, i, draft);
                subject(c, i, draft);
            },
        ),
        Row::parsed(
            "interval",
            Arity::Value("whole seconds"),
            "How often it runs; 1.",
            script_seconds,
        ),
        Row::parsed(
            "timeout",
            Arity::Value("whole seconds"),
            "How long it may run; the interval.",
            script_seconds,
        ),
        Row::parsed(
            "rise",
            Arity::Value("a count"),
            "Successes until it counts as up; 1.",
            count,
        ),
        Row::parsed(
            "fall",
            Arity::Value("a count"),
            "Failures until it counts as down; 1.",
            count,
        ),
        Row::parsed(
            "weight",
            Arity::Value("-253 to 253"),
            "Added to the priority; 0: a failure is a fault.",
            |c, i, draft| {
                draft.weight = own_weight(c, i, 253);
            },
        ),
        Row::parsed(
            "user",
            Arity::Value("a user and perhaps a group"),
            "As whom it runs.",
            check::nothing,
        ),
        Row::parsed(
            "init_fail",
            Arity::Switch,
            "Counts as down until it has succeeded.",
            check::nothing,
        ),
    ]],
};

/// 2.2.7 takes whole seconds here; 0 counts as 1.
fn script_seconds(context: &mut Context<'_>, item: Item<'_, '_>, _: &mut Tracked) {
    let word = item.bytes(1).unwrap_or_default();
    let value = number::number(word, 0..=4294);
    if value.is_none_or(|value| value == 0) {
        let consequence = if value.is_some() {
            "1 is used"
        } else {
            "the default is used"
        };
        let expected = "whole seconds from 1 to 4294";
        context.bad_value(code::NUMBER, item, 1, expected, consequence);
    }
}

fn count(context: &mut Context<'_>, item: Item<'_, '_>, _: &mut Tracked) {
    let word = item.bytes(1).unwrap_or_default();
    if number::number(word, 1..=i32::MAX.unsigned_abs()).is_none() {
        context.bad_value(code::NUMBER, item, 1, "a whole number above 0", "1 is used");
    }
}

pub(super) const FILE: Table<Tracked> = Table {
    block: "track_file",
    parts: &[&[
        Row::parsed(
            "file",
            Arity::Needed("a path"),
            "The file that holds a number.",
            subject,
        )
        .repeated(),
        Row::parsed(
            "weight",
            Arity::Needed("-254 to 254"),
            "What the number is multiplied by; 1.",
            |c, i, draft| {
                draft.weight = own_weight(c, i, 254);
            },
        ),
        Row::parsed(
            "init_file",
            Arity::Free,
            "Writes the file at the start if it is missing.",
            init_file,
        ),
    ]],
};

/// `[VALUE] [overwrite]`.
fn init_file(context: &mut Context<'_>, item: Item<'_, '_>, _: &mut Tracked) {
    for index in 1..item.len() {
        let word = item.bytes(index).unwrap_or_default();
        if word != b"overwrite" && words::signed(word).is_none() {
            let expected = "a whole number or `overwrite`";
            context.bad_value(code::NUMBER, item, index, expected, "the word is ignored");
        }
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
