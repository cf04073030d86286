//! `vrrp_script`: a program whose end decides on priorities.

use super::root::Draft;
use super::track::own_weight;
use super::tracked::{Tracked, block, subject};
use super::{name, script};
use crate::code;
use crate::context::Context;
use crate::draft::TrackKind;
use crate::table::{Arity, Row, Table};
use crate::value::number;
use holdfast_syntax::{Finding, Item};

pub(super) fn apply(context: &mut Context<'_>, item: Item<'_, '_>, draft: &mut Draft) {
    if let Some(tracked) = block(context, item, draft, TrackKind::Script, &TABLE, "script") {
        draft.checks.insert(name(item, 1), tracked.check);
    }
}

pub(super) const TABLE: Table<Tracked> = Table {
    block: "vrrp_script",
    parts: &[&[
        Row::works(
            "script",
            Arity::Free,
            "The program, in quotes with its arguments; 0 is success.",
            program,
        ),
        Row::works(
            "interval",
            Arity::Value("whole seconds"),
            "How often it runs; 1.",
            |c, i, draft: &mut Tracked| draft.check.interval = seconds(c, i),
        ),
        Row::works(
            "timeout",
            Arity::Value("whole seconds"),
            "How long it may run; the interval.",
            |c, i, draft| draft.check.timeout = seconds(c, i),
        ),
        Row::works(
            "rise",
            Arity::Value("a count"),
            "Successes until it counts as up; 1.",
            |c, i, draft| draft.check.rise = count(c, i),
        ),
        Row::works(
            "fall",
            Arity::Value("a count"),
            "Failures until it counts as down; 1.",
            |c, i, draft| draft.check.fall = count(c, i),
        ),
        Row::works(
            "weight",
            Arity::Value("-253 to 253"),
            "Added to the priority; 0: a failure is a fault.",
            |c, i, draft| {
                draft.weight = own_weight(c, i, 253);
            },
        ),
        Row::works(
            "user",
            Arity::Value("a user and perhaps a group"),
            "As whom it runs.",
            |_, i, draft| {
                let group = (i.len() > 2).then(|| name(i, 2));
                draft.check.user = Some((name(i, 1), group));
            },
        ),
        Row::works(
            "init_fail",
            Arity::Switch,
            "Counts as down until it has succeeded.",
            |_, _, draft| draft.check.starts_failed = true,
        ),
    ]],
};

fn program(context: &mut Context<'_>, item: Item<'_, '_>, draft: &mut Tracked) {
    let program = script::read(context, item);
    if draft.subject.is_none() {
        if let Some(program) = &program
            && program.user.is_some()
        {
            let message =
                "only the first word after `script` counts: the program runs without the others";
            let finding = Finding::advice(code::SCRIPT, item.head(), message);
            context.push(finding.help("put the program and its arguments in double quotes"));
        }
        draft.check.script = program;
    }
    subject(context, item, draft);
}

/// 2.2.7 takes whole seconds here; 0 counts as 1.
fn seconds(context: &mut Context<'_>, item: Item<'_, '_>) -> Option<u32> {
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
    value.map(|value| value.max(1))
}

fn count(context: &mut Context<'_>, item: Item<'_, '_>) -> Option<u32> {
    let word = item.bytes(1).unwrap_or_default();
    let value = number::number(word, 1..=i32::MAX.unsigned_abs());
    if value.is_none() {
        context.bad_value(code::NUMBER, item, 1, "a whole number above 0", "1 is used");
    }
    value
}
