//! A thread that reads every frame of a host and keeps what it understands, with the time at which
//! the kernel got it: how busy the reader was does not matter.

use crate::background::Background;
use crate::error::{Doing as _, Result, lock};
use crate::net::Host;
use nix::errno::Errno;
use nix::sys::socket::{
    ControlMessageOwned, MsgFlags, SockaddrStorage, recvmsg, setsockopt, sockopt,
};
use nix::sys::time::TimeSpec;
use socket2::{Domain, Protocol, Socket, Type};
use std::io::IoSliceMut;
use std::os::fd::AsRawFd as _;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, MutexGuard};
use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

/// Room for what comes while the reader does not get its turn: seconds of a flood.
const ROOM: usize = 64 << 20;
/// Of a frame: a batch of netlink messages is longer than any Ethernet brings.
const LONGEST: usize = 64 << 10;
/// Two readings of a clock that are so close were not interrupted.
const CLOSE: Duration = Duration::from_micros(5);

/// Listens until it is dropped.
#[derive(Debug)]
pub(super) struct Listener<T> {
    seen: Arc<Mutex<Vec<T>>>,
    _thread: Background<()>,
}

impl<T: Send + 'static> Listener<T> {
    /// Starts listening on all interfaces of `host`; `read` makes something of a frame, or nothing.
    ///
    /// # Errors
    /// If packet sockets are refused.
    pub(super) fn start(host: &Host, read: fn(&[u8], Instant) -> Option<T>) -> Result<Self> {
        Self::lazy(host, Duration::ZERO, read)
    }

    /// The same, but after each look it rests so long: what is measured has the processors to itself.
    ///
    /// # Errors
    /// If packet sockets are refused.
    pub(super) fn lazy(
        host: &Host,
        rest: Duration,
        read: fn(&[u8], Instant) -> Option<T>,
    ) -> Result<Self> {
        let socket = host.within(open)??;
        let seen = Arc::new(Mutex::new(Vec::new()));
        let stop = Arc::new(AtomicBool::new(false));
        let (sink, flag) = (Arc::clone(&seen), Arc::clone(&stop));
        let thread = std::thread::spawn(move || {
            let mut buffer = vec![0_u8; LONGEST];
            while !flag.load(Ordering::Relaxed) {
                let (length, at) = match receive(&socket, &mut buffer, rest) {
                    Ok(frame) => frame,
                    Err(Errno::EAGAIN) => {
                        std::thread::sleep(rest);
                        continue;
                    }
                    Err(_) => continue,
                };
                let frame = buffer.get(..length).unwrap_or_default();
                if let Some(one) = read(frame, at) {
                    lock(&sink).push(one);
                }
            }
        });
        Ok(Self {
            seen,
            _thread: Background::new(stop, thread),
        })
    }
}

impl<T> Listener<T> {
    /// What was read so far, in the order it came.
    pub(super) fn seen(&self) -> MutexGuard<'_, Vec<T>> {
        lock(&self.seen)
    }
}

fn open() -> Result<Socket> {
    // ETH_P_ALL in network byte order
    let all = Protocol::from(i32::from(0x0003_u16.to_be()));
    let socket = Socket::new(Domain::PACKET, Type::RAW, Some(all)).doing("packet socket")?;
    socket
        .set_read_timeout(Some(Duration::from_millis(100)))
        .doing("packet socket timeout")?;
    setsockopt(&socket, sockopt::ReceiveTimestampns, &true).doing("packet socket times")?;
    setsockopt(&socket, sockopt::RcvBufForce, &ROOM).doing("packet socket buffer")?;
    Ok(socket)
}

/// The next frame: its length, and when the kernel got it.
fn receive(socket: &Socket, buffer: &mut [u8], rest: Duration) -> Result<(usize, Instant), Errno> {
    let flags = if rest.is_zero() {
        MsgFlags::empty()
    } else {
        MsgFlags::MSG_DONTWAIT
    };
    let mut space = nix::cmsg_space!(TimeSpec);
    let mut parts = [IoSliceMut::new(buffer)];
    let fd = socket.as_raw_fd();
    let message = recvmsg::<SockaddrStorage>(fd, &mut parts, Some(&mut space), flags)?;
    let stamp = message.cmsgs()?.find_map(|part| match part {
        ControlMessageOwned::ScmTimestampns(time) => Some(Duration::from(time)),
        _other => None,
    });
    Ok((message.bytes, stamp.map_or_else(Instant::now, instant)))
}

/// The wall clock's time since 1970 by the other clock.
fn instant(stamp: Duration) -> Instant {
    // whoever is interrupted between two readings tries again
    for _ in 0..5 {
        let before = Instant::now();
        let wall = SystemTime::now();
        let after = Instant::now();
        if after.duration_since(before) <= CLOSE {
            let wall = wall.duration_since(UNIX_EPOCH).unwrap_or_default();
            let ago = wall.saturating_sub(stamp);
            return before.checked_sub(ago).unwrap_or(before);
        }
    }
    Instant::now()
}
