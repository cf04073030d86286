//! Rules of instances, alone and among each other.

use super::judge::Judge;
use super::objects;
use super::script::Users;
use super::settings::{advert_interval, authentication, garp, preemption};
use super::vmac::{Homes, Registry};
use super::{hmac, lease, listening, placeless, strict, tracks, wire};
use crate::auth_draft::AuthKind;
use crate::code;
use crate::context::Context;
use crate::draft::{
    GarpDraft, GroupDraft, InstanceDraft, NotifyDraft, Spanned, VmacNames, WireDraft,
};
use holdfast_model::{
    AddressFamily, IfName, Instance, InstanceKey, Name, Priority, VirtualAddress, Vrid, Wire,
};
use holdfast_syntax::{Finding, Span};
use std::collections::BTreeMap;

/// Adverts count their addresses in one byte (RFC 9568 s5.2.5).
const MAX_ADDRESSES: usize = 255;

/// What the file says for instances that say nothing.
#[derive(Debug)]
pub(crate) struct Defaults {
    pub(crate) version: Option<Spanned<u32>>,
    pub(crate) strict: Option<Spanned<bool>>,
    pub(crate) garp: GarpDraft,
    pub(crate) users: Users,
    pub(crate) wire: WireDraft,
    pub(crate) groups: Vec<GroupDraft>,
    pub(crate) vmac_names: VmacNames,
    /// The group of each instance that is in one.
    pub(crate) member_of: BTreeMap<Name, usize>,
    /// Of addresses that name none, where the instance has none either.
    pub(crate) default_interface: Option<IfName>,
}

/// All instances that can run, each with its block.
pub(crate) fn finish(
    context: &mut Context<'_>,
    drafts: Vec<InstanceDraft>,
    defaults: &Defaults,
) -> Vec<(Instance, Span)> {
    let mut seen: BTreeMap<(IfName, Vrid, AddressFamily), (String, Span)> = BTreeMap::new();
    let mut list = Vec::new();
    let strict = defaults.strict.as_ref().is_some_and(|strict| strict.value);
    let mut judge = Judge::new(strict);
    let mut registry = Registry::default();
    for mut draft in drafts {
        let first = draft.addresses.first();
        let family = first.map_or(AddressFamily::V4, |vip| AddressFamily::of(vip.address));
        let asked = draft.version.as_ref().or(defaults.version.as_ref());
        let version = match (asked, family) {
            (Some(version), _) => version.value,
            (None, AddressFamily::V4) => 2,
            (None, AddressFamily::V6) => 3,
        };
        let is_strict = draft.strict.as_ref().map_or(judge.strict, |own| own.value);
        let version = strict::version(context, &draft, version, family, is_strict);
        judge.instance(context, &draft, version);
        if is_strict {
            strict::enforce(context, &mut draft, version, &defaults.wire);
        }
        let mut runs = can_run(context, &draft);
        let placeless = placeless::is_meant(&draft);
        if placeless && !placeless::settle(context, &mut draft, defaults.default_interface.as_ref())
        {
            continue;
        }
        let Some((interface, vrid)) = identity(context, &draft, placeless) else {
            continue;
        };
        let place = (interface.value.clone(), vrid.value, family);
        if let Some((other, span)) = seen.get(&place) {
            let finding = Finding::error(
                code::SAME_VRID,
                vrid.span,
                format!(
                    "instance `{}` has the virtual_router_id {} that `{other}` has on {}: it is left out",
                    draft.name, vrid.value, interface.value
                ),
            )
            .also(*span, "first used here")
            .help("give each instance on an interface an id of its own, 1 to 255");
            context.fatal(finding);
            continue;
        }
        seen.insert(place, (draft.name.to_string(), vrid.span));
        let block = draft.block;
        let mut wire = wire::finish(context, &draft, family, version, &defaults.wire);
        match hmac::finish(context, &draft) {
            Ok(hmac) => wire.hmac = hmac,
            Err(()) => runs = false,
        }
        wire.strict = is_strict;
        wire.habits = listening::habits(context, &draft, defaults);
        let place = (&interface.value, vrid.value, family);
        let homes = Homes::new(
            context,
            &mut registry,
            &draft,
            place,
            (&defaults.vmac_names, defaults.garp.extra),
        );
        wire.source = wire.source.or(homes.source);
        let instance = instance(context, draft, homes, (vrid.value, wire), defaults);
        if runs {
            list.push((instance, block));
        }
    }
    list
}

