//! Many forged adverts a second, to one host.

use super::{Forged, forge};
use crate::error::{Doing as _, Result};
use crate::net::Host;
use socket2::{Domain, Protocol, Socket, Type};
use std::net::{Ipv4Addr, SocketAddrV4};
use std::time::{Duration, Instant};

/// How long a burst is.
const BURST: Duration = Duration::from_millis(2);

/// Sends `kinds` in turn from `host` to `target`, so many a second, for `time`; how many were sent.
///
/// # Errors
/// If raw sockets are refused.
pub fn flood(
    host: &Host,
    target: Ipv4Addr,
    kinds: &[Forged],
    rate: u32,
    time: Duration,
) -> Result<u64> {
    let socket = host.within(|| {
        let raw = Socket::new(Domain::IPV4, Type::RAW, Some(Protocol::from(112)))?;
        raw.set_header_included_v4(true)?;
        raw.connect(&SocketAddrV4::new(target, 0).into())?;
        Ok::<_, std::io::Error>(raw)
    })?;
    let socket = socket.doing("raw socket")?;
    let mut packets: Vec<Vec<u8>> = kinds.iter().map(forge).collect();
    for packet in &mut packets {
        // the kernel makes the header's checksum
        for (place, byte) in packet.iter_mut().skip(16).zip(target.octets()) {
            *place = byte;
        }
    }
    let (start, mut sent) = (Instant::now(), 0);
    let mut turn = packets.iter().cycle();
    while start.elapsed() < time {
        let due = u64::from(rate) * u64::try_from(start.elapsed().as_micros()).unwrap_or(0);
        while sent * 1_000_000 < due {
            if let Some(packet) = turn.next() {
                let _lost_when_the_queue_is_full = socket.send(packet);
            }
            sent += 1;
        }
        std::thread::sleep(BURST);
    }
    Ok(sent)
}
