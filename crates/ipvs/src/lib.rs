//! Messages of the kernel's IPVS generic-netlink family, laid out as the rust-netlink crates are.
//!
//! ```text
//!  message   IpvsMessage: command + attributes, and a builder for every request
//!  command   IPVS_CMD_*              info      GET_INFO: version, size of the connection table
//!  service   IPVS_SVC_ATTR_*  and the plain type Service
//!  destination  IPVS_DEST_ATTR_*  and the plain type Destination
//!  stats     IPVS_STATS_ATTR_* (32 and 64 bits) and the plain type Stats
//!  daemon    IPVS_DAEMON_ATTR_*  and the plain type SyncDaemon
//!  timeout   GET_CONFIG: TCP, TCP FIN and UDP timeouts
//! ```
//!
//! Source: `linux/ip_vs.h`, and the attribute policies of `net/netfilter/ipvs/ip_vs_ctl.c` for
//! widths and byte orders. Ports are big endian, the address is always 16 bytes, a netmask is a
//! big-endian mask (IPv4) or a prefix length in host order (IPv6), all else is host order.
//!
//! No I/O here: `holdfast-kernel` sends and receives these.
#![deny(clippy::disallowed_methods, clippy::disallowed_types)]

mod command;
mod daemon;
mod destination;
mod info;
mod message;
mod service;
mod stats;
mod timeout;
mod wire;

pub use command::IpvsCommand;
pub use daemon::{DaemonAttribute, SyncDaemon, SyncRole};
pub use destination::{
    Destination, DestinationAttribute, DestinationId, ForwardMethod, Load, tunnel,
};
pub use info::{Info, InfoAttribute};
pub use message::{IpvsAttribute, IpvsMessage};
pub use service::{
    Family, Flags, Netmask, Service, ServiceAttribute, ServiceFlags, ServiceId, flag,
};
pub use stats::{Stats, StatsAttribute, StatsValue};
pub use timeout::Timeouts;
pub use wire::IncompleteError;

/// The family's name, for the controller.
pub const FAMILY_NAME: &str = "IPVS";
