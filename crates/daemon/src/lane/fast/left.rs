//! What a worker before us left here.

use crate::lane::lease::Leased;
use crate::lane::mailbox::{Holding, PathWish, Wanted};
use crate::lane::paths::Made;
use crate::state::{Held, HeldInstance};
use holdfast_model::{InstanceKey, Owner, Route, Rule, VirtualAddress};
use holdfast_plan::address::AddressId;
use holdfast_plan::guard::{self, Kept};
use holdfast_plan::{address, path};
use std::collections::btree_map::Entry;
use std::collections::{BTreeMap, BTreeSet};

/// The addresses that nobody was to reach: nor is anybody while they go.
pub(super) fn kept(before: &Held) -> Vec<(Owner, Kept)> {
    let refusing = before.instances.iter().filter(|(_, held)| held.refuses);
    refusing
        .map(|(key, held)| (Owner::Instance(key.clone()), guard::kept(&held.addresses)))
        .collect()
}

/// Addresses that the worker before us put there, or took over: they go when their want does.
pub(super) fn made(before: &Held) -> Vec<(Owner, Vec<AddressId>)> {
    let ids = |list: &[VirtualAddress]| list.iter().map(|vip| address::desired(vip).0).collect();
    let instances = before.instances.iter();
    let instances =
        instances.map(|(key, held)| (Owner::Instance(key.clone()), ids(&held.addresses)));
    let statics = (Owner::Static, ids(&before.statics.addresses));
    instances.chain([statics]).collect()
}

/// Routes and rules, likewise.
pub(super) fn paths(before: &Held) -> Vec<(Owner, Made)> {
    let all = |routes: &[Route], rules: &[Rule]| {
        let routes = routes.iter().map(path::route);
        routes.chain(rules.iter().map(path::rule)).collect()
    };
    let instances = before.instances.iter().map(|(key, held)| {
        let owner = Owner::Instance(key.clone());
        (owner, all(&held.routes, &held.rules))
    });
    let statics = &before.statics;
    let statics = (Owner::Static, all(&statics.routes, &statics.rules));
    instances.chain([statics]).collect()
}

/// The addresses that could be used while adverts left only.
pub(super) fn leased(before: &Held) -> Vec<(InstanceKey, Leased)> {
    let leased = before.instances.iter().filter_map(|(key, held)| {
        let limit = held.lease?;
        let addresses = held.addresses.iter().map(|vip| vip.address).collect();
        Some((key.clone(), Leased { limit, addresses }))
    });
    leased.collect()
}

/// Instances of the worker before us: of those that are not in the file any more, nobody else
/// takes away what they held.
#[derive(Debug)]
pub(super) struct Orphans {
    left: BTreeMap<InstanceKey, HeldInstance>,
    going: BTreeSet<Owner>,
}

impl Orphans {
    pub(super) fn of(before: &Held) -> Self {
        Self {
            left: before.instances.clone(),
            going: BTreeSet::new(),
        }
    }

    /// Joins those who are in the file, once.
    pub(super) fn join(&mut self, wants: &mut BTreeMap<Owner, Wanted>) {
        for (key, held) in core::mem::take(&mut self.left) {
            let wanted = Wanted {
                epoch: 0,
                want: Some(address::absent(&held.addresses)),
                paths: PathWish::Leftover(path::claim(&held.routes, &held.rules)),
                kept: Kept::new(),
                leased: Leased::default(),
                held: Holding::Nothing,
            };
            if let Entry::Vacant(free) = wants.entry(Owner::Instance(key)) {
                self.going.insert(free.key().clone());
                free.insert(wanted);
            }
        }
    }

    /// All of it is gone: from here on somebody else may have put it there.
    pub(super) fn gone(&mut self, owner: &Owner, epoch: u64) -> bool {
        epoch == 0 && self.going.remove(owner)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn held(refuses: bool) -> HeldInstance {
        HeldInstance {
            interface: "e0".into(),
            resignation: Vec::new(),
            signer: None,
            addresses: Vec::<VirtualAddress>::new(),
            routes: Vec::new(),
            rules: Vec::new(),
            refuses,
            lease: None,
            bound: false,
        }
    }

    #[test]
    fn what_was_kept_away_is_until_it_is_gone() {
        let before = Held {
            instances: BTreeMap::from([
                (InstanceKey("open".into()), held(false)),
                (InstanceKey("shut".into()), held(true)),
            ]),
            ..Held::default()
        };
        let owners: Vec<_> = kept(&before).into_iter().map(|(owner, _)| owner).collect();
        assert_eq!(owners, [Owner::Instance(InstanceKey("shut".into()))]);
    }

    #[test]
    fn who_is_not_in_the_file_any_more_wants_nothing_once() {
        let key = |name: &str| Owner::Instance(InstanceKey(name.into()));
        let before = Held {
            instances: BTreeMap::from([
                (InstanceKey("here".into()), held(false)),
                (InstanceKey("removed".into()), held(true)),
            ]),
            ..Held::default()
        };
        let mut orphans = Orphans::of(&before);
        let here = Wanted {
            epoch: 3,
            want: None,
            paths: PathWish::These(Vec::new()),
            kept: Kept::new(),
            leased: Leased::default(),
            held: Holding::Nothing,
        };
        let mut wants = BTreeMap::from([(key("here"), here)]);
        orphans.join(&mut wants);
        assert_eq!(wants[&key("here")].epoch, 3);
        let removed = &wants[&key("removed")];
        assert!(removed.want.is_some() && removed.kept.is_empty());
        assert!(orphans.gone(&key("removed"), 0));
        assert!(!orphans.gone(&key("removed"), 0));
        assert!(!orphans.gone(&key("here"), 0));
        let mut later = BTreeMap::new();
        orphans.join(&mut later);
        assert!(later.is_empty());
    }
}
