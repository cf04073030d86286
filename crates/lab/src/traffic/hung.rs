//! Servers that take a connection and do not do their part: many addresses, one thread.

use super::echo::room_for_files;
use crate::background::Background;
use crate::error::{Doing as _, Result, lock};
use crate::net::Host;
use nix::sys::epoll::{Epoll, EpollCreateFlags, EpollEvent, EpollFlags, EpollTimeout};
use socket2::{Domain, Protocol, SockRef, Socket, Type};
use std::collections::BTreeMap;
use std::io::{ErrorKind, Read as _, Write as _};
use std::net::{IpAddr, Ipv4Addr, SocketAddr, TcpListener, TcpStream};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

/// Those that wait to be accepted: a thousand may come at once.
const BACKLOG: i32 = 4096;
const LISTENER: u64 = u64::MAX;
const PACE: Duration = Duration::from_secs(1);
/// What trickles, again and again.
const ANSWER: &[u8] = b"HTTP/1.0 200 OK\r\nServer: a slow one\r\nContent-Length: 100000\r\n\r\n";

/// A connection.
#[derive(Debug, Clone, Copy)]
pub struct Held {
    /// Which address was asked.
    pub target: IpAddr,
    /// When it was accepted.
    pub begin: Instant,
    /// When the client, or a reset, ended it.
    pub end: Option<Instant>,
}

/// The servers, on every address of a host.
#[derive(Debug)]
pub struct Hung {
    held: Arc<Mutex<Vec<Held>>>,
    _thread: Background<Result<Result<()>>>,
}

impl Hung {
    /// Half of the addresses (the even ones) say nothing and half reset; or all answer a byte a second.
    ///
    /// # Errors
    /// If the port is taken.
    pub fn start(host: &Host, port: u16, dripping: bool) -> Result<Self> {
        room_for_files()?;
        let listener = host.within(|| listen(port))??;
        let (held, stop) = (Arc::default(), Arc::new(AtomicBool::new(false)));
        let (sink, flag) = (Arc::clone(&held), Arc::clone(&stop));
        let thread = host.spawn(move || serve(&listener, dripping, &sink, &flag));
        Ok(Self {
            held,
            _thread: Background::new(stop, thread),
        })
    }

    /// The connections that were there at some time since `from`.
    #[must_use]
    pub fn since(&self, from: Instant) -> Vec<Held> {
        let held = lock(&self.held);
        let lately = held
            .iter()
            .filter(|each| each.end.is_none_or(|end| end >= from));
        lately.copied().collect()
    }
}

fn listen(port: u16) -> Result<TcpListener> {
    let socket = Socket::new(Domain::IPV4, Type::STREAM, Some(Protocol::TCP)).doing("a socket")?;
    let any = SocketAddr::from((Ipv4Addr::UNSPECIFIED, port));
    socket
        .bind(&any.into())
        .doing(format!("listen on port {port}"))?;
    socket
        .listen(BACKLOG)
        .doing(format!("listen on port {port}"))?;
    socket.set_nonblocking(true).doing("a socket")?;
    Ok(socket.into())
}

/// A connection that is open.
struct Open {
    stream: TcpStream,
    /// Its place in the list.
    at: usize,
    /// How much of the answer it has.
    sent: usize,
}

fn serve(
    listener: &TcpListener,
    dripping: bool,
    held: &Mutex<Vec<Held>>,
    stop: &AtomicBool,
) -> Result<()> {
    let epoll = Epoll::new(EpollCreateFlags::EPOLL_CLOEXEC).doing("epoll")?;
    let readable = |number| EpollEvent::new(EpollFlags::EPOLLIN, number);
    epoll.add(listener, readable(LISTENER)).doing("epoll")?;
    let mut open: BTreeMap<u64, Open> = BTreeMap::new();
    let mut events = [EpollEvent::empty(); 256];
    let (mut next, mut drop_at) = (0, Instant::now() + PACE);
    while !stop.load(Ordering::Relaxed) {
        let count = epoll
            .wait(&mut events, EpollTimeout::from(50_u8))
            .unwrap_or(0);
        for event in events.iter().take(count) {
            let number = event.data();
            if number != LISTENER {
                if open.get_mut(&number).is_some_and(|open| !still_there(open))
                    && let Some(open) = open.remove(&number)
                {
                    ended(held, open.at);
                }
                continue;
            }
            while let Ok((stream, _)) = listener.accept() {
                let Ok(local) = stream.local_addr() else {
                    continue;
                };
                let (target, begin) = (local.ip(), Instant::now());
                let reset = !dripping && is_odd(target);
                let mut all = lock(held);
                let at = all.len();
                all.push(Held {
                    target,
                    begin,
                    end: reset.then_some(begin),
                });
                drop(all);
                if reset {
                    let _gone = SockRef::from(&stream).set_linger(Some(Duration::ZERO));
                    continue;
                }
                let ready = stream.set_nonblocking(true).is_ok();
                if ready && epoll.add(&stream, readable(next)).is_ok() {
                    open.insert(
                        next,
                        Open {
                            stream,
                            at,
                            sent: 0,
                        },
                    );
                    next += 1;
                }
            }
        }
        if dripping && Instant::now() >= drop_at {
            drop_at += PACE;
            for open in open.values_mut() {
                // one that is gone is told of by its end
                let byte = ANSWER
                    .get(open.sent % ANSWER.len())
                    .copied()
                    .unwrap_or(b'x');
                open.sent += usize::from(open.stream.write_all(&[byte]).is_ok());
            }
        }
    }
    Ok(())
}

fn is_odd(address: IpAddr) -> bool {
    matches!(address, IpAddr::V4(four) if four.octets()[3] % 2 == 1)
}

/// Reads what the client says; false at its end.
fn still_there(open: &mut Open) -> bool {
    let mut buffer = [0_u8; 1024];
    match open.stream.read(&mut buffer) {
        Ok(length) => length > 0,
        Err(error) => error.kind() == ErrorKind::WouldBlock,
    }
}

fn ended(held: &Mutex<Vec<Held>>, at: usize) {
    if let Some(held) = lock(held).get_mut(at) {
        held.end = Some(Instant::now());
    }
}
