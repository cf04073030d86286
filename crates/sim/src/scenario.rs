//! A run, written down: who is there, how the LAN behaves, what goes wrong and when. The form of
//! the files in `tests/sim/`.

use core::net::{IpAddr, Ipv4Addr};
use core::time::Duration;
use holdfast_model::{
    Authentication, Centis, Garp, IfName, Instance, InstanceKey, Name, Priority, Scope,
    VirtualAddress, Vrid, VrrpModel,
};
use serde::{Deserialize, Serialize};

/// Routers at most.
pub const NODES: usize = 5;
/// Instances a router at most.
pub const SLOTS: usize = 8;
/// The password of every instance.
pub const PASSWORD: [u8; 8] = *b"holdfast";

/// A whole run.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Scenario {
    /// What it shows, for the reader.
    #[serde(default)]
    pub about: String,
    /// Of the noise: each packet's delay and fate.
    pub seed: u64,
    /// Faults and noise end here (in ms) ...
    pub faults_until: u64,
    /// ... and the run ends here: between them everything must heal.
    pub end: u64,
    /// The LAN.
    pub lan: Lan,
    /// The instances of each router.
    pub nodes: Vec<Vec<Spec>>,
    /// What goes wrong, in any order.
    pub faults: Vec<Fault>,
}

/// How the LAN and the hosts behave. Times in microseconds, rates in a million.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Lan {
    /// A packet takes at least this long.
    pub delay_min: u64,
    /// And at most: L of the invariants.
    pub delay_max: u64,
    /// A loop wakes at most so late: J.
    pub jitter: u64,
    /// A kernel needs at most so long for a change of addresses.
    pub apply: u64,
    /// Packets lost.
    pub loss: u32,
    /// Packets that come twice.
    pub twice: u32,
    /// Packets that come later than L.
    pub late: u32,
    /// How much later at most.
    pub late_by: u64,
}

/// One instance of one router.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Spec {
    /// Which virtual router: its VRID less one. Below [`SLOTS`].
    pub slot: u8,
    /// 1 to 255.
    pub priority: u8,
    /// Seconds.
    pub interval: u8,
    /// Stays backup while a weaker master lives.
    #[serde(default)]
    pub nopreempt: bool,
    /// Seconds before a weaker master is preempted.
    #[serde(default)]
    pub preempt_delay: u16,
    /// The number of the first VIP.
    #[serde(default)]
    pub first_vip: u8,
    /// How many.
    pub vips: u8,
    /// Gratuitous ARP is refreshed after so many seconds; 0: never.
    #[serde(default)]
    pub refresh: u16,
}

/// Something that goes wrong.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Fault {
    /// When, in ms.
    pub at: u64,
    /// Where.
    pub node: usize,
    /// What.
    pub kind: Kind,
}

/// What goes wrong; `ms` says for how long.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub enum Kind {
    /// All threads stand still (SIGSTOP), then everything that waited is handled at once.
    Pause {
        /// How long.
        ms: u64,
    },
    /// The process is gone; what it put into the kernel stays. A new one follows.
    Crash {
        /// How long there is none.
        ms: u64,
        /// The new one has the snapshot of the old.
        resume: bool,
    },
    /// The host is gone, and its addresses with it.
    Reboot {
        /// How long.
        ms: u64,
    },
    /// Stopped as an operator stops it, and started again.
    Stop {
        /// How long it is away.
        ms: u64,
    },
    /// No carrier.
    LinkDown {
        /// How long.
        ms: u64,
    },
    /// The interface is deleted and made anew under another index.
    LinkGone {
        /// How long.
        ms: u64,
    },
    /// The interface loses its own address.
    NoSource {
        /// How long.
        ms: u64,
    },
    /// What this node sends does not reach `to`.
    Cut {
        /// The deaf node.
        to: usize,
        /// How long.
        ms: u64,
    },
    /// Nobody hears this node, and it hears nobody.
    Isolate {
        /// How long.
        ms: u64,
    },
    /// Somebody takes a VIP out of the kernel.
    TakeVip {
        /// Of which virtual router.
        slot: u8,
        /// Which of its VIPs.
        vip: u8,
    },
    /// The kernel refuses new addresses.
    Refuse {
        /// How long.
        ms: u64,
    },
    /// The kernel takes `by` ms for a change of addresses.
    Slow {
        /// How long.
        ms: u64,
        /// How slow.
        by: u64,
    },
    /// The configuration is read again.
    Reload {
        /// What it says now.
        specs: Vec<Spec>,
    },
    /// A stranger sends packets to this node, one after the other.
    Forge {
        /// Which virtual router.
        slot: u8,
        /// What is wrong with them.
        flaw: Flaw,
        /// How many.
        count: u16,
        /// Milliseconds from one to the next.
        every: u64,
    },
}

