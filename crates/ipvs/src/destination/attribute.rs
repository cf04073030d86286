//! IPVS_DEST_ATTR_*.

use crate::destination::ForwardMethod;
use crate::stats::StatsAttribute;
use crate::wire::{fixed, parse_all};
use netlink_packet_core::{
    DecodeError, DefaultNla, Emitable, NLA_F_NESTED, Nla, NlaBuffer, Parseable, emit_u16,
    emit_u16_be, emit_u32, parse_u8, parse_u16, parse_u16_be, parse_u32,
};

/// One attribute inside IPVS_CMD_ATTR_DEST.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum DestinationAttribute {
    /// 16 bytes; IPv4 in the first four.
    Address([u8; 16]),
    /// Big endian on the wire.
    Port(u16),
    /// How packets reach it.
    Forward(ForwardMethod),
    /// The kernel reads it as signed.
    Weight(u32),
    /// Connections above which it gets no new ones; 0: none.
    UpperThreshold(u32),
    /// Connections below which it gets new ones again; 0: none.
    LowerThreshold(u32),
    /// Active connections.
    ActiveConnections(u32),
    /// Inactive connections.
    InactiveConnections(u32),
    /// Persistence templates.
    PersistentConnections(u32),
    /// 32-bit counters.
    Stats(Vec<StatsAttribute>),
    /// AF_INET or AF_INET6; the service's when missing.
    AddressFamily(u16),
    /// 64-bit counters.
    Stats64(Vec<StatsAttribute>),
    /// IP_VS_CONN_F_TUNNEL_TYPE_*: 0 IPIP, 1 GUE, 2 GRE.
    TunnelType(u8),
    /// GUE port, big endian on the wire.
    TunnelPort(u16),
    /// IP_VS_TUNNEL_ENCAP_FLAG_*.
    TunnelFlags(u16),
    /// What later kernels add.
    Other(DefaultNla),
}

impl Nla for DestinationAttribute {
    fn value_len(&self) -> usize {
        match self {
            Self::TunnelType(_) => 1,
            Self::Port(_) | Self::AddressFamily(_) | Self::TunnelPort(_) | Self::TunnelFlags(_) => {
                2
            }
            Self::Forward(_)
            | Self::Weight(_)
            | Self::UpperThreshold(_)
            | Self::LowerThreshold(_)
            | Self::ActiveConnections(_)
            | Self::InactiveConnections(_)
            | Self::PersistentConnections(_) => 4,
            Self::Address(_) => 16,
            Self::Stats(stats) | Self::Stats64(stats) => stats.as_slice().buffer_len(),
            Self::Other(other) => other.value_len(),
        }
    }

    fn kind(&self) -> u16 {
        match self {
            Self::Address(_) => 1,
            Self::Port(_) => 2,
            Self::Forward(_) => 3,
            Self::Weight(_) => 4,
            Self::UpperThreshold(_) => 5,
            Self::LowerThreshold(_) => 6,
            Self::ActiveConnections(_) => 7,
            Self::InactiveConnections(_) => 8,
            Self::PersistentConnections(_) => 9,
            Self::Stats(_) => 10 | NLA_F_NESTED,
            Self::AddressFamily(_) => 11,
            Self::Stats64(_) => 12 | NLA_F_NESTED,
            Self::TunnelType(_) => 13,
            Self::TunnelPort(_) => 14,
            Self::TunnelFlags(_) => 15,
            Self::Other(other) => other.kind(),
        }
    }

    fn emit_value(&self, buffer: &mut [u8]) {
        // The buffer is as long as value_len() said, so emitting cannot fail.
        match self {
            Self::Address(bytes) => buffer.copy_from_slice(bytes),
            Self::Port(port) | Self::TunnelPort(port) => {
                emit_u16_be(buffer, *port).unwrap_or_default();
            }
            Self::AddressFamily(value) | Self::TunnelFlags(value) => {
                emit_u16(buffer, *value).unwrap_or_default();
            }
            Self::Forward(method) => emit_u32(buffer, method.number()).unwrap_or_default(),
            Self::Weight(value)
            | Self::UpperThreshold(value)
            | Self::LowerThreshold(value)
            | Self::ActiveConnections(value)
            | Self::InactiveConnections(value)
            | Self::PersistentConnections(value) => emit_u32(buffer, *value).unwrap_or_default(),
            Self::TunnelType(value) => buffer.copy_from_slice(&[*value]),
            Self::Stats(stats) | Self::Stats64(stats) => stats.as_slice().emit(buffer),
            Self::Other(other) => other.emit_value(buffer),
        }
    }
}

impl<'a> Parseable<NlaBuffer<&'a [u8]>> for DestinationAttribute {
    fn parse(nla: &NlaBuffer<&'a [u8]>) -> Result<Self, DecodeError> {
        let value = nla.value();
        Ok(match nla.kind() {
            1 => Self::Address(fixed(value)?),
            2 => Self::Port(parse_u16_be(value)?),
            3 => Self::Forward(ForwardMethod::from_number(parse_u32(value)?)),
            4 => Self::Weight(parse_u32(value)?),
            5 => Self::UpperThreshold(parse_u32(value)?),
            6 => Self::LowerThreshold(parse_u32(value)?),
            7 => Self::ActiveConnections(parse_u32(value)?),
            8 => Self::InactiveConnections(parse_u32(value)?),
            9 => Self::PersistentConnections(parse_u32(value)?),
            10 => Self::Stats(parse_all(value)?),
            11 => Self::AddressFamily(parse_u16(value)?),
            12 => Self::Stats64(parse_all(value)?),
            13 => Self::TunnelType(parse_u8(value)?),
            14 => Self::TunnelPort(parse_u16_be(value)?),
            15 => Self::TunnelFlags(parse_u16(value)?),
            _ => Self::Other(DefaultNla::parse(nla)?),
        })
    }
}
