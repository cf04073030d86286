//! What the kernel holds for an instance besides its advertised addresses, and for the daemon.

use crate::address::VirtualAddress;
use crate::event::Kind;
use crate::route::{Route, Rule};
use crate::units::{IfName, Name};
use core::time::Duration;
use serde::{Deserialize, Serialize};

/// What comes and goes with the addresses of an instance.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Objects {
    /// `virtual_ipaddress_excluded`: owned like the others, and in no advert; of any family.
    pub excluded: Vec<VirtualAddress>,
    /// `promote_secondaries`: further addresses of a network stay when its first one goes.
    pub promote_secondaries: bool,
    /// `virtual_routes`.
    pub routes: Vec<Route>,
    /// `virtual_rules`.
    pub rules: Vec<Rule>,
    /// `no_accept`, strict mode: nobody reaches the addresses (RFC 9568 s6.1, Accept_Mode False).
    pub refuses: bool,
}

impl Objects {
    /// What there is, in the order in which it comes.
    pub fn kinds(&self) -> Vec<Kind> {
        let some = [
            (Kind::Excluded, !self.excluded.is_empty()),
            (Kind::Routes, !self.routes.is_empty()),
            (Kind::Rules, !self.rules.is_empty()),
        ];
        let some = some.into_iter().filter(|(_, some)| *some);
        some.map(|(kind, _)| kind).collect()
    }
}

/// `static_ipaddress`, `static_routes`, `static_rules`, and settings of the links.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Statics {
    /// `static_ipaddress`.
    pub addresses: Vec<VirtualAddress>,
    /// `static_routes`.
    pub routes: Vec<Route>,
    /// `static_rules`.
    pub rules: Vec<Rule>,
    /// `vrrp_garp_interval` and `vrrp_gna_interval`: for interfaces without a group.
    pub pace: Pace,
    /// `garp_group`; an interface is in one at most.
    pub paces: Vec<(Vec<IfName>, Pace)>,
    /// `interface_up_down_delays`.
    pub delays: Vec<(IfName, LinkDelay)>,
}

/// How long a link has to be in a state before that counts.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct LinkDelay {
    /// Down.
    pub down: Duration,
    /// Up.
    pub up: Duration,
}

impl Statics {
    /// No object: nothing that would have to be there.
    pub fn is_empty(&self) -> bool {
        self.addresses.is_empty() && self.routes.is_empty() && self.rules.is_empty()
    }
}

/// The nftables table in which addresses are kept away.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Firewall {
    /// `nftables`: its name.
    pub table: Name,
    /// `nftables_priority`: of its chains.
    pub priority: i32,
    /// `nftables_counters`: its rules count what they drop.
    pub counts: bool,
}

impl Default for Firewall {
    fn default() -> Self {
        Self {
            table: "holdfast".into(),
            priority: -1,
            counts: false,
        }
    }
}

/// The least time between two announcements; zero means none.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct Pace {
    /// Of gratuitous ARP.
    pub arp: Duration,
    /// Of neighbour adverts.
    pub neighbour: Duration,
}
