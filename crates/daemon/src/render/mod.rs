//! How the daemon speaks: events become log lines in keepalived's words, lines go through a
//! bounded ring to a thread that owns the log, so that nothing ever waits for it.

mod bfd;
mod check;
mod event;
mod logger;
mod standing;
mod why;
mod words;

pub(crate) use bfd::diagnostic;
pub use event::{Line, line};
pub use logger::{Logger, start};
pub(crate) use standing::{event_words, failure_words, fault_words, order_words, server_why};
pub(crate) use why::{effect_words, level_words, why};
pub(crate) use words::reject;

use holdfast_model::Event;

/// Logs an event, if it has a line for this level of detail.
pub(crate) fn say(event: &Event, detail: bool) {
    if !detail && event::only_in_detail(event) {
        return;
    }
    let Some(line) = line(event) else { return };
    if line.detail && !detail {
        return;
    }
    match line.level {
        holdfast_supervise::Level::Error => tracing::error!("{}", line.text),
        holdfast_supervise::Level::Warning => tracing::warn!("{}", line.text),
        holdfast_supervise::Level::Info => tracing::info!("{}", line.text),
        holdfast_supervise::Level::Debug => tracing::debug!("{}", line.text),
    }
}
