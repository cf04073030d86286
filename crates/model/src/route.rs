//! Routes and rules, as netlink has them: defaults filled in, names resolved.

use crate::encap::Encap;
use crate::units::{AddressFamily, IfName, Name};
use core::fmt;
use core::net::IpAddr;
use serde::{Deserialize, Serialize};

/// RTPROT_KEEPALIVED: by this, whoever comes after a crash knows what was ours.
pub const PROTOCOL: u8 = 18;

/// RT_TABLE_MAIN.
const MAIN: u32 = 254;

/// Address and prefix length.
pub type Prefix = (IpAddr, u8);

/// rtnetlink(7), RTN_*.
pub mod kind {
    /// A gateway or a direct route.
    pub const UNICAST: u8 = 1;
    /// Delivered here.
    pub const LOCAL: u8 = 2;
    /// Delivered here, sent as broadcast.
    pub const BROADCAST: u8 = 3;
    /// A multicast route.
    pub const MULTICAST: u8 = 5;
    /// Dropped.
    pub const BLACKHOLE: u8 = 6;
    /// Refused: host unreachable.
    pub const UNREACHABLE: u8 = 7;
    /// Refused: administratively.
    pub const PROHIBIT: u8 = 8;
    /// Looked up elsewhere.
    pub const THROW: u8 = 9;
}

/// A line of `virtual_routes` or `static_routes`.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct Route {
    /// Of the destination.
    pub family: AddressFamily,
    /// One of [`kind`].
    pub kind: u8,
    /// Where to.
    pub destination: Prefix,
    /// `from`: only packets of this source (IPv6).
    pub from: Option<Prefix>,
    /// `src`: the source address that is preferred.
    pub source: Option<IpAddr>,
    /// `tos`.
    pub tos: u8,
    /// `table`.
    pub table: u32,
    /// `protocol`.
    pub protocol: u8,
    /// `scope`, RT_SCOPE_*.
    pub scope: u8,
    /// `metric`; 0 where none is given.
    pub metric: u32,
    /// None, one, or several with `nexthop`.
    pub hops: Vec<Hop>,
    /// RTAX_* and value.
    pub metrics: Vec<(u8, u32)>,
    /// RTAX_* that are locked, a bit each.
    pub locks: u32,
    /// `congctl`.
    pub congestion: Option<Name>,
    /// `realms`, the source's in the upper half.
    pub realms: Option<u32>,
    /// `expires`, seconds.
    pub expires: Option<u32>,
    /// `pref`, RFC 4191: 0 medium, 1 high, 3 low.
    pub preference: Option<u8>,
    /// `ttl-propagate`.
    pub ttl_propagate: Option<bool>,
    /// `no_track`.
    pub untracked: bool,
}

impl Route {
    /// A unicast route of ours in the main table, without a next hop: what a line says that names the
    /// destination alone.
    pub fn to(destination: Prefix) -> Self {
        Self {
            family: AddressFamily::of(destination.0),
            kind: kind::UNICAST,
            destination,
            from: None,
            source: None,
            tos: 0,
            table: MAIN,
            protocol: PROTOCOL,
            scope: 0,
            metric: 0,
            hops: Vec::new(),
            metrics: Vec::new(),
            locks: 0,
            congestion: None,
            realms: None,
            expires: None,
            preference: None,
            ttl_propagate: None,
            untracked: false,
        }
    }
}

/// A next hop.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Default, Serialize, Deserialize)]
pub struct Hop {
    /// `via`.
    pub via: Option<IpAddr>,
    /// `dev`.
    pub dev: Option<IfName>,
    /// `weight`, 1 to 256; 0 where none is given.
    pub weight: u16,
    /// `onlink`.
    pub onlink: bool,
    /// `realms` of one of several.
    pub realms: Option<u32>,
    /// `encap`.
    pub encap: Option<Encap>,
}

impl fmt::Display for Route {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}/{}", self.destination.0, self.destination.1)
    }
}

/// A line of `virtual_rules` or `static_rules`.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct Rule {
    /// Of the packets that it is for.
    pub family: AddressFamily,
    /// Its place.
    pub priority: u32,
    /// `not`.
    pub invert: bool,
    /// `from`.
    pub from: Option<Prefix>,
    /// `to`.
    pub to: Option<Prefix>,
    /// `tos`.
    pub tos: u8,
    /// `fwmark` and its mask.
    pub mark: Option<(u32, u32)>,
    /// `realms`.
    pub realms: Option<u32>,
    /// `iif`.
    pub iif: Option<IfName>,
    /// `oif`.
    pub oif: Option<IfName>,
    /// `suppress_prefixlength`.
    pub suppress_prefix: Option<u32>,
    /// `suppress_ifgroup`.
    pub suppress_group: Option<u32>,
    /// `tunnel-id`.
    pub tunnel: Option<u64>,
    /// `uidrange`.
    pub uids: Option<(u32, u32)>,
    /// `l3mdev`.
    pub l3mdev: bool,
    /// `ipproto`.
    pub ip_protocol: Option<u8>,
    /// `sport`.
    pub source_ports: Option<(u16, u16)>,
    /// `dport`.
    pub destination_ports: Option<(u16, u16)>,
    /// What it does.
    pub action: RuleAction,
    /// `protocol`; 0 with `no_track` and none given.
    pub protocol: u8,
    /// `no_track`.
    pub untracked: bool,
}

impl Rule {
    /// A rule for every packet of a family.
    pub fn all(family: AddressFamily, priority: u32, action: RuleAction) -> Self {
        Self {
            family,
            priority,
            invert: false,
            from: None,
            to: None,
            tos: 0,
            mark: None,
            realms: None,
            iif: None,
            oif: None,
            suppress_prefix: None,
            suppress_group: None,
            tunnel: None,
            uids: None,
            l3mdev: false,
            ip_protocol: None,
            source_ports: None,
            destination_ports: None,
            action,
            protocol: 0,
            untracked: false,
        }
    }
}

/// linux/fib_rules.h, FR_ACT_*.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub enum RuleAction {
    /// `table`; 0 with `l3mdev`.
    Table(u32),
    /// `goto` a priority.
    Goto(u32),
    /// `nop`.
    Nop,
    /// `blackhole`.
    Blackhole,
    /// `unreachable`.
    Unreachable,
    /// `prohibit`.
    Prohibit,
}
