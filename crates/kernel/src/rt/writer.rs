//! Changes, many in one sendmsg, in order; each has an outcome of its own.

use crate::netlink::{Batch, NetlinkError, NetlinkSocket};
use holdfast_model::{Buffer, Scope};
use holdfast_plan::Outcome;
use netlink_packet_core::{NLM_F_CREATE, NLM_F_EXCL, NLM_F_REPLACE, Parseable as _};
use netlink_packet_route::AddressFamily;
use netlink_packet_route::address::{
    AddressAttribute, AddressFlags, AddressMessage, AddressScope, CacheInfo,
};
use netlink_packet_route::link::LinkMessage;
use netlink_packet_route::route::RouteMessage;
use netlink_packet_route::rule::RuleMessage;
use netlink_sys::protocols::NETLINK_ROUTE;
use std::io;
use std::net::{IpAddr, Ipv4Addr};

const RTM_NEWLINK: u16 = 16;
const RTM_DELLINK: u16 = 17;
const RTM_NEWADDR: u16 = 20;
const RTM_DELADDR: u16 = 21;
const RTM_NEWROUTE: u16 = 24;
const RTM_DELROUTE: u16 = 25;
const RTM_GETROUTE: u16 = 26;
const RTM_NEWRULE: u16 = 32;
const RTM_DELRULE: u16 = 33;
const RTM_GETRULE: u16 = 34;
/// linux/if_addr.h: a lifetime without end.
const FOREVER: u32 = u32::MAX;

/// What an address is to look like.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct NewAddress<'a> {
    /// The interface's index.
    pub index: u32,
    /// The address.
    pub address: IpAddr,
    /// Its prefix length, the peer's where there is one.
    pub prefix: u8,
    /// Where it is valid.
    pub scope: Scope,
    /// IPv4 only.
    pub label: Option<&'a str>,
    /// IPv4 only; none is made up.
    pub broadcast: Option<Ipv4Addr>,
    /// The other end.
    pub peer: Option<IpAddr>,
    /// IFA_F_*.
    pub flags: u32,
    /// Seconds for which it is chosen as a source; `None` is forever.
    pub preferred: Option<u32>,
}

impl NewAddress<'_> {
    /// An address and nothing else.
    pub const fn plain(index: u32, address: IpAddr, prefix: u8) -> Self {
        Self {
            index,
            address,
            prefix,
            scope: Scope::Global,
            label: None,
            broadcast: None,
            peer: None,
            flags: 0,
            preferred: None,
        }
    }
}

