//! Programs that do not exist: they never run. All those in one directory that does not exist get one
//! line, for the file may be meant for another machine.

use super::{Advice, Seen};
use crate::code;
use holdfast_syntax::Span;
use std::collections::BTreeMap;

pub(super) fn judge(programs: &[Seen<'_>], advice: &mut Advice<'_>) {
    let mut missing: BTreeMap<&str, Vec<(&str, Span)>> = BTreeMap::new();
    for (name, program, span) in programs {
        if let Some(part) = &program.missing {
            missing.entry(part).or_default().push((name, *span));
        }
    }
    for (part, mut programs) in missing {
        programs.sort_by_key(|(_, span)| *span);
        let Some((name, span)) = programs.first() else {
            continue;
        };
        let text = || match programs.len() {
            _ if *name == part && !name.contains('/') => {
                format!("no program `{name}` is found on the PATH: it never runs")
            }
            1 if *name == part => format!("`{name}` does not exist: it never runs"),
            1 => format!("`{name}` never runs: there is no directory {part}"),
            many => format!(
                "`{name}` and {} more never run: there is no {part}",
                many - 1
            ),
        };
        advice.say(
            code::NO_PROGRAM,
            *span,
            text,
            "install it, or correct the path",
        );
    }
}
