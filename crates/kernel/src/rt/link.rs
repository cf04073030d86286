//! Links of our own, as messages.

use holdfast_model::{LinkForm, Reach, VirtualLink};
use netlink_packet_route::AddressFamily;
use netlink_packet_route::link::{
    InfoData, InfoIpVlan, InfoKind, InfoMacVlan, IpVlanFlags, IpVlanMode, LinkAttribute, LinkFlags,
    LinkInfo, LinkMessage, MacVlanMode,
};

/// A new link over the interface of that index, down, in the VRF of that interface.
pub fn new(link: &VirtualLink, base: u32, vrf: Option<u32>) -> LinkMessage {
    let mut message = bare(0);
    message.attributes = vec![
        LinkAttribute::IfName(link.name.as_str().to_owned()),
        LinkAttribute::Link(base),
    ];
    if let Some(vrf) = vrf {
        message.attributes.push(LinkAttribute::Controller(vrf));
    }
    if link.group != 0 {
        message.attributes.push(LinkAttribute::Group(link.group));
    }
    if let LinkForm::Macvlan(mac) = link.form {
        let mac = LinkAttribute::Address(mac.to_vec());
        message.attributes.push(mac);
    }
    message.attributes.push(info(&link.form));
    message
}

/// Gives an ipvlan interface the reach that it is to have.
pub fn tuned(link: &VirtualLink, index: u32) -> LinkMessage {
    let mut message = bare(index);
    message.attributes = vec![info(&link.form)];
    message
}

/// Puts a link into a VRF, or takes it out.
pub fn enslaved(index: u32, vrf: Option<u32>) -> LinkMessage {
    let mut message = bare(index);
    let vrf = LinkAttribute::Controller(vrf.unwrap_or(0));
    message.attributes.push(vrf);
    message
}

/// What it is.
fn info(form: &LinkForm) -> LinkAttribute {
    let (kind, data) = match form {
        LinkForm::Macvlan(_) => {
            let mode = InfoMacVlan::Mode(MacVlanMode::Private);
            (InfoKind::MacVlan, InfoData::MacVlan(vec![mode]))
        }
        LinkForm::Ipvlan { reach, .. } => {
            let data = vec![
                InfoIpVlan::Mode(IpVlanMode::L2),
                InfoIpVlan::Flags(flags(*reach)),
            ];
            (InfoKind::IpVlan, InfoData::IpVlan(data))
        }
    };
    LinkAttribute::LinkInfo(vec![LinkInfo::Kind(kind), LinkInfo::Data(data)])
}

/// linux/if_link.h: IPVLAN_F_*.
pub(super) const fn flags(reach: Reach) -> IpVlanFlags {
    match reach {
        Reach::Bridge => IpVlanFlags::empty(),
        Reach::Private => IpVlanFlags::Private,
        Reach::Vepa => IpVlanFlags::Vepa,
    }
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
