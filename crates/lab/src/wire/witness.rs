//! Sees every frame that reaches a host: adverts and ARP with their times.

use super::Advert;
use super::listener::Listener;
use super::mac_text;
use crate::error::Result;
use crate::net::Host;
use crate::shell::wait_some;
use std::net::Ipv4Addr;
use std::time::{Duration, Instant};

/// What was in a frame.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Frame {
    /// A VRRP advert.
    Advert(Advert),
    /// A gratuitous ARP: sender and target address are the same.
    Garp {
        /// The address.
        address: Ipv4Addr,
        /// Where it is.
        mac: [u8; 6],
    },
    /// A host does not want the group of adverts any more (RFC 2236 s3, RFC 3376 s4.2.12).
    Leave,
}

/// A frame and when it was read.
#[derive(Debug, Clone)]
pub struct Seen {
    /// When.
    pub at: Instant,
    /// What.
    pub frame: Frame,
}

/// Listens on a host of its own; what it hears is what every host of the switch hears.
#[derive(Debug)]
pub struct Witness {
    listener: Listener<Seen>,
}

impl Witness {
    /// Starts listening on all interfaces of `host`.
    ///
    /// # Errors
    /// If packet sockets are refused.
    pub fn start(host: &Host) -> Result<Self> {
        let seen = |frame: &[u8], at| read(frame).map(|frame| Seen { at, frame });
        let listener = Listener::start(host, seen)?;
        Ok(Self { listener })
    }

    /// The adverts read since `from` that `wanted` says yes to.
    pub fn adverts(
        &self,
        from: Instant,
        wanted: impl Fn(&Advert) -> bool,
    ) -> Vec<(Instant, Advert)> {
        self.listener
            .seen()
            .iter()
            .filter(|seen| seen.at >= from)
            .filter_map(|seen| match &seen.frame {
                Frame::Advert(advert) if wanted(advert) => Some((seen.at, advert.clone())),
                Frame::Advert(_) | Frame::Garp { .. } | Frame::Leave => None,
            })
            .collect()
    }

    /// When gratuitous ARP for `address` was read since `from`, and the hardware address in it as
    /// `ip` shows it.
    #[must_use]
    pub fn garps(&self, from: Instant, address: Ipv4Addr) -> Vec<(Instant, String)> {
        self.listener
            .seen()
            .iter()
            .filter(|seen| seen.at >= from)
            .filter_map(|seen| match &seen.frame {
                Frame::Garp { address: its, mac } if *its == address => {
                    Some((seen.at, mac_text(*mac)))
                }
                Frame::Garp { .. } | Frame::Advert(_) | Frame::Leave => None,
            })
            .collect()
    }

    /// How often somebody left the group of adverts since `from`.
    #[must_use]
    pub fn leaves(&self, from: Instant) -> usize {
        let seen = self.listener.seen();
        let left = |seen: &&Seen| seen.at >= from && seen.frame == Frame::Leave;
        seen.iter().filter(left).count()
    }

    /// Waits for an advert since `from` that `wanted` says yes to.
    ///
    /// # Errors
    /// [`crate::Error::Timeout`] if none is read within `bound`.
    pub fn wait(
        &self,
        what: &str,
        from: Instant,
        bound: Duration,
        wanted: impl Fn(&Advert) -> bool,
    ) -> Result<(Instant, Advert)> {
        wait_some(what, bound, || {
            self.adverts(from, &wanted).into_iter().next()
        })
    }
}

pub(crate) fn read(frame: &[u8]) -> Option<Frame> {
    let kind = u16::from_be_bytes([*frame.get(12)?, *frame.get(13)?]);
    let body = frame.get(14..)?;
    match kind {
        0x0800 if body.get(9) == Some(&2) => leaves(body).then_some(Frame::Leave),
        0x0800 => Advert::read(body).map(Frame::Advert),
        0x0806 => {
            let sender: [u8; 4] = body.get(14..18)?.try_into().ok()?;
            let target: [u8; 4] = body.get(24..28)?.try_into().ok()?;
            let mac = body.get(8..14)?.try_into().ok()?;
            (sender == target).then(|| Frame::Garp {
                address: sender.into(),
                mac,
            })
        }
        _ => None,
    }
}

/// Is it an IGMP message in which a host leaves the group of adverts?
fn leaves(packet: &[u8]) -> bool {
    const GROUP: [u8; 4] = [224, 0, 0, 18];
    let header = packet
        .first()
        .map_or(0, |first| usize::from(first & 0xf) * 4);
    match packet.get(header..) {
        Some([0x17, _, _, _, group @ ..]) => group.starts_with(&GROUP),
        // of the records of a report the first is enough: who leaves has no other news
        Some([0x22, _, _, _, _, _, _, _, kind, _, _, _, group @ ..]) => {
            [3, 6].contains(kind) && group.starts_with(&GROUP)
        }
        _ => false,
    }
}
