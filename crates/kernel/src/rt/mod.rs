//! Links and addresses, through rtnetlink.
//!
//! ```text
//!   Rtnetlink   links and addresses read; no groups joined
//!   Writer      changes, many in one sendmsg
//!   link        links of our own as messages
//!   path        routes and rules as messages, and back
//!   beat        links that are asked
//!   Monitor     a socket of its own in the groups; what it loses it says
//!   neighbours  who was asked for on which link, once
//!   facts       one reading for the compile process      release   the way out for a dead daemon
//! ```

pub mod beat;
mod client;
mod encap;
mod facts;
pub mod link;
mod monitor;
mod neighbours;
pub mod path;
mod reading;
pub mod release;
pub mod sysctl;
mod writer;

pub use client::Rtnetlink;
pub use facts::host_facts;
pub use monitor::{Monitor, MonitorEvent};
pub use neighbours::{Neighbour, neighbours};
pub use reading::{ObservedAddress, ObservedLink};
pub use writer::{Change, NewAddress, Writer};

/// Why the kernel could not be asked.
#[derive(Debug, thiserror::Error)]
pub enum RtError {
    /// It said no; its error number.
    #[error("netlink: {}", std::io::Error::from_raw_os_error(*.0))]
    Kernel(i32),
    /// It said nothing in time.
    #[error("netlink: no answer within a second")]
    Timeout,
    /// There is no connection.
    #[error("netlink: {0}")]
    Connection(#[from] std::io::Error),
    /// The table changed while it was read, again and again.
    #[error("netlink: the table does not hold still")]
    Interrupted,
}

impl RtError {
    /// As an error number (positive).
    pub fn errno(&self) -> i32 {
        match self {
            Self::Kernel(errno) => *errno,
            Self::Timeout => libc::ETIMEDOUT,
            Self::Connection(error) => error.raw_os_error().unwrap_or(libc::EIO),
            Self::Interrupted => libc::EINTR,
        }
    }
}
