//! A check that may wait longer for an answer than until the next one is due: one silent server
//! delays what is known of it.

use super::{Advice, Whole};
use crate::code;
use holdfast_model::{Checker, VirtualServer};
use holdfast_syntax::Span;

pub(super) fn judge(server: &VirtualServer, span: Span, _: &Whole<'_>, advice: &mut Advice<'_>) {
    let checkers = server.real_servers.iter().flat_map(|real| &real.checkers);
    // nobody is asked where something is watched
    let asks = |c: &&Checker| c.probe.watches().is_none();
    let slow = checkers
        .filter(asks)
        .find(|c| c.timing.connect_timeout > c.timing.delay_loop);
    if let Some(checker) = slow {
        let text = || {
            let (timeout, delay) = (checker.timing.connect_timeout, checker.timing.delay_loop);
            let key = &server.key;
            format!("{key}: a check waits up to {timeout:?}, and the next is due after {delay:?}")
        };
        advice.say(
            code::SLOW_CHECK,
            span,
            text,
            "lower `connect_timeout`, or raise `delay_loop`",
        );
    }
}
