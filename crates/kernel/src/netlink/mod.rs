//! A small blocking netlink client: one socket, one thread, one request at a time.
//!
//! It exists beside the asynchronous crates because a lane of its own thread wants requests with a
//! time limit, batches whose outcome is known message by message, and queues that are bounded by
//! construction.

mod batch;
mod dump;
mod socket;
#[cfg(test)]
mod tests;

pub use batch::Batch;
pub use socket::NetlinkSocket;
pub(crate) use socket::resize;

use std::io;

/// Why a request failed.
#[derive(Debug, thiserror::Error)]
pub enum NetlinkError {
    /// The socket could not be made.
    #[error("cannot open a netlink socket")]
    Open(#[source] io::Error),
    /// The request could not be sent.
    #[error("cannot send to the kernel over netlink")]
    Send(#[source] io::Error),
    /// The answer could not be read; ENOBUFS means that parts of it were dropped.
    #[error("cannot read from the kernel over netlink")]
    Receive(#[source] io::Error),
    /// The kernel did not answer within a second.
    #[error("the kernel did not answer over netlink")]
    Timeout,
    /// The kernel refused.
    #[error("the kernel refused: {}", io::Error::from_raw_os_error(*.0))]
    Refused(i32),
    /// The table changed during every attempt to dump it.
    #[error("the table kept changing while it was read")]
    Interrupted,
    /// The answer does not parse.
    #[error("the kernel's answer does not parse: {0}")]
    Malformed(String),
}

impl NetlinkError {
    /// The error number behind it, for machines that know errors by number.
    pub fn errno(&self) -> i32 {
        match self {
            Self::Open(error) | Self::Send(error) | Self::Receive(error) => {
                error.raw_os_error().unwrap_or(libc::EIO)
            }
            Self::Timeout => libc::ETIMEDOUT,
            Self::Refused(errno) => *errno,
            Self::Interrupted => libc::EINTR,
            Self::Malformed(_) => libc::EBADMSG,
        }
    }
}
