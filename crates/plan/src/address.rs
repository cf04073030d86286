//! The addresses of an instance.

use crate::domain::{Act, Desired, Domain, Op, Retry, Verdict, Want};
use core::net::{IpAddr, Ipv4Addr};
use core::time::Duration;
use holdfast_model::{AddressOptions, IfName, Name, Owner, Scope, VirtualAddress};

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

/// What can differ. Of these, IPv6 addresses have only a peer: the kernel derives their scope from
/// the address and knows neither label nor broadcast.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct AddressAttr {
    /// What the kernel shows as it was written.
    pub shape: AddressShape,
    /// How it is put there. The kernel shows these changed (flags that it adds, seconds that run
    /// down), so for an address that it shows they are what we sent last: see [`Self::seen`].
    pub flags: u32,
    /// Seconds; `None` is forever.
    pub preferred: Option<u32>,
    /// It is not missed when somebody deletes it.
    pub untracked: bool,
}

/// The visible part.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct AddressShape {
    /// The other end, where there is one.
    pub peer: Option<IpAddr>,
    /// `None`: the interface's name, the kernel's default.
    pub label: Option<Name>,
    /// Where it is valid.
    pub scope: Scope,
    /// The broadcast address.
    pub broadcast: Option<Ipv4Addr>,
}

impl AddressShape {
    /// As the kernel will show it, and as it showed it.
    pub fn new(
        id: &AddressId,
        peer: Option<IpAddr>,
        label: Option<&str>,
        scope: Scope,
        broadcast: Option<Ipv4Addr>,
    ) -> Self {
        let peer = peer.filter(|peer| *peer != id.address);
        match id.address {
            IpAddr::V6(_) => Self {
                peer,
                ..Self::default()
            },
            IpAddr::V4(_) => Self {
                peer,
                label: label
                    .filter(|label| *label != id.interface.as_str())
                    .map(Name::from),
                scope,
                broadcast,
            },
        }
    }
}

impl AddressAttr {
    /// What stands in the kernel, `sent` being what we put there last.
    pub fn seen(shape: AddressShape, sent: Option<&Self>) -> Self {
        match sent {
            Some(sent) if sent.shape == shape => sent.clone(),
            Some(_) | None => Self {
                shape,
                ..Self::default()
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
    let AddressOptions {
        peer,
        flags,
        preferred,
        untracked,
    } = address.options;
    let shape = AddressShape::new(&id, peer, label, address.scope, address.broadcast);
    let attr = AddressAttr {
        shape,
        flags,
        preferred,
        untracked,
    };
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
    type Key = Owner;
    type Id = AddressId;
    type Attr = AddressAttr;

    const KEEP_FOUND: bool = true;
    const RETRY: Retry = Retry {
        first: Duration::from_millis(10),
        last: Duration::from_millis(200),
        report_after: Duration::from_secs(1),
    };

    fn key_of(_: &AddressId) -> Option<Owner> {
        None
    }

    fn root(_: &Owner) -> Option<AddressId> {
        None
    }

    fn covers(_: &AddressId, _: &AddressId) -> bool {
        false
    }

    /// One rank: an address that is re-created goes and comes without another in between.
    fn rank(_: &AddressId, _: Act) -> u8 {
        0
    }

    /// NLM_F_REPLACE changes lifetimes and flags only (inet_rtm_newaddr), so label, scope,
    /// broadcast and peer need a new address.
    fn editable(have: &AddressAttr, want: &AddressAttr) -> bool {
        have.shape == want.shape
    }

    fn is_missed(attr: &AddressAttr) -> bool {
        !attr.untracked
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