/// What is wrong with a forged packet.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub enum Flaw {
    /// A router forwarded it.
    Ttl,
    /// A bit fell over.
    Checksum,
    /// Too short.
    Length,
    /// Another password.
    Password,
    /// Another interval.
    Interval,
    /// Another cluster's addresses.
    Addresses,
    /// A VRID that nobody has.
    Vrid,
    /// Not even IP.
    Noise,
    /// From this node's own address.
    Own,
    /// Nothing: priority 254, and obeyed by all but an owner.
    Nothing,
}

impl Spec {
    /// Adver_Timer.
    pub const fn advert(&self) -> Duration {
        Duration::from_secs(self.interval as u64)
    }

    /// Skew_Time, by the RFC's words and not by the machine's code (RFC 3768 s6.1).
    pub const fn skew(&self) -> Duration {
        Duration::from_nanos((256 - self.priority as u64) * 1_000_000_000 / 256)
    }

    /// Master_Down_Interval.
    pub fn down(&self) -> Duration {
        self.advert() * 3 + self.skew()
    }

    /// 255.
    pub const fn owner(&self) -> bool {
        self.priority == u8::MAX
    }

    /// RFC 3768 s6.1: an owner always does.
    pub const fn preempts(&self) -> bool {
        !self.nopreempt || self.owner()
    }

    /// The numbers of its VIPs.
    pub fn numbers(&self) -> core::ops::Range<u16> {
        let first = u16::from(self.first_vip);
        first..first + u16::from(self.vips)
    }

    /// Its VIPs.
    pub fn addresses(&self) -> Vec<VirtualAddress> {
        self.numbers().map(|each| vip(self.slot, each)).collect()
    }
}

/// A VIP of a virtual router.
pub fn vip(slot: u8, number: u16) -> VirtualAddress {
    let [high, low] = number.to_be_bytes();
    VirtualAddress {
        address: IpAddr::V4(Ipv4Addr::new(10, 100u8.saturating_add(slot), high, low)),
        prefix: 32,
        interface: eth0(),
        label: None,
        scope: Scope::Global,
        broadcast: None,
    }
}

/// The one interface of every node.
pub fn eth0() -> IfName {
    // The name is legal; without one there is no simulation.
    IfName::new("eth0").unwrap_or_else(|| unreachable!())
}

/// A router's own address: the higher its number, the higher.
pub fn own_address(node: usize) -> Ipv4Addr {
    Ipv4Addr::new(
        10,
        0,
        0,
        u8::try_from(node).unwrap_or(200).saturating_add(1),
    )
}

/// The key of a virtual router.
pub fn key(slot: u8) -> InstanceKey {
    InstanceKey(Name::from(format!("V{slot}").as_str()))
}

/// The virtual router of a key.
pub fn slot(key: &InstanceKey) -> Option<u8> {
    key.0.as_str().strip_prefix('V')?.parse().ok()
}

/// The configuration as the machine is given it.
pub fn model(specs: &[Spec]) -> VrrpModel {
    let instances = specs.iter().filter_map(instance);
    VrrpModel {
        instances: instances.collect(),
    }
}

/// `None` for numbers that no configuration can hold.
fn instance(spec: &Spec) -> Option<Instance> {
    Some(Instance {
        key: key(spec.slot),
        interface: eth0(),
        vrid: Vrid::new(spec.slot.checked_add(1)?)?,
        priority: Priority::new(spec.priority)?,
        wants_master: false,
        advert_interval: Centis::from_secs(spec.interval)?,
        authentication: Authentication::Password(PASSWORD),
        nopreempt: spec.nopreempt,
        preempt_delay: Duration::from_secs(u64::from(spec.preempt_delay)),
        addresses: spec.addresses(),
        garp: Garp {
            refresh: Duration::from_secs(u64::from(spec.refresh)),
            ..Garp::default()
        },
        serves_ipvs: false,
    })
}
