//! The thread that serves the clients' ends of many connections.

use super::book::Book;
use crate::error::{Doing as _, Result, lock};
use nix::sys::epoll::{Epoll, EpollCreateFlags, EpollEvent, EpollFlags, EpollTimeout};
use std::io::{self, ErrorKind, Read as _, Write as _};
use std::net::TcpStream;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

/// What is sent at once is what became due in this time: a system call of the lab's kernel is dear.
const BATCH_MS: u8 = 5;

/// One end of a connection.
#[derive(Debug)]
struct Client {
    stream: TcpStream,
    /// How many were sent.
    number: u64,
    /// What of the answer is there.
    answer: Vec<u8>,
}

#[derive(Debug)]
pub(super) struct Clients {
    all: Vec<Option<Client>>,
    epoll: Epoll,
    book: Arc<Mutex<Book>>,
}

impl Clients {
    /// The streams do not block; the book has a line for each.
    pub(super) fn new(streams: Vec<TcpStream>, book: Arc<Mutex<Book>>) -> Result<Self> {
        let epoll = Epoll::new(EpollCreateFlags::EPOLL_CLOEXEC).doing("epoll_create")?;
        for (index, stream) in (0..).zip(&streams) {
            let event = EpollEvent::new(EpollFlags::EPOLLIN, index);
            epoll.add(stream, event).doing("epoll_ctl")?;
        }
        let client = |stream| {
            Some(Client {
                stream,
                number: 0,
                answer: Vec::new(),
            })
        };
        let all = streams.into_iter().map(client).collect();
        Ok(Self { all, epoll, book })
    }

    /// Each sends once a period, one after the other.
    pub(super) fn run(&mut self, period: Duration, stop: &AtomicBool) -> Result<()> {
        let step = period / u32::try_from(self.all.len()).unwrap_or(u32::MAX).max(1);
        let (mut due, mut turn) = (Instant::now(), 0);
        let mut events = [EpollEvent::empty(); 256];
        while !stop.load(Ordering::Relaxed) {
            let now = Instant::now();
            while due <= now {
                self.send(turn, due);
                turn = (turn + 1) % self.all.len().max(1);
                due += step;
            }
            let ready = match self.epoll.wait(&mut events, EpollTimeout::from(BATCH_MS)) {
                Err(nix::errno::Errno::EINTR) => 0,
                other => other.doing("epoll_wait")?,
            };
            for event in events.iter().take(ready) {
                self.receive(usize::try_from(event.data()).unwrap_or(usize::MAX));
            }
        }
        Ok(())
    }

    fn send(&mut self, index: usize, due: Instant) {
        let Some(Some(client)) = self.all.get_mut(index) else {
            return;
        };
        if !lock(&self.book).send(index, due) {
            return;
        }
        client.number += 1;
        // eight bytes always fit: nothing else is under way
        if let Err(error) = client.stream.write_all(&client.number.to_be_bytes()) {
            self.end(index, &error);
        }
    }

    fn receive(&mut self, index: usize) {
        let Some(Some(client)) = self.all.get_mut(index) else {
            return;
        };
        match client.read() {
            Ok(false) => {}
            Ok(true) => lock(&self.book).receive(index, Instant::now()),
            Err(error) => self.end(index, &error),
        }
    }

    fn end(&mut self, index: usize, how: &io::Error) {
        if let Some(client) = self.all.get_mut(index) {
            *client = None;
        }
        lock(&self.book).end(index, how);
    }
}

impl Client {
    /// True once the number is back.
    fn read(&mut self) -> io::Result<bool> {
        let mut bytes = [0_u8; 64];
        let length = match self.stream.read(&mut bytes) {
            Err(error) if error.kind() == ErrorKind::WouldBlock => return Ok(false),
            Ok(0) => return Err(ErrorKind::UnexpectedEof.into()),
            other => other?,
        };
        self.answer.extend(bytes.get(..length).unwrap_or_default());
        let wanted = self.number.to_be_bytes();
        if !wanted.starts_with(&self.answer) {
            return Err(io::Error::other("another answer than was asked for"));
        }
        let whole = self.answer.len() == wanted.len();
        if whole {
            self.answer.clear();
        }
        Ok(whole)
    }
}
