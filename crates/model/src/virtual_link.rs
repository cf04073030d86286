//! Links of our own over others: `use_vmac`, `use_vmac_addr`, `use_ipvlan`.

use crate::units::{AddressFamily, IfName, Vrid};
use core::net::IpAddr;
use core::time::Duration;
use serde::{Deserialize, Serialize};

/// The links that an instance has besides those of the host.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct VirtualLinks {
    /// `use_vmac`: adverts are exchanged and addresses are there on this one. `use_ipvlan`: adverts only.
    pub own: Option<IfName>,
    /// `vmac_xmit_base`: but adverts leave by, and are heard on, the interface below.
    pub from_base: bool,
    /// The own one, and those of addresses on other interfaces.
    pub list: Vec<VirtualLink>,
    /// `garp_extra_if`: how often a master announces one address on each further link, so that switches
    /// do not forget where it is; zero: never.
    pub announced: Duration,
    /// Also on links that are the host's.
    pub announced_all: bool,
}

/// A link over another.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct VirtualLink {
    /// Its name.
    pub name: IfName,
    /// The interface below it.
    pub base: IfName,
    /// What it is.
    pub form: LinkForm,
    /// Of the addresses on it.
    pub family: AddressFamily,
    /// It sends adverts over IPv6.
    pub speaks: bool,
    /// The group of links that it is put into (`ip link show group N`); 0 is everybody's.
    pub group: u32,
}

/// Kinds of links over others.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub enum LinkForm {
    /// A macvlan interface in private mode (RFC 9568 s7.3), with a hardware address of its own.
    Macvlan([u8; 6]),
    /// An ipvlan interface in mode L2, which has the hardware address of the interface below.
    Ipvlan {
        /// Whom it reaches of those over the same interface.
        reach: Reach,
        /// Its address, where adverts come from.
        address: Option<(IpAddr, u8)>,
    },
}

/// Whom an ipvlan interface reaches of those over the same interface.
#[derive(
    Debug, Clone, Copy, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize,
)]
pub enum Reach {
    /// All of them.
    #[default]
    Bridge,
    /// None of them.
    Private,
    /// Those that the switch outside sends it back to.
    Vepa,
}

impl VirtualLink {
    /// A macvlan interface.
    pub const fn is_macvlan(&self) -> bool {
        matches!(self.form, LinkForm::Macvlan(_))
    }

    /// Whether a link with that hardware address can be this one.
    pub fn may_have(&self, mac: [u8; 6]) -> bool {
        match self.form {
            LinkForm::Macvlan(own) => own == mac,
            LinkForm::Ipvlan { .. } => true,
        }
    }
}

/// The virtual router's hardware address (RFC 9568 s7.3).
pub const fn virtual_mac(family: AddressFamily, vrid: Vrid) -> [u8; 6] {
    let family = match family {
        AddressFamily::V4 => 1,
        AddressFamily::V6 => 2,
    };
    [0, 0, 0x5e, 0, family, vrid.get()]
}

#[cfg(test)]
mod tests {
    use super::*;

    // conforms: C05+
    #[test]
    fn the_virtual_router_s_address() {
        let vrid = Vrid::new(51).expect("vrid");
        let four = virtual_mac(AddressFamily::V4, vrid);
        assert_eq!(four, [0x00, 0x00, 0x5e, 0x00, 0x01, 0x33]);
        let six = virtual_mac(AddressFamily::V6, vrid);
        assert_eq!(six, [0x00, 0x00, 0x5e, 0x00, 0x02, 0x33]);
    }
}
