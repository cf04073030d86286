//! Kernel objects with their defaults filled in.

use super::vmac::Homes;
use crate::code;
use crate::context::Context;
use crate::draft::{AddressDraft, KernelDraft, StaticsDraft};
use core::net::IpAddr;
use core::time::Duration;
use holdfast_model::address::flag;
use holdfast_model::{
    AddressOptions, IfName, Instance, LinkDelay, Objects, Statics, VirtualAddress,
};
use holdfast_syntax::{Finding, Span};

/// keepalived's `default_interface`.
const DEFAULT_INTERFACE: &str = "eth0";

/// An address on that interface.
pub(super) fn address(draft: &AddressDraft, interface: IfName) -> VirtualAddress {
    VirtualAddress {
        address: draft.address,
        prefix: draft.prefix,
        interface,
        label: draft.label.clone(),
        scope: draft.scope.unwrap_or_default(),
        broadcast: draft.broadcast,
        options: options(draft),
    }
}

fn options(draft: &AddressDraft) -> AddressOptions {
    let given = &draft.options;
    let common = AddressOptions {
        peer: given.peer,
        untracked: given.untracked,
        ..AddressOptions::default()
    };
    match draft.address {
        // the kernel knows the other words for IPv6 only, and keepalived gives IPv4 no lifetime
        IpAddr::V4(_) => AddressOptions {
            flags: given.flags & (flag::NO_PREFIX_ROUTE | flag::AUTOJOIN),
            ..common
        },
        IpAddr::V6(_) => AddressOptions {
            flags: given.flags
                | if given.detect_duplicates {
                    0
                } else {
                    flag::NODAD
                },
            preferred: given
                .preferred
                .unwrap_or((draft.prefix == 128).then_some(0)),
            ..common
        },
    }
}

/// What goes with an instance's addresses; `rest` are those that no advert holds.
pub(super) fn objects(
    draft: &KernelDraft,
    rest: &[AddressDraft],
    homes: &Homes,
    promote_secondaries: bool,
) -> Objects {
    let excluded = rest.iter().chain(&draft.excluded);
    Objects {
        excluded: excluded.map(|vip| address(vip, homes.of(vip))).collect(),
        promote_secondaries,
        routes: draft.routes.clone(),
        rules: draft.rules.clone(),
        refuses: false,
    }
}

/// What is there as long as the daemon.
/// The interface of static addresses that name none.
pub(crate) fn default_interface(draft: &StaticsDraft) -> Option<IfName> {
    let given = draft.interface.clone();
    given.or_else(|| IfName::new(DEFAULT_INTERFACE))
}

pub(crate) fn statics(
    context: &mut Context<'_>,
    draft: StaticsDraft,
    instances: &[Instance],
) -> Statics {
    let fallback = default_interface(&draft);
    let mut addresses = Vec::new();
    for line in &draft.addresses {
        let Some(interface) = line.interface.as_ref().or(fallback.as_ref()) else {
            continue;
        };
        let name = interface.as_str();
        let known = context.has_interface(name);
        if !known && line.interface.is_none() && !context.dynamic_interfaces {
            no_default(context, line, name);
        } else if known || context.missing_interface(line.span, name, "the address is left out") {
            addresses.push(address(line, interface.clone()));
        }
    }
    Statics {
        addresses,
        routes: draft.routes,
        rules: draft.rules,
        pace: draft.pace,
        paces: draft.paces,
        delays: delays(context, draft.delays, instances),
    }
}

/// keepalived: whoever advertises on a link has to notice before two adverts are missing.
fn delays(
    context: &mut Context<'_>,
    drafts: Vec<(IfName, LinkDelay, Span)>,
    instances: &[Instance],
) -> Vec<(IfName, LinkDelay)> {
    /// RFC 3768 s6.1: the least skew.
    const SKEW: Duration = Duration::from_micros(3906);
    let mut list = Vec::with_capacity(drafts.len());
    for (name, mut delay, span) in drafts {
        let here = instances
            .iter()
            .filter(|instance| instance.interface == name);
        let most = here
            .map(|instance| instance.advert_interval.duration() * 2)
            .min();
        for its in [&mut delay.down, &mut delay.up] {
            let Some(most) = most.filter(|most| *its >= *most) else {
                continue;
            };
            *its = most.saturating_sub(SKEW);
            let message = format!(
                "`{name}` has an instance that would miss two adverts: this delay is cut to {:.3} s",
                its.as_secs_f64()
            );
            let finding = Finding::advice(code::INTERVAL, span, message);
            context.push(finding.help("write less than twice `advert_int`"));
        }
        list.push((name, delay));
    }
    list
}

/// keepalived exits.
pub(super) fn no_default(context: &mut Context<'_>, line: &AddressDraft, name: &str) {
    let message = format!(
        "{} names no interface, and the default one, `{name}`, does not exist: the address is left out",
        line.address
    );
    let help = "write `dev NAME` behind it, or `default_interface NAME` into global_defs (`ip link` lists \
                them)";
    let finding = Finding::error(code::NO_DEFAULT_INTERFACE, line.span, message);
    context.fatal(finding.label("on which interface?").help(help));
}
