//! Rules of a virtual server.

use crate::block::DEFAULT_PERSISTENCE;
use crate::code;
use crate::context::Context;
use crate::draft::{ServersDraft, ServiceDraft, VirtualServerDraft};
use crate::finish::checks;
use core::net::IpAddr;
use holdfast_model::{
    AddressFamily, Forwarding, Persistence, Protocol, RealServer, RealServerKey, ServiceKey,
    SorryServer, VirtualServer, VirtualServerKey, Weight,
};
use holdfast_syntax::Finding;
use std::collections::BTreeMap;

/// The virtual server with everything filled in; `None` when it has to be left out.
pub(crate) fn finish(
    context: &mut Context<'_>,
    mut draft: VirtualServerDraft,
    scripts: &mut ServersDraft,
) -> Option<VirtualServer> {
    let key = key(context, &draft);
    let forwarding = forwarding(context, &draft);
    scheduler(context, &draft);
    ops(context, &draft);
    let persistence = persistence(context, &draft);
    let mut kept = ServersDraft::default();
    let real_servers = real_servers(context, &draft, key, forwarding, &mut kept);
    let sorry_server = sorry_server(context, &draft, key, forwarding);
    if real_servers.is_empty() {
        let finding = Finding::error(
            code::NO_REAL_SERVER,
            draft.head,
            "this virtual server has no usable real server: it is left out",
        )
        .help(if draft.refused.real_server {
            "correct its `real_server` lines"
        } else {
            "add a `real_server IP PORT {` block"
        });
        context.push(finding);
        return None;
    }
    let weights = real_servers.iter().map(|server| server.weight.get());
    let weights = weights.fold(0, u32::saturating_add);
    let (quorum, hysteresis) = quorum(context, &draft, weights);
    if scripts.begin(VirtualServerKey(key)) {
        scripts.servers.append(&mut kept.servers);
        scripts.programs.append(&mut kept.programs);
        if draft.ha_suspend && matches!(key, ServiceKey::Address { .. }) {
            scripts.suspends.push(VirtualServerKey(key));
        }
        if !draft.scripts.is_empty() {
            let own = core::mem::take(&mut draft.scripts);
            scripts.services.push((VirtualServerKey(key), own));
        }
    }
    Some(VirtualServer {
        key: VirtualServerKey(key),
        scheduler: draft.scheduler.unwrap_or_default(),
        forwarding,
        persistence,
        quorum,
        hysteresis,
        sorry_server,
        real_servers,
    })
}

/// One packet is a connection for UDP only.
fn ops(context: &mut Context<'_>, draft: &VirtualServerDraft) {
    let protocol = draft.protocol.as_ref().map(|protocol| protocol.value);
    let udp = matches!(protocol, None | Some(Protocol::Udp));
    if let Some(span) = draft.ops.filter(|_| !udp) {
        let message = "`ops`, each packet for itself, works with UDP only: it is ignored";
        let finding = Finding::warning(code::OPS, span, message);
        context.push(finding.help("remove the line, or write `protocol UDP`"));
    }
}

pub(super) fn scheduler(context: &mut Context<'_>, draft: &VirtualServerDraft) {
    if draft.scheduler.is_none() && !draft.refused.scheduler {
        let finding = Finding::warning(
            code::NO_SCHEDULER,
            draft.head,
            "this virtual server has no `lb_algo`: wlc is used",
        )
        .help("add `lb_algo wlc`, or another scheduler");
        context.push(finding);
    }
}

/// No protocol means UDP; a mark has none, and the family of its first real server.
fn key(context: &mut Context<'_>, draft: &VirtualServerDraft) -> ServiceKey {
    match draft.service {
        ServiceDraft::Address { address, port } => {
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
            ServiceKey::Address {
                protocol: protocol.unwrap_or(Protocol::Udp),
                address,
                port,
            }
        }
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
            let first = draft.real_servers.first();
            ServiceKey::Fwmark {
                mark,
                family: first.map_or(AddressFamily::V4, |rs| AddressFamily::of(rs.address)),
            }
        }
    }
}

