//! Adverts as they are on the wire, header and message, of both families and versions; none of it
//! is interpreted further than who, whom and for which virtual router.

use super::listener::Listener;
use crate::error::Result;
use crate::net::Host;
use std::net::IpAddr;
use std::time::Instant;

/// VRRP's number among protocols (RFC 9568 s5.1.1.4).
const VRRP: u8 = 112;

/// An advert as it was on the wire.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RawAdvert {
    /// When it was read.
    pub at: Instant,
    /// Who sent it.
    pub source: IpAddr,
    /// Where to.
    pub destination: IpAddr,
    /// The IP header.
    pub header: Vec<u8>,
    /// The rest.
    pub message: Vec<u8>,
}

impl RawAdvert {
    /// Reads an Ethernet frame.
    #[must_use]
    pub fn read(frame: &[u8], at: Instant) -> Option<Self> {
        let packet = frame.get(14..)?;
        match frame.get(12..14)? {
            [0x08, 0x00] if *packet.get(9)? == VRRP => {
                let header = usize::from(packet.first()? & 0x0f) * 4;
                let total = usize::from(u16::from_be_bytes([*packet.get(2)?, *packet.get(3)?]));
                let four = |at: usize| <[u8; 4]>::try_from(packet.get(at..at + 4)?).ok();
                Some(Self {
                    at,
                    source: four(12)?.into(),
                    destination: four(16)?.into(),
                    header: packet.get(..header)?.to_vec(),
                    message: packet.get(header..total)?.to_vec(),
                })
            }
            [0x86, 0xdd] if *packet.get(6)? == VRRP => {
                let length = usize::from(u16::from_be_bytes([*packet.get(4)?, *packet.get(5)?]));
                let six = |at: usize| <[u8; 16]>::try_from(packet.get(at..at + 16)?).ok();
                Some(Self {
                    at,
                    source: six(8)?.into(),
                    destination: six(24)?.into(),
                    header: packet.get(..40)?.to_vec(),
                    message: packet.get(40..40 + length)?.to_vec(),
                })
            }
            _ => None,
        }
    }

    /// The virtual router.
    #[must_use]
    pub fn vrid(&self) -> u8 {
        self.message.get(1).copied().unwrap_or_default()
    }

    /// The priority; 0 resigns.
    #[must_use]
    pub fn priority(&self) -> u8 {
        self.message.get(2).copied().unwrap_or_default()
    }

    /// True if the checksum is right: over the message in version 2 and IPv4, else with the
    /// pseudo-header of its family (RFC 9568 s5.2.8; the kernel fills it in over IPv6).
    #[must_use]
    pub fn checksum_ok(&self) -> bool {
        let mut bytes = Vec::new();
        let second = self.message.first().is_some_and(|first| first >> 4 == 2);
        if !second || self.source.is_ipv6() {
            let length = u16::try_from(self.message.len()).unwrap_or_default();
            match (self.source, self.destination) {
                (IpAddr::V4(source), IpAddr::V4(destination)) => {
                    bytes.extend(source.octets());
                    bytes.extend(destination.octets());
                }
                (IpAddr::V6(source), IpAddr::V6(destination)) => {
                    bytes.extend(source.octets());
                    bytes.extend(destination.octets());
                }
                (IpAddr::V4(_), IpAddr::V6(_)) | (IpAddr::V6(_), IpAddr::V4(_)) => return false,
            }
            bytes.extend([0, VRRP]);
            bytes.extend(length.to_be_bytes());
        }
        bytes.extend(&self.message);
        super::vrrp::checksum(&bytes) == 0
    }
}

/// Listens on a host.
#[derive(Debug)]
pub struct Capture {
    listener: Listener<RawAdvert>,
}

impl Capture {
    /// Starts listening on all interfaces of `host`, to what comes and to what goes.
    ///
    /// # Errors
    /// If packet sockets are refused.
    pub fn start(host: &Host) -> Result<Self> {
        let listener = Listener::start(host, RawAdvert::read)?;
        Ok(Self { listener })
    }

    /// The adverts that `wanted` says yes to, in the order they came.
    pub fn adverts(&self, wanted: impl Fn(&RawAdvert) -> bool) -> Vec<RawAdvert> {
        let seen = self.listener.seen();
        seen.iter().filter(|each| wanted(each)).cloned().collect()
    }

    /// The last advert that `wanted` says yes to.
    pub fn last(&self, wanted: impl Fn(&RawAdvert) -> bool) -> Option<RawAdvert> {
        self.listener
            .seen()
            .iter()
            .rfind(|each| wanted(each))
            .cloned()
    }
}
