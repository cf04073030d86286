//! Rules of `virtual_server group`, which is not built yet.

use super::lvs::{forwarding, quorum, scheduler};
use crate::code;
use crate::context::Context;
use crate::draft::{ServerGroup, VirtualServerDraft};
use holdfast_model::{Forwarding, Weight};
use holdfast_syntax::{Finding, Span};

/// Says what is odd about it.
pub(crate) fn judge(
    context: &mut Context<'_>,
    draft: &VirtualServerDraft,
    group: Option<&ServerGroup>,
) {
    let method = forwarding(context, draft);
    scheduler(context, draft);
    let weights = draft.real_servers.iter().map(|server| {
        let weight = server.weight.or(draft.weight).unwrap_or(Weight::ONE);
        weight.get()
    });
    let weights = weights.fold(0, u32::saturating_add);
    let _quorum = quorum(context, draft, weights);
    let Some(group) = group else { return };
    if let Some(protocol) = draft
        .protocol
        .as_ref()
        .filter(|_| group.marks && group.ports.is_empty())
    {
        let finding = Finding::warning(
            code::FWMARK_PROTOCOL,
            protocol.span,
            "a firewall mark of the group covers all protocols: `protocol` is ignored for it",
        )
        .help("put marks into a group of their own, without `protocol`");
        context.push(finding);
    }
    for server in &draft.real_servers {
        let method = server.forwarding.unwrap_or(method);
        port(context, group, method, server.port, server.head);
    }
    if let Some(sorry) = &draft.sorry_server {
        port(context, group, method, sorry.value.port, sorry.span);
    }
}

/// DR and TUN leave the port as it is.
fn port(context: &mut Context<'_>, group: &ServerGroup, method: Forwarding, port: u16, span: Span) {
    let fits = !group.marks && group.ports.iter().all(|wanted| *wanted == port);
    if method == Forwarding::Nat || port == 0 || fits {
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
