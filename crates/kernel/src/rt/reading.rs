//! Links and addresses as the kernel shows them, in plain words.

use super::link::flags;
use holdfast_model::{IfName, Reach, Scope};
use holdfast_plan::link::{Seen, SeenKind};
use netlink_packet_route::address::{AddressAttribute, AddressFlags, AddressMessage};
use netlink_packet_route::link::{
    InfoData, InfoIpVlan, InfoKind, InfoMacVlan, InfoPortKind, InfoVrf, IpVlanMode, LinkAttribute,
    LinkFlags, LinkInfo, LinkMessage, MacVlanMode,
};
use std::net::{IpAddr, Ipv4Addr};

/// A network interface.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ObservedLink {
    /// Its index.
    pub index: u32,
    /// Its name.
    pub name: IfName,
    /// IFF_UP and IFF_RUNNING: it is on, and so is the other end.
    pub running: bool,
    /// IFF_LOOPBACK.
    pub loopback: bool,
    /// IFF_MULTICAST.
    pub multicast: bool,
    /// A macvlan or ipvlan interface.
    pub virtual_mac: bool,
    /// Hardware address; zeros where there is none of six bytes.
    pub mac: [u8; 6],
    /// Bytes.
    pub mtu: u32,
    /// Index of the interface below it.
    pub base: Option<u32>,
    /// Whether it is what we make.
    pub kind: SeenKind,
    /// Index of the VRF that it belongs to.
    pub vrf: Option<u32>,
    /// It is a VRF, with this routing table.
    pub table: Option<u32>,
    /// IFF_NOARP: nobody there asks who has an address.
    pub without_arp: bool,
}

impl ObservedLink {
    /// As the plan of links sees it.
    pub const fn seen(&self) -> Seen {
        Seen {
            index: self.index,
            base: self.base,
            kind: self.kind,
            // a VRF is in itself
            vrf: match self.table {
                Some(_) => Some(self.index),
                None => self.vrf,
            },
            mac: self.mac,
        }
    }
}

/// An address on an interface.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ObservedAddress {
    /// The interface's index.
    pub index: u32,
    /// The address (the local end, where there is a peer).
    pub address: IpAddr,
    /// Its prefix length.
    pub prefix: u8,
    /// Where it is valid.
    pub scope: Scope,
    /// IPv4 only; the interface's name unless somebody said otherwise.
    pub label: Option<String>,
    /// IPv4 only.
    pub broadcast: Option<Ipv4Addr>,
    /// The other end; for most addresses the address itself.
    pub peer: Option<IpAddr>,
    /// IFA_F_TENTATIVE: somebody else may have it; nothing can be sent from it yet.
    pub tentative: bool,
}

/// `None` when the message does not name the interface.
pub(crate) fn link(message: &LinkMessage) -> Option<ObservedLink> {
    let flags = message.header.flags;
    let mut link = ObservedLink {
        index: message.header.index,
        name: IfName::new("-")?,
        running: flags.contains(LinkFlags::Up) && flags.contains(LinkFlags::Running),
        loopback: flags.contains(LinkFlags::Loopback),
        multicast: flags.contains(LinkFlags::Multicast),
        virtual_mac: false,
        mac: [0; 6],
        mtu: 0,
        base: None,
        kind: SeenKind::Other,
        vrf: None,
        table: None,
        without_arp: flags.contains(LinkFlags::Noarp),
    };
    let (mut named, mut above) = (false, None);
    for attribute in &message.attributes {
        match attribute {
            LinkAttribute::IfName(name) => {
                link.name = IfName::new(name)?;
                named = true;
            }
            LinkAttribute::Address(bytes) => {
                link.mac = <[u8; 6]>::try_from(bytes.as_slice()).unwrap_or_default();
            }
            LinkAttribute::Mtu(mtu) => link.mtu = *mtu,
            LinkAttribute::Link(base) => link.base = Some(*base),
            LinkAttribute::Controller(index) => above = Some(*index),
            LinkAttribute::LinkInfo(infos) => {
                link.virtual_mac = infos.iter().any(|info| {
                    matches!(info, LinkInfo::Kind(InfoKind::MacVlan | InfoKind::IpVlan))
                });
                link.kind = infos.iter().find_map(kind).unwrap_or_default();
                link.table = infos.iter().find_map(table);
                let port = LinkInfo::PortKind(InfoPortKind::Vrf);
                link.vrf = infos.contains(&port).then_some(0);
            }
            _other => {}
        }
    }
    link.vrf = link.vrf.and(above);
    named.then_some(link)
}

/// That of a VRF.
fn table(info: &LinkInfo) -> Option<u32> {
    let LinkInfo::Data(InfoData::Vrf(list)) = info else {
        return None;
    };
    list.iter().find_map(|info| match info {
        InfoVrf::TableId(table) => Some(*table),
        _other => None,
    })
}

/// A macvlan interface in private mode, an ipvlan interface in mode L2.
fn kind(info: &LinkInfo) -> Option<SeenKind> {
    let LinkInfo::Data(data) = info else {
        return None;
    };
    match data {
        InfoData::MacVlan(list) => list
            .contains(&InfoMacVlan::Mode(MacVlanMode::Private))
            .then_some(SeenKind::Macvlan),
        InfoData::IpVlan(list) => {
            let said = |reach: &Reach| list.contains(&InfoIpVlan::Flags(flags(*reach)));
            let reach = [Reach::Bridge, Reach::Private, Reach::Vepa]
                .into_iter()
                .find(said)?;
            let level2 = list.contains(&InfoIpVlan::Mode(IpVlanMode::L2));
            level2.then_some(SeenKind::Ipvlan(reach))
        }
        _other => None,
    }
}

/// `None` when the message has no address.
pub(crate) fn address(message: &AddressMessage) -> Option<ObservedAddress> {
    let (mut local, mut peer) = (None, None);
    let (mut label, mut broadcast) = (None, None);
    let header = message.header.flags.bits();
    let mut flags = AddressFlags::from_bits_retain(u32::from(header));
    for attribute in &message.attributes {
        match attribute {
            AddressAttribute::Local(address) => local = Some(*address),
            AddressAttribute::Address(address) => peer = Some(*address),
            AddressAttribute::Label(text) => label = Some(text.clone()),
            AddressAttribute::Broadcast(address) => broadcast = Some(*address),
            AddressAttribute::Flags(whole) => flags = *whole,
            _other => {}
        }
    }
    Some(ObservedAddress {
        index: message.header.index,
        address: local.or(peer)?,
        prefix: message.header.prefix_len,
        scope: Scope::from_number(message.header.scope.into()),
        label,
        broadcast,
        peer: local.and(peer),
        tentative: flags.contains(AddressFlags::Tentative),
    })
}
