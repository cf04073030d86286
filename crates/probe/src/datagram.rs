//! A connected UDP socket: whatever comes from elsewhere never arrives, and ICMP errors do.

use crate::bind::{errno, refusal, socket};
use core::time::Duration;
use holdfast_model::Connect;
use holdfast_model::event::CheckFailure;
use socket2::{Protocol, Type};
use std::io;
use std::net::UdpSocket as StdSocket;
use tokio::io::Interest;
use tokio::net::UdpSocket;

/// An ICMP error makes a socket fail, and does not make it readable.
const HEARD: Interest = Interest::READABLE.add(Interest::ERROR);
/// No datagram is longer.
const MOST: usize = 65_536;

/// Sends `payload`.
pub(crate) async fn send(connect: &Connect, payload: &[u8]) -> Result<UdpSocket, CheckFailure> {
    let local = |error: io::Error| CheckFailure::Local(errno(&error));
    let own = socket(connect, Type::DGRAM, Protocol::UDP).map_err(local)?;
    let own = UdpSocket::from_std(StdSocket::from(own)).map_err(local)?;
    let sent = async {
        own.connect(connect.target).await?;
        own.send(payload).await
    };
    match sent.await {
        Ok(_length) => Ok(own),
        Err(error) => Err(refusal(errno(&error))),
    }
}

/// Waits for answers until one satisfies `judge`, which says `None` to go on waiting.
pub(crate) async fn answer<T>(
    socket: &UdpSocket,
    timeout: Duration,
    mut judge: impl FnMut(&[u8]) -> Option<Result<T, CheckFailure>>,
) -> Result<T, CheckFailure> {
    let wait = async {
        loop {
            let ready = socket.ready(HEARD).await;
            ready.map_err(|error| CheckFailure::Local(errno(&error)))?;
            if let Some(verdict) = receive(socket, &mut judge) {
                return verdict;
            }
            let nothing = || io::Result::<()>::Err(io::ErrorKind::WouldBlock.into());
            let _no_error_any_more = socket.try_io(Interest::ERROR, nothing);
            // a flood must not keep the others waiting
            tokio::task::yield_now().await;
        }
    };
    let waited = tokio::time::timeout(timeout, wait).await;
    waited.unwrap_or(Err(CheckFailure::Timeout))
}

/// Its buffer is there only while there is something in it: thousands may wait.
fn receive<T>(
    socket: &UdpSocket,
    judge: &mut impl FnMut(&[u8]) -> Option<Result<T, CheckFailure>>,
) -> Option<Result<T, CheckFailure>> {
    let mut buffer = vec![0; MOST];
    match socket.try_recv(&mut buffer) {
        Ok(length) => judge(buffer.get(..length).unwrap_or_default()),
        Err(error) if error.kind() == io::ErrorKind::WouldBlock => {
            let error = socket.take_error().ok().flatten()?;
            Some(Err(refusal(errno(&error))))
        }
        Err(error) => Some(Err(refusal(errno(&error)))),
    }
}
