//! Everything that is said outside. A log line, a FIFO line, a metric and an API record are
//! renderings of these; machines emit them as `Action::Report`.

use crate::bfd::BfdEvent;
pub use crate::failure::CheckFailure;
pub use crate::fault::FaultCause;
use crate::key::{GroupKey, InstanceKey, RealServerKey, ServiceKey, VirtualServerKey};
pub use crate::reject::RejectReason;
pub use crate::server_event::{RealServerEvent, ServiceEvent};
use crate::track::TrackKey;
use crate::units::{IfName, Name};
use core::fmt;
use core::net::IpAddr;
use core::time::Duration;
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

/// What goes with an instance's addresses.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub enum Kind {
    /// `virtual_ipaddress_excluded`.
    Excluded,
    /// `virtual_routes`.
    Routes,
    /// `virtual_rules`.
    Rules,
    /// `no_accept`: nobody reaches the addresses.
    Firewall,
}

/// keepalived's log wording.
impl fmt::Display for Kind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Excluded => "E-VIPs.",
            Self::Routes => "Virtual Routes",
            Self::Rules => "Virtual Rules",
            Self::Firewall => "firewall drop rule",
        })
    }
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
    /// About a sync group.
    Group {
        /// Which.
        group: GroupKey,
        /// The state that its instances are brought to.
        state: State,
    },
    /// About a `vrrp_script`.
    Script {
        /// Which.
        name: Name,
        /// What.
        event: ScriptEvent,
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
    /// An advert of a VRID that nobody has here (`log_unknown_vrids`); rate limited as the next.
    UnknownVrid {
        /// Where it came in; unicast comes in anywhere.
        interface: Option<IfName>,
        /// Who sent it.
        source: IpAddr,
        /// Its VRID.
        vrid: u8,
    },
    /// About a packet that belongs to no instance; rate limited by whoever emits it.
    PacketDropped {
        /// Where it came in; unicast comes in anywhere.
        interface: Option<IfName>,
        /// Who sent it.
        source: IpAddr,
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
    /// All instances wait before they begin.
    Held {
        /// How long still.
        left: Duration,
    },
    /// IPVS is there, or not, in this kernel.
    Ipvs {
        /// True when the family answers.
        present: bool,
    },
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
    /// The addresses are out of the kernel, and it runs on as backup or in FAULT.
    AddressesRemoved,
    /// What goes with the addresses is being put in.
    Setting(Kind),
    /// What goes with the addresses is being taken out.
    Removing(Kind),
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
        source: IpAddr,
        /// Its priority.
        theirs: u8,
        /// Our effective priority.
        ours: u8,
    },
    /// A master heard an equal priority from a higher address and gives way.
    HigherAddress {
        /// The sender.
        source: IpAddr,
        /// The priority of both.
        priority: u8,
    },
    /// A master heard someone worse and insists.
    LowerPriority {
        /// The sender.
        source: IpAddr,
        /// Its priority.
        theirs: u8,
        /// Our effective priority.
        ours: u8,
    },
    /// A master insists, and someone worse does not give way: it does not hear us, and there are two
    /// masters. Said once while that lasts.
    TwoMasters {
        /// The sender.
        source: IpAddr,
        /// Its priority.
        theirs: u8,
        /// Our effective priority.
        ours: u8,
        /// For how long it has spoken.
        lasts: Duration,
    },
    /// A backup hears someone worse and lets its timer run; said once a state.
    Discarding {
        /// The sender.
        source: IpAddr,
        /// Its priority.
        theirs: u8,
    },
    /// The master resigned: a backup heard priority 0.
    PriorityZero {
        /// The sender.
        source: IpAddr,
    },
    /// Version 3: another router advertises in another interval than ours, in centiseconds; said
    /// once a state. A backup counts in it.
    IntervalDiffers {
        /// In its advert.
        theirs: u16,
        /// `advert_int`.
        ours: u16,
    },
    /// We resigned: the advert with priority 0 was sent.
    SentPriorityZero,
    /// A packet for this instance was thrown away; said once a state.
    Rejected {
        /// Where it came in.
        interface: IfName,
        /// The sender.
        source: IpAddr,
        /// Why.
        reason: RejectReason,
    },
    /// An advert was accepted whose addresses are not quite ours; said once a state.
    AddressMismatch {
        /// The sender.
        source: IpAddr,
    },
    /// `auth_hmac`: a sender's clock is not ours by more than half of the window; said once a state.
    ClockApart {
        /// The sender.
        source: IpAddr,
        /// Between the clocks.
        seconds: u32,
    },
    /// Somebody removed an address that we own.
    AddressLost {
        /// Which.
        address: IpAddr,
        /// From where.
        interface: IfName,
    },
    /// Somebody else has an address that we own; said once while we have it.
    AddressClaimed {
        /// Which.
        address: IpAddr,
        /// Heard where.
        interface: IfName,
        /// By its hardware address.
        hardware: [u8; 6],
    },
    /// A reason for FAULT came up.
    FaultRaised(FaultCause),
    /// A reason for FAULT is gone.
    FaultCleared(FaultCause),
    /// Somebody removes our addresses again and again: the next repair waits.
    VipContested {
        /// More than five times in that time.
        within: Duration,
        /// How long it waits.
        pause: Duration,
    },
    /// A master was silent for so long that another may serve by now: it gave up.
    RanLate {
        /// Since its last advert.
        silent: Duration,
    },
    /// `preempt_delay` started to run.
    PreemptDelay,
    /// Something that it watches with weight 0 is not as it should be.
    TrackFailed(TrackKey),
    /// It is again.
    TrackRecovered(TrackKey),
    /// The effective priority changed: by a reload, or by something that it watches.
    PriorityChanged {
        /// Before.
        from: u8,
        /// After.
        to: u8,
    },
    /// Stopped; nothing of it is left in the kernel.
    Stopped,
}

/// What happens to a `vrrp_script`. Statuses are exit codes; without one it was killed, or could
/// not be started.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub enum ScriptEvent {
    /// It is up now.
    Succeeded,
    /// It is down now.
    Failed(Option<i32>),
    /// It is down now, since it did not end in time.
    TimedOut,
    /// Its exit status is another than the last one.
    Returning(i32),
    /// It still runs when it is to run again.
    Skipped,
}
