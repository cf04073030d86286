//! What the daemon does with the IPVS table as a whole.

use crate::key::InstanceKey;
use crate::units::{IfName, Name};
use core::net::IpAddr;
use serde::{Deserialize, Serialize};

/// Settings of the table.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct TableSettings {
    /// `lvs_timeouts`.
    pub timeouts: TableTimeouts,
    /// `lvs_flush`: whatever stands there at the start goes.
    pub flush: bool,
    /// `lvs_flush_on_stop`.
    pub flush_at_stop: Option<FlushAtStop>,
    /// `ipvs_drift`.
    pub drift: Drift,
    /// `lvs_sync_daemon`.
    pub sync: Option<SyncDaemon>,
    /// `net_namespace_ipvs`. None in it: the first one of the host.
    pub namespace: Option<Option<Name>>,
    /// `nftables_ipvs`.
    pub marking: Option<Marking>,
}

/// A group's addresses are one service, by a mark that nftables gives.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Marking {
    /// The table's name.
    pub table: Name,
    /// `nftables_ipvs_priority`, of its chain.
    pub priority: i32,
    /// `nftables_ipvs_start_fwmark`: the first mark.
    pub first: u32,
    /// `nftables_counters`.
    pub counts: bool,
}

impl Default for Marking {
    fn default() -> Self {
        Self {
            table: Name::from("holdfast_ipvs"),
            priority: -1,
            first: 1000,
            counts: false,
        }
    }
}

/// The kernel's timeouts of connections, seconds, never 0; `None` stays as it was.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct TableTimeouts {
    /// Established TCP.
    pub tcp: Option<u32>,
    /// TCP after FIN.
    pub tcp_fin: Option<u32>,
    /// UDP.
    pub udp: Option<u32>,
}

/// What a stop removes besides our own rows.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub enum FlushAtStop {
    /// Every service, others' too.
    All,
    /// `VS`: nothing, our services only.
    Own,
}

/// What becomes of changes that others make to our services.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
pub enum Drift {
    /// A real server stays as a person left it, until its check changes state or its configuration
    /// does; missing services are put back.
    #[default]
    Operator,
    /// All is put back.
    Repair,
    /// Nothing is put back; the log says what differs.
    Report,
}

/// `lvs_sync_daemon`: connections are told to other directors.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct SyncDaemon {
    /// Where it speaks and listens.
    pub interface: IfName,
    /// It speaks while this instance is master, and listens while it is not; `None`: both, always.
    pub instance: Option<InstanceKey>,
    /// Tells groups of directors apart.
    pub id: u8,
    /// `maxlen`; `None`: as the interface's MTU allows.
    pub max_length: Option<u16>,
    /// `port`, 8848.
    pub port: Option<u16>,
    /// `ttl`, 1.
    pub ttl: Option<u8>,
    /// `group`, 224.0.0.81.
    pub group: Option<IpAddr>,
}
