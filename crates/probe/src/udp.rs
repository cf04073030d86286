//! UDP_CHECK: a datagram that nobody refuses within the time, or that is answered as asked for.

use crate::datagram;
use core::time::Duration;
use holdfast_model::UdpCheck;
use holdfast_model::event::CheckFailure;

pub(crate) async fn run(check: &UdpCheck, timeout: Duration) -> Result<(), CheckFailure> {
    let socket = datagram::send(&check.connect, &check.payload).await?;
    let answered = datagram::answer(&socket, timeout, |bytes| {
        Some(match &check.reply {
            Some(reply) if !reply.accepts(bytes) => Err(CheckFailure::Reply(bytes.len())),
            Some(_) | None => Ok(()),
        })
    });
    match answered.await {
        // no refusal is enough
        Err(CheckFailure::Timeout) if check.reply.is_none() => Ok(()),
        verdict => verdict,
    }
}
