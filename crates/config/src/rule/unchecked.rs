//! A real server without a check stays in the table when it is dead.

use super::{Advice, Whole};
use crate::code;
use holdfast_model::VirtualServer;
use holdfast_syntax::Span;

pub(super) fn judge(server: &VirtualServer, span: Span, _: &Whole<'_>, advice: &mut Advice<'_>) {
    let servers = server.real_servers.iter();
    let unchecked = servers.filter(|real| real.checkers.is_empty()).count();
    if unchecked > 0 {
        let text = || {
            let key = &server.key;
            match unchecked {
                1 => format!("{key}: a real server has no check, and stays in the table when dead"),
                _ => format!(
                    "{key}: {unchecked} real servers have no check, and stay in the table when dead"
                ),
            }
        };
        advice.say(code::UNCHECKED, span, text, "add `TCP_CHECK { }` to each");
    }
}
