//! IPVS_SVC_ATTR_*.

use crate::service::{Netmask, ServiceFlags};
use crate::stats::StatsAttribute;
use crate::wire::{emit_text, fixed, parse_all};
use netlink_packet_core::{
    DecodeError, DefaultNla, Emitable, NLA_F_NESTED, Nla, NlaBuffer, Parseable, emit_u16,
    emit_u16_be, emit_u32, parse_string, parse_u16, parse_u16_be, parse_u32,
};

/// One attribute inside IPVS_CMD_ATTR_SERVICE.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum ServiceAttribute {
    /// AF_INET or AF_INET6.
    AddressFamily(u16),
    /// IPPROTO_*.
    Protocol(u16),
    /// 16 bytes; IPv4 in the first four.
    Address([u8; 16]),
    /// Big endian on the wire.
    Port(u16),
    /// Firewall mark.
    Fwmark(u32),
    /// At most 15 bytes.
    Scheduler(String),
    /// Bits and their mask.
    Flags(ServiceFlags),
    /// Persistence, seconds.
    Timeout(u32),
    /// What counts as one client.
    Netmask(Netmask),
    /// 32-bit counters.
    Stats(Vec<StatsAttribute>),
    /// Persistence engine (`sip`).
    PersistenceEngine(String),
    /// 64-bit counters.
    Stats64(Vec<StatsAttribute>),
    /// What later kernels add.
    Other(DefaultNla),
}

impl Nla for ServiceAttribute {
    fn value_len(&self) -> usize {
        match self {
            Self::AddressFamily(_) | Self::Protocol(_) | Self::Port(_) => 2,
            Self::Address(_) => 16,
            Self::Fwmark(_) | Self::Timeout(_) | Self::Netmask(_) => 4,
            Self::Flags(_) => 8,
            Self::Scheduler(text) | Self::PersistenceEngine(text) => text.len() + 1,
            Self::Stats(stats) | Self::Stats64(stats) => stats.as_slice().buffer_len(),
            Self::Other(other) => other.value_len(),
        }
    }

    fn kind(&self) -> u16 {
        match self {
            Self::AddressFamily(_) => 1,
            Self::Protocol(_) => 2,
            Self::Address(_) => 3,
            Self::Port(_) => 4,
            Self::Fwmark(_) => 5,
            Self::Scheduler(_) => 6,
            Self::Flags(_) => 7,
            Self::Timeout(_) => 8,
            Self::Netmask(_) => 9,
            Self::Stats(_) => 10 | NLA_F_NESTED,
            Self::PersistenceEngine(_) => 11,
            Self::Stats64(_) => 12 | NLA_F_NESTED,
            Self::Other(other) => other.kind(),
        }
    }

    fn emit_value(&self, buffer: &mut [u8]) {
        // The buffer is as long as value_len() said, so emitting cannot fail.
        match self {
            Self::AddressFamily(value) | Self::Protocol(value) => {
                emit_u16(buffer, *value).unwrap_or_default();
            }
            Self::Port(port) => emit_u16_be(buffer, *port).unwrap_or_default(),
            Self::Address(bytes) => buffer.copy_from_slice(bytes),
            Self::Fwmark(value) | Self::Timeout(value) => {
                emit_u32(buffer, *value).unwrap_or_default();
            }
            Self::Netmask(mask) => buffer.copy_from_slice(&mask.0),
            Self::Flags(flags) => buffer.copy_from_slice(&flags.to_bytes()),
            Self::Scheduler(text) | Self::PersistenceEngine(text) => emit_text(text, buffer),
            Self::Stats(stats) | Self::Stats64(stats) => stats.as_slice().emit(buffer),
            Self::Other(other) => other.emit_value(buffer),
        }
    }
}

impl<'a> Parseable<NlaBuffer<&'a [u8]>> for ServiceAttribute {
    fn parse(nla: &NlaBuffer<&'a [u8]>) -> Result<Self, DecodeError> {
        let value = nla.value();
        Ok(match nla.kind() {
            1 => Self::AddressFamily(parse_u16(value)?),
            2 => Self::Protocol(parse_u16(value)?),
            3 => Self::Address(fixed(value)?),
            4 => Self::Port(parse_u16_be(value)?),
            5 => Self::Fwmark(parse_u32(value)?),
            6 => Self::Scheduler(parse_string(value)?),
            7 => Self::Flags(ServiceFlags::from_bytes(fixed(value)?)),
            8 => Self::Timeout(parse_u32(value)?),
            9 => Self::Netmask(Netmask(fixed(value)?)),
            10 => Self::Stats(parse_all(value)?),
            11 => Self::PersistenceEngine(parse_string(value)?),
            12 => Self::Stats64(parse_all(value)?),
            _ => Self::Other(DefaultNla::parse(nla)?),
        })
    }
}
