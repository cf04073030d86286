//! `virtual_server` and what the lvs worker needs to know.

use crate::forwarding::{Forwarding, ServiceOptions};
use crate::key::{RealServerKey, ServiceKey, VirtualServerKey};
use crate::real_server::RealServer;
use crate::server_group::GroupServices;
use crate::server_notify::ServerNotices;
use crate::table::TableSettings;
use crate::track::Tracked;
use crate::units::Name;
use core::fmt;
use core::net::IpAddr;
use core::time::Duration;
use serde::{Deserialize, Serialize};

/// All virtual servers, in the order of the file.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct LvsModel {
    /// The table as a whole. The first: a reload asks for it alone.
    pub table: TableSettings,
    /// In the order of the file; keys are unique.
    pub virtual_servers: Vec<VirtualServer>,
    /// Whom it tells of changes.
    pub told: ServerNotices,
    /// `ha_suspend`: whose checks wait while their address is elsewhere.
    pub suspends: Vec<VirtualServerKey>,
    /// What its checks watch.
    pub tracked: Tracked,
}

/// One balanced service, its real servers and its rules.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct VirtualServer {
    /// Identity.
    pub key: VirtualServerKey,
    /// `lb_algo` / `lvs_sched`, wlc by default.
    pub scheduler: Scheduler,
    /// `lb_kind` / `lvs_method`, NAT by default: what its real servers inherit.
    pub forwarding: Forwarding,
    /// `persistence_timeout`, `persistence_granularity`.
    pub persistence: Option<Persistence>,
    /// `quorum`: the weights of living real servers must reach it. At least 1.
    pub quorum: u32,
    /// `hysteresis`, below `quorum`.
    pub hysteresis: u32,
    /// `sorry_server`.
    pub sorry_server: Option<SorryServer>,
    /// In the order of the file; addresses with ports are unique.
    pub real_servers: Vec<RealServer>,
    /// What the kernel is told besides.
    pub options: ServiceOptions,
    /// The services of its group, where its key is one.
    pub group: Option<Box<GroupServices>>,
}

impl VirtualServer {
    /// Its kernel services.
    pub fn services(&self) -> &[ServiceKey] {
        match (&self.key, &self.group) {
            (VirtualServerKey::Service(service), _) => core::slice::from_ref(service),
            (VirtualServerKey::Group { .. }, Some(group)) => &group.services,
            (VirtualServerKey::Group { .. }, None) => &[],
        }
    }

    /// One of its real servers; `key` is of this virtual server.
    pub fn real_server(&self, key: &RealServerKey) -> Option<&RealServer> {
        let place = (key.address, key.port);
        let mut servers = self.real_servers.iter();
        servers.find(|server| (server.key.address, server.key.port) == place)
    }

    /// The port of a server's row below `service`. In a group, a server that is reached without
    /// rewriting has the port of each service.
    pub const fn row_port(&self, service: &ServiceKey, given: u16, forwarding: Forwarding) -> u16 {
        match (&self.key, service) {
            (VirtualServerKey::Service(_), _) => given,
            (VirtualServerKey::Group { .. }, _) if forwarding.rewrites() => given,
            (VirtualServerKey::Group { .. }, ServiceKey::Address { port, .. }) => *port,
            (VirtualServerKey::Group { .. }, ServiceKey::Fwmark { .. }) => 0,
        }
    }
}

/// The server of last resort.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct SorryServer {
    /// Its address.
    pub address: IpAddr,
    /// Its port.
    pub port: u16,
    /// How packets reach it.
    pub forwarding: Forwarding,
    /// `sorry_server_inhibit`: it stays in the table with weight 0 while it is not needed.
    pub inhibit: bool,
}

/// Clients that keep their real server.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Persistence {
    /// How long after the last connection; whole seconds, at least 1.
    pub timeout: Duration,
    /// Prefix length of what counts as one client: 32 or 128 by default.
    pub prefix: u8,
}

/// A scheduler of the kernel, by its name there (`ip_vs_NAME`).
#[derive(
    Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default, Serialize, Deserialize,
)]
#[allow(
    missing_docs,
    reason = "each variant is the kernel's own name in upper case"
)]
pub enum Scheduler {
    Rr,
    Wrr,
    Lc,
    #[default]
    Wlc,
    Lblc,
    Lblcr,
    Dh,
    Sh,
    Sed,
    Nq,
    Fo,
    Ovf,
    Mh,
    Twos,
}

impl Scheduler {
    /// Every scheduler.
    pub const ALL: [Self; 14] = [
        Self::Rr,
        Self::Wrr,
        Self::Lc,
        Self::Wlc,
        Self::Lblc,
        Self::Lblcr,
        Self::Dh,
        Self::Sh,
        Self::Sed,
        Self::Nq,
        Self::Fo,
        Self::Ovf,
        Self::Mh,
        Self::Twos,
    ];

    /// The kernel's name.
    pub const fn word(self) -> &'static str {
        match self {
            Self::Rr => "rr",
            Self::Wrr => "wrr",
            Self::Lc => "lc",
            Self::Wlc => "wlc",
            Self::Lblc => "lblc",
            Self::Lblcr => "lblcr",
            Self::Dh => "dh",
            Self::Sh => "sh",
            Self::Sed => "sed",
            Self::Nq => "nq",
            Self::Fo => "fo",
            Self::Ovf => "ovf",
            Self::Mh => "mh",
            Self::Twos => "twos",
        }
    }

    /// From the kernel's name, exactly.
    pub fn from_word(word: &str) -> Option<Self> {
        Self::ALL
            .into_iter()
            .find(|scheduler| scheduler.word() == word)
    }
}

impl fmt::Display for Scheduler {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.word())
    }
}

/// `virtualhost`: the Host header's value, kept as written.
pub type VirtualHost = Name;
