//! Everything that is said outside. A log line, a FIFO line, a metric and an API record are
//! renderings of these; machines emit them as `Action::Report`.

use crate::bfd::BfdEvent;
use crate::checker::Probe;
use crate::key::{InstanceKey, RealServerKey, ServiceKey, VirtualServerKey};
use crate::units::IfName;
use core::fmt;
use core::net::{IpAddr, Ipv4Addr};
use serde::{Deserialize, Serialize};

/// The state of an instance. RFC 9568 says Active where the field, the log and this code say
/// master.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub enum State {
    /// Not started, or stopped.
    Init,
    /// Listening.
    Backup,
    /// Owns the VIPs.
    Master,
    /// Cannot serve; has no VIP and sends nothing.
    Fault,
}

/// Log and FIFO wording.
impl fmt::Display for State {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Init => "INIT",
            Self::Backup => "BACKUP",
            Self::Master => "MASTER",
            Self::Fault => "FAULT",
        })
    }
}

/// Why an instance is in FAULT.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub enum FaultCause {
    /// The interface does not exist.
    InterfaceMissing,
    /// The interface is down or has no carrier.
    InterfaceDown,
    /// The interface has no address to send from.
    NoSource,
    /// The kernel did not take the VIP within a second.
    NotApplied,
    /// Somebody removes the VIP again and again.
    VipTaken,
    /// The kernel has no IPVS, and a VIP of the instance has virtual servers here.
    NoIpvs,
}

/// Something happened. Closed: every rendering matches all of it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub enum Event {
    /// About an instance.
    Vrrp {
        /// Which.
        instance: InstanceKey,
        /// What.
        event: VrrpEvent,
    },
    /// About a virtual server.
    Service {
        /// Which.
        virtual_server: VirtualServerKey,
        /// What.
        event: ServiceEvent,
    },
    /// About a real server.
    RealServer {
        /// Which.
        real_server: RealServerKey,
        /// What.
        event: RealServerEvent,
    },
    /// About a packet that belongs to no instance; rate limited by whoever emits it.
    PacketDropped {
        /// Where it came in.
        interface: IfName,
        /// Who sent it.
        source: Ipv4Addr,
        /// Why.
        reason: RejectReason,
    },
    /// A service could not be brought to its desired state for now.
    IpvsFailed {
        /// Which.
        service: ServiceKey,
        /// The kernel's error number.
        errno: i32,
    },
    /// About BFD.
    Bfd(BfdEvent),
    /// IPVS is there, or not, in this kernel.
    Ipvs {
        /// True when the family answers.
        present: bool,
    },
}

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
}

/// What happens to an instance.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub enum VrrpEvent {
    /// It starts listening, `(init)` in the log.
    Started,
    /// It entered a state. For `Master`: decided; the addresses follow.
    Entered(State),
    /// The master's adverts stopped.
    AdvertTimeout,
    /// The addresses are being put on their interfaces.
    SettingAddresses,
    /// The addresses are in the kernel.
    AddressesSet,
    /// The addresses are being taken off.
    RemovingAddresses,
    /// A round of gratuitous ARP for one address.
    Announcing {
        /// On which interface.
        interface: IfName,
        /// For which address.
        address: IpAddr,
    },
    /// A master heard someone better and gives way.
    HigherPriority {
        /// The sender.
        source: Ipv4Addr,
        /// Its priority.
        theirs: u8,
        /// Our effective priority.
        ours: u8,
    },
    /// A master heard an equal priority from a higher address and gives way.
    HigherAddress {
        /// The sender.
        source: Ipv4Addr,
        /// The priority of both.
        priority: u8,
    },
    /// A master heard someone worse and insists.
    LowerPriority {
        /// The sender.
        source: Ipv4Addr,
        /// Its priority.
        theirs: u8,
        /// Our effective priority.
        ours: u8,
    },
    /// A backup hears someone worse and lets its timer run; said once a state.
    Discarding {
        /// The sender.
        source: Ipv4Addr,
        /// Its priority.
        theirs: u8,
    },
    /// The master resigned: a backup heard priority 0.
    PriorityZero {
        /// The sender.
        source: Ipv4Addr,
    },
    /// We resigned: the advert with priority 0 was sent.
    SentPriorityZero,
    /// A packet for this instance was thrown away; said once a state.
    Rejected {
        /// Where it came in.
        interface: IfName,
        /// The sender.
        source: Ipv4Addr,
        /// Why.
        reason: RejectReason,
    },
    /// An advert was accepted whose addresses are not quite ours; said once a state.
    AddressMismatch {
        /// The sender.
        source: Ipv4Addr,
    },
    /// Somebody removed an address that we own; it is put back.
    AddressLost {
        /// Which.
        address: IpAddr,
        /// From where.
        interface: IfName,
    },
    /// A reason for FAULT came up.
    FaultRaised(FaultCause),
    /// A reason for FAULT is gone.
    FaultCleared(FaultCause),
    /// `preempt_delay` started to run.
    PreemptDelay,
    /// The priority was changed by a reload.
    PriorityChanged {
        /// Before.
        from: u8,
        /// After.
        to: u8,
    },
    /// Stopped; nothing of it is left in the kernel.
    Stopped,
}

