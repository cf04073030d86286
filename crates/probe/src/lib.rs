//! Asks a real server whether it serves. One file a probe kind; each ends within its bounds
//! whatever the server does.

mod bind;
mod digest;
mod http;
mod response;
mod tcp;

use core::time::Duration;
use holdfast_model::Probe;
use holdfast_model::event::CheckFailure;

/// Asks once. `timeout` bounds the connection and each wait for bytes (keepalived's
/// `connect_timeout`). Needs a tokio runtime with I/O and time.
///
/// # Errors
/// Why the server does not count as up.
pub async fn run(probe: &Probe, timeout: Duration) -> Result<(), CheckFailure> {
    match probe {
        Probe::Tcp { target } => tcp::run(*target, timeout).await,
        Probe::Http(check) => http::run(check, timeout).await,
    }
}
