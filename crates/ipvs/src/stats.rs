//! IPVS_STATS_ATTR_*: counters and rates of a service or a destination.

use netlink_packet_core::{
    DecodeError, DefaultNla, Nla, NlaBuffer, Parseable, emit_u32, emit_u64, parse_u32, parse_u64,
};

/// A number as wide as the kernel sent it: rates and packet counts are 32 bits in the old nest
/// (IPVS_*_ATTR_STATS) and 64 in the new one (IPVS_*_ATTR_STATS64).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum StatsValue {
    /// Four bytes.
    U32(u32),
    /// Eight bytes.
    U64(u64),
}

impl StatsValue {
    /// The number itself.
    pub fn get(self) -> u64 {
        match self {
            Self::U32(value) => value.into(),
            Self::U64(value) => value,
        }
    }

    fn parse(value: &[u8]) -> Result<Self, DecodeError> {
        match value.len() {
            4 => parse_u32(value).map(Self::U32),
            _ => parse_u64(value).map(Self::U64),
        }
    }
}

/// One counter or rate.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum StatsAttribute {
    /// Connections scheduled.
    Connections(StatsValue),
    /// Packets in.
    PacketsIn(StatsValue),
    /// Packets out.
    PacketsOut(StatsValue),
    /// Bytes in.
    BytesIn(StatsValue),
    /// Bytes out.
    BytesOut(StatsValue),
    /// Connections a second.
    ConnectionRate(StatsValue),
    /// Packets in a second.
    PacketRateIn(StatsValue),
    /// Packets out a second.
    PacketRateOut(StatsValue),
    /// Bytes in a second.
    ByteRateIn(StatsValue),
    /// Bytes out a second.
    ByteRateOut(StatsValue),
    /// Padding, and what later kernels add.
    Other(DefaultNla),
}

impl StatsAttribute {
    fn value(&self) -> Option<StatsValue> {
        match self {
            Self::Connections(v)
            | Self::PacketsIn(v)
            | Self::PacketsOut(v)
            | Self::BytesIn(v)
            | Self::BytesOut(v)
            | Self::ConnectionRate(v)
            | Self::PacketRateIn(v)
            | Self::PacketRateOut(v)
            | Self::ByteRateIn(v)
            | Self::ByteRateOut(v) => Some(*v),
            Self::Other(_) => None,
        }
    }
}

impl Nla for StatsAttribute {
    fn value_len(&self) -> usize {
        match (self, self.value()) {
            (Self::Other(other), _) => other.value_len(),
            (_, Some(StatsValue::U32(_))) => 4,
            (_, Some(StatsValue::U64(_)) | None) => 8,
        }
    }

    fn kind(&self) -> u16 {
        match self {
            Self::Connections(_) => 1,
            Self::PacketsIn(_) => 2,
            Self::PacketsOut(_) => 3,
            Self::BytesIn(_) => 4,
            Self::BytesOut(_) => 5,
            Self::ConnectionRate(_) => 6,
            Self::PacketRateIn(_) => 7,
            Self::PacketRateOut(_) => 8,
            Self::ByteRateIn(_) => 9,
            Self::ByteRateOut(_) => 10,
            Self::Other(other) => other.kind(),
        }
    }

    fn emit_value(&self, buffer: &mut [u8]) {
        // The buffer is as long as value_len() said, so emitting cannot fail.
        match (self, self.value()) {
            (Self::Other(other), _) => other.emit_value(buffer),
            (_, Some(StatsValue::U32(value))) => emit_u32(buffer, value).unwrap_or_default(),
            (_, Some(StatsValue::U64(value))) => emit_u64(buffer, value).unwrap_or_default(),
            (_, None) => {}
        }
    }
}

impl<'a> Parseable<NlaBuffer<&'a [u8]>> for StatsAttribute {
    fn parse(nla: &NlaBuffer<&'a [u8]>) -> Result<Self, DecodeError> {
        let value = || StatsValue::parse(nla.value());
        Ok(match nla.kind() {
            1 => Self::Connections(value()?),
            2 => Self::PacketsIn(value()?),
            3 => Self::PacketsOut(value()?),
            4 => Self::BytesIn(value()?),
            5 => Self::BytesOut(value()?),
            6 => Self::ConnectionRate(value()?),
            7 => Self::PacketRateIn(value()?),
            8 => Self::PacketRateOut(value()?),
            9 => Self::ByteRateIn(value()?),
            10 => Self::ByteRateOut(value()?),
            _ => Self::Other(DefaultNla::parse(nla)?),
        })
    }
}

/// Counters since the last zeroing, and rates of the kernel's estimator.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Stats {
    /// Connections scheduled.
    pub connections: u64,
    /// Packets in.
    pub packets_in: u64,
    /// Packets out (0 unless NAT).
    pub packets_out: u64,
    /// Bytes in.
    pub bytes_in: u64,
    /// Bytes out (0 unless NAT).
    pub bytes_out: u64,
    /// Connections a second.
    pub connection_rate: u64,
    /// Packets in a second.
    pub packet_rate_in: u64,
    /// Packets out a second.
    pub packet_rate_out: u64,
    /// Bytes in a second.
    pub byte_rate_in: u64,
    /// Bytes out a second.
    pub byte_rate_out: u64,
}

impl Stats {
    /// What the attributes say; a missing one is 0.
    pub fn from_attributes(attributes: &[StatsAttribute]) -> Self {
        let mut stats = Self::default();
        for attribute in attributes {
            match attribute {
                StatsAttribute::Connections(v) => stats.connections = v.get(),
                StatsAttribute::PacketsIn(v) => stats.packets_in = v.get(),
                StatsAttribute::PacketsOut(v) => stats.packets_out = v.get(),
                StatsAttribute::BytesIn(v) => stats.bytes_in = v.get(),
                StatsAttribute::BytesOut(v) => stats.bytes_out = v.get(),
                StatsAttribute::ConnectionRate(v) => stats.connection_rate = v.get(),
                StatsAttribute::PacketRateIn(v) => stats.packet_rate_in = v.get(),
                StatsAttribute::PacketRateOut(v) => stats.packet_rate_out = v.get(),
                StatsAttribute::ByteRateIn(v) => stats.byte_rate_in = v.get(),
                StatsAttribute::ByteRateOut(v) => stats.byte_rate_out = v.get(),
                StatsAttribute::Other(_) => {}
            }
        }
        stats
    }
}
