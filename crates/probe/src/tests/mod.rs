//! Probes against small servers on loopback.

mod bounds;
mod http;
mod regex;
mod second;
mod second_request;
mod talk;
mod tls;

use crate::course::Course;
use crate::http::Patience;
use crate::http::digest::BodyDigest;
use crate::{http as http_probe, run};
use core::future::Future;
use core::net::SocketAddr;
use core::time::Duration;
use holdfast_model::event::CheckFailure;
use holdfast_model::{Connect, HttpCheck, HttpRequest, Probe, Url};
use socket2::SockRef;
use std::io::{Read as _, Write as _};
use std::net::{TcpListener, TcpStream};
use std::sync::mpsc::{Receiver, channel};
use std::thread;
use std::time::Instant;

/// What a test server does once it has read the request.
#[derive(Debug, Clone)]
enum Server {
    /// Sends this and closes.
    Says(Vec<u8>),
    /// Sends this and neither closes nor says more.
    SaysAndHolds(&'static str),
    /// Sends this and resets the connection, which the reader sees behind the bytes or instead.
    SaysAndResets(&'static str),
    /// Sends this a byte at a time, so many milliseconds apart, and closes.
    Drips(&'static str, u64),
    /// Sends this for ever.
    Repeats(&'static str),
}

fn says(text: &str) -> Server {
    Server::Says(text.as_bytes().to_vec())
}

/// Serves until the test process ends; what it was asked comes back.
fn serve(server: Server) -> (SocketAddr, Receiver<String>) {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = listener.local_addr().unwrap();
    let (asked, requests) = channel();
    thread::spawn(move || {
        for stream in listener.incoming() {
            let (server, asked) = (server.clone(), asked.clone());
            thread::spawn(move || {
                let mut stream = stream.unwrap();
                let _unheard = asked.send(read_request(&mut stream));
                // a client that is gone is the client's choice
                let _gone = act(&mut stream, server);
            });
        }
    });
    (address, requests)
}

/// Up to the empty line; of TLS the first record.
fn read_request(stream: &mut TcpStream) -> String {
    let (mut bytes, mut byte) = (Vec::new(), [0]);
    while !bytes.ends_with(b"\r\n\r\n")
        && !is_record(&bytes)
        && stream.read(&mut byte).is_ok_and(|read| read > 0)
    {
        bytes.extend(byte);
    }
    String::from_utf8_lossy(&bytes).into_owned()
}

/// A whole record of a TLS handshake (RFC 8446 s5.1).
fn is_record(bytes: &[u8]) -> bool {
    match bytes {
        [22, _, _, high, low, rest @ ..] => {
            rest.len() >= usize::from(*high) << 8 | usize::from(*low)
        }
        _ => false,
    }
}

fn act(stream: &mut TcpStream, server: Server) -> std::io::Result<()> {
    match server {
        Server::Says(bytes) => stream.write_all(&bytes),
        Server::SaysAndHolds(text) => {
            stream.write_all(text.as_bytes())?;
            stream.read(&mut [0]).map(drop)
        }
        Server::SaysAndResets(text) => {
            stream.write_all(text.as_bytes())?;
            SockRef::from(&*stream).set_linger(Some(Duration::ZERO))
        }
        Server::Drips(text, pause) => {
            stream.set_nodelay(true)?;
            for byte in text.bytes() {
                stream.write_all(&[byte])?;
                thread::sleep(Duration::from_millis(pause));
            }
            Ok(())
        }
        Server::Repeats(text) => loop {
            stream.write_all(text.as_bytes())?;
        },
    }
}

fn block<T>(future: impl Future<Output = T>) -> T {
    let mut runtime = tokio::runtime::Builder::new_current_thread();
    let runtime = runtime.enable_all().build().unwrap();
    runtime.block_on(future)
}

fn url(path: &str) -> Url {
    Url {
        path: path.into(),
        ..Url::default()
    }
}

fn check(target: SocketAddr, urls: Vec<Url>) -> HttpCheck {
    HttpCheck {
        connect: Connect::to(target),
        urls,
        tls: None,
        request: HttpRequest::default(),
    }
}

fn md5(body: &[u8]) -> [u8; 16] {
    let mut digest = BodyDigest::default();
    digest.add(body);
    digest.finish()
}

const SHORT: Patience = Patience {
    wait: Duration::from_millis(300),
    whole: Duration::from_millis(900),
};
/// Where time must not decide.
const LONG: Patience = Patience {
    wait: Duration::from_secs(20),
    whole: Duration::from_secs(60),
};

fn run_http(check: &HttpCheck, patience: Patience) -> Result<(), CheckFailure> {
    block(http_probe::run(check, patience, &mut Course::default()))
}

fn run_probe(probe: &Probe, timeout: Duration) -> Result<(), CheckFailure> {
    block(run(probe, timeout, &mut Course::default()))
}

fn get(server: Server, url: Url, patience: Patience) -> Result<(), CheckFailure> {
    let (target, _requests) = serve(server);
    run_http(&check(target, vec![url]), patience)
}

#[test]
fn tcp_connects_or_is_refused() {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let target = listener.local_addr().unwrap();
    let probe = Probe::Tcp(Connect::to(target));
    assert_eq!(run_probe(&probe, LONG.wait), Ok(()));
    drop(listener);
    assert_eq!(
        run_probe(&probe, LONG.wait),
        Err(CheckFailure::Refused(111))
    );
}

#[test]
fn tcp_gives_a_silent_host_its_time_and_no_more() {
    // a full backlog drops what comes: a host that swallows packets
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    SockRef::from(&listener).listen(0).unwrap();
    let target = listener.local_addr().unwrap();
    let _first = TcpStream::connect(target).unwrap();
    let start = Instant::now();
    let result = run_probe(&Probe::Tcp(Connect::to(target)), SHORT.wait);
    assert_eq!(result, Err(CheckFailure::Timeout));
    assert!(start.elapsed() >= SHORT.wait);
    assert!(start.elapsed() < SHORT.wait * 10);
}
