//! What the machine hears.

use core::net::IpAddr;
use holdfast_model::BfdSession;

/// One input.
#[derive(Debug, Clone, Copy)]
pub enum Input<'a> {
    /// The deadline has come. Only this serves timers.
    Tick,
    /// A datagram on one of BFD's ports.
    Packet(Packet<'a>),
    /// The configuration was read again and is good.
    Reconfigure(&'a [BfdSession]),
    /// Begin. The seed makes discriminators and jitter.
    Start {
        /// Random.
        seed: u64,
    },
    /// Tell every neighbour that we go, and be silent.
    Stop,
}

/// A datagram as a UDP socket delivers it.
#[derive(Debug, Clone, Copy)]
pub struct Packet<'a> {
    /// Who sent it.
    pub source: IpAddr,
    /// To which of our addresses; `None` when the socket did not say.
    pub destination: Option<IpAddr>,
    /// TTL or hop limit as it arrived.
    pub hop_limit: u8,
    /// It came to port 4784 (RFC 5883 s5), not to 3784 (RFC 5881 s4).
    pub multihop: bool,
    /// The payload.
    pub bytes: &'a [u8],
}
