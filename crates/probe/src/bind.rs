//! The socket of a probe, and the way to its target.

use core::net::SocketAddr;
use core::time::Duration;
use holdfast_model::event::CheckFailure;
use socket2::{Domain, Protocol, Socket, Type};
use std::io;
use tokio::net::{TcpSocket, TcpStream};

/// Connects within `timeout`.
pub(crate) async fn connect(
    target: SocketAddr,
    timeout: Duration,
) -> Result<TcpStream, CheckFailure> {
    let socket = socket(target).map_err(|error| CheckFailure::Local(errno(&error)))?;
    match tokio::time::timeout(timeout, socket.connect(target)).await {
        Ok(Ok(stream)) => Ok(stream),
        Ok(Err(error)) => Err(CheckFailure::Refused(errno(&error))),
        Err(_elapsed) => Err(CheckFailure::Timeout),
    }
}

fn socket(target: SocketAddr) -> io::Result<TcpSocket> {
    let kind = Type::STREAM.nonblocking().cloexec();
    let socket = Socket::new(Domain::for_address(target), kind, Some(Protocol::TCP))?;
    Ok(TcpSocket::from_std_stream(socket.into()))
}

pub(crate) fn errno(error: &io::Error) -> i32 {
    // ECONNABORTED: tokio's own errors carry no number
    error.raw_os_error().unwrap_or(103)
}
