//! `vrrp_track_process`: processes that decide on priorities.

use super::check;
use super::root::Draft;
use super::track::own_weight;
use super::tracked::{Tracked, block, subject};
use crate::context::Context;
use crate::draft::{ProcessDraft, TrackKind};
use crate::table::{Arity, Row, Table};
use crate::value::duration::SECOND;
use holdfast_model::track::{ParameterMatch, ProcessPattern, TrackProcess};
use holdfast_model::{Micros, Name};
use holdfast_syntax::Item;

pub(super) fn apply(context: &mut Context<'_>, item: Item<'_, '_>, draft: &mut Draft) {
    let tracked = block(context, item, draft, TrackKind::Process, &TABLE, "process");
    if let Some(tracked) = tracked {
        let name = super::name(item, 1);
        let process = finish(name.clone(), tracked.process);
        draft.processes.insert(name, process);
    }
}

fn finish(name: Name, draft: ProcessDraft) -> TrackProcess {
    let mut words = draft.words.into_iter();
    let program = words.next().unwrap_or_default();
    let parameters: Vec<Name> = words.collect();
    let pattern = if draft.full || draft.matching.is_some() || !parameters.is_empty() {
        ProcessPattern::Command {
            program,
            parameters,
            matching: draft.matching.unwrap_or(ParameterMatch::Exact),
        }
    } else {
        ProcessPattern::Name(program)
    };
    TrackProcess {
        name,
        pattern,
        quorum: draft.quorum.unwrap_or(1),
        most: draft.most,
        fork_delay: draft.fork_delay.unwrap_or(Micros::from_secs(0)),
        terminate_delay: draft.terminate_delay.unwrap_or(Micros::from_secs(0)),
    }
}

pub(super) const TABLE: Table<Tracked> = Table {
    block: "vrrp_track_process",
    parts: &[&[
        Row::works(
            "process",
            Arity::Value("a program and perhaps its arguments"),
            "Whom to look for.",
            |c, i, draft: &mut Tracked| {
                if draft.subject.is_none() {
                    draft.process.words = (1..i.len()).map(|at| super::name(i, at)).collect();
                }
                subject(c, i, draft);
            },
        )
        .repeated(),
        Row::works(
            "param_match",
            Arity::Free,
            "How much of the arguments has to fit: `initial`, `partial`, or all.",
            param_match,
        ),
        Row::works(
            "full_command",
            Arity::Free,
            "Compares the whole command line.",
            |_, _, draft| draft.process.full = true,
        ),
        Row::works(
            "weight",
            Arity::Needed("-254 to 254"),
            "Added to the priority; 0: absence is a fault.",
            |c, i, draft| {
                draft.weight = own_weight(c, i, 254);
            },
        ),
        Row::works(
            "quorum",
            Arity::Value("a count"),
            "How many have to run; 1.",
            |c, i, draft| draft.process.quorum = check::whole_number(c, i, 1..=65_535),
        ),
        Row::works(
            "quorum_max",
            Arity::Value("a count"),
            "How many may run.",
            |c, i, draft| draft.process.most = check::whole_number(c, i, 0..=65_535),
        ),
        Row::works(
            "delay",
            Arity::Value("seconds"),
            "How long a change has to last.",
            |c, i, draft| {
                let delay = hour(c, i);
                (draft.process.fork_delay, draft.process.terminate_delay) = (delay, delay);
            },
        ),
        Row::works(
            "terminate_delay",
            Arity::Value("seconds"),
            "The same for a process that ends.",
            |c, i, draft| draft.process.terminate_delay = hour(c, i),
        ),
        Row::works(
            "fork_delay",
            Arity::Value("seconds"),
            "The same for a process that starts.",
            |c, i, draft| draft.process.fork_delay = hour(c, i),
        ),
    ]],
};

fn param_match(context: &mut Context<'_>, item: Item<'_, '_>, draft: &mut Tracked) {
    let matching = match item.bytes(1) {
        None => ParameterMatch::Exact,
        Some(b"initial") => ParameterMatch::Initial,
        Some(b"partial") => ParameterMatch::Partial,
        Some(_) => return check::choice(context, item, &["initial", "partial"]),
    };
    draft.process.matching = Some(matching);
}

fn hour(context: &mut Context<'_>, item: Item<'_, '_>) -> Option<Micros> {
    check::time(context, item, 1..=3600 * SECOND)
}
