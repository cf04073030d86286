//! MISC_CHECK.

use super::{common, others};
use crate::block::{check, name, script};
use crate::context::Context;
use crate::draft::{CheckerDraft, CheckerKind, MiscDraft, RealServerDraft};
use crate::table::{Arity, Row, Table};
use holdfast_model::Micros;
use holdfast_syntax::Item;

pub(crate) fn apply(context: &mut Context<'_>, item: Item<'_, '_>, draft: &mut RealServerDraft) {
    let checker = common::read(context, item, &TABLE, CheckerKind::Misc(Box::default()));
    match &checker.kind {
        CheckerKind::Misc(misc) if misc.script.is_some() => draft.checkers.push(checker),
        CheckerKind::Misc(misc) if misc.named => {}
        _nothing_to_run => others::missing(context, item, "misc_path"),
    }
}

/// What is asked for, and who.
fn misc(draft: &mut CheckerDraft, set: impl FnOnce(&mut MiscDraft)) {
    if let CheckerKind::Misc(misc) = &mut draft.kind {
        set(misc);
    }
}

pub(in crate::block) const TABLE: Table<CheckerDraft> = Table {
    block: "MISC_CHECK",
    parts: &[&[
        Row::works(
            "misc_path",
            Arity::Free,
            "The program; 0 is success.",
            |c, i, d| {
                let named = i.len() > 1 || c.quote_follows(i);
                let script = script::read(c, i);
                misc(d, |misc| (misc.named, misc.script) = (named, script));
            },
        ),
        Row::works(
            "misc_timeout",
            Arity::Value("seconds"),
            "How long it may run; delay_loop.",
            |c, i, d| {
                let seconds = check::whole_number(c, i, 0..=4294);
                let time = seconds.filter(|seconds| *seconds > 0);
                misc(d, |misc| {
                    misc.timeout = time.map(|time| Micros::from_secs(time.into()))
                });
            },
        ),
        Row::works(
            "misc_dynamic",
            Arity::Switch,
            "Its exit code is the weight and two.",
            |_, _, d| misc(d, |misc| misc.dynamic = true),
        ),
        Row::works(
            "user",
            Arity::Needed("a user and perhaps a group"),
            "As whom it runs.",
            |_, i, d| {
                let group = (i.len() > 2).then(|| name(i, 2));
                let user = (i.len() > 1).then(|| (name(i, 1), group));
                misc(d, |misc| misc.user = user.or(misc.user.take()));
            },
        ),
        common::RETRY,
        common::DELAY_BEFORE_RETRY,
        common::WARMUP,
        common::DELAY_LOOP,
        common::ALPHA,
        common::LOG_ALL_FAILURES,
        common::RISE,
    ]],
};