/// Interface and virtual router id, without which keepalived exits.
fn identity(
    context: &mut Context<'_>,
    draft: &InstanceDraft,
    placeless: bool,
) -> Option<(Spanned<IfName>, Spanned<Vrid>)> {
    if draft.vrid.is_none() {
        let finding = Finding::error(
            code::NO_VRID,
            draft.head,
            format!(
                "instance `{}` has no virtual_router_id: it is left out",
                draft.name
            ),
        )
        .help(
            "add `virtual_router_id N`, 1 to 255, the same on all routers of this virtual router",
        );
        if draft.vrid_refused {
            context.fatal_already_told(finding);
        } else {
            context.fatal(finding);
        }
    }
    let Some(interface) = &draft.interface else {
        let finding = Finding::error(
            code::NO_INTERFACE,
            draft.head,
            format!("instance `{}` has no interface: it is left out", draft.name),
        )
        .help("add `interface NAME`, the interface that leads to the other routers");
        if draft.interface_refused {
            context.fatal_already_told(finding);
        } else {
            context.fatal(finding);
        }
        return None;
    };
    if placeless {
        return Some((interface.clone(), draft.vrid.clone()?));
    }
    if let Some(vrf) = &draft.vrf {
        let message = "`vrf` is for unicast without `interface`, which has its own: it is ignored";
        let finding = Finding::warning(code::PLACELESS, vrf.span, message);
        context.push(finding.help("remove the line, or `interface`"));
    }
    if !context.has_interface(interface.value.as_str()) {
        let consequence = format!("instance `{}` is left out", draft.name);
        let name = interface.value.as_str();
        if !context.missing_interface(interface.span, name, &consequence) {
            return None;
        }
    }
    let known = context.facts.interface(&interface.value);
    if known.is_some_and(|interface| !interface.multicast) {
        let finding = Finding::error(
            code::INTERFACE_KIND,
            interface.span,
            format!(
                "interface `{}` cannot send multicast: instance `{}` is left out",
                interface.value, draft.name
            ),
        )
        .help("use another interface, or `ip link set NAME multicast on`");
        context.push(finding);
        return None;
    }
    Some((interface.clone(), draft.vrid.clone()?))
}

/// What would run as something else than the file says does not run at all.
fn can_run(context: &mut Context<'_>, draft: &InstanceDraft) -> bool {
    let kind = draft.auth.kind.as_ref();
    let ah = kind.filter(|kind| kind.value == AuthKind::Ah);
    let obstacle = ah.map(|kind| ("`auth_type AH`", kind.span));
    let Some((what, span)) = obstacle else {
        return true;
    };
    unbuilt(context, draft, what, span);
    false
}

fn unbuilt(context: &mut Context<'_>, draft: &InstanceDraft, what: &str, span: Span) {
    let finding = Finding::error(
        code::UNBUILT_INSTANCE,
        span,
        format!(
            "{what} is not supported yet: instance `{}` is left out",
            draft.name
        ),
    )
    .also(draft.head, "this instance")
    .help("run this instance with keepalived until it is");
    context.decisive(finding);
}