/// What happens to a virtual server.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub enum ServiceEvent {
    /// `Gained quorum W+H=S <= A`: `quorum`, `hysteresis`, weights of the living.
    QuorumGained {
        /// `quorum`.
        quorum: u32,
        /// `hysteresis`.
        hysteresis: u32,
        /// Sum of the weights of living real servers.
        weight: u64,
    },
    /// `Lost quorum`.
    QuorumLost {
        /// `quorum`.
        quorum: u32,
        /// `hysteresis`.
        hysteresis: u32,
        /// Sum of the weights of living real servers.
        weight: u64,
    },
    /// The sorry server goes in.
    SorryServerAdded {
        /// keepalived's notation of it.
        address: IpAddr,
        /// Its port.
        port: u16,
    },
    /// The sorry server comes out.
    SorryServerRemoved {
        /// keepalived's notation of it.
        address: IpAddr,
        /// Its port.
        port: u16,
    },
    /// On quorum loss the living leave the table for the sorry server.
    AliveRemoved,
    /// On quorum gain they return.
    AliveReturned,
    /// The service is new in the configuration.
    Added,
    /// The service left the configuration.
    Removed,
}

/// What happens to a real server.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub enum RealServerEvent {
    /// A check was started for the first time.
    CheckActivated {
        /// What it asks.
        probe: Probe,
    },
    /// A check succeeded for the first time, or after it had failed.
    CheckSucceeded {
        /// What it asks.
        probe: Probe,
    },
    /// A check failed for good (retries spent), or once more with `log_all_failures`.
    CheckFailed {
        /// What it asks.
        probe: Probe,
        /// Why.
        reason: CheckFailure,
        /// Failures in a row, when more than one was needed.
        retries: u32,
    },
    /// It goes into the table.
    Added,
    /// It leaves the table.
    Removed,
    /// A reload left it out.
    Unconfigured,
    /// The daemon stops, and takes its row back.
    ShutDown,
    /// `inhibit_on_failure`: it failed, and the row it had with weight 0 goes with it.
    InhibitedRemoved,
    /// `inhibit_on_failure`: back to its weight.
    Enabled,
    /// `inhibit_on_failure`: weight 0.
    Disabled,
    /// Its weight was changed by a reload.
    WeightChanged {
        /// Before.
        from: u32,
        /// After.
        to: u32,
        /// It passes its checks.
        alive: bool,
    },
}

/// Why a check failed.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub enum CheckFailure {
    /// The connection was refused, or the network said no; error number.
    Refused(i32),
    /// Nothing came back in time.
    Timeout,
    /// The server closed before it had answered.
    Closed,
    /// The answer is not HTTP.
    Malformed,
    /// The answer's status is none of the wanted.
    Status(u16),
    /// The body's MD5 differs.
    Digest([u8; 16]),
    /// The answer is longer than anybody reads.
    TooLong,
    /// This machine could not make the socket; error number.
    Local(i32),
    /// The check itself broke: a bug of ours. Nobody knows how the server is, so it is not used.
    Bug,
}
