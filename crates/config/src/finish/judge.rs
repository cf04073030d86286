//! Rules of an instance that only say something: unicast, macvlan interfaces, strict mode.

use crate::auth_draft::AuthKind;
use crate::code;
use crate::context::Context;
use crate::draft::{InstanceDraft, TrackKind};
use core::net::IpAddr;
use holdfast_model::{IfName, Name, Priority};
use holdfast_syntax::{Finding, Span};
use std::collections::BTreeMap;

/// What the whole file says, for each instance.
#[derive(Debug)]
pub(super) struct Judge {
    /// `vrrp_strict`.
    pub(super) strict: bool,
    /// Names of macvlan and ipvlan interfaces, and who has them.
    names: BTreeMap<IfName, (String, Span)>,
}

impl Judge {
    pub(super) const fn new(strict: bool) -> Self {
        Self {
            strict,
            names: BTreeMap::new(),
        }
    }

    /// Says what is odd about one instance. `version` is the one that it runs.
    pub(super) fn instance(
        &mut self,
        context: &mut Context<'_>,
        draft: &InstanceDraft,
        version: u32,
    ) {
        let strict = draft.strict.as_ref().map_or(self.strict, |own| own.value);
        unicast(context, draft);
        self.vmac(context, draft);
        own_interface(context, draft);
        owner(context, draft);
        authentication(context, draft, version, strict);
        first_link_local(context, draft, strict);
        if strict {
            state(context, draft);
        }
    }

    fn vmac(&mut self, context: &mut Context<'_>, draft: &InstanceDraft) {
        let Some(vmac) = &draft.vmac else {
            if let Some(span) = draft.xmit_base {
                let message = "`vmac_xmit_base` without `use_vmac`: it is ignored";
                let finding = Finding::warning(code::VMAC, span, message);
                context.push(finding.help("add `use_vmac`, or remove the line"));
            }
            return;
        };
        let four = draft
            .addresses
            .first()
            .is_some_and(|vip| vip.address.is_ipv4());
        if vmac.ipvlan && four && vmac.address.is_none() {
            let message = "`use_ipvlan` needs an address of its own for IPv4: without one this instance would stay in FAULT";
            let finding = Finding::warning(code::VMAC, vmac.span, message);
            context
                .push(finding.help("write `use_ipvlan ADDRESS/LENGTH`, where adverts come from"));
        }
        let word = if vmac.ipvlan {
            "use_ipvlan"
        } else {
            "use_vmac"
        };
        if !draft.peers.is_empty() && !vmac.ipvlan && draft.xmit_base.is_none() {
            let finding = Finding::warning(
                code::VMAC,
                vmac.span,
                "with `unicast_peer`, `use_vmac` needs `vmac_xmit_base`: it is taken as given",
            )
            .help("add `vmac_xmit_base`");
            context.push(finding);
        }
        if let Some(span) = draft.xmit_base.filter(|_| vmac.ipvlan) {
            let message = "`vmac_xmit_base` is for `use_vmac`: it is ignored";
            let finding = Finding::warning(code::VMAC, span, message);
            context.push(finding.help("remove the line"));
        }
        if let Some(span) = draft.promote {
            let finding = Finding::warning(
                code::VMAC,
                span,
                if vmac.ipvlan {
                    "`promote_secondaries` is ignored by keepalived beside `use_ipvlan`: here it counts"
                } else {
                    "`promote_secondaries` goes without saying with `use_vmac`: it is ignored"
                },
            )
            .also(vmac.span, "given here")
            .help("remove the line");
            context.push(finding);
        }
        let Some(name) = &vmac.name else { return };
        if let Some((other, span)) = self.names.get(name) {
            let finding = Finding::warning(
                code::VMAC,
                vmac.span,
                format!("`{word} {name}`: instance `{other}` has that name: another is chosen"),
            )
            .also(*span, "first used here")
            .help("give each its own name, or none");
            context.push(finding);
            return;
        }
        self.names
            .insert(name.clone(), (draft.name.to_string(), vmac.span));
        let facts = context.facts;
        if facts
            .interface(name)
            .is_some_and(|there| !there.virtual_mac)
        {
            let finding = Finding::warning(
                code::VMAC,
                vmac.span,
                format!(
                    "`{word} {name}`: an interface of another kind has that name: another is chosen"
                ),
            )
            .help("choose a name that is free");
            context.push(finding);
        }
    }
}

