//! Echo requests at a steady pace, and which of them were answered.

use crate::error::{Doing as _, Result, lock};
use crate::net::Host;
use socket2::{Domain, Protocol, SockAddr, Socket, Type};
use std::collections::BTreeSet;
use std::io::Read as _;
use std::net::{Ipv4Addr, SocketAddrV4};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex};
use std::thread::JoinHandle;
use std::time::{Duration, Instant};

/// Marks our requests among those of others.
const MARK: [u8; 2] = *b"hf";

/// When each was sent, and whose answers came.
#[derive(Debug, Default)]
struct Book {
    sent: Vec<Instant>,
    answered: BTreeSet<u16>,
}

/// Asks an address until it is dropped; at most 65,535 times.
#[derive(Debug)]
pub struct Pings {
    book: Arc<Mutex<Book>>,
    stop: Arc<AtomicBool>,
    threads: Vec<JoinHandle<Result<()>>>,
}

impl Pings {
    /// One request every `period`.
    ///
    /// # Errors
    /// If the host has no raw sockets.
    pub fn start(host: &Host, target: Ipv4Addr, period: Duration) -> Result<Self> {
        let socket =
            host.within(|| Socket::new(Domain::IPV4, Type::RAW, Some(Protocol::ICMPV4)))?;
        let socket = socket.doing("open a socket for pings")?;
        let patience = Some(Duration::from_millis(100));
        socket.set_read_timeout(patience).doing("set a time-out")?;
        let mut ears = socket.try_clone().doing("clone a socket")?;
        let book = Arc::new(Mutex::new(Book::default()));
        let stop = Arc::new(AtomicBool::new(false));
        let (sent, flag) = (Arc::clone(&book), Arc::clone(&stop));
        let to = SockAddr::from(SocketAddrV4::new(target, 0));
        let asking = host.spawn(move || {
            let start = Instant::now();
            for number in 0..u16::MAX {
                if flag.load(Ordering::Relaxed) {
                    return;
                }
                lock(&sent).sent.push(Instant::now());
                // what cannot be sent has no answer
                let _unsent = socket.send_to(&request(number), &to);
                let due = period * (u32::from(number) + 1);
                std::thread::sleep(due.saturating_sub(start.elapsed()));
            }
        });
        let (heard, flag) = (Arc::clone(&book), Arc::clone(&stop));
        let hearing = host.spawn(move || {
            let mut packet = [0; 256];
            while !flag.load(Ordering::Relaxed) {
                let length = ears.read(&mut packet).unwrap_or(0);
                if let Some(number) = packet.get(..length).and_then(answer) {
                    lock(&heard).answered.insert(number);
                }
            }
        });
        Ok(Self {
            book,
            stop,
            threads: vec![asking, hearing],
        })
    }

    /// How many were sent from `from` on, and which of them (milliseconds since) had no answer in `patience`.
    #[must_use]
    pub fn lost(&self, from: Instant, patience: Duration) -> (usize, Vec<u128>) {
        let book = lock(&self.book);
        let numbered = (0..).zip(&book.sent);
        let asked = numbered.filter(|(_, at)| **at >= from && at.elapsed() > patience);
        let asked: Vec<(u16, &Instant)> = asked.collect();
        let lost = asked
            .iter()
            .filter(|(number, _)| !book.answered.contains(number));
        let lost = lost.map(|(_, at)| at.saturating_duration_since(from).as_millis());
        (asked.len(), lost.collect())
    }
}

impl Drop for Pings {
    fn drop(&mut self) {
        self.stop.store(true, Ordering::Relaxed);
        for thread in self.threads.drain(..) {
            let _its_result = thread.join();
        }
    }
}

/// RFC 792: type 8, code 0, checksum, identifier, sequence number.
fn request(number: u16) -> [u8; 8] {
    let [high, low] = number.to_be_bytes();
    let sum = 0x0800_u32 + u32::from(u16::from_be_bytes(MARK)) + u32::from(number);
    let folded = (sum & 0xffff) + (sum >> 16);
    let [_, _, c0, c1] = (!folded).to_be_bytes();
    [8, 0, c0, c1, MARK[0], MARK[1], high, low]
}

/// The number of the request that an IPv4 packet answers.
fn answer(packet: &[u8]) -> Option<u16> {
    let header = usize::from(packet.first()? & 15) * 4;
    match packet.get(header..)? {
        [0, 0, _, _, a, b, high, low, ..] if [*a, *b] == MARK => {
            Some(u16::from_be_bytes([*high, *low]))
        }
        _other => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_answer_has_the_number_of_its_request() {
        let mut packet = vec![0x45; 20];
        packet.extend(request(0xfffe));
        assert_eq!(answer(&packet), None, "a request");
        let sum: u32 = request(0xfffe)
            .chunks(2)
            .map(|pair| u32::from(u16::from_be_bytes([pair[0], pair[1]])))
            .sum();
        assert_eq!((sum & 0xffff) + (sum >> 16), 0xffff);
        packet[20] = 0;
        assert_eq!(answer(&packet), Some(0xfffe));
    }
}
