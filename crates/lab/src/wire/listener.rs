//! A thread that reads every frame of a host and keeps what it understands.

use crate::error::{Doing as _, Result, lock};
use crate::net::Host;
use socket2::{Domain, Protocol, Socket, Type};
use std::io::Read as _;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, MutexGuard};
use std::thread::JoinHandle;
use std::time::{Duration, Instant};

/// Listens until it is dropped.
#[derive(Debug)]
pub(super) struct Listener<T> {
    seen: Arc<Mutex<Vec<T>>>,
    stop: Arc<AtomicBool>,
    thread: Option<JoinHandle<()>>,
}

impl<T: Send + 'static> Listener<T> {
    /// Starts listening on all interfaces of `host`; `read` makes something of a frame, or nothing.
    ///
    /// # Errors
    /// If packet sockets are refused.
    pub(super) fn start(host: &Host, read: fn(&[u8], Instant) -> Option<T>) -> Result<Self> {
        let mut socket = host.within(open)??;
        let seen = Arc::new(Mutex::new(Vec::new()));
        let stop = Arc::new(AtomicBool::new(false));
        let (sink, flag) = (Arc::clone(&seen), Arc::clone(&stop));
        let thread = std::thread::spawn(move || {
            let mut buffer = [0_u8; 2048];
            while !flag.load(Ordering::Relaxed) {
                let Ok(length) = socket.read(&mut buffer) else {
                    continue;
                };
                let at = Instant::now();
                let frame = buffer.get(..length).unwrap_or_default();
                if let Some(one) = read(frame, at) {
                    lock(&sink).push(one);
                }
            }
        });
        Ok(Self {
            seen,
            stop,
            thread: Some(thread),
        })
    }
}

impl<T> Listener<T> {
    /// What was read so far, in the order it came.
    pub(super) fn seen(&self) -> MutexGuard<'_, Vec<T>> {
        lock(&self.seen)
    }
}

impl<T> Drop for Listener<T> {
    fn drop(&mut self) {
        self.stop.store(true, Ordering::Relaxed);
        if let Some(thread) = self.thread.take() {
            let _its_result = thread.join();
        }
    }
}

fn open() -> Result<Socket> {
    // ETH_P_ALL in network byte order
    let all = Protocol::from(i32::from(0x0003_u16.to_be()));
    let socket = Socket::new(Domain::PACKET, Type::RAW, Some(all)).doing("packet socket")?;
    socket
        .set_read_timeout(Some(Duration::from_millis(100)))
        .doing("packet socket timeout")?;
    Ok(socket)
}
