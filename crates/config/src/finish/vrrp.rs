//! Rules of instances, alone and among each other.

use crate::code;
use crate::context::Context;
use crate::draft::{AuthKind, InstanceDraft, Spanned};
use core::time::Duration;
use holdfast_model::{
    AddressFamily, Authentication, Centis, Garp, IfName, Instance, InstanceKey, Priority,
    VirtualAddress, Vrid,
};
use holdfast_syntax::{Finding, Span};
use std::collections::BTreeMap;

/// Adverts count their addresses in one byte (RFC 9568 s5.2.5).
const MAX_ADDRESSES: usize = 255;

/// All instances that can run, each with its block.
pub(crate) fn finish(
    context: &mut Context<'_>,
    drafts: Vec<InstanceDraft>,
    version: Option<&Spanned<u32>>,
) -> Vec<(Instance, Span)> {
    let mut seen: BTreeMap<(IfName, Vrid, AddressFamily), (String, Span)> = BTreeMap::new();
    let mut list = Vec::new();
    for draft in drafts {
        let first = draft.addresses.first();
        let family = first.map_or(AddressFamily::V4, |vip| AddressFamily::of(vip.address));
        if !can_run(context, &draft, family, version) {
            continue;
        }
        let Some((interface, vrid)) = identity(context, &draft) else {
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
        list.push((instance(context, draft, interface.value, vrid.value), block));
    }
    list
}

/// Interface and virtual router id, without which keepalived exits.
fn identity(
    context: &mut Context<'_>,
    draft: &InstanceDraft,
) -> Option<(Spanned<IfName>, Spanned<Vrid>)> {
    if draft.vrid.is_none() {
        let finding = Finding::error(
            code::NO_VRID,
            draft.head,
            format!(
                "instance `{}` has no valid virtual_router_id: it is left out",
                draft.name
            ),
        )
        .help(
            "add `virtual_router_id N`, 1 to 255, the same on all routers of this virtual router",
        );
        context.fatal(finding);
    }
    let Some(interface) = &draft.interface else {
        let finding = Finding::error(
            code::NO_INTERFACE,
            draft.head,
            format!(
                "instance `{}` has no usable interface: it is left out",
                draft.name
            ),
        )
        .help("add `interface NAME`, the interface that leads to the other routers");
        context.fatal(finding);
        return None;
    };
    let facts = context.facts;
    let known = facts.interface(&interface.value);
    if facts.interfaces.is_some() && known.is_none() {
        let finding = Finding::error(
            code::NO_INTERFACE,
            interface.span,
            format!(
                "interface `{}` does not exist: instance `{}` is left out",
                interface.value, draft.name
            ),
        )
        .label("no such interface")
        .help("create the interface first, or correct its name (`ip link` lists them)");
        context.fatal(finding);
        return None;
    }
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
fn can_run(
    context: &mut Context<'_>,
    draft: &InstanceDraft,
    family: AddressFamily,
    global: Option<&Spanned<u32>>,
) -> bool {
    let version = draft.version.as_ref().or(global);
    let authentic = draft
        .auth
        .kind
        .as_ref()
        .filter(|kind| kind.value == AuthKind::Ah);
    let obstacle = match (&draft.unbuilt, version, authentic) {
        (Some(unbuilt), _, _) => Some((unbuilt.value, unbuilt.span)),
        (_, Some(version), _) if version.value == 3 => Some(("VRRP version 3", version.span)),
        (_, _, Some(kind)) => Some(("`auth_type AH`", kind.span)),
        _ if family == AddressFamily::V6 => {
            let span = draft.addresses.first().map_or(draft.head, |vip| vip.span);
            Some(("VRRP with IPv6 addresses", span))
        }
        _ => None,
    };
    let Some((what, span)) = obstacle else {
        return true;
    };
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
    context.push(finding);
    false
}

fn instance(
    context: &mut Context<'_>,
    draft: InstanceDraft,
    interface: IfName,
    vrid: Vrid,
) -> Instance {
    let wanted = draft.wants_master;
    let by_state = if wanted == Some(true) {
        Some(Priority::OWNER)
    } else {
        Priority::new(100)
    };
    let priority = draft.priority.or(by_state).unwrap_or(Priority::OWNER);
    let wants_master = wanted.unwrap_or(priority.is_owner());
    let (nopreempt, preempt_delay) = preemption(context, &draft, wants_master, priority);
    Instance {
        advert_interval: advert_interval(context, &draft),
        authentication: authentication(context, &draft),
        garp: garp(&draft),
        addresses: addresses(context, &draft, &interface),
        key: InstanceKey(draft.name),
        interface,
        vrid,
        priority,
        wants_master,
        nopreempt,
        preempt_delay,
        serves_ipvs: false,
    }
}

/// Version 2 carries whole seconds: rounded, at least 1.
fn advert_interval(context: &mut Context<'_>, draft: &InstanceDraft) -> Centis {
    let interval = draft.advert.as_ref().and_then(|advert| {
        let whole = advert.value.as_secs() + u64::from(advert.value.subsec_millis() >= 500);
        let whole = whole.clamp(1, 255);
        if Duration::from_secs(whole) != advert.value {
            let finding = Finding::warning(
                code::INTERVAL,
                advert.span,
                format!(
                    "VRRP version 2 sends adverts at whole seconds: `advert_int` is rounded to {whole}"
                ),
            )
            .help("write whole seconds, the same on all routers of this VRID");
            context.push(finding);
        }
        u8::try_from(whole).ok().and_then(Centis::from_secs)
    });
    interval.unwrap_or(Centis::ONE_SECOND)
}

fn authentication(context: &mut Context<'_>, draft: &InstanceDraft) -> Authentication {
    let Some(kind) = &draft.auth.kind else {
        return Authentication::None;
    };
    if draft.auth.password == [0; 8] {
        let finding = Finding::error(
            code::NO_PASSWORD,
            kind.span,
            format!(
                "instance `{}` has an auth_type, but no auth_pass: adverts carry no password",
                draft.name
            ),
        )
        .help("add `auth_pass`, at most 8 bytes, the same on all routers of this VRID");
        context.push(finding);
        return Authentication::None;
    }
    Authentication::Password(draft.auth.password)
}

/// `nopreempt` needs state BACKUP and a priority below 255, `preempt_delay` preemption.
fn preemption(
    context: &mut Context<'_>,
    draft: &InstanceDraft,
    wants_master: bool,
    priority: Priority,
) -> (bool, Duration) {
    let mut complain = |span: Span, message: &str, help: &str| {
        context.push(Finding::warning(code::PREEMPTION, span, message).help(help));
    };
    let mut nopreempt = draft.nopreempt;
    if let Some(span) = nopreempt.filter(|_| wants_master && draft.wants_master == Some(true)) {
        let message = "`nopreempt` does not work with `state MASTER`: it is ignored";
        complain(
            span,
            message,
            "write `state BACKUP` on all routers of this VRID",
        );
        nopreempt = None;
    }
    if let Some(span) = nopreempt.filter(|_| priority.is_owner()) {
        let message =
            "`nopreempt` does not work with priority 255, the address owner's: it is ignored";
        complain(
            span,
            message,
            "lower the priority below 255, or remove `nopreempt`",
        );
        nopreempt = None;
    }
    let mut delay = Duration::ZERO;
    if let Some(set) = draft.preempt_delay.as_ref().filter(|d| !d.value.is_zero()) {
        if wants_master && draft.wants_master == Some(true) {
            let message = "`preempt_delay` does not work with `state MASTER`: it is ignored";
            complain(set.span, message, "write `state BACKUP`");
        } else if nopreempt.is_some() {
            let message = "`preempt_delay` does not work with `nopreempt`: it is ignored";
            complain(set.span, message, "remove one of the two");
        } else {
            delay = set.value;
        }
    }
    (nopreempt.is_some(), delay)
}

fn garp(draft: &InstanceDraft) -> Garp {
    let (set, default) = (&draft.garp, Garp::default());
    Garp {
        repeat: set.repeat.unwrap_or(default.repeat),
        delay: set.delay.unwrap_or(default.delay),
        refresh: set.refresh.unwrap_or(default.refresh),
        refresh_repeat: set.refresh_repeat.unwrap_or(default.refresh_repeat),
        // The instance's own `garp_master_*` do not reach these two: measured on keepalived 2.2.7.
        lower_prio_repeat: set.lower_prio_repeat.unwrap_or(default.lower_prio_repeat),
        lower_prio_delay: set.lower_prio_delay.unwrap_or(default.lower_prio_delay),
    }
}

fn addresses(
    context: &mut Context<'_>,
    draft: &InstanceDraft,
    interface: &IfName,
) -> Vec<VirtualAddress> {
    if draft.addresses.is_empty() && !draft.no_addresses {
        let finding = Finding::warning(
            code::NO_ADDRESS,
            draft.head,
            format!(
                "instance `{}` has no usable virtual_ipaddress: it protects nothing",
                draft.name
            ),
        )
        .help("add a `virtual_ipaddress` block with the address to share");
        context.push(finding);
    }
    if let Some(first) = draft.addresses.get(MAX_ADDRESSES) {
        let finding = Finding::error(
            code::TOO_LONG,
            first.span,
            format!("an advert holds {MAX_ADDRESSES} addresses: this one and those after it are left out"),
        )
        .help("spread the addresses over several instances");
        context.push(finding);
    }
    let listed = draft.addresses.iter().take(MAX_ADDRESSES);
    listed
        .map(|vip| VirtualAddress {
            address: vip.address,
            prefix: vip.prefix,
            interface: vip.interface.clone().unwrap_or_else(|| interface.clone()),
            label: vip.label.clone(),
            scope: vip.scope.unwrap_or_default(),
            broadcast: vip.broadcast,
        })
        .collect()
}