fn unicast(context: &mut Context<'_>, draft: &InstanceDraft) {
    if !draft.peers.is_empty() {
        return;
    }
    if let Some(span) = draft.unicast {
        let finding = Finding::warning(
            code::UNICAST,
            span,
            if draft.wire.habits.needs_peers {
                "unicast is asked for, and `unicast_peer` names nobody: the instance stays in FAULT"
            } else {
                "unicast is asked for, and `unicast_peer` names nobody: adverts go to the group"
            },
        )
        .help(if draft.peer_refused {
            "correct the lines of its `unicast_peer` block"
        } else {
            "add `unicast_peer` with the other routers' addresses, or write `mcast_src_ip`"
        });
        context.push(finding);
    }
    if let Some(span) = draft.unicast_ttl {
        let finding = Finding::warning(
            code::UNICAST,
            span,
            "`unicast_ttl` without `unicast_peer`: it is ignored",
        )
        .help("add `unicast_peer`, or remove the line");
        context.push(finding);
    }
}

fn own_interface(context: &mut Context<'_>, draft: &InstanceDraft) {
    let Some(own) = &draft.interface else { return };
    let key = (TrackKind::Interface, Name::from(own.value.as_str()));
    if let Some(track) = draft.tracks.get(&key) {
        let finding = Finding::warning(
            code::SAME_TRACK,
            track.span,
            format!(
                "`{}` is the instance's own interface, which is watched anyway",
                own.value
            ),
        )
        .also(own.span, "the instance's interface")
        .help("remove the line");
        context.push(finding);
    }
}

/// An address owner's priority does not change.
fn owner(context: &mut Context<'_>, draft: &InstanceDraft) {
    if !draft.priority.is_some_and(Priority::is_owner) {
        return;
    }
    for track in draft.tracks.values() {
        if track.weighs() {
            let finding = Finding::warning(
                code::USELESS_WEIGHT,
                track.span,
                "priority 255, the address owner's, never changes: this weight is ignored",
            )
            .help("lower the priority below 255, or use weight 0, which makes a failure a fault");
            context.push(finding);
        }
    }
}

fn authentication(context: &mut Context<'_>, draft: &InstanceDraft, version: u32, strict: bool) {
    let Some(kind) = &draft.auth.kind else { return };
    if version == 3 || strict {
        let who = if version == 3 {
            "VRRP version 3 has"
        } else {
            "strict mode allows"
        };
        let finding = Finding::error(
            code::AUTHENTICATION,
            kind.span,
            format!("{who} no authentication: it is ignored"),
        )
        .help("remove the block on all routers of this VRID");
        context.push(finding);
        return;
    }
    if kind.value == AuthKind::Ah && draft.wants_master == Some(true) {
        let span = draft.state.unwrap_or(kind.span);
        let finding = Finding::warning(
            code::AUTHENTICATION,
            span,
            "`state MASTER` does not work with `auth_type AH`: BACKUP is used",
        )
        .also(kind.span, "given here")
        .help("write `state BACKUP`");
        context.push(finding);
    }
}

/// RFC 5798 s6.4.1: the owner starts as master, everybody else as backup.
fn state(context: &mut Context<'_>, draft: &InstanceDraft) {
    let owner = draft.priority.is_some_and(Priority::is_owner);
    let Some(wanted) = draft.wants_master.filter(|wanted| *wanted != owner) else {
        return;
    };
    // `state MASTER` without a priority is the owner's
    if wanted && draft.priority.is_none() {
        return;
    }
    let (state, priority) = if wanted {
        ("MASTER", "a priority below 255")
    } else {
        ("BACKUP", "priority 255")
    };
    let finding = Finding::warning(
        code::STRICT,
        draft.state.unwrap_or(draft.head),
        format!("strict mode: `state {state}` does not go with {priority}: the priority decides"),
    )
    .help("write `state MASTER` with priority 255, `state BACKUP` below");
    context.push(finding);
}

/// RFC 9568 s5.2.9.
fn first_link_local(context: &mut Context<'_>, draft: &InstanceDraft, strict: bool) {
    let Some(first) = draft.addresses.first() else {
        return;
    };
    if let IpAddr::V6(address) = first.address
        && !address.is_unicast_link_local()
    {
        let make = if strict {
            Finding::warning
        } else {
            Finding::advice
        };
        let message = "the first IPv6 address of an instance has to be link-local";
        let finding = make(code::FAMILY, first.span, message);
        context.push(finding.help("put an address from fe80::/64 first"));
    }
}
