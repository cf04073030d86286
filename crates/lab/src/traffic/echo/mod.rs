//! Long connections that must not notice anything.

mod book;
mod clients;

pub use book::Health;

use crate::error::{Doing as _, Error, Result, lock};
use crate::net::Host;
use crate::shell::wait;
use book::{Book, Way};
use clients::Clients;
use nix::sys::resource::{Resource, getrlimit, setrlimit};
use socket2::{Domain, Protocol, Socket, Type};
use std::io;
use std::net::{Ipv4Addr, SocketAddr, SocketAddrV4, TcpStream};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex};
use std::thread::JoinHandle;
use std::time::{Duration, Instant};

/// To open a connection.
const PATIENCE: Duration = Duration::from_secs(3);
/// Of a process that holds both ends of them.
const MAX_FILES: u64 = 16_384;
/// Connections past the director.
const BESIDE: usize = 40;

/// Connections to echo servers through the director, each of which sends a number in every period and wants it back.
#[derive(Debug)]
pub struct Echoes {
    book: Arc<Mutex<Book>>,
    stop: Arc<AtomicBool>,
    thread: Option<JoinHandle<Result<Result<()>>>>,
}

impl Echoes {
    /// Opens `count` connections to `target` from `sources` in turn, and some to `beside`, another way to a server: how
    /// slow they are is how slow this machine is. A connection whose last message has not come back sends nothing: only
    /// an end or a wrong answer loses it.
    ///
    /// # Errors
    /// If one cannot be opened.
    pub fn open(
        host: &Host,
        sources: &[Ipv4Addr],
        [target, beside]: [SocketAddrV4; 2],
        count: usize,
        period: Duration,
    ) -> Result<Self> {
        room_for_files()?;
        // spread evenly over the period
        let share = (count / BESIDE).max(1);
        let streams = host.within(|| {
            let mut streams = Vec::new();
            for (index, &source) in sources.iter().cycle().take(count).enumerate() {
                streams.push((Way::Through, connect(source, target)?));
                if index % share == 0 {
                    streams.push((Way::Beside, connect(source, beside)?));
                }
            }
            io::Result::Ok(streams)
        })?;
        let (ways, streams): (Vec<Way>, Vec<TcpStream>) = streams
            .doing(format!("connect to {target} and {beside}"))?
            .into_iter()
            .unzip();
        let book = Arc::new(Mutex::new(Book::new(&ways)));
        let stop = Arc::new(AtomicBool::new(false));
        let (sink, flag) = (Arc::clone(&book), Arc::clone(&stop));
        let thread = host.spawn(move || Clients::new(streams, sink)?.run(period, &flag));
        Ok(Self {
            book,
            stop,
            thread: Some(thread),
        })
    }

    /// How those through the director have fared since `from`. A stall is a round trip that took longer, by `limit`,
    /// than every one past the director at that time.
    #[must_use]
    pub fn health(&self, from: Instant, limit: Duration) -> Health {
        lock(&self.book).health(from, limit)
    }

    /// Waits until every connection that has not ended got a message back that was due after `from`.
    ///
    /// # Errors
    /// [`Error::Timeout`].
    pub fn wait_all(&self, from: Instant, bound: Duration) -> Result<Duration> {
        let silent = || lock(&self.book).silent(from);
        let took = wait("an echo on each connection", bound, || silent() == 0);
        took.map_err(|error| Error::Failed(format!("{error}; {} are silent", silent())))
    }
}

impl Drop for Echoes {
    fn drop(&mut self) {
        self.stop.store(true, Ordering::Relaxed);
        if let Some(thread) = self.thread.take() {
            let _its_result = thread.join();
        }
    }
}

/// The usual 1024 are too few for a thousand connections with both ends here.
pub(super) fn room_for_files() -> Result<()> {
    let (soft, hard) = getrlimit(Resource::RLIMIT_NOFILE).doing("read the limit of open files")?;
    if soft >= MAX_FILES {
        return Ok(());
    }
    setrlimit(Resource::RLIMIT_NOFILE, MAX_FILES, hard.max(MAX_FILES))
        .doing("raise the limit of open files")
}

fn connect(source: Ipv4Addr, target: SocketAddrV4) -> io::Result<TcpStream> {
    let socket = Socket::new(Domain::IPV4, Type::STREAM, Some(Protocol::TCP))?;
    socket.bind(&SocketAddr::from((source, 0)).into())?;
    socket.connect_timeout(&target.into(), PATIENCE)?;
    socket.set_tcp_nodelay(true)?;
    socket.set_nonblocking(true)?;
    Ok(socket.into())
}
