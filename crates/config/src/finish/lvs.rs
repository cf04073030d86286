//! Rules of a virtual server.

use crate::code;
use crate::context::Context;
use crate::draft::{ServerDraft, VirtualServerDraft};
use crate::finish::{checks, lent, service};
use core::net::IpAddr;
use holdfast_model::{
    AddressFamily, Forwarding, GroupServices, RealServer, RealServerKey, ServiceKey, SorryServer,
    VirtualServer, VirtualServerKey, Weight,
};
use holdfast_syntax::Finding;
use std::collections::{BTreeMap, BTreeSet};

/// A virtual server with everything filled in, and what it says of scripts.
pub(crate) type Finished = (VirtualServer, ServerDraft);

/// The virtual server; `None` when it has to be left out.
pub(crate) fn finish(context: &mut Context<'_>, draft: VirtualServerDraft) -> Option<Finished> {
    let forwarding = forwarding(context, &draft);
    let key = service::key(context, &draft, forwarding);
    scheduler(context, &draft);
    let identity = Identity {
        key: VirtualServerKey::Service(key),
        family: Some(key.family()),
        marks: matches!(key, ServiceKey::Fwmark { .. }),
        ports: BTreeSet::from([match key {
            ServiceKey::Address { port, .. } => port,
            ServiceKey::Fwmark { .. } => 0,
        }]),
        group: None,
    };
    rest(context, draft, identity, forwarding)
}

/// Who it is.
pub(super) struct Identity {
    pub(super) key: VirtualServerKey,
    /// Of its services; `None`: of both.
    pub(super) family: Option<AddressFamily>,
    /// Among its services are firewall marks.
    pub(super) marks: bool,
    /// Of its services.
    pub(super) ports: BTreeSet<u16>,
    pub(super) group: Option<Box<GroupServices>>,
}

/// All but who it is.
pub(super) fn rest(
    context: &mut Context<'_>,
    mut draft: VirtualServerDraft,
    identity: Identity,
    forwarding: Forwarding,
) -> Option<Finished> {
    let mut options = service::options(context, &draft);
    let persistence = service::persistence(context, &draft, &identity);
    let mut own = ServerDraft {
        scripts: core::mem::take(&mut draft.scripts),
        suspends: draft.ha_suspend && identity.key.address().is_some(),
        ..ServerDraft::default()
    };
    let real_servers = real_servers(context, &draft, &identity, forwarding, &mut own);
    let sorry_server = sorry_server(context, &draft, &identity, forwarding);
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
    options.lent = lent::of(context, &draft, &real_servers, sorry_server.as_ref());
    let weights = real_servers.iter().map(|server| server.weight.get());
    let weights = weights.fold(0, u32::saturating_add);
    let (quorum, hysteresis) = quorum(context, &draft, weights);
    let server = VirtualServer {
        key: identity.key,
        scheduler: draft.scheduler.unwrap_or_default(),
        forwarding,
        persistence,
        quorum,
        hysteresis,
        sorry_server,
        real_servers,
        options,
        group: identity.group,
    };
    Some((server, own))
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

/// A packet of one family travels to a server of the other in a tunnel only.
fn fits(identity: &Identity, forwarding: Forwarding, address: IpAddr) -> bool {
    matches!(forwarding, Forwarding::Tun(_)) || identity.family == Some(AddressFamily::of(address))
}

fn real_servers(
    context: &mut Context<'_>,
    draft: &VirtualServerDraft,
    identity: &Identity,
    inherited: Forwarding,
    own: &mut ServerDraft,
) -> Vec<RealServer> {
    let mut list = Vec::with_capacity(draft.real_servers.len());
    let mut seen = BTreeMap::new();
    for server in &draft.real_servers {
        let forwarding = server.forwarding.unwrap_or(inherited);
        if !fits(identity, forwarding, server.address) {
            let finding = Finding::error(
                code::FAMILY,
                server.head,
                "this real server is of another address family than its virtual server: it is left out",
            )
            .also(draft.head, "the virtual server")
            .help("IPv4 and IPv6 need a virtual server each, or a tunnel (`lvs_method TUN`)");
            context.push(finding);
            continue;
        }
        let (kind, given) = ("real server", server.port);
        let port = port(context, identity, forwarding, kind, given, server.head);
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
            virtual_server: identity.key.clone(),
            address: server.address,
            port,
        };
        if let Some(scripts) = &server.scripts {
            own.servers.push((key.clone(), (**scripts).clone()));
        }
        let checkers = checks::of(context, draft, (server, &key), &mut own.programs);
        list.push(RealServer {
            key,
            weight: server.weight.or(draft.weight).unwrap_or(Weight::ONE),
            forwarding,
            inhibit_on_failure: server
                .inhibit_on_failure
                .unwrap_or(draft.inhibit_on_failure),
            checkers,
            thresholds: server.thresholds,
            slow_start: server.slow_start,
        });
    }
    list
}

/// DR and TUN leave the packet as it is, so the port must be the virtual server's; a mark has no
/// port at all. Below a group the port stays as written: each row gets its service's.
fn port(
    context: &mut Context<'_>,
    identity: &Identity,
    forwarding: Forwarding,
    kind: &str,
    given: u16,
    head: holdfast_syntax::Span,
) -> u16 {
    if identity.group.is_some() {
        if !forwarding.rewrites() {
            grouped_port(context, identity, given, head);
        }
        return given;
    }
    let wanted = identity.ports.first().copied().unwrap_or(0);
    if given == 0 {
        return wanted;
    }
    if forwarding.rewrites() || given == wanted {
        return given;
    }
    let message = if identity.marks {
        format!(
            "port {given} of this {kind} has no meaning with DR or TUN under a firewall mark, \
             which covers all ports: it is ignored"
        )
    } else {
        format!(
            "port {given} of this {kind} cannot be reached with DR or TUN, which leave the port as \
             it is: the virtual server's port {wanted} is used"
        )
    };
    let finding = Finding::warning(code::PORT, head, message).help(if wanted == 0 {
        "remove the port here, or use `lb_kind NAT`".to_owned()
    } else {
        format!("write port {wanted} here, or use `lb_kind NAT`")
    });
    context.push(finding);
    wanted
}

fn grouped_port(
    context: &mut Context<'_>,
    identity: &Identity,
    port: u16,
    span: holdfast_syntax::Span,
) {
    let same = !identity.marks && identity.ports.iter().all(|wanted| *wanted == port);
    if port == 0 || same {
        return;
    }
    let finding = Finding::warning(
        code::PORT,
        span,
        format!(
            "port {port} cannot be reached with DR or TUN, which leave the port as it is: not \
             every line of the group has it"
        ),
    )
    .help("remove the port here, or use `lb_kind NAT`");
    context.push(finding);
}

fn sorry_server(
    context: &mut Context<'_>,
    draft: &VirtualServerDraft,
    identity: &Identity,
    forwarding: Forwarding,
) -> Option<SorryServer> {
    let sorry = draft.sorry_server.as_ref()?;
    let forwarding = draft.options.sorry_forwarding.unwrap_or(forwarding);
    if !fits(identity, forwarding, sorry.value.address) {
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
        port: port(context, identity, forwarding, kind, given, sorry.span),
        forwarding,
        inhibit: sorry.value.inhibit,
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
