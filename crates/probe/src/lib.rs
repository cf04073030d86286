//! Asks a real server whether it serves. One file a probe kind; each ends within its bounds
//! whatever the server does.
//!
//! ```text
//!   run ──▶ tcp      connect, close
//!       ├─▶ http     request, head (response), body (digest), verdict
//!       ├─▶ smtp     greeting, HELO, QUIT
//!       ├─▶ dns, udp a datagram, and what comes back
//!       └─▶ ping     an echo request and its answer
//!           bind     the socket: source address, mark and device
//! ```
//! One task a check on a current_thread runtime; nothing is spawned here, and dropping the future
//! ends the probe.

mod bind;
mod datagram;
mod digest;
mod dns;
mod http;
mod ping;
mod response;
mod smtp;
mod tcp;
mod udp;

#[cfg(test)]
mod misbehaviour;
#[cfg(test)]
mod tests;

use core::time::Duration;
use holdfast_model::Probe;
use holdfast_model::event::CheckFailure;

/// errno.h.
const ENOSYS: i32 = 38;

/// Asks once. `timeout` bounds the connection and each wait for bytes (keepalived's
/// `connect_timeout`); an HTTP answer as a whole may take ten times that, at least 30 s a url.
/// Needs a tokio runtime with I/O and time.
///
/// # Errors
/// Why the server does not count as up. `Local` says nothing about the server: this machine could
/// not ask.
pub async fn run(probe: &Probe, timeout: Duration) -> Result<(), CheckFailure> {
    match probe {
        Probe::Tcp(connect) => tcp::run(connect, timeout).await,
        Probe::Smtp(check) => smtp::run(check, timeout).await,
        Probe::Dns(check) => dns::run(check, timeout).await,
        Probe::Udp(check) => udp::run(check, timeout).await,
        Probe::Ping(connect) => ping::run(connect, timeout).await,
        // programs run elsewhere
        Probe::Misc(_) => Err(CheckFailure::Local(ENOSYS)),
        Probe::Http(check) => http::run(check, http::Patience::new(timeout)).await,
    }
}
