//! A sync daemon: the kernel's thread that tells connections to other directors, or learns them.

mod attribute;

pub use attribute::DaemonAttribute;

use crate::wire::IncompleteError;
use core::net::{IpAddr, Ipv4Addr, Ipv6Addr};

/// Which of the two: the kernel runs at most one of each.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum SyncRole {
    /// Tells.
    Master,
    /// Learns.
    Backup,
}

impl SyncRole {
    /// IP_VS_STATE_*.
    pub const fn number(self) -> u32 {
        match self {
            Self::Master => 1,
            Self::Backup => 2,
        }
    }

    /// From that number.
    pub const fn from_number(number: u32) -> Option<Self> {
        match number {
            1 => Some(Self::Master),
            2 => Some(Self::Backup),
            _ => None,
        }
    }
}

/// A sync daemon with its settings. What is `None` is the kernel's choice (see `ip_vs_sync.c`): the
/// payload that the interface's MTU leaves, group 224.0.0.81, port 8848, TTL 1.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SyncDaemon {
    /// Which of the two.
    pub role: SyncRole,
    /// The interface's name, at most 15 bytes.
    pub interface: String,
    /// 0 to 255; a learner with 0 takes every message.
    pub sync_id: u32,
    /// Payload of a datagram, bytes.
    pub max_length: Option<u16>,
    /// Multicast group.
    pub group: Option<IpAddr>,
    /// UDP port; several threads take the ports after it.
    pub port: Option<u16>,
    /// Of the datagrams.
    pub ttl: Option<u8>,
}

impl SyncDaemon {
    /// With the kernel's own choices.
    pub fn new(role: SyncRole, interface: impl Into<String>, sync_id: u32) -> Self {
        Self {
            role,
            interface: interface.into(),
            sync_id,
            max_length: None,
            group: None,
            port: None,
            ttl: None,
        }
    }

    /// All attributes of NEW_DAEMON and DEL_DAEMON. What is `None` is left out: kernels before 4.3
    /// do not know it.
    pub fn to_attributes(&self) -> Vec<DaemonAttribute> {
        let mut attributes = vec![
            DaemonAttribute::State(self.role.number()),
            DaemonAttribute::Interface(self.interface.clone()),
            DaemonAttribute::SyncId(self.sync_id),
        ];
        attributes.extend(self.max_length.map(DaemonAttribute::MaxLength));
        attributes.extend(self.group.map(|group| match group {
            IpAddr::V4(v4) => DaemonAttribute::Group(v4.octets()),
            IpAddr::V6(v6) => DaemonAttribute::Group6(v6.octets()),
        }));
        attributes.extend(self.port.map(DaemonAttribute::Port));
        attributes.extend(self.ttl.map(DaemonAttribute::Ttl));
        attributes
    }

    /// From a dump.
    ///
    /// # Errors
    /// [`IncompleteError`] without a role or an interface.
    pub fn from_attributes(attributes: &[DaemonAttribute]) -> Result<Self, IncompleteError> {
        let (mut role, mut interface) = (None, None);
        let mut daemon = Self::new(SyncRole::Master, "", 0);
        for attribute in attributes {
            match attribute {
                DaemonAttribute::State(number) => role = SyncRole::from_number(*number),
                DaemonAttribute::Interface(name) => interface = Some(name.clone()),
                DaemonAttribute::SyncId(id) => daemon.sync_id = *id,
                DaemonAttribute::MaxLength(bytes) => daemon.max_length = Some(*bytes),
                DaemonAttribute::Group(bytes) => {
                    daemon.group = Some(Ipv4Addr::from(*bytes).into());
                }
                DaemonAttribute::Group6(bytes) => {
                    daemon.group = Some(Ipv6Addr::from(*bytes).into());
                }
                DaemonAttribute::Port(port) => daemon.port = Some(*port),
                DaemonAttribute::Ttl(ttl) => daemon.ttl = Some(*ttl),
                DaemonAttribute::Other(_) => {}
            }
        }
        daemon.role = role.ok_or(IncompleteError("state"))?;
        daemon.interface = interface.ok_or(IncompleteError("interface"))?;
        Ok(daemon)
    }
}
