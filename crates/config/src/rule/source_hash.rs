//! `sh` sends nearly every client to another real server when one joins or leaves. `mh`, Maglev
//! hashing, moves only those of that server.

use super::{Advice, Whole};
use crate::code;
use holdfast_model::{Scheduler, VirtualServer};
use holdfast_syntax::Span;

pub(super) fn judge(server: &VirtualServer, span: Span, _: &Whole<'_>, advice: &mut Advice<'_>) {
    if server.scheduler == Scheduler::Sh && server.real_servers.len() > 1 {
        let text = || {
            let key = &server.key;
            format!("{key}: `sh` moves nearly all clients when a real server joins or leaves")
        };
        advice.say(
            code::SOURCE_HASH,
            span,
            text,
            "`lb_algo mh` moves those of that server only",
        );
    }
}
