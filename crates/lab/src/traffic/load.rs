//! HTTP requests one after another, each with its outcome.

use crate::error::{Result, lock};
use crate::net::Host;
use crate::shell::wait_some;
use socket2::{Domain, Protocol, Socket, Type};
use std::collections::BTreeMap;
use std::io::{self, Read as _, Write as _};
use std::net::{Ipv4Addr, SocketAddr, SocketAddrV4};
use std::sync::atomic::{AtomicBool, AtomicU32, Ordering};
use std::sync::{Arc, Mutex};
use std::thread::JoinHandle;
use std::time::{Duration, Instant};

/// One request.
#[derive(Debug, Clone)]
pub struct Request {
    /// When it was begun.
    pub at: Instant,
    /// When it was over.
    pub end: Instant,
    /// From which address.
    pub source: Ipv4Addr,
    /// The body, or what went wrong.
    pub outcome: std::result::Result<String, String>,
}

/// One request from `source`: the answer's body (or a banner), all within `patience`.
///
/// # Errors
/// As the network says.
pub fn request(source: Ipv4Addr, target: SocketAddrV4, patience: Duration) -> io::Result<String> {
    let socket = Socket::new(Domain::IPV4, Type::STREAM, Some(Protocol::TCP))?;
    socket.set_reuse_address(true)?;
    socket.bind(&SocketAddr::from((source, next_port())).into())?;
    socket.connect_timeout(&target.into(), patience)?;
    socket.set_read_timeout(Some(patience))?;
    let mut stream = std::net::TcpStream::from(socket);
    let question = format!("GET / HTTP/1.0\r\nHost: {target}\r\n\r\n");
    stream.write_all(question.as_bytes())?;
    let mut answer = String::new();
    stream.read_to_string(&mut answer)?;
    match answer.split_once("\r\n\r\n") {
        Some((_head, body)) => Ok(body.to_owned()),
        None if answer.is_empty() => Err(io::ErrorKind::UnexpectedEof.into()),
        None => Ok(answer),
    }
}

/// A source port that was not used lately, below those the kernel gives out. IPVS remembers a
/// connection for minutes, and drops a new one from the same port if that one's server has left:
/// true, but not what is measured here.
fn next_port() -> u16 {
    static COUNT: AtomicU32 = AtomicU32::new(0);
    let count = COUNT.fetch_add(1, Ordering::Relaxed) % 30_000;
    u16::try_from(2_000 + count).unwrap_or_default()
}

/// A client that asks again and again.
#[derive(Debug)]
pub struct Load {
    requests: Arc<Mutex<Vec<Request>>>,
    stop: Arc<AtomicBool>,
    thread: Option<JoinHandle<Result<()>>>,
}

impl Load {
    /// Asks `target` from `host`, from each of `sources` in turn, one request each `period`,
    /// giving each `patience`.
    #[must_use]
    pub fn start(
        host: &Host,
        sources: &[Ipv4Addr],
        target: SocketAddrV4,
        period: Duration,
        patience: Duration,
    ) -> Self {
        let requests = Arc::new(Mutex::new(Vec::new()));
        let stop = Arc::new(AtomicBool::new(false));
        let (sink, flag, sources) = (Arc::clone(&requests), Arc::clone(&stop), sources.to_vec());
        let thread = host.spawn(move || {
            for &source in sources.iter().cycle() {
                if flag.load(Ordering::Relaxed) {
                    return;
                }
                let at = Instant::now();
                let outcome = request(source, target, patience).map_err(|e| e.to_string());
                let end = Instant::now();
                lock(&sink).push(Request {
                    at,
                    end,
                    source,
                    outcome,
                });
                std::thread::sleep(period.saturating_sub(at.elapsed()));
            }
        });
        Self {
            requests,
            stop,
            thread: Some(thread),
        }
    }

    /// The requests begun since `from`.
    #[must_use]
    pub fn since(&self, from: Instant) -> Vec<Request> {
        lock(&self.requests)
            .iter()
            .filter(|each| each.at >= from)
            .cloned()
            .collect()
    }

    /// How many were begun since `from`, and how each of the failed ended.
    #[must_use]
    pub fn failures(&self, from: Instant) -> (usize, Vec<String>) {
        let all = self.since(from);
        let failed = all
            .iter()
            .filter_map(|each| each.outcome.clone().err())
            .collect();
        (all.len(), failed)
    }

    /// Who answered since `from`, how often.
    #[must_use]
    pub fn servers(&self, from: Instant) -> BTreeMap<String, usize> {
        let mut counts = BTreeMap::new();
        for name in self
            .since(from)
            .into_iter()
            .filter_map(|each| each.outcome.ok())
        {
            *counts.entry(name).or_insert(0) += 1;
        }
        counts
    }

    /// Waits for an answer of `server` to a request begun since `from`; when it was there.
    ///
    /// # Errors
    /// [`crate::Error::Timeout`].
    pub fn wait_answer(&self, server: &str, from: Instant, bound: Duration) -> Result<Instant> {
        wait_some(&format!("an answer of {server}"), bound, || {
            lock(&self.requests)
                .iter()
                .find(|each| each.at >= from && each.outcome.as_deref() == Ok(server))
                .map(|each| each.end)
        })
    }
}

impl Drop for Load {
    fn drop(&mut self) {
        self.stop.store(true, Ordering::Relaxed);
        if let Some(thread) = self.thread.take() {
            let _its_result = thread.join();
        }
    }
}
