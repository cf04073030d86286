//! Web servers as they also are: each answers its connections in one way of its own.

use crate::error::{Doing as _, Result};
use crate::net::Host;
use socket2::SockRef;
use std::io::{Read as _, Write as _};
use std::net::{Ipv4Addr, SocketAddr, TcpListener, TcpStream};
use std::sync::Arc;
use std::thread::{sleep, spawn};
use std::time::Duration;

/// What a server does once it has read a request.
#[derive(Debug, Clone, Copy)]
pub enum Odd {
    /// Sends this and closes.
    Says(&'static str),
    /// Sends this and holds the connection.
    Holds(&'static str),
    /// Sends this, and resets the connection a moment later.
    Resets(&'static str),
    /// Sends this a byte at a time, so many milliseconds apart.
    Drips(&'static str, u64),
    /// Sends the first once, and the second for ever.
    Repeats(&'static str, &'static str),
    /// Sends the first, then the second so many times.
    Large(&'static str, &'static str, usize),
}

/// Serves until the process ends.
///
/// # Errors
/// If the port is taken.
pub fn serve_oddly(host: &Host, port: u16, odd: Odd) -> Result<()> {
    let any = SocketAddr::from((Ipv4Addr::UNSPECIFIED, port));
    let listener = host
        .within(|| TcpListener::bind(any))?
        .doing(format!("listen on port {port} of {}", host.name()))?;
    let listener = Arc::new(listener);
    let _until_the_end = host.spawn(move || {
        for connection in listener.incoming().flatten() {
            spawn(move || serve(connection, odd));
        }
    });
    Ok(())
}

fn serve(mut connection: TcpStream, odd: Odd) {
    let _ignored = connection.set_read_timeout(Some(Duration::from_secs(30)));
    let (mut request, mut byte) = (Vec::new(), [0_u8]);
    while !request.ends_with(b"\r\n\r\n") && request.len() < 4096 {
        match connection.read(&mut byte) {
            Ok(1) => request.push(byte[0]),
            _ => return,
        }
    }
    // a client that is gone has heard enough
    let _gone = answer(&mut connection, odd);
}

fn answer(connection: &mut TcpStream, odd: Odd) -> std::io::Result<()> {
    match odd {
        Odd::Says(text) => connection.write_all(text.as_bytes()),
        Odd::Holds(text) => {
            connection.write_all(text.as_bytes())?;
            connection.read(&mut [0]).map(drop)
        }
        Odd::Resets(text) => {
            connection.write_all(text.as_bytes())?;
            sleep(Duration::from_millis(200));
            SockRef::from(&*connection).set_linger(Some(Duration::ZERO))
        }
        Odd::Drips(text, pause) => {
            connection.set_nodelay(true)?;
            for byte in text.bytes() {
                connection.write_all(&[byte])?;
                sleep(Duration::from_millis(pause));
            }
            Ok(())
        }
        Odd::Repeats(first, second) => {
            connection.write_all(first.as_bytes())?;
            loop {
                connection.write_all(second.as_bytes())?;
            }
        }
        Odd::Large(head, piece, times) => {
            connection.write_all(head.as_bytes())?;
            for _ in 0..times {
                connection.write_all(piece.as_bytes())?;
            }
            Ok(())
        }
    }
}
