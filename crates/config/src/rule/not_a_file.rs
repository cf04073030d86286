//! A program that is a directory, a device or a socket: it never runs.

use super::{Advice, is_file};
use crate::code;
use holdfast_model::Program;
use holdfast_syntax::Span;

pub(super) fn judge(name: &str, program: &Program, span: Span, advice: &mut Advice<'_>) {
    if program.steps.last().is_some_and(|step| !is_file(step)) {
        let text = || format!("`{name}` is no plain file: it never runs");
        advice.say(code::NOT_A_FILE, span, text, "name the file itself");
    }
}
