//! Unicast without `interface`: the routes decide where adverts leave, and whatever they come in by
//! they are heard. keepalived 2.2.7 refuses that by mistake; versions before and after it do not.
//!
//! Such an instance is at home on the loopback, where its source may well be, or on the VRF that it names.
//! No link of its own is watched; its VIPs name theirs.

use super::objects::no_default;
use crate::code;
use crate::context::Context;
use crate::draft::{InstanceDraft, Spanned};
use core::net::IpAddr;
use holdfast_model::IfName;
use holdfast_syntax::{Finding, Span};

/// The loopback has that name in every network namespace.
const LOOPBACK: &str = "lo";

/// Is that meant? Not where `interface` stands with a value that cannot be.
pub(super) fn is_meant(draft: &InstanceDraft) -> bool {
    draft.interface.is_none() && !draft.interface_refused && !draft.peers.is_empty()
}

/// Fills in what follows from it. False when the instance cannot run so.
pub(super) fn settle(
    context: &mut Context<'_>,
    draft: &mut InstanceDraft,
    default: Option<&IfName>,
) -> bool {
    let name = draft.name.clone();
    if draft.wire.source.is_none() {
        let message = format!(
            "instance `{name}` has neither `interface` nor `unicast_src_ip`: it is left out"
        );
        let help = "add `interface NAME`, or `unicast_src_ip ADDRESS`, where its adverts come from";
        context.fatal(Finding::error(code::NO_INTERFACE, draft.head, message).help(help));
        return false;
    }
    let on_a_link =
        |address: IpAddr| matches!(address, IpAddr::V6(six) if six.is_unicast_link_local());
    let source = draft
        .wire
        .source
        .iter()
        .map(|source| (source.value, source.span));
    let peers = draft.peers.iter().map(|(peer, span)| (peer.address, *span));
    let found = source.chain(peers).find(|(address, _)| on_a_link(*address));
    if let Some((address, span)) = found {
        let message =
            format!("`{address}` means nothing without `interface`: instance `{name}` is left out");
        let help = "add `interface NAME`, or use addresses that are routed";
        context.fatal(Finding::error(code::NO_INTERFACE, span, message).help(help));
        return false;
    }
    let message = format!(
        "instance `{name}` names no interface, which keepalived 2.2.7 refuses (2.2.8 does not): adverts go by the routes"
    );
    let help = "add `interface NAME` if all routers are on one link, or if keepalived 2.2.7 reads this file";
    context.push(Finding::warning(code::PLACELESS, draft.head, message).help(help));
    forget(context, draft);
    let home = draft.vrf.as_ref().map(|vrf| vrf.value.clone());
    let span = draft.vrf.as_ref().map_or(draft.head, |vrf| vrf.span);
    draft.interface = home
        .or_else(|| IfName::new(LOOPBACK))
        .map(|value| Spanned { value, span });
    draft.not_own_interface = true;
    addresses(context, draft, default);
    true
}

/// What needs an interface.
fn forget(context: &mut Context<'_>, draft: &mut InstanceDraft) {
    let mut ignored = |span: Span, keyword: &str| {
        let message = format!("`{keyword}` needs an `interface`: it is ignored");
        let finding = Finding::warning(code::PLACELESS, span, message);
        context.push(finding.help("add `interface NAME`, or remove the line"));
    };
    if let Some(vmac) = draft.vmac.take() {
        ignored(
            vmac.span,
            if vmac.ipvlan {
                "use_ipvlan"
            } else {
                "use_vmac"
            },
        );
    }
    if let Some(span) = draft.promote.take() {
        ignored(span, "promote_secondaries");
    }
    if core::mem::take(&mut draft.wire.tracks_source) {
        ignored(draft.head, "track_src_ip");
    }
}

/// Those that name no interface go to the default one.
fn addresses(context: &mut Context<'_>, draft: &mut InstanceDraft, default: Option<&IfName>) {
    let Some(default) = default else { return };
    let known = context.has_interface(default.as_str()) || context.dynamic_interfaces;
    for list in [&mut draft.addresses, &mut draft.kernel.excluded] {
        list.retain_mut(|address| {
            if address.interface.is_some() {
                return true;
            }
            if !known {
                no_default(context, address, default.as_str());
            }
            address.interface = Some(default.clone());
            known
        });
    }
}
