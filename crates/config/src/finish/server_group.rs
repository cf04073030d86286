//! `virtual_server group`: several services at once.

use super::lvs::{Identity, forwarding, rest, scheduler};
use super::service;
use crate::block::Draft;
use crate::code;
use crate::context::Context;
use crate::draft::{ServerGroup, ServiceDraft, VirtualServerDraft};
use crate::suggest;
use holdfast_model::{
    AddressFamily, Forwarding, GroupServices, Name, Protocol, ServiceKey, VirtualServerKey,
};
use holdfast_syntax::Finding;
use std::collections::{BTreeMap, BTreeSet};

/// All virtual servers of groups, in the order of the file, behind the others.
pub(crate) fn finish(context: &mut Context<'_>, file: &mut Draft) {
    let groups = &mut file.server_groups;
    for draft in core::mem::take(&mut file.grouped) {
        let ServiceDraft::Group(name) = &draft.service else {
            continue;
        };
        let name = name.clone();
        let method = forwarding(context, &draft);
        scheduler(context, &draft);
        let Some(group) = groups.get_mut(&name) else {
            unknown(context, &draft, &name, groups);
            continue;
        };
        let block = draft.block;
        let identity = identity(context, &draft, method, (&name, group));
        group.turns = group.turns.saturating_add(1);
        if let Some((server, own)) = rest(context, draft, identity, method) {
            file.servers.keep(&server.key, own);
            file.virtual_servers.push((server, block));
        }
    }
}

fn unknown(
    context: &mut Context<'_>,
    draft: &VirtualServerDraft,
    name: &str,
    groups: &BTreeMap<String, ServerGroup>,
) {
    let finding = Finding::advice(
        code::NOT_DEFINED,
        draft.head,
        format!("there is no `virtual_server_group {name}`: the virtual server is left out"),
    )
    .help(
        match suggest::nearest(name, groups.keys().map(String::as_str)) {
            Some(near) => format!("did you mean `{near}`?"),
            None => "define the group, or correct the name".to_owned(),
        },
    );
    context.push(finding);
}

fn identity(
    context: &mut Context<'_>,
    draft: &VirtualServerDraft,
    method: Forwarding,
    (name, group): (&str, &ServerGroup),
) -> Identity {
    let marks_only = group.ranges.is_empty();
    let protocol = if marks_only {
        if let Some(protocol) = &draft.protocol {
            let finding = Finding::warning(
                code::FWMARK_PROTOCOL,
                protocol.span,
                "a firewall mark of the group covers all protocols: `protocol` is ignored for it",
            )
            .help("put marks into a group of their own, without `protocol`");
            context.push(finding);
        }
        None
    } else {
        Some(service::protocol(context, draft))
    };
    let mut families = group.families();
    let family = mark_family(draft, method, &families);
    families.extend(group.marks.iter().map(|mark| mark.family.unwrap_or(family)));
    let services = services(group, protocol, family);
    Identity {
        key: VirtualServerKey::Group {
            name: Name::from(name),
            turn: group.turns,
            protocol,
        },
        family: match (families.len(), families.first()) {
            (1, Some(family)) => Some(*family),
            _ => None,
        },
        marks: !group.marks.is_empty(),
        ports: group.ranges.iter().map(|range| range.port).collect(),
        group: Some(Box::new(GroupServices {
            services,
            marked: Vec::new(),
        })),
    }
}

/// Of marks that name none.
fn mark_family(
    draft: &VirtualServerDraft,
    method: Forwarding,
    addresses: &BTreeSet<AddressFamily>,
) -> AddressFamily {
    let tunnel = |method| matches!(method, Forwarding::Tun(_));
    let mut servers = draft.real_servers.iter();
    let tunnels_only = servers.all(|server| tunnel(server.forwarding.unwrap_or(method)));
    match addresses.first() {
        Some(family) => *family,
        // keepalived guesses no other
        None if tunnels_only => draft.options.family.unwrap_or(AddressFamily::V4),
        None => service::family(draft, method),
    }
}

const fn fwmark(mark: u32, family: AddressFamily) -> ServiceKey {
    ServiceKey::Fwmark { mark, family }
}

/// A service for each address and each mark, once.
fn services(
    group: &ServerGroup,
    protocol: Option<Protocol>,
    family: AddressFamily,
) -> Vec<ServiceKey> {
    let mut services: Vec<ServiceKey> = Vec::new();
    let protocol = protocol.unwrap_or(Protocol::Udp);
    for range in &group.ranges {
        let port = range.port;
        services.extend(range.addresses().map(|address| ServiceKey::Address {
            protocol,
            address,
            port,
        }));
    }
    let marks = group.marks.iter();
    services.extend(marks.map(|mark| fwmark(mark.mark, mark.family.unwrap_or(family))));
    let mut seen = BTreeSet::new();
    services.retain(|service| seen.insert(*service));
    services
}
