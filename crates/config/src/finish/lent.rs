//! `FULLNAT`: which real servers get connections from an address of this host.

use crate::code;
use crate::context::Context;
use crate::draft::VirtualServerDraft;
use core::net::IpAddr;
use holdfast_model::{AddressFamily, Forwarding, Lent, RealServer, SorryServer};
use holdfast_syntax::{Finding, Span};

/// Those of a virtual server, the sorry server among them.
pub(super) fn of(
    context: &mut Context<'_>,
    draft: &VirtualServerDraft,
    servers: &[RealServer],
    sorry: Option<&SorryServer>,
) -> Vec<Lent> {
    let mut list = Vec::new();
    let mut said = Vec::new();
    let mut own = draft.real_servers.iter();
    if draft.full_nat.is_none() && own.all(|server| server.full_nat.is_none()) {
        return list;
    }
    // servers are in the order of their drafts, of which some were left out
    let mut drafts = draft.real_servers.iter();
    for server in servers {
        let key = &server.key;
        let moved = server.forwarding != Forwarding::Nat;
        let own = drafts.find(|one| {
            one.address == key.address && (moved || one.port == key.port || one.port == 0)
        });
        let (sources, span) = match own {
            Some(one) if one.forwarding.is_some() => (one.full_nat.as_ref(), one.head),
            Some(_) | None => (draft.full_nat.as_ref(), draft.head),
        };
        if let Some(sources) = sources {
            let sources = of_family(context, sources, key.address, span, &mut said);
            list.push(Lent {
                address: key.address,
                port: key.port,
                sources,
            });
        }
    }
    let inherits = draft.options.sorry_forwarding.is_none();
    if let (Some(sorry), Some(sources), true) = (sorry, &draft.full_nat, inherits)
        && sorry.forwarding == Forwarding::Nat
        && !sorry.address.is_loopback()
    {
        list.push(Lent {
            address: sorry.address,
            port: sorry.port,
            sources: of_family(context, sources, sorry.address, draft.head, &mut said),
        });
    }
    list
}

/// Those that a server of this family can answer.
fn of_family(
    context: &mut Context<'_>,
    sources: &[IpAddr],
    server: IpAddr,
    span: Span,
    said: &mut Vec<IpAddr>,
) -> Vec<IpAddr> {
    let (fit, other): (Vec<IpAddr>, Vec<IpAddr>) = sources
        .iter()
        .partition(|source| AddressFamily::of(**source) == AddressFamily::of(server));
    for source in other {
        if !said.contains(&source) {
            said.push(source);
            let message = format!(
                "`FULLNAT`: {source} is of another address family than {server}: it is ignored"
            );
            let finding = Finding::error(code::FAMILY, span, message);
            context.push(finding.help("name addresses of the real servers' family"));
        }
    }
    fit
}
