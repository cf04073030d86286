//! Adverts and gratuitous ARP, nothing more of them than who, for what, and when: for many of them
//! over a long time.

use super::capture::RawAdvert;
use super::listener::Listener;
use super::witness::{self, Frame};
use crate::error::Result;
use crate::net::Host;
use std::net::{IpAddr, Ipv4Addr};
use std::time::{Duration, Instant};

/// How long the reader rests: it shares the processors with what is measured.
const REST: Duration = Duration::from_millis(25);

/// What arrived.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum What {
    /// An advert, of either version.
    Advert {
        /// Who sent it.
        source: IpAddr,
        /// The virtual router.
        vrid: u8,
        /// 0 resigns.
        priority: u8,
    },
    /// A gratuitous ARP for this address.
    Garp(Ipv4Addr),
}

/// Something that arrived, by the kernel's time.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Arrival {
    /// When.
    pub at: Instant,
    /// What.
    pub what: What,
}

/// Listens on a host.
#[derive(Debug)]
pub struct Arrivals {
    listener: Listener<Arrival>,
}

impl Arrivals {
    /// Starts listening on all interfaces of `host`.
    ///
    /// # Errors
    /// If packet sockets are refused.
    pub fn start(host: &Host) -> Result<Self> {
        let listener = Listener::lazy(host, REST, read)?;
        Ok(Self { listener })
    }

    /// What arrived since `from`, in that order.
    #[must_use]
    pub fn since(&self, from: Instant) -> Vec<Arrival> {
        let seen = self.listener.seen();
        // the kernel's times and the order of reading are the same but for a few microseconds
        let late = seen.iter().rev().take_while(|each| each.at >= from).count();
        seen.iter().skip(seen.len() - late).copied().collect()
    }
}

fn read(frame: &[u8], at: Instant) -> Option<Arrival> {
    let what = match RawAdvert::read(frame, at) {
        Some(advert) => What::Advert {
            source: advert.source,
            vrid: advert.vrid(),
            priority: advert.priority(),
        },
        None => match witness::read(frame)? {
            Frame::Garp { address, .. } => What::Garp(address),
            Frame::Advert(_) | Frame::Leave => return None,
        },
    };
    Some(Arrival { at, what })
}
