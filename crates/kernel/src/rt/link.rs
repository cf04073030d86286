//! Links of our own, as messages.

use netlink_packet_route::AddressFamily;
use netlink_packet_route::link::{
    InfoData, InfoKind, InfoMacVlan, LinkAttribute, LinkFlags, LinkInfo, LinkMessage, MacVlanMode,
};

/// A macvlan interface in private mode, down.
pub fn macvlan(name: &str, base: u32, mac: [u8; 6]) -> LinkMessage {
    let mut message = LinkMessage::default();
    message.header.interface_family = AddressFamily::Unspec;
    let mode = InfoMacVlan::Mode(MacVlanMode::Private);
    message.attributes = vec![
        LinkAttribute::IfName(name.to_owned()),
        LinkAttribute::Link(base),
        LinkAttribute::Address(mac.to_vec()),
        LinkAttribute::LinkInfo(vec![
            LinkInfo::Kind(InfoKind::MacVlan),
            LinkInfo::Data(InfoData::MacVlan(vec![mode])),
        ]),
    ];
    message
}

/// Switches a link on.
pub fn up(index: u32) -> LinkMessage {
    let mut message = bare(index);
    message.header.flags = LinkFlags::Up;
    message.header.change_mask = LinkFlags::Up;
    message
}

/// Switches a link off.
pub fn down(index: u32) -> LinkMessage {
    let mut message = bare(index);
    message.header.change_mask = LinkFlags::Up;
    message
}

/// What names a link.
pub fn bare(index: u32) -> LinkMessage {
    let mut message = LinkMessage::default();
    message.header.interface_family = AddressFamily::Unspec;
    message.header.index = index;
    message
}
