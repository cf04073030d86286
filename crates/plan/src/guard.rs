//! Addresses that are there and are not to be reached: Accept_Mode False (RFC 9568 s6.1).
//!
//! They are kept away before they come, and until they are gone: at no moment can one be reached
//! that must not be.

use core::net::IpAddr;
use holdfast_model::{IfName, Owner, VirtualAddress};
use std::collections::{BTreeMap, BTreeSet};

/// What nobody reaches. A link-local address is one on its link only.
pub type Kept = BTreeSet<(IpAddr, Option<IfName>)>;

/// What is kept away of these addresses.
pub fn kept<'a>(addresses: impl IntoIterator<Item = &'a VirtualAddress>) -> Kept {
    let one = |vip: &VirtualAddress| {
        let local = matches!(vip.address, IpAddr::V6(six) if six.is_unicast_link_local());
        (vip.address, local.then(|| vip.interface.clone()))
    };
    addresses.into_iter().map(one).collect()
}

/// Who wants what kept away.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Guards {
    owners: BTreeMap<Owner, Wants>,
}

#[derive(Debug, Clone, PartialEq, Eq, Default)]
struct Wants {
    epoch: u64,
    now: Kept,
    /// Of addresses that are perhaps still there.
    before: Kept,
}

impl Guards {
    /// From now on these; those from before until the answer to `epoch`.
    pub fn want(&mut self, owner: Owner, epoch: u64, kept: Kept) {
        let wants = self.owners.entry(owner).or_default();
        let old = core::mem::replace(&mut wants.now, kept);
        wants.before.extend(old);
        wants.epoch = epoch;
    }

    /// The kernel has the addresses of that epoch, and no others of the owner.
    pub fn applied(&mut self, owner: &Owner, epoch: u64) {
        let Some(wants) = self.owners.get_mut(owner) else {
            return;
        };
        if wants.epoch == epoch {
            wants.before.clear();
            if wants.now.is_empty() {
                self.owners.remove(owner);
            }
        }
    }

    /// All that is kept away now.
    pub fn all(&self) -> Kept {
        let wants = self.owners.values();
        wants
            .flat_map(|wants| wants.now.union(&wants.before))
            .cloned()
            .collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use holdfast_model::InstanceKey;

    fn owner(name: &str) -> Owner {
        Owner::Instance(InstanceKey(name.into()))
    }

    fn some(addresses: &[&str]) -> Kept {
        let parse = |text: &&str| (text.parse().expect("address"), None);
        addresses.iter().map(parse).collect()
    }

    // conforms: C62+ C62-
    #[test]
    fn from_before_it_comes_until_it_is_gone() {
        let mut guards = Guards::default();
        guards.want(owner("a"), 1, some(&["10.0.0.1"]));
        assert_eq!(guards.all(), some(&["10.0.0.1"]));
        guards.applied(&owner("a"), 1);
        guards.want(owner("a"), 2, some(&["10.0.0.2"]));
        assert_eq!(guards.all(), some(&["10.0.0.1", "10.0.0.2"]));
        // the answer to an older want says nothing
        guards.applied(&owner("a"), 1);
        assert_eq!(guards.all(), some(&["10.0.0.1", "10.0.0.2"]));
        guards.applied(&owner("a"), 2);
        assert_eq!(guards.all(), some(&["10.0.0.2"]));
        guards.want(owner("a"), 3, Kept::new());
        assert_eq!(guards.all(), some(&["10.0.0.2"]));
        guards.applied(&owner("a"), 3);
        assert_eq!(guards, Guards::default());
    }

    #[test]
    fn two_who_want_the_same_are_two() {
        let mut guards = Guards::default();
        guards.want(owner("a"), 1, some(&["10.0.0.1"]));
        guards.want(owner("b"), 2, some(&["10.0.0.1"]));
        guards.want(owner("a"), 3, Kept::new());
        guards.applied(&owner("a"), 3);
        assert_eq!(guards.all(), some(&["10.0.0.1"]));
    }
}
