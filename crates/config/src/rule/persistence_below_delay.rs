//! Clients stay with a real server for less time than it takes to notice that it is dead: their
//! persistence ends while the dead server is still in the table.

use super::{Advice, Whole};
use crate::code;
use holdfast_model::VirtualServer;
use holdfast_syntax::Span;

pub(super) fn judge(server: &VirtualServer, span: Span, _: &Whole<'_>, advice: &mut Advice<'_>) {
    let Some(persistence) = &server.persistence else {
        return;
    };
    let checkers = server.real_servers.iter().flat_map(|real| &real.checkers);
    let Some(delay) = checkers
        .map(|checker| checker.timing.delay_loop.duration())
        .max()
    else {
        return;
    };
    if persistence.timeout < delay {
        let text = || {
            let (key, timeout) = (&server.key, persistence.timeout);
            format!(
                "{key}: persistence of {timeout:?} is shorter than the {delay:?} between checks"
            )
        };
        let help = "raise `persistence_timeout`, or lower `delay_loop`";
        advice.say(code::PERSISTENCE_BELOW_DELAY, span, text, help);
    }
}
