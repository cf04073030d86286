//! Priority 255 is the address owner's: it starts as master, takes over at once, and no tracker
//! lowers it. With `state BACKUP` it is seldom what is meant.

use super::{Advice, Whole};
use crate::code;
use holdfast_model::Instance;
use holdfast_syntax::Span;

pub(super) fn judge(instance: &Instance, span: Span, _: &Whole<'_>, advice: &mut Advice<'_>) {
    if instance.priority.is_owner() && !instance.wants_master {
        let text = || {
            let key = &instance.key;
            format!("instance `{key}` has priority 255, the address owner's, and `state BACKUP`")
        };
        advice.say(
            code::FIXED_OWNER,
            span,
            text,
            "lower the priority below 255",
        );
    }
}
