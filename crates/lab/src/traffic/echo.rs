//! Long connections that must not notice anything.

use crate::error::{Doing as _, Error, Result, lock};
use crate::net::Host;
use socket2::{Domain, Protocol, Socket, Type};
use std::io::{self, Read as _, Write as _};
use std::net::{Ipv4Addr, SocketAddr, SocketAddrV4, TcpStream};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex};
use std::thread::JoinHandle;
use std::time::{Duration, Instant};

/// How connections fared so far.
#[derive(Debug, Clone, Default)]
pub struct Health {
    /// Round trips made.
    pub ticks: usize,
    /// Connections that ended, and how.
    pub lost: Vec<String>,
    /// The longest round trip.
    pub slowest: Duration,
}

/// Connections to an echo server through the director, each ticking in turn.
#[derive(Debug)]
pub struct EchoClients {
    health: Arc<Mutex<Health>>,
    stop: Arc<AtomicBool>,
    thread: Option<JoinHandle<Result<()>>>,
}

impl EchoClients {
    /// Opens `count` connections, from each of `sources` in turn, and lets each tick about every
    /// `period`. A round trip over `patience` counts as lost.
    ///
    /// # Errors
    /// If one cannot be opened.
    pub fn open(
        host: &Host,
        sources: &[Ipv4Addr],
        target: SocketAddrV4,
        count: usize,
        period: Duration,
        patience: Duration,
    ) -> Result<Self> {
        let connections = host.within(|| {
            let each = sources.iter().cycle().take(count);
            each.map(|&source| connect(source, target, patience))
                .collect::<io::Result<Vec<_>>>()
        })?;
        let mut connections = connections.doing(format!("connect to {target}"))?;
        if connections.is_empty() {
            return Err(Error::Failed("no connection asked for".into()));
        }
        let health = Arc::new(Mutex::new(Health::default()));
        let stop = Arc::new(AtomicBool::new(false));
        let (sink, flag) = (Arc::clone(&health), Arc::clone(&stop));
        let thread = host.spawn(move || {
            while !flag.load(Ordering::Relaxed) && !connections.is_empty() {
                let start = Instant::now();
                connections.retain_mut(|connection| tick(connection, &sink));
                std::thread::sleep(period.saturating_sub(start.elapsed()));
            }
        });
        Ok(Self {
            health,
            stop,
            thread: Some(thread),
        })
    }

    /// How they fare.
    #[must_use]
    pub fn health(&self) -> Health {
        lock(&self.health).clone()
    }
}

impl Drop for EchoClients {
    fn drop(&mut self) {
        self.stop.store(true, Ordering::Relaxed);
        if let Some(thread) = self.thread.take() {
            let _its_result = thread.join();
        }
    }
}

fn connect(source: Ipv4Addr, target: SocketAddrV4, patience: Duration) -> io::Result<TcpStream> {
    let socket = Socket::new(Domain::IPV4, Type::STREAM, Some(Protocol::TCP))?;
    socket.bind(&SocketAddr::from((source, 0)).into())?;
    socket.connect_timeout(&target.into(), patience)?;
    socket.set_read_timeout(Some(patience))?;
    socket.set_tcp_nodelay(true)?;
    Ok(socket.into())
}

fn tick(connection: &mut TcpStream, health: &Mutex<Health>) -> bool {
    let start = Instant::now();
    let mut answer = [0_u8; 8];
    let outcome = connection
        .write_all(b"holdfast")
        .and_then(|()| connection.read_exact(&mut answer));
    let mut health = lock(health);
    match outcome {
        Ok(()) => {
            health.ticks += 1;
            health.slowest = health.slowest.max(start.elapsed());
            true
        }
        Err(error) => {
            health.lost.push(error.to_string());
            false
        }
    }
}
