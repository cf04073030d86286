//! Weights that differ under a scheduler that does not look at them.

use super::{Advice, Whole};
use crate::code;
use holdfast_model::{Scheduler, VirtualServer};
use holdfast_syntax::Span;

pub(super) fn judge(server: &VirtualServer, span: Span, _: &Whole<'_>, advice: &mut Advice<'_>) {
    if !matches!(server.scheduler, Scheduler::Rr | Scheduler::Lc) {
        return;
    }
    let mut weights = server.real_servers.iter().map(|real| real.weight.get());
    let first = weights.next();
    // weight 0 means no new connections with every scheduler
    if weights.any(|weight| weight != 0 && first.is_some_and(|first| first != 0 && first != weight))
    {
        let text = || {
            let (key, word) = (&server.key, server.scheduler.word());
            format!("{key}: the scheduler {word} does not look at weights, and they differ")
        };
        advice.say(code::USELESS_WEIGHTS, span, text, "use wrr or wlc");
    }
}
