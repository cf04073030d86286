//! Many connections of one echo server on one thread: a thread each is dear in the lab's kernel.

use crate::error::{Doing as _, Result};
use nix::errno::Errno;
use nix::sys::epoll::{Epoll, EpollCreateFlags, EpollEvent, EpollFlags, EpollTimeout};
use std::collections::BTreeMap;
use std::io::{ErrorKind, Read as _, Write as _};
use std::net::{TcpListener, TcpStream};
use std::sync::atomic::{AtomicBool, Ordering};

/// The listener's number.
const DOOR: u64 = 0;

/// Sends back what it gets, until `stop` is set and somebody connects.
pub(super) fn repeat(listener: &TcpListener, stop: &AtomicBool) -> Result<()> {
    listener.set_nonblocking(true).doing("listen")?;
    let epoll = Epoll::new(EpollCreateFlags::EPOLL_CLOEXEC).doing("epoll_create")?;
    let door = EpollEvent::new(EpollFlags::EPOLLIN, DOOR);
    epoll.add(listener, door).doing("epoll_ctl")?;
    let mut all: BTreeMap<u64, TcpStream> = BTreeMap::new();
    let mut next = DOOR + 1;
    let mut events = [EpollEvent::empty(); 256];
    while !stop.load(Ordering::Relaxed) {
        let ready = match epoll.wait(&mut events, EpollTimeout::NONE) {
            Err(Errno::EINTR) => 0,
            other => other.doing("epoll_wait")?,
        };
        for event in events.iter().take(ready) {
            if event.data() != DOOR {
                let living = all.get_mut(&event.data()).is_some_and(answer);
                // its end takes it out of the epoll set
                if !living {
                    all.remove(&event.data());
                }
                continue;
            }
            while let Ok((stream, _)) = listener.accept() {
                stream.set_nonblocking(true).doing("accept")?;
                stream.set_nodelay(true).doing("accept")?;
                let event = EpollEvent::new(EpollFlags::EPOLLIN, next);
                epoll.add(&stream, event).doing("epoll_ctl")?;
                all.insert(next, stream);
                next += 1;
            }
        }
    }
    Ok(())
}

/// False when the connection has ended. What does not fit into the socket's buffer ends it, too.
fn answer(stream: &mut TcpStream) -> bool {
    let mut buffer = [0_u8; 1024];
    match stream.read(&mut buffer) {
        Ok(0) => false,
        Ok(length) => {
            let bytes = buffer.get(..length).unwrap_or_default();
            stream.write_all(bytes).is_ok()
        }
        Err(error) => error.kind() == ErrorKind::WouldBlock,
    }
}
