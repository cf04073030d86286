//! IPVS_DAEMON_ATTR_*.

use crate::wire::{emit_text, fixed};
use netlink_packet_core::{
    DecodeError, DefaultNla, Nla, NlaBuffer, Parseable, emit_u16, emit_u32, parse_string, parse_u8,
    parse_u16, parse_u32,
};

/// One attribute inside IPVS_CMD_ATTR_DAEMON.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum DaemonAttribute {
    /// IP_VS_STATE_*: 1 master, 2 backup.
    State(u32),
    /// At most 15 bytes.
    Interface(String),
    /// Whose messages are ours.
    SyncId(u32),
    /// Payload of a datagram, bytes (Linux 4.3).
    MaxLength(u16),
    /// IPv4 group (Linux 4.3).
    Group([u8; 4]),
    /// IPv6 group (Linux 4.3).
    Group6([u8; 16]),
    /// UDP port, in host order on the wire (Linux 4.3).
    Port(u16),
    /// Of the datagrams (Linux 4.3).
    Ttl(u8),
    /// What later kernels add.
    Other(DefaultNla),
}

impl Nla for DaemonAttribute {
    fn value_len(&self) -> usize {
        match self {
            Self::Ttl(_) => 1,
            Self::MaxLength(_) | Self::Port(_) => 2,
            Self::State(_) | Self::SyncId(_) | Self::Group(_) => 4,
            Self::Group6(_) => 16,
            Self::Interface(name) => name.len() + 1,
            Self::Other(other) => other.value_len(),
        }
    }

    fn kind(&self) -> u16 {
        match self {
            Self::State(_) => 1,
            Self::Interface(_) => 2,
            Self::SyncId(_) => 3,
            Self::MaxLength(_) => 4,
            Self::Group(_) => 5,
            Self::Group6(_) => 6,
            Self::Port(_) => 7,
            Self::Ttl(_) => 8,
            Self::Other(other) => other.kind(),
        }
    }

    fn emit_value(&self, buffer: &mut [u8]) {
        // The buffer is as long as value_len() said, so emitting cannot fail.
        match self {
            Self::State(value) | Self::SyncId(value) => {
                emit_u32(buffer, *value).unwrap_or_default();
            }
            Self::MaxLength(value) | Self::Port(value) => {
                emit_u16(buffer, *value).unwrap_or_default();
            }
            Self::Ttl(value) => buffer.copy_from_slice(&[*value]),
            Self::Group(bytes) => buffer.copy_from_slice(bytes),
            Self::Group6(bytes) => buffer.copy_from_slice(bytes),
            Self::Interface(name) => emit_text(name, buffer),
            Self::Other(other) => other.emit_value(buffer),
        }
    }
}

impl<'a> Parseable<NlaBuffer<&'a [u8]>> for DaemonAttribute {
    fn parse(nla: &NlaBuffer<&'a [u8]>) -> Result<Self, DecodeError> {
        let value = nla.value();
        Ok(match nla.kind() {
            1 => Self::State(parse_u32(value)?),
            2 => Self::Interface(parse_string(value)?),
            3 => Self::SyncId(parse_u32(value)?),
            4 => Self::MaxLength(parse_u16(value)?),
            5 => Self::Group(fixed(value)?),
            6 => Self::Group6(fixed(value)?),
            7 => Self::Port(parse_u16(value)?),
            8 => Self::Ttl(parse_u8(value)?),
            _ => Self::Other(DefaultNla::parse(nla)?),
        })
    }
}
