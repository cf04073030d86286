//! The sorry server is one of the real servers: when all are dead, it is dead too.

use super::{Advice, Whole};
use crate::code;
use holdfast_model::VirtualServer;
use holdfast_syntax::Span;

pub(super) fn judge(server: &VirtualServer, span: Span, _: &Whole<'_>, advice: &mut Advice<'_>) {
    let Some(sorry) = &server.sorry_server else {
        return;
    };
    let mut servers = server.real_servers.iter();
    if servers.any(|real| (real.key.address, real.key.port) == (sorry.address, sorry.port)) {
        let text = || {
            format!(
                "{}: the sorry server is one of its real servers",
                server.key
            )
        };
        let help = "name a server that lives when the others are dead";
        advice.say(code::SORRY_IS_REAL, span, text, help);
    }
}
