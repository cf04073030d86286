//! What programs ask of IPVS, seen on the kernel's own monitor of netlink (nlmon), beside the TCP
//! segments that tell of a server's death or life: what a daemon costs between the two.

use super::listener::Listener;
use crate::error::Result;
use crate::net::Host;
use std::time::{Duration, Instant};

/// How long the reader rests: it shares the processor with what is measured.
const REST: Duration = Duration::from_millis(25);

/// Something that was seen, by the kernel's time.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Sight {
    /// A TCP segment from this port: it refuses (RST) or answers (SYN, ACK).
    Segment {
        /// When.
        at: Instant,
        /// The server's port.
        port: u16,
    },
    /// A message that changes the table. A message of its own, whether or not others came with it.
    Write {
        /// When.
        at: Instant,
        /// `ip_vs_genl_cmd` of linux/ip_vs.h.
        command: u8,
    },
}

/// Listens on a host; what came together stands together.
#[derive(Debug)]
pub struct Writes {
    listener: Listener<Vec<Sight>>,
}

impl Writes {
    /// Makes a monitor of the host's netlink and listens to it, and to everything else there.
    ///
    /// # Errors
    /// If the kernel has none (module nlmon), or packet sockets are refused.
    pub fn start(host: &Host) -> Result<Self> {
        host.ip("link add nlmon0 type nlmon")?;
        host.ip("link set nlmon0 up")?;
        let listener = Listener::lazy(host, REST, |frame, at| {
            let seen = read(frame, at);
            (!seen.is_empty()).then_some(seen)
        })?;
        Ok(Self { listener })
    }

    /// What was seen since `from`, in the order it came.
    #[must_use]
    pub fn since(&self, from: Instant) -> Vec<Sight> {
        let seen = self.listener.seen();
        let all = seen.iter().flatten().copied();
        all.filter(|sight| sight.at() >= from).collect()
    }
}

impl Sight {
    /// When.
    #[must_use]
    pub const fn at(&self) -> Instant {
        match self {
            Self::Segment { at, .. } | Self::Write { at, .. } => *at,
        }
    }

    /// It changes the table.
    #[must_use]
    pub const fn is_write(&self) -> bool {
        matches!(self, Self::Write { .. })
    }
}

fn read(frame: &[u8], at: Instant) -> Vec<Sight> {
    match segment(frame, at) {
        Some(segment) => vec![segment],
        None => writes(frame, at),
    }
}

/// RST, or SYN with ACK (RFC 9293 s3.1), in an Ethernet frame with IPv4.
fn segment(frame: &[u8], at: Instant) -> Option<Sight> {
    let packet = frame.get(14..)?;
    let is_ip = frame.get(12..14)? == [0x08, 0x00] && packet.first()? >> 4 == 4;
    if !is_ip || *packet.get(9)? != 6 {
        return None;
    }
    let segment = packet.get(usize::from(packet.first()? & 0x0f) * 4..)?;
    let flags = segment.get(13)?;
    let tells = flags & 0x04 != 0 || flags & 0x12 == 0x12;
    let port = u16::from_be_bytes([*segment.first()?, *segment.get(1)?]);
    tells.then_some(Sight::Segment { at, port })
}

/// Requests of IPVS's family that change something (linux/netlink.h, linux/genetlink.h).
fn writes(mut frame: &[u8], at: Instant) -> Vec<Sight> {
    let mut found = Vec::new();
    while let Some((length, command)) = message(frame) {
        // NEW_, SET_ and DEL_ of services and destinations, and FLUSH
        if matches!(command, Some(1..=3 | 5..=7 | 17)) {
            let command = command.unwrap_or_default();
            found.push(Sight::Write { at, command });
        }
        frame = frame.get(length.next_multiple_of(4)..).unwrap_or_default();
    }
    found
}

/// The length of the first message, and its command if it is a request of a generic family.
fn message(bytes: &[u8]) -> Option<(usize, Option<u8>)> {
    let half = |at: usize| Some(u16::from_ne_bytes([*bytes.get(at)?, *bytes.get(at + 1)?]));
    let length = u32::from_ne_bytes(bytes.get(..4)?.try_into().ok()?);
    let length = usize::try_from(length).ok()?;
    let family = half(4)?;
    let flags = half(6)?;
    if length < 16 || length > bytes.len() {
        return None;
    }
    // families are numbered from 0x10, the first is the controller; 0x1 asks
    let generic = family > 0x10 && flags & 0x1 != 0 && length >= 20;
    let (version, reserved) = (bytes.get(17), half(18));
    let ipvs = generic && version == Some(&1) && reserved == Some(0);
    Some((length, bytes.get(16).copied().filter(|_| ipvs)))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn request(command: u8, family: u16, flags: u16) -> Vec<u8> {
        let mut bytes = 24_u32.to_ne_bytes().to_vec();
        bytes.extend(family.to_ne_bytes());
        bytes.extend(flags.to_ne_bytes());
        bytes.extend([0; 8]);
        bytes.extend([command, 1, 0, 0, 0, 0, 0, 0]);
        bytes
    }

    #[test]
    fn each_write_of_a_batch_counts_and_nothing_else() {
        let now = Instant::now();
        let batch = [
            request(5, 0x1e, 1),
            request(6, 0x1e, 5),
            request(8, 0x1e, 0x301),
            request(5, 0x10, 1),
            request(7, 0x1e, 0),
            request(7, 0x1e, 1),
        ]
        .concat();
        let commands: Vec<Sight> = [5, 6, 7]
            .map(|command| Sight::Write { at: now, command })
            .to_vec();
        assert_eq!(read(&batch, now), commands);
        assert_eq!(read(&[0; 60], now), []);
    }
}
