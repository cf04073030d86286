//! The socket of a probe, and the way to its target.

use core::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr};
use core::time::Duration;
use holdfast_model::Connect;
use holdfast_model::event::CheckFailure;
use socket2::{Domain, Protocol, Socket, Type};
use std::io;
use tokio::io::Interest;
use tokio::net::TcpStream;

/// Connects within `timeout`. The connection ends with an ordinary close: a linger time, as
/// keepalived sets, would hold the whole worker until the peer has acknowledged the end.
///
/// # Errors
/// `Local` when this machine had no socket or no port to give: that says nothing about the server.
pub(crate) async fn connect(
    connect: &Connect,
    timeout: Duration,
) -> Result<TcpStream, CheckFailure> {
    let target = connect.target;
    let socket = socket(connect, Type::STREAM, Protocol::TCP);
    let socket = socket.map_err(|error| CheckFailure::Local(errno(&error)))?;
    match tokio::time::timeout(timeout, connected(socket, target)).await {
        Ok(Ok(stream)) if met_itself(&stream, target) => {
            Err(CheckFailure::Refused(number::ECONNREFUSED))
        }
        Ok(Ok(stream)) => Ok(stream),
        Ok(Err(error)) => Err(refusal(errno(&error))),
        Err(_elapsed) => Err(CheckFailure::Timeout),
    }
}

/// Connects. What the kernel says with the readiness spares the question for an error that is not there.
async fn connected(socket: Socket, target: SocketAddr) -> io::Result<TcpStream> {
    match socket.connect(&target.into()) {
        Err(error) if error.raw_os_error() != Some(number::EINPROGRESS) => return Err(error),
        _ => {}
    }
    let stream = TcpStream::from_std(socket.into())?;
    let ready = stream.ready(Interest::WRITABLE | Interest::ERROR).await?;
    if (ready.is_error() || ready.is_write_closed())
        && let Some(error) = stream.take_error()?
    {
        return Err(error);
    }
    Ok(stream)
}

/// Non-blocking, closed on exec, and bound to what the check names: interface, mark, address and
/// port.
pub(crate) fn socket(connect: &Connect, kind: Type, protocol: Protocol) -> io::Result<Socket> {
    let (kind, target) = (kind.nonblocking().cloexec(), connect.target);
    let socket = Socket::new(Domain::for_address(target), kind, Some(protocol))?;
    let Some(origin) = connect.origin() else {
        return Ok(socket);
    };
    if let Some(interface) = &origin.interface {
        socket.bind_device(Some(interface.as_str().as_bytes()))?;
    }
    if origin.mark != 0 {
        socket.set_mark(origin.mark)?;
    }
    if origin.address.is_some() || origin.port != 0 {
        // the last connection from this port may still linger
        socket.set_reuse_address(origin.port != 0)?;
        let any = match target {
            SocketAddr::V4(_) => IpAddr::V4(Ipv4Addr::UNSPECIFIED),
            SocketAddr::V6(_) => IpAddr::V6(Ipv6Addr::UNSPECIFIED),
        };
        let own = SocketAddr::new(origin.address.unwrap_or(any), origin.port);
        socket.bind(&own.into())?;
    }
    Ok(socket)
}

/// A connection to a port of this machine where nobody listens can be given that very port as its
/// own and meet itself (RFC 9293 s3.5, simultaneous open).
fn met_itself(stream: &TcpStream, target: SocketAddr) -> bool {
    stream.local_addr().is_ok_and(|own| own == target)
}

pub(crate) fn refusal(errno: i32) -> CheckFailure {
    match errno {
        number::EADDRNOTAVAIL | number::ENOBUFS | number::ENOMEM => CheckFailure::Local(errno),
        errno => CheckFailure::Refused(errno),
    }
}

pub(crate) fn errno(error: &io::Error) -> i32 {
    // tokio's own errors carry no number
    error.raw_os_error().unwrap_or(number::ECONNABORTED)
}

/// asm-generic/errno-base.h and errno.h.
mod number {
    pub(super) const ENOMEM: i32 = 12;
    pub(super) const EADDRNOTAVAIL: i32 = 99;
    pub(super) const ECONNABORTED: i32 = 103;
    pub(super) const ENOBUFS: i32 = 105;
    pub(super) const ECONNREFUSED: i32 = 111;
    pub(super) const EINPROGRESS: i32 = 115;
}

#[cfg(test)]
mod tests {
    use super::*;
    use core::net::Ipv4Addr;

    #[test]
    fn a_connection_to_itself_is_known() {
        let any = SocketAddr::from((Ipv4Addr::LOCALHOST, 0));
        let socket = Socket::new(Domain::IPV4, Type::STREAM, Some(Protocol::TCP)).unwrap();
        socket.bind(&any.into()).unwrap();
        let own = socket.local_addr().unwrap();
        socket.connect(&own).unwrap();
        socket.set_nonblocking(true).unwrap();
        let mut runtime = tokio::runtime::Builder::new_current_thread();
        let runtime = runtime.enable_all().build().unwrap();
        let _inside = runtime.enter();
        let stream = TcpStream::from_std(socket.into()).unwrap();
        assert!(met_itself(&stream, own.as_socket().unwrap()));
        assert!(!met_itself(&stream, any));
    }

    #[test]
    fn what_this_machine_lacks_is_not_the_servers_fault() {
        assert_eq!(refusal(number::EADDRNOTAVAIL), CheckFailure::Local(99));
        assert_eq!(refusal(number::ECONNREFUSED), CheckFailure::Refused(111));
    }
}
