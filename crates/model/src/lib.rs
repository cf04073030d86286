//! What the configuration says, typed, and the words every other crate speaks in.
//!
//! ```text
//!  units    Vrid, Priority, Centis, IfName, Name ...  invalid values cannot be built
//!  time     Mono: nanoseconds of CLOCK_BOOTTIME, the only time the machines know
//!  objects  what the kernel holds for an instance besides its addresses, and for nobody in particular
//!  key      who is who across a reload, a crash, a tape and the API
//!  vrrp     instances           virtual_server, real_server, checker, connect, network_checks, talk     health, IPVS
//!  bfd      sessions with neighbours
//!  notify   scripts: what is run, as whom, and who is told of changes
//!  mail     whom mail is written to, and how
//!  server_notify  the same of virtual and real servers
//!  track    what instances watch            group    instances that move together
//!  process  what the supervisor and the log need     host   facts of the machine, as data
//!  event    everything that is said outside          machine   handle, poll_action, deadline
//!  change   keyed difference of two models: what a reload means
//! ```
//!
//! This crate does no I/O, reads no clock, and knows no text format.
#![deny(clippy::disallowed_methods, clippy::disallowed_types)]

pub mod address;
pub mod bfd;
pub mod change;
pub mod checker;
pub mod connect;
pub mod encap;
pub mod event;
pub mod failure;
pub mod fault;
pub mod forwarding;
pub mod global;
pub mod group;
pub mod hmac;
pub mod host;
pub mod http;
pub mod key;
pub mod listening;
pub mod machine;
pub mod mail;
pub mod network_checks;
pub mod notify;
pub mod objects;
pub mod order;
pub mod process;
pub mod real_server;
pub mod reject;
pub mod route;
pub mod server_event;
pub mod server_group;
pub mod server_notify;
pub mod spoken;
pub mod table;
pub mod talk;
pub mod time;
pub mod track;
pub mod units;
pub mod virtual_link;
pub mod virtual_server;
pub mod vrrp;
pub mod wire;

pub use address::{AddressOptions, Scope, VirtualAddress};
pub use bfd::{BfdKey, BfdSession, BfdState};
pub use change::{Change, difference};
pub use checker::{Checker, FileCheck, Manner, MiscCheck, Probe, Timing};
pub use connect::{Connect, Origin};
pub use event::{Event, State};
pub use forwarding::{Forwarding, Lent, ServiceOptions, Thresholds, Tunnel, TunnelChecksum};
pub use global::GlobalDefs;
pub use group::SyncGroup;
pub use hmac::{AntiReplay, Hmac, HmacKey, HmacMode, Secret};
pub use host::{Account, Accounts, HostFacts, Interface, Program, Step};
pub use http::{
    BodyMatch, HttpCheck, HttpRequest, HttpVersion, Sni, TlsCheck, TlsClient, TlsVerify, Url,
    is_of_connection,
};
pub use key::{
    CheckKey, GroupKey, InstanceKey, Owner, RealServerKey, ServiceKey, VirtualServerKey,
};
pub use listening::{Beat, Buffer, Buffers, Listening};
pub use machine::{Machine, drive};
pub use mail::{Alert, Mail, MailLogin, MailServer, MailTls, ServerAlerts};
pub use network_checks::{DnsCheck, Reply, SmtpCheck, UdpCheck};
pub use notify::{Fifo, Notices, Notify, RunAs, Script};
pub use objects::{Firewall, LinkDelay, Objects, Pace, Statics};
pub use order::{Given, Order};
pub use process::{Once, Place, ProcessModel, Urgency};
pub use real_server::{RealServer, SlowStart};
pub use route::{Hop, Route, Rule, RuleAction};
pub use server_group::{AddressRange, GroupServices};
pub use server_notify::{ServerNotices, ServerNotify, ServiceNotify};
pub use table::{Drift, FlushAtStop, Marking, SyncDaemon, TableSettings, TableTimeouts};
pub use talk::TalkCheck;
pub use time::{Micros, Mono};
pub use track::{Level, Track, TrackKey, TrackKind, Tracked, Tracks};
pub use units::{AddressFamily, Centis, IfName, Name, Percent, Priority, Protocol, Vrid, Weight};
pub use virtual_link::{LinkForm, Reach, VirtualLink, VirtualLinks, virtual_mac};
pub use virtual_server::{LvsModel, Persistence, Scheduler, SorryServer, VirtualServer};
pub use vrrp::{Authentication, Garp, Hold, Instance, VrrpModel};
pub use wire::{
    Cast, Checksum, Habits, LEASE_MARGIN, LastWord, OnLoss, Peer, Peers, Room, Version, Wire,
};

use serde::{Deserialize, Serialize};

/// One configuration, compiled: a section for each process, so that each maps only its own.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Model {
    /// What the `vrrp` worker runs.
    pub vrrp: VrrpModel,
    /// What the `lvs` worker runs.
    pub lvs: LvsModel,
    /// What every process needs to know of itself.
    pub process: ProcessModel,
}

impl Model {
    /// True when there is nothing to run: no instance, no BFD session and no virtual server.
    pub fn is_empty(&self) -> bool {
        self.vrrp.instances.is_empty()
            && self.vrrp.statics.is_empty()
            && self.vrrp.bfd.is_empty()
            && self.lvs.virtual_servers.is_empty()
    }
}
