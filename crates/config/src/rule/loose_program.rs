//! A program that others than root can replace, itself or by a directory on its path: what they put
//! there runs as the script's user. Directories with the sticky bit may be written by all.

use super::{Advice, TYPE};
use crate::code;
use holdfast_model::{Program, Step};
use holdfast_syntax::Span;

pub(super) fn judge(name: &str, program: &Program, span: Span, advice: &mut Advice<'_>) {
    let mut steps = program.steps.iter();
    let Some((step, why)) = steps.find_map(|step| Some((step, loose(step)?))) else {
        return;
    };
    let text = || {
        format!(
            "`{name}` can be replaced by others than root: {} {why}",
            step.path
        )
    };
    let help = "chown root:root and chmod go-w what is named here; `enable_script_security` refuses \
                such a script of root";
    advice.say(code::LOOSE_PROGRAM, span, text, help);
}

/// Who besides root can change it.
fn loose(step: &Step) -> Option<String> {
    let sticky = step.mode & TYPE == 0o040_000 && step.mode & 0o1000 != 0;
    if step.uid != 0 {
        return Some(format!("belongs to uid {}", step.uid));
    }
    if sticky {
        return None;
    }
    let mode = step.mode & 0o7777;
    if mode & 0o002 != 0 {
        return Some(format!("can be written by everybody (mode {mode:04o})"));
    }
    (mode & 0o020 != 0 && step.gid != 0)
        .then(|| format!("can be written by group {} (mode {mode:04o})", step.gid))
}
