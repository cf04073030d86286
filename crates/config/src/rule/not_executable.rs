//! A program that nobody may execute: it never runs.

use super::{Advice, is_file};
use crate::code;
use holdfast_model::Program;
use holdfast_syntax::Span;

pub(super) fn judge(name: &str, program: &Program, span: Span, advice: &mut Advice<'_>) {
    let Some(file) = program.steps.last().filter(|step| is_file(step)) else {
        return;
    };
    if file.mode & 0o111 == 0 {
        let text = || format!("`{name}` is not executable: it never runs");
        advice.say(
            code::NOT_EXECUTABLE,
            span,
            text,
            "make it executable: `chmod a+x`",
        );
    }
}
