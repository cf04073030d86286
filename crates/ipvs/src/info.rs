//! IPVS_INFO_ATTR_*: the answer to GET_INFO.

use netlink_packet_core::{
    DecodeError, DefaultNla, Nla, NlaBuffer, Parseable, emit_u32, parse_u32,
};

/// One attribute of SET_INFO. Their numbers overlap those of every other command.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum InfoAttribute {
    /// 0x00MMmmpp.
    Version(u32),
    /// Buckets of the connection table.
    ConnectionTableSize(u32),
    /// What later kernels add.
    Other(DefaultNla),
}

impl Nla for InfoAttribute {
    fn value_len(&self) -> usize {
        match self {
            Self::Version(_) | Self::ConnectionTableSize(_) => 4,
            Self::Other(other) => other.value_len(),
        }
    }

    fn kind(&self) -> u16 {
        match self {
            Self::Version(_) => 1,
            Self::ConnectionTableSize(_) => 2,
            Self::Other(other) => other.kind(),
        }
    }

    fn emit_value(&self, buffer: &mut [u8]) {
        match self {
            Self::Version(value) | Self::ConnectionTableSize(value) => {
                emit_u32(buffer, *value).unwrap_or_default();
            }
            Self::Other(other) => other.emit_value(buffer),
        }
    }
}

impl<'a> Parseable<NlaBuffer<&'a [u8]>> for InfoAttribute {
    fn parse(nla: &NlaBuffer<&'a [u8]>) -> Result<Self, DecodeError> {
        Ok(match nla.kind() {
            1 => Self::Version(parse_u32(nla.value())?),
            2 => Self::ConnectionTableSize(parse_u32(nla.value())?),
            _ => Self::Other(DefaultNla::parse(nla)?),
        })
    }
}

/// What the kernel says of its IPVS.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct Info {
    /// Major, minor, patch: 1.2.1 for every kernel of the last decade.
    pub version: (u8, u8, u8),
    /// Buckets of the connection table.
    pub connection_table_size: u32,
}

impl Info {
    /// From the raw version code and the size.
    pub(crate) fn new(code: u32, connection_table_size: u32) -> Self {
        let [_, major, minor, patch] = code.to_be_bytes();
        Self {
            version: (major, minor, patch),
            connection_table_size,
        }
    }
}
