//! How a check can fail.

use crate::units::Name;
use serde::{Deserialize, Serialize};

/// Why a check failed.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub enum CheckFailure {
    /// The connection was refused, or the network said no; error number.
    Refused(i32),
    /// Nothing came back in time.
    Timeout,
    /// The server closed before it had answered.
    Closed,
    /// The answer is not of its protocol.
    Malformed,
    /// The answer's status is none of the wanted.
    Status(u16),
    /// A program exited with this status; none: by a signal.
    Exited(Option<i32>),
    /// A name server answers with this code (RFC 1035 s4.1.1).
    Rcode(u8),
    /// A server said this instead of what it was to say; shortened.
    Said(Name),
    /// A datagram of so many bytes came back that is not the one asked for.
    Reply(usize),
    /// The body's MD5 differs.
    Digest([u8; 16]),
    /// The body does not contain what it has to, or contains what it must not.
    Body {
        /// It was found.
        found: bool,
    },
    /// The search in the body was given up: it took too long or too much memory.
    Search,
    /// TLS failed; in the library's words.
    Tls(String),
    /// The answer is longer than anybody reads.
    TooLong,
    /// A file holds this number, which is a failure.
    Number(i32),
    /// The BFD session is down.
    Session,
    /// This machine could not make the socket; error number.
    Local(i32),
    /// The check itself broke: a bug of ours. Nobody knows how the server is, so it is not used.
    Bug,
    /// The server does not speak HTTP/2 as it should, or at all; in words.
    Http2(String),
}
