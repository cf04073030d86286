//! What a configuration asks of the lane, whatever the router decides.

use crate::lane::lease::Leased;
use crate::lane::mailbox::{Holding, PathWish, Settings, Wanted};
use crate::lane::settings::{IGMP, Switches};
use crate::state::HeldObjects;
use holdfast_model::{AddressFamily, IfName, Instance, Statics, VirtualAddress, VrrpModel};
use holdfast_plan::guard::Kept;
use holdfast_plan::{address, path};

/// What is to be there as long as the daemon.
pub(super) fn want_statics(statics: Option<&Statics>) -> Wanted {
    let statics = statics.filter(|statics| !statics.is_empty());
    let held = statics.map_or(Holding::Nothing, |statics| {
        Holding::Statics(HeldObjects {
            addresses: statics.addresses.clone(),
            routes: statics.routes.clone(),
            rules: statics.rules.clone(),
        })
    });
    let paths = statics.map(|statics| path::claim(&statics.routes, &statics.rules));
    Wanted {
        epoch: 0,
        paths: PathWish::These(paths.unwrap_or_default()),
        want: statics.map(|statics| address::claim(&statics.addresses)),
        kept: Kept::new(),
        leased: Leased::default(),
        held,
    }
}

/// What of these addresses can be used while adverts leave only (`vip_lease`).
pub(super) fn leased(configured: Option<&Instance>, addresses: &[VirtualAddress]) -> Leased {
    let limit = configured.and_then(|config| config.wire.habits.lease);
    limit.map_or_else(Leased::default, |limit| Leased {
        limit,
        addresses: addresses.iter().map(|vip| vip.address).collect(),
    })
}

/// Settings of the links, and of all of the host.
pub(super) fn settings(model: &VrrpModel) -> Settings {
    let mut switches = Switches::new();
    let mut links = Vec::new();
    for instance in &model.instances {
        if instance.objects.promote_secondaries {
            switches.insert((instance.interface.clone(), "promote_secondaries"), 1);
        }
        for link in &instance.links.list {
            links.push((instance.key.clone(), link.clone()));
            if link.family == AddressFamily::V4 && link.is_macvlan() {
                // what is on the link above is neither answered for nor asked with below, where
                // the hardware address is another (RFC 9568 s8.1.2)
                for (name, value) in [("arp_ignore", 1), ("arp_filter", 1), ("arp_announce", 2)] {
                    switches.insert((link.base.clone(), name), value);
                }
            }
        }
    }
    if model.listening.no_local_igmp
        && let Some(all) = IfName::new("all")
    {
        switches.insert((all, IGMP), 0);
    }
    Settings {
        switches,
        links,
        pace: model.statics.pace,
        paces: model.statics.paces.clone(),
        delays: model.statics.delays.clone(),
        firewall: model.firewall.clone(),
        listening: model.listening.clone(),
    }
}
