//! Persistence together with source hashing: both keep a client at its real server, and persistence
//! wins. Hashing alone costs no memory.

use super::{Advice, Whole};
use crate::code;
use holdfast_model::{Scheduler, VirtualServer};
use holdfast_syntax::Span;

pub(super) fn judge(server: &VirtualServer, span: Span, _: &Whole<'_>, advice: &mut Advice<'_>) {
    let hashes = matches!(server.scheduler, Scheduler::Sh | Scheduler::Mh);
    if hashes && server.persistence.is_some() {
        let text = || {
            let (key, word) = (&server.key, server.scheduler.word());
            format!("{key}: persistence and the scheduler {word} do the same thing twice")
        };
        let help = "do without `persistence_timeout`, or choose another scheduler";
        advice.say(code::ALREADY_STUCK, span, text, help);
    }
}
