//! Checks that come more often than ten times a second: real servers spend their time answering
//! them.

use super::{Advice, Whole};
use crate::code;
use holdfast_model::{Micros, VirtualServer};
use holdfast_syntax::Span;

const FASTEST: Micros = Micros::from_millis(100);

pub(super) fn judge(server: &VirtualServer, span: Span, _: &Whole<'_>, advice: &mut Advice<'_>) {
    let mut checkers = server.real_servers.iter().flat_map(|real| &real.checkers);
    if checkers.any(|checker| checker.timing.delay_loop < FASTEST) {
        let text = || format!("{}: checks come more than ten times a second", server.key);
        advice.say(code::ALWAYS_ASKING, span, text, "raise `delay_loop`");
    }
}
