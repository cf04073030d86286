//! What can be wrong with bytes: one enum an operation.

use thiserror::Error;

/// Not an IPv4 packet that carries VRRP (RFC 791 s3.1, RFC 3768 s5.2).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Error)]
pub enum HeaderError {
    /// Fewer bytes than the header says it has.
    #[error("{have} bytes are not a whole IPv4 header")]
    Short {
        /// Bytes received.
        have: usize,
    },
    /// The version nibble is not 4.
    #[error("IP version {0}")]
    Version(u8),
    /// The header length is below 5 words.
    #[error("IP header of {0} words")]
    HeaderLength(u8),
    /// The total length is not what was received.
    #[error("IP total length {total}, received {have}")]
    TotalLength {
        /// Bytes the header announces.
        total: usize,
        /// Bytes received.
        have: usize,
    },
    /// A fragment; the kernel delivers whole packets only.
    #[error("IP fragment")]
    Fragment,
    /// Another protocol.
    #[error("IP protocol {0}")]
    Protocol(u8),
}

/// Not a VRRP advert (RFC 3768 s7.1).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Error)]
pub enum AdvertError {
    /// Another version of the protocol.
    #[error("VRRP version {0}")]
    Version(u8),
    /// A type other than ADVERTISEMENT.
    #[error("VRRP type {0}")]
    Type(u8),
    /// More or fewer bytes than the address count asks for.
    #[error("VRRP message of {have} bytes, expected {want}")]
    Length {
        /// Bytes received.
        have: usize,
        /// Bytes the message should have.
        want: usize,
    },
    /// The sum over the message is not zero.
    #[error("VRRP checksum")]
    Checksum,
}

/// A packet that no header can describe.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Error)]
pub enum BuildError {
    /// The count field has eight bits.
    #[error("{0} addresses do not fit into one advert")]
    Addresses(usize),
    /// The total length field has sixteen bits.
    #[error("{0} bytes do not fit into one IPv4 packet")]
    Length(usize),
}
