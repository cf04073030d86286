//! Why a packet is thrown away.

use serde::{Deserialize, Serialize};

/// Why a received packet was thrown away: the first check that failed (RFC 3768 s7.1).
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub enum RejectReason {
    /// Not a whole IPv4 packet: header, total length.
    Header,
    /// Not sent to the group.
    Destination,
    /// TTL is not 255.
    Ttl,
    /// Another VRRP version.
    Version,
    /// Not type 1.
    Type,
    /// Shorter or longer than its address count says.
    Length,
    /// The checksum is wrong.
    Checksum,
    /// No instance with that VRID on that interface.
    UnknownVrid,
    /// Another authentication type, or one nobody knows.
    AuthType,
    /// The password differs.
    Password,
    /// Version 2: another advertisement interval.
    Interval,
    /// A list of addresses that has nothing in common with ours: another cluster's.
    Addresses,
    /// We own the address, and the sender thinks it may speak.
    Owner,
    /// It came from ourselves.
    Own,
    /// Unicast, from nobody who is a peer.
    Stranger,
    /// Version 3: no addresses.
    Empty,
}
