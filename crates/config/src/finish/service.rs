//! Which packets a virtual server takes, and what the kernel is told of it.

use crate::block::DEFAULT_PERSISTENCE;
use crate::code;
use crate::context::Context;
use crate::draft::{ServiceDraft, VirtualServerDraft};
use crate::finish::lvs::Identity;
use core::net::IpAddr;
use holdfast_model::{
    AddressFamily, Forwarding, Persistence, Protocol, ServiceKey, ServiceOptions,
};
use holdfast_syntax::Finding;

/// No protocol means UDP; a mark has none.
pub(super) fn key(
    context: &mut Context<'_>,
    draft: &VirtualServerDraft,
    forwarding: Forwarding,
) -> ServiceKey {
    match draft.service {
        ServiceDraft::Address { address, port } => ServiceKey::Address {
            protocol: protocol(context, draft),
            address,
            port,
        },
        // a group is judged elsewhere
        ServiceDraft::Group(_) => ServiceKey::Fwmark {
            mark: 0,
            family: AddressFamily::V4,
        },
        ServiceDraft::Fwmark(mark) => {
            if let Some(protocol) = &draft.protocol {
                let finding = Finding::warning(
                    code::FWMARK_PROTOCOL,
                    protocol.span,
                    "a firewall mark covers all protocols: `protocol` is ignored",
                )
                .help("remove the line");
                context.push(finding);
            }
            let family = family(draft, forwarding);
            ServiceKey::Fwmark { mark, family }
        }
    }
}

/// No protocol means UDP.
pub(super) fn protocol(context: &mut Context<'_>, draft: &VirtualServerDraft) -> Protocol {
    let protocol = draft.protocol.as_ref().map(|protocol| protocol.value);
    if protocol.is_none() && !draft.refused.protocol {
        let finding = Finding::warning(
            code::NO_PROTOCOL,
            draft.head,
            "this virtual server has no `protocol`: UDP is used, as keepalived does",
        )
        .help("add `protocol TCP`, unless UDP is meant");
        context.push(finding);
    }
    protocol.unwrap_or(Protocol::Udp)
}

/// A mark has the family of its first server that is reached without a tunnel. Behind tunnels only,
/// it is what is said, or that of all servers, or IPv4.
pub(super) fn family(draft: &VirtualServerDraft, inherited: Forwarding) -> AddressFamily {
    let servers = draft.real_servers.iter().map(|server| {
        let tunnel = matches!(server.forwarding.unwrap_or(inherited), Forwarding::Tun(_));
        (AddressFamily::of(server.address), tunnel)
    });
    let mut plain = servers.clone().filter(|(_, tunnel)| !tunnel);
    if let Some((family, _)) = plain.next() {
        return family;
    }
    if let Some(family) = draft.options.family {
        return family;
    }
    let mut families = servers.map(|(family, _)| family);
    match families.next() {
        Some(AddressFamily::V6) if families.all(|family| family == AddressFamily::V6) => {
            AddressFamily::V6
        }
        Some(_) | None => AddressFamily::V4,
    }
}

/// One packet is a connection for UDP only.
fn one_packet(context: &mut Context<'_>, draft: &VirtualServerDraft) -> bool {
    let protocol = draft.protocol.as_ref().map(|protocol| protocol.value);
    let udp = matches!(protocol, None | Some(Protocol::Udp));
    if let Some(span) = draft.options.ops.filter(|_| !udp) {
        let message = "`ops`, each packet for itself, works with UDP only: it is ignored";
        let finding = Finding::warning(code::OPS, span, message);
        context.push(finding.help("remove the line, or write `protocol UDP`"));
    }
    udp && draft.options.ops.is_some()
}

/// What the kernel is told besides.
pub(super) fn options(context: &mut Context<'_>, draft: &VirtualServerDraft) -> ServiceOptions {
    ServiceOptions {
        one_packet: one_packet(context, draft),
        scheduler_flags: draft.options.flags,
        engine: draft.options.engine.clone(),
        lent: Vec::new(),
    }
}

/// An IPv6 address swallows a port that is glued to it.
fn name_the_port(draft: &VirtualServerDraft) -> String {
    if let ServiceDraft::Address {
        address: IpAddr::V6(address),
        ..
    } = draft.service
    {
        let text = address.to_string();
        if let Some((host, port)) = text.rsplit_once(':')
            && !port.is_empty()
            && port.bytes().all(|byte| byte.is_ascii_digit())
            && host.parse::<IpAddr>().is_ok()
        {
            return format!(
                "if `{port}` is the port, write `{host} {port}`, with a blank before it; else add `persistence_timeout 360`"
            );
        }
    }
    "name the port behind the address, `IP PORT`, or add `persistence_timeout 360`".to_owned()
}

/// Granularity and port 0 imply persistence.
pub(super) fn persistence(
    context: &mut Context<'_>,
    draft: &VirtualServerDraft,
    identity: &Identity,
) -> Option<Persistence> {
    // a port 0 that stands for a mark is none
    let zero_port =
        identity.ports.contains(&0) && !matches!(draft.service, ServiceDraft::Fwmark(_));
    let mut timeout = draft.persistence_timeout;
    if timeout.is_none() && draft.persistence_prefix.is_some() {
        timeout = Some(DEFAULT_PERSISTENCE);
    }
    if timeout.is_none() && zero_port {
        let finding = Finding::warning(
            code::ZERO_PORT,
            draft.head,
            "port 0, all ports, needs persistence: a timeout of 360 s is used",
        )
        .help(name_the_port(draft));
        context.push(finding);
        timeout = Some(DEFAULT_PERSISTENCE);
    }
    let longest = match identity.family {
        Some(AddressFamily::V4) => 32,
        Some(AddressFamily::V6) | None => 128,
    };
    timeout.map(|timeout| Persistence {
        timeout,
        prefix: draft.persistence_prefix.map_or(longest, |p| p.min(longest)),
    })
}
