//! The addresses of an instance.

use crate::domain::{Act, Desired, Domain, Op, Retry, Verdict, Want};
use core::net::{IpAddr, Ipv4Addr};
use core::time::Duration;
use holdfast_model::{IfName, InstanceKey, Name, Scope, VirtualAddress};

/// Addresses on interfaces, wanted by instances.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct AddressDomain;

/// Identity (model: interface, address, prefix length).
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct AddressId {
    /// On which interface.
    pub interface: IfName,
    /// The address.
    pub address: IpAddr,
    /// Its prefix length.
    pub prefix: u8,
}

/// What can differ. IPv6 addresses carry none of these: the kernel derives their scope from the
/// address and knows neither label nor broadcast.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct AddressAttr {
    /// `None`: the interface's name, the kernel's default.
    pub label: Option<Name>,
    /// Where it is valid.
    pub scope: Scope,
    /// The broadcast address.
    pub broadcast: Option<Ipv4Addr>,
}

impl AddressAttr {
    /// As the kernel will show it, and as it showed it.
    pub fn new(
        id: &AddressId,
        label: Option<&str>,
        scope: Scope,
        broadcast: Option<Ipv4Addr>,
    ) -> Self {
        match id.address {
            IpAddr::V6(_) => Self::default(),
            IpAddr::V4(_) => Self {
                label: label
                    .filter(|label| *label != id.interface.as_str())
                    .map(Name::from),
                scope,
                broadcast,
            },
        }
    }
}

/// Identity and attributes of a configured address.
pub fn desired(address: &VirtualAddress) -> (AddressId, AddressAttr) {
    let id = AddressId {
        interface: address.interface.clone(),
        address: address.address,
        prefix: address.prefix,
    };
    let label = address.label.as_ref().map(Name::as_str);
    let attr = AddressAttr::new(&id, label, address.scope, address.broadcast);
    (id, attr)
}

/// What a master wants: its addresses, in the order of the file.
pub fn claim(addresses: &[VirtualAddress]) -> Want<AddressDomain> {
    want(addresses, true)
}

/// What a router wants that must not hold them, whoever put them there (start as backup: they may
/// be left from a daemon that died). To merely give up what was claimed, want `None` instead: then
/// addresses that stood there before us stay.
pub fn absent(addresses: &[VirtualAddress]) -> Want<AddressDomain> {
    want(addresses, false)
}

fn want(addresses: &[VirtualAddress], present: bool) -> Want<AddressDomain> {
    addresses
        .iter()
        .map(|address| {
            let (id, attr) = desired(address);
            Desired {
                id,
                attr: present.then_some(attr),
            }
        })
        .collect()
}

const ENODEV: i32 = 19;
const EPERM: i32 = 1;
const EEXIST: i32 = 17;
const EINVAL: i32 = 22;
const EADDRNOTAVAIL: i32 = 99;

impl Domain for AddressDomain {
    type Key = InstanceKey;
    type Id = AddressId;
    type Attr = AddressAttr;

    const KEEP_FOUND: bool = true;
    const RETRY: Retry = Retry {
        first: Duration::from_millis(10),
        last: Duration::from_millis(200),
        report_after: Duration::from_secs(1),
    };

    fn key_of(_: &AddressId) -> Option<InstanceKey> {
        None
    }

    fn root(_: &InstanceKey) -> Option<AddressId> {
        None
    }

    fn covers(_: &AddressId, _: &AddressId) -> bool {
        false
    }

    /// One rank: an address that is re-created goes and comes without another in between.
    fn rank(_: &AddressId, _: Act) -> u8 {
        0
    }

    /// NLM_F_REPLACE changes lifetimes and flags only (inet_rtm_newaddr), so label, scope and
    /// broadcast need a new address.
    fn editable(_: &AddressAttr, _: &AddressAttr) -> bool {
        false
    }

    fn verdict(op: &Op<AddressId, AddressAttr>, errno: i32) -> Verdict<AddressId> {
        match (op.act(), errno) {
            (Act::Create, EEXIST) => Verdict::Exists(op.id().clone()),
            (Act::Delete, EADDRNOTAVAIL | ENODEV) => Verdict::Absent(op.id().clone()),
            (_, EPERM | EINVAL) => Verdict::Permanent,
            (Act::Create | Act::Edit | Act::Delete, _) => Verdict::Retry,
        }
    }
}
