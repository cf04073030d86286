//! What is said of the kernel objects of an instance.

use holdfast_model::event::{Kind, VrrpEvent};

/// What is said when everything goes, in keepalived's order: what depends on the addresses first.
pub fn removing(config: &holdfast_model::Instance) -> Vec<VrrpEvent> {
    let kinds = config.objects.kinds();
    let (excluded, others): (Vec<_>, Vec<_>) =
        kinds.into_iter().partition(|kind| *kind == Kind::Excluded);
    let others = others.into_iter().rev().map(VrrpEvent::Removing);
    let addresses = core::iter::once(VrrpEvent::RemovingAddresses);
    let excluded = excluded.into_iter().map(VrrpEvent::Removing);
    let firewall = config.objects.refuses.then_some(Kind::Firewall);
    let firewall = firewall.map(VrrpEvent::Removing);
    others
        .chain(addresses)
        .chain(excluded)
        .chain(firewall)
        .collect()
}