fn instance(
    context: &mut Context<'_>,
    draft: InstanceDraft,
    homes: Homes,
    (vrid, mut wire): (Vrid, Wire),
    defaults: &Defaults,
) -> Instance {
    let version = u32::from(wire.version.number());
    let wanted = draft.wants_master;
    let by_state = if wanted == Some(true) {
        Some(Priority::OWNER)
    } else {
        Priority::new(100)
    };
    let priority = draft.priority.or(by_state).unwrap_or(Priority::OWNER);
    let wants_master = wanted.unwrap_or(priority.is_owner());
    let (nopreempt, preempt_delay) = preemption(context, &draft, wants_master, priority);
    let needed = match (version, wire.strict) {
        (3, _) => Some("VRRP version 3"),
        (_, true) => Some("strict mode"),
        _ => None,
    };
    let rest = draft.addresses.get(MAX_ADDRESSES..).unwrap_or_default();
    let is_vmac = draft.vmac.as_ref().is_some_and(|vmac| !vmac.ipvlan);
    let promote = draft.promote.is_some() && !is_vmac;
    let mut objects = objects::objects(&draft.kernel, rest, &homes, promote);
    objects.refuses = strict::refuses(&draft, priority, wire.strict);
    let group = defaults.member_of.get(&draft.name);
    let group = group.and_then(|at| defaults.groups.get(*at));
    let tracks = tracks::tracks(&draft, group, priority);
    let advert_interval = advert_interval(context, &draft, version);
    wire.learned_max = defaults.wire.learned.of(advert_interval);
    let (own, file) = (&draft.wire.habits.lease, &defaults.wire.habits.lease);
    let wish = own.as_ref().or(file.as_ref());
    wire.habits.lease = lease::limit(context, wish, &draft.name, &wire, advert_interval);
    let by_group = group.and_then(|group| group.notify.priority_changes);
    Instance {
        advert_interval,
        authentication: authentication(context, &draft, version),
        garp: garp(&draft.garp, &defaults.garp),
        addresses: addresses(context, &draft, &homes, needed),
        key: InstanceKey(draft.name),
        interface: homes.interface,
        vrid,
        priority,
        wants_master,
        nopreempt,
        preempt_delay,
        serves_ipvs: false,
        notify: defaults.users.notify(
            context,
            NotifyDraft {
                // its own word, its group's, the file's
                priority_changes: draft.notify.priority_changes.or(by_group),
                ..draft.notify
            },
        ),
        objects,
        wire,
        tracks,
        links: homes.links,
    }
}

/// keepalived exits when whoever needs an address has none.
fn no_address(context: &mut Context<'_>, draft: &InstanceDraft, needed: Option<&str>) {
    let help = if draft.address_refused {
        "correct the lines of its `virtual_ipaddress` block"
    } else {
        "add a `virtual_ipaddress` block with the address to share"
    };
    let name = &draft.name;
    if let Some(who) = needed {
        let message =
            format!("instance `{name}` has no usable virtual_ipaddress, and {who} needs one");
        context.fatal(Finding::error(code::NO_ADDRESS, draft.head, message).help(help));
    } else {
        let message =
            format!("instance `{name}` has no usable virtual_ipaddress: it protects nothing");
        context.push(Finding::warning(code::NO_ADDRESS, draft.head, message).help(help));
    }
}

fn addresses(
    context: &mut Context<'_>,
    draft: &InstanceDraft,
    homes: &Homes,
    needed: Option<&str>,
) -> Vec<VirtualAddress> {
    if draft.addresses.is_empty() && !draft.no_addresses {
        no_address(context, draft, needed);
    }
    if let Some(first) = draft.addresses.get(MAX_ADDRESSES) {
        let finding = Finding::error(
            code::TOO_LONG,
            first.span,
            format!(
                "an advert holds {MAX_ADDRESSES} addresses: this one and those after it are in none"
            ),
        )
        .help("write them in `virtual_ipaddress_excluded`, or spread them over several instances");
        context.push(finding);
    }
    let listed = draft.addresses.iter().take(MAX_ADDRESSES);
    listed
        .map(|vip| objects::address(vip, homes.of(vip)))
        .collect()
}