/// One change.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Change<'a> {
    /// A new address; EEXIST when it is there.
    AddAddress(NewAddress<'a>),
    /// Other flags and lifetimes for an address.
    EditAddress(NewAddress<'a>),
    /// An address goes; EADDRNOTAVAIL when it is not there.
    DeleteAddress {
        /// The interface's index.
        index: u32,
        /// The address.
        address: IpAddr,
        /// Its prefix length.
        prefix: u8,
    },
    /// A route; EEXIST when one of its identity is there and is not to be replaced.
    SetRoute {
        /// All of it.
        route: RouteMessage,
        /// Takes the place of the one that is there.
        replace: bool,
    },
    /// A route goes; ESRCH when it is not there.
    DeleteRoute(RouteMessage),
    /// A new rule; EEXIST when the same is there.
    AddRule(RuleMessage),
    /// A rule goes; ENOENT when it is not there.
    DeleteRule(RuleMessage),
    /// A new link; EEXIST when its name is taken.
    AddLink(LinkMessage),
    /// Another state for a link.
    SetLink(LinkMessage),
    /// A link goes; ENODEV when it is not there.
    DeleteLink(LinkMessage),
    /// A change that cannot be asked for: it fails with this error number.
    Impossible(i32),
}

/// A blocking connection for changes, in the network namespace of its making.
pub struct Writer {
    socket: NetlinkSocket,
}

impl Writer {
    /// Connects.
    ///
    /// # Errors
    /// When no descriptors are left.
    pub fn open() -> Result<Self, NetlinkError> {
        let socket = NetlinkSocket::open(NETLINK_ROUTE)?;
        Ok(Self { socket })
    }

    /// Gives it another receive buffer.
    ///
    /// # Errors
    /// What the kernel says.
    pub fn resize(&self, buffer: Buffer) -> io::Result<()> {
        self.socket.resize(buffer)
    }

    /// Makes all changes in order. One that fails does not keep the later ones from being tried.
    pub fn run(&mut self, changes: &[Change<'_>]) -> Outcome {
        let mut batch = Batch::with_capacity(changes.len());
        // which change each message is
        let (mut sent, mut failed) = (Vec::with_capacity(changes.len()), Vec::new());
        for (place, change) in changes.iter().enumerate() {
            match change {
                Change::AddAddress(new) => {
                    batch.push(RTM_NEWADDR, NLM_F_CREATE | NLM_F_EXCL, &address(new));
                }
                Change::EditAddress(new) => {
                    batch.push(RTM_NEWADDR, NLM_F_REPLACE, &address(new));
                }
                Change::DeleteAddress {
                    index,
                    address,
                    prefix,
                } => batch.push(RTM_DELADDR, 0, &bare(*index, *address, *prefix)),
                Change::SetRoute { route, replace } => {
                    let how = if *replace { NLM_F_REPLACE } else { NLM_F_EXCL };
                    batch.push(RTM_NEWROUTE, NLM_F_CREATE | how, route);
                }
                Change::DeleteRoute(route) => batch.push(RTM_DELROUTE, 0, route),
                Change::AddRule(rule) => batch.push(RTM_NEWRULE, NLM_F_CREATE | NLM_F_EXCL, rule),
                Change::DeleteRule(rule) => batch.push(RTM_DELRULE, 0, rule),
                Change::AddLink(link) => batch.push(RTM_NEWLINK, NLM_F_CREATE | NLM_F_EXCL, link),
                Change::SetLink(link) => batch.push(RTM_NEWLINK, 0, link),
                Change::DeleteLink(link) => batch.push(RTM_DELLINK, 0, link),
                Change::Impossible(errno) => {
                    failed.push((place, *errno));
                    continue;
                }
            }
            sent.push(place);
        }
        match batch.run(&mut self.socket) {
            Outcome::Known(errors) => {
                let place = |index: usize| sent.get(index).copied();
                let errors = errors.into_iter();
                failed.extend(errors.filter_map(|(index, errno)| Some((place(index)?, errno))));
                Outcome::Known(failed)
            }
            unknown @ Outcome::Unknown(_) => unknown,
        }
    }
}

impl Writer {
    /// Every route and every rule, of both families.
    ///
    /// # Errors
    /// What the kernel says.
    pub fn paths(&mut self) -> Result<(Vec<RouteMessage>, Vec<RuleMessage>), NetlinkError> {
        let (mut routes, mut rules) = (Vec::new(), Vec::new());
        for family in [AddressFamily::Inet, AddressFamily::Inet6] {
            let mut question = RouteMessage::default();
            question.header.address_family = family;
            // what the crate cannot read is nothing that we could have written
            let route = |bytes: &[u8]| Ok(RouteMessage::parse(bytes).ok());
            let found = self.socket.dump(RTM_GETROUTE, &question, route)?;
            routes.extend(found.into_iter().flatten());
            let mut question = RuleMessage::default();
            question.header.family = family;
            let rule = |bytes: &[u8]| Ok(RuleMessage::parse(bytes).ok());
            let found = self.socket.dump(RTM_GETRULE, &question, rule)?;
            rules.extend(found.into_iter().flatten());
        }
        Ok((routes, rules))
    }
}

/// What names an address.
fn bare(index: u32, address: IpAddr, prefix: u8) -> AddressMessage {
    let mut message = AddressMessage::default();
    message.header.index = index;
    message.header.prefix_len = prefix;
    message.header.family = match address {
        IpAddr::V4(_) => AddressFamily::Inet,
        IpAddr::V6(_) => AddressFamily::Inet6,
    };
    message.attributes.push(AddressAttribute::Local(address));
    message
}

fn address(new: &NewAddress<'_>) -> AddressMessage {
    let mut message = bare(new.index, new.address, new.prefix);
    message.header.scope = AddressScope::from(new.scope.number());
    let list = &mut message.attributes;
    list.push(AddressAttribute::Address(new.peer.unwrap_or(new.address)));
    list.extend(new.broadcast.map(AddressAttribute::Broadcast));
    list.extend(
        new.label
            .map(|label| AddressAttribute::Label(label.to_owned())),
    );
    if new.flags != 0 {
        let flags = AddressFlags::from_bits_retain(new.flags);
        list.push(AddressAttribute::Flags(flags));
    }
    if let Some(seconds) = new.preferred {
        let mut times = CacheInfo::default();
        times.ifa_preferred = seconds;
        times.ifa_valid = FOREVER;
        list.push(AddressAttribute::CacheInfo(times));
    }
    message
}
