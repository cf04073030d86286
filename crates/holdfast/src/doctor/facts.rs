//! What is known of this host when its health as a director or real server is judged: plain data.

use super::filter::Chain;
use holdfast_model::{Interface, Scheduler};
use std::collections::{BTreeMap, BTreeSet};
use std::net::IpAddr;

/// All of it.
#[derive(Debug, Clone, Default)]
pub(super) struct Facts {
    /// Settings below /proc/sys/net by their path there, as `ipv4/ip_forward`.
    pub(super) settings: BTreeMap<String, i32>,
    /// Interfaces with what stands on them.
    pub(super) interfaces: Vec<Interface>,
    /// Where packets to real servers leave.
    pub(super) ways: BTreeMap<IpAddr, Way>,
    /// The kernel's IPVS; none: it has none, nor a module of it.
    pub(super) table: Option<Table>,
    /// Schedulers that it has, or has modules of.
    pub(super) schedulers: BTreeSet<Scheduler>,
    /// Connections that the kernel tracks, and the most that it may; none: it tracks none.
    pub(super) tracked: Option<(u64, u64)>,
    /// Addresses that somebody should answer for.
    pub(super) answers: BTreeMap<IpAddr, Answer>,
    /// Adverts of VRRP that came in.
    pub(super) heard: Vec<Heard>,
    /// VIPs of which rules keep ARP silent (`realserver --arptables`).
    pub(super) silent: BTreeSet<IpAddr>,
    /// The packet filter's base chains of input and output.
    pub(super) chains: Vec<Chain>,
}

impl Facts {
    /// A setting; 0 where there is none.
    pub(super) fn setting(&self, path: &str) -> i32 {
        self.settings.get(path).copied().unwrap_or(0)
    }

    /// Of two settings, `all` and the interface's, the kernel takes the larger.
    pub(super) fn larger(&self, interface: &str, name: &str) -> i32 {
        let of = |interface: &str| self.setting(&format!("ipv4/conf/{interface}/{name}"));
        of("all").max(of(interface))
    }

    /// Interfaces other than the loopback one with an address.
    pub(super) fn in_use(&self) -> impl Iterator<Item = &Interface> {
        let used = |one: &&Interface| !one.loopback && !one.addresses.is_empty();
        self.interfaces.iter().filter(used)
    }

    /// An address of this host.
    pub(super) fn is_here(&self, address: IpAddr) -> bool {
        let mut all = self.interfaces.iter();
        all.any(|interface| interface.addresses.contains(&address))
    }
}

/// The way to a real server.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Way {
    /// The interface.
    pub(super) interface: String,
    /// Its MTU.
    pub(super) mtu: u32,
}

/// The IPVS of the kernel.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Table {
    /// A module that nobody has loaded.
    NotLoaded,
    /// Buckets of its connection table, and the connections in it.
    Loaded { buckets: u32, connections: u64 },
}

/// Who is behind an address.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Answer {
    /// Somebody on the link.
    Somebody,
    /// It belongs on the link, and nobody answers.
    Nobody,
    /// It is beyond a router, or nobody could ask.
    Unknown,
}

/// An advert.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Heard {
    /// The interface; of unicast none.
    pub(super) interface: Option<String>,
    /// Its VRID.
    pub(super) vrid: u8,
    /// Its priority.
    pub(super) priority: u8,
    /// Where it came from.
    pub(super) source: IpAddr,
}