pub(super) fn forwarding(context: &mut Context<'_>, draft: &VirtualServerDraft) -> Forwarding {
    draft.forwarding.unwrap_or_else(|| {
        if draft.refused.forwarding {
            return Forwarding::Nat;
        }
        let finding = Finding::warning(
            code::NO_METHOD,
            draft.head,
            "this virtual server has no `lb_kind`: NAT is used",
        )
        .help("add `lb_kind NAT`, `lb_kind DR` or `lb_kind TUN`");
        context.push(finding);
        Forwarding::Nat
    })
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
fn persistence(context: &mut Context<'_>, draft: &VirtualServerDraft) -> Option<Persistence> {
    let zero_port = matches!(draft.service, ServiceDraft::Address { port: 0, .. });
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
    let six = match draft.service {
        ServiceDraft::Address { address, .. } => address.is_ipv6(),
        ServiceDraft::Fwmark(_) | ServiceDraft::Group(_) => draft
            .real_servers
            .first()
            .is_some_and(|rs| rs.address.is_ipv6()),
    };
    let longest = if six { 128 } else { 32 };
    timeout.map(|timeout| Persistence {
        timeout,
        prefix: draft.persistence_prefix.map_or(longest, |p| p.min(longest)),
    })
}

fn real_servers(
    context: &mut Context<'_>,
    draft: &VirtualServerDraft,
    key: ServiceKey,
    inherited: Forwarding,
    kept: &mut ServersDraft,
) -> Vec<RealServer> {
    let mut list = Vec::with_capacity(draft.real_servers.len());
    let mut seen = BTreeMap::new();
    for server in &draft.real_servers {
        if AddressFamily::of(server.address) != key.family() {
            let finding = Finding::error(
                code::FAMILY,
                server.head,
                "this real server is of another address family than its virtual server: it is left out",
            )
            .also(draft.head, "the virtual server")
            .help("IPv4 and IPv6 need a virtual server each");
            context.push(finding);
            continue;
        }
        let forwarding = server.forwarding.unwrap_or(inherited);
        let (kind, given) = ("real server", server.port);
        let port = port(context, key, forwarding, kind, given, server.head);
        if let Some(first) = seen.get(&(server.address, port)) {
            let finding = Finding::warning(
                code::SAME_REAL_SERVER,
                server.head,
                format!(
                    "real server {} port {port} stands here twice: the first counts",
                    server.address
                ),
            )
            .also(*first, "first defined here")
            .help("remove one of the two");
            context.push(finding);
            continue;
        }
        seen.insert((server.address, port), server.head);
        let key = RealServerKey {
            virtual_server: VirtualServerKey(key),
            address: server.address,
            port,
        };
        if let Some(own) = &server.scripts {
            kept.servers.push((key.clone(), (**own).clone()));
        }
        let checkers = checks::of(context, draft, (server, &key), &mut kept.programs);
        list.push(RealServer {
            key,
            weight: server.weight.or(draft.weight).unwrap_or(Weight::ONE),
            forwarding,
            inhibit_on_failure: server
                .inhibit_on_failure
                .unwrap_or(draft.inhibit_on_failure),
            checkers,
        });
    }
    list
}

/// DR and TUN leave the packet as it is, so the port must be the virtual server's; a mark has no
/// port at all.
fn port(
    context: &mut Context<'_>,
    key: ServiceKey,
    forwarding: Forwarding,
    kind: &str,
    given: u16,
    head: holdfast_syntax::Span,
) -> u16 {
    let wanted = match key {
        ServiceKey::Address { port, .. } => port,
        ServiceKey::Fwmark { .. } => 0,
    };
    if given == 0 {
        return wanted;
    }
    if forwarding == Forwarding::Nat || given == wanted {
        return given;
    }
    let message = match key {
        ServiceKey::Address { .. } => format!(
            "port {given} of this {kind} cannot be reached with DR or TUN, which leave the port as \
             it is: the virtual server's port {wanted} is used"
        ),
        ServiceKey::Fwmark { .. } => format!(
            "port {given} of this {kind} has no meaning with DR or TUN under a firewall mark, \
             which covers all ports: it is ignored"
        ),
    };
    let finding = Finding::warning(code::PORT, head, message).help(if wanted == 0 {
        "remove the port here, or use `lb_kind NAT`".to_owned()
    } else {
        format!("write port {wanted} here, or use `lb_kind NAT`")
    });
    context.push(finding);
    wanted
}

fn sorry_server(
    context: &mut Context<'_>,
    draft: &VirtualServerDraft,
    key: ServiceKey,
    forwarding: Forwarding,
) -> Option<SorryServer> {
    let sorry = draft.sorry_server.as_ref()?;
    if AddressFamily::of(sorry.value.address) != key.family() {
        let finding = Finding::error(
            code::FAMILY,
            sorry.span,
            "the sorry server is of another address family than its virtual server: it is left out",
        )
        .also(draft.head, "the virtual server")
        .help("name a sorry server of the same family");
        context.push(finding);
        return None;
    }
    let (kind, given) = ("sorry server", sorry.value.port);
    Some(SorryServer {
        address: sorry.value.address,
        port: port(context, key, forwarding, kind, given, sorry.span),
        forwarding,
    })
}

/// The quorum must be reachable, and larger than the hysteresis.
pub(super) fn quorum(
    context: &mut Context<'_>,
    draft: &VirtualServerDraft,
    weights: u32,
) -> (u32, u32) {
    let mut quorum = draft.quorum.as_ref().map_or(1, |quorum| quorum.value);
    if quorum > weights {
        let span = draft.quorum.as_ref().map_or(draft.head, |q| q.span);
        let finding = Finding::warning(
            code::QUORUM,
            span,
            format!("quorum {quorum} is more than all real servers weigh together, {weights}: it is lowered"),
        )
        .help("lower `quorum`, or raise the weights");
        context.push(finding);
        quorum = weights.max(1);
    }
    let mut hysteresis = draft.hysteresis.as_ref().map_or(0, |h| h.value);
    if hysteresis >= quorum {
        let span = draft.hysteresis.as_ref().map_or(draft.head, |h| h.span);
        let finding = Finding::warning(
            code::HYSTERESIS,
            span,
            format!(
                "hysteresis {hysteresis} must be below the quorum, {quorum}: {} is used",
                quorum - 1
            ),
        )
        .help("lower `hysteresis`, or raise `quorum`");
        context.push(finding);
        hysteresis = quorum - 1;
    }
    (quorum, hysteresis)
}
