//! Servers: HTTP that answers with its name, and echo.

use crate::error::{Doing as _, Result, lock};
use crate::net::Host;
use std::collections::BTreeSet;
use std::io::{Read, Write as _};
use std::net::{IpAddr, Ipv4Addr, SocketAddr, TcpListener, TcpStream};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex};
use std::thread::JoinHandle;
use std::time::Duration;

/// What a server does with a connection.
#[derive(Debug, Clone)]
pub enum Kind {
    /// Answers every request with this status and body, then closes.
    Http {
        /// Status code.
        status: u16,
        /// Body: normally the server's name.
        body: String,
    },
    /// Sends back what it gets.
    Echo,
    /// Answers the first bytes with its name and closes.
    Banner(String),
    /// Closes at once.
    Close,
}

/// A listening server; dropped, its port refuses connections.
#[derive(Debug)]
pub struct Server {
    stop: Arc<AtomicBool>,
    address: SocketAddr,
    peers: Arc<Mutex<BTreeSet<IpAddr>>>,
    host: Host,
    thread: Option<JoinHandle<Result<Result<()>>>>,
}

impl Server {
    /// HTTP on every address of `host`, answering 200 and the host's name.
    ///
    /// # Errors
    /// If the port is taken.
    pub fn named(host: &Host, port: u16) -> Result<Self> {
        Self::start(
            host,
            port,
            Kind::Http {
                status: 200,
                body: host.name().to_owned(),
            },
        )
    }

    /// Any kind on every address of `host`.
    ///
    /// # Errors
    /// If the port is taken.
    pub fn start(host: &Host, port: u16, kind: Kind) -> Result<Self> {
        let any = SocketAddr::from((Ipv4Addr::UNSPECIFIED, port));
        let listener = host
            .within(|| TcpListener::bind(any))?
            .doing(format!("listen on port {port} of {}", host.name()))?;
        let stop = Arc::new(AtomicBool::new(false));
        let flag = Arc::clone(&stop);
        let peers = Arc::new(Mutex::new(BTreeSet::new()));
        let seen = Arc::clone(&peers);
        let thread = host.spawn(move || match kind {
            Kind::Echo => super::repeat::repeat(&listener, &flag),
            kind => {
                accept(&listener, &kind, &flag, &seen);
                Ok(())
            }
        });
        let address = SocketAddr::from((Ipv4Addr::LOCALHOST, port));
        Ok(Self {
            stop,
            address,
            peers,
            host: host.clone(),
            thread: Some(thread),
        })
    }
}

impl Server {
    /// True if somebody at this address has connected: a director's check, for example. Echo servers do not know.
    #[must_use]
    pub fn met(&self, peer: impl Into<IpAddr>) -> bool {
        lock(&self.peers).contains(&peer.into())
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        self.stop.store(true, Ordering::Relaxed);
        // a connection of our own ends the wait for one
        let patience = Duration::from_millis(500);
        let _woken = self
            .host
            .within(|| TcpStream::connect_timeout(&self.address, patience));
        if let Some(thread) = self.thread.take() {
            let _its_result = thread.join();
        }
    }
}

fn accept(listener: &TcpListener, kind: &Kind, stop: &AtomicBool, peers: &Mutex<BTreeSet<IpAddr>>) {
    for connection in listener.incoming() {
        if stop.load(Ordering::Relaxed) {
            return;
        }
        let Ok(connection) = connection else { continue };
        if let Ok(peer) = connection.peer_addr() {
            lock(peers).insert(peer.ip());
        }
        match kind {
            // one after another would let a silent client stop the rest
            Kind::Http { status, body } => {
                let (status, body) = (*status, body.clone());
                std::thread::spawn(move || http(connection, status, &body));
            }
            // has a loop of its own
            Kind::Echo => {}
            Kind::Banner(name) => {
                let mut connection = connection;
                // what was sent and not read would make the close a reset
                let _nothing = connection.set_read_timeout(Some(Duration::from_secs(1)));
                let _nothing = connection.read(&mut [0_u8; 1024]);
                let _gone = connection.write_all(name.as_bytes());
            }
            Kind::Close => drop(connection),
        }
    }
}

fn http(mut connection: TcpStream, status: u16, body: &str) {
    let _ignored = connection.set_read_timeout(Some(Duration::from_secs(5)));
    let mut request: Vec<u8> = Vec::new();
    let mut buffer = [0_u8; 1024];
    while !request.windows(4).any(|end| end == b"\r\n\r\n") && request.len() < 16_384 {
        match connection.read(&mut buffer) {
            Ok(0) | Err(_) => return,
            Ok(length) => request.extend(buffer.get(..length).unwrap_or_default()),
        }
    }
    let answer = format!(
        "HTTP/1.0 {status} Lab\r\nContent-Length: {}\r\nConnection: close\r\n\r\n{body}",
        body.len()
    );
    let _gone = connection.write_all(answer.as_bytes());
}
