//! Asks an address again and again, and notes who answered when.

use super::listener::Listener;
use super::vrrp::checksum;
use crate::background::Background;
use crate::error::{Doing as _, Result};
use crate::net::Host;
use socket2::{Domain, Protocol, Socket, Type};
use std::net::{Ipv4Addr, SocketAddrV4};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

/// An answer.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Answer {
    /// When the kernel got it.
    pub at: Instant,
    /// Who it says it is.
    pub source: Ipv4Addr,
    /// The hardware address that it came from.
    pub mac: [u8; 6],
    /// To ARP, not to an echo request.
    pub arp: bool,
}

/// A host that asks until it is dropped.
#[derive(Debug)]
pub struct Asker {
    // it asks no more before its listener goes
    _thread: Background<()>,
    listener: Listener<Answer>,
}

impl Asker {
    /// Sends an ICMP echo request (RFC 792) to each target every `period`.
    ///
    /// # Errors
    /// If raw sockets are refused.
    pub fn start(host: &Host, targets: &[Ipv4Addr], period: Duration) -> Result<Self> {
        let listener = Listener::start(host, read)?;
        let socket =
            host.within(|| Socket::new(Domain::IPV4, Type::RAW, Some(Protocol::ICMPV4)))?;
        let socket = socket.doing("raw socket")?;
        let (stop, targets) = (Arc::new(AtomicBool::new(false)), targets.to_vec());
        let flag = Arc::clone(&stop);
        let thread = std::thread::spawn(move || {
            let (start, mut turn) = (Instant::now(), 0_u32);
            while !flag.load(Ordering::Relaxed) {
                for target in &targets {
                    let to = SocketAddrV4::new(*target, 0);
                    let _unreachable = socket.send_to(&echo(turn), &to.into());
                }
                turn += 1;
                let due = start + period * turn;
                std::thread::sleep(due.saturating_duration_since(Instant::now()));
            }
        });
        Ok(Self {
            listener,
            _thread: Background::new(stop, thread),
        })
    }

    /// Answers in the name of `source` since `from`.
    pub fn answers(&self, source: Ipv4Addr, from: Instant) -> Vec<Answer> {
        let seen = self.listener.seen();
        let late = seen.iter().rev().take_while(|answer| answer.at >= from);
        let mut all: Vec<Answer> = late.filter(|a| a.source == source).copied().collect();
        all.reverse();
        all
    }
}

fn echo(turn: u32) -> Vec<u8> {
    let mut message = vec![8, 0, 0, 0];
    message.extend(turn.to_be_bytes());
    let sum = checksum(&message).to_be_bytes();
    for (place, byte) in message.iter_mut().skip(2).zip(sum) {
        *place = byte;
    }
    message
}

fn read(frame: &[u8], at: Instant) -> Option<Answer> {
    let mac = frame.get(6..12)?.try_into().ok()?;
    let body = frame.get(14..)?;
    let four = |at: usize| <[u8; 4]>::try_from(body.get(at..at + 4)?).ok();
    let answer = |source: [u8; 4], arp| Answer {
        at,
        source: source.into(),
        mac,
        arp,
    };
    match frame.get(12..14)? {
        // RFC 826: operation 2 is a reply
        [0x08, 0x06] if body.get(6..8)? == [0, 2] => Some(answer(four(14)?, true)),
        [0x08, 0x00] if *body.get(9)? == 1 && *body.get(20)? == 0 => Some(answer(four(12)?, false)),
        _ => None,
    }
}
