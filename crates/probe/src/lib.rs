//! Asks a real server whether it serves. One file a probe kind; each ends within its bounds
//! whatever the server does.
//!
//! ```text
//!   run ──▶ tcp      connect, close
//!       ├─▶ talk     connect, `send`, `expect`
//!       ├─▶ http     request, head (response), body (digest, search), verdict
//!       │    └▶ tls  of SSL_GET
//!       ├─▶ smtp     greeting, HELO, QUIT
//!       ├─▶ dns, udp a datagram, and what comes back
//!       └─▶ ping     an echo request and its answer
//!           bind     the socket: source address, mark and device
//!           course   what a check remembers from one time to the next
//! ```
//! One task a check on a current_thread runtime; nothing is spawned here but a search in a body
//! that takes long, and dropping the future ends the probe.

mod bind;
mod course;
mod datagram;
mod dns;
mod http;
mod ping;
mod smtp;
mod talk;
mod tcp;
mod tls;
mod udp;

#[cfg(test)]
mod misbehaviour;
#[cfg(test)]
mod tests;

pub use course::Course;

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
pub async fn run(
    probe: &Probe,
    timeout: Duration,
    course: &mut Course,
) -> Result<(), CheckFailure> {
    match probe {
        Probe::Tcp(connect) => tcp::run(connect, timeout).await,
        Probe::Talk(check) => talk::run(check, timeout).await,
        Probe::Smtp(check) => smtp::run(check, timeout).await,
        Probe::Dns(check) => dns::run(check, timeout).await,
        Probe::Udp(check) => udp::run(check, timeout).await,
        Probe::Ping(connect) => ping::run(connect, timeout).await,
        // programs run elsewhere; files and sessions are not asked
        Probe::Misc(_) | Probe::File(_) | Probe::Bfd(_) => Err(CheckFailure::Local(ENOSYS)),
        Probe::Http(check) => http::run(check, http::Patience::new(timeout), course).await,
    }
}

/// Reads certificates and keys anew when they are needed next.
pub fn forget_files() {
    tls::forget();
}
