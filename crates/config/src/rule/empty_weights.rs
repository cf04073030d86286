//! All real servers have weight 0: the service answers nobody.

use super::{Advice, Whole};
use crate::code;
use holdfast_model::VirtualServer;
use holdfast_syntax::Span;

pub(super) fn judge(server: &VirtualServer, span: Span, _: &Whole<'_>, advice: &mut Advice<'_>) {
    if server
        .real_servers
        .iter()
        .all(|real| real.weight.get() == 0)
    {
        let text = || {
            format!(
                "{}: every real server has weight 0, nobody is served",
                server.key
            )
        };
        advice.say(
            code::EMPTY_WEIGHTS,
            span,
            text,
            "give at least one a weight",
        );
    }
}
