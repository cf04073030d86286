//! Keywords of `vrrp_instance`: who speaks to whom, and on which links.

use super::own_link::{ipvlan, vmac};
use super::{check, keep, whole};
use crate::code;
use crate::context::Context;
use crate::draft::{InstanceDraft, Spanned};
use crate::table::{Arity, Row};
use crate::value::{address as ip, number};
use core::net::IpAddr;
use holdfast_model::{IfName, Peer};
use holdfast_syntax::Item;

const ADDRESS: Arity = Arity::Value("an IP address");

/// Who speaks to whom.
pub(super) const LINK: &[Row<InstanceDraft>] = &[
    Row::works(
        "vrf",
        Arity::Value("a VRF interface's name"),
        "The VRF whose routes unicast without `interface` goes by.",
        vrf,
    ),
    Row::works(
        "native_ipv6",
        Arity::Free,
        "Old, nothing to do: IPv6 adverts are sent for IPv6 addresses.",
        |c, i, _| check::deprecated(c, i, "nothing: the family of the addresses decides"),
    ),
    Row::works(
        "linkbeat_use_polling",
        Arity::Free,
        "Old spelling of a linkbeat_interfaces block.",
        |c, i, d| {
            check::deprecated(c, i, "a `linkbeat_interfaces` block");
            d.wire.habits.polled = true;
        },
    ),
    Row::works(
        "debug",
        Arity::Value("0 to 4"),
        "Has no effect, nor in keepalived.",
        |c, i, _| check::number(c, i, 0..=4),
    ),
    Row::works(
        "use_vmac",
        Arity::Free,
        "A macvlan interface with the virtual router's MAC address (RFC 9568 s7.3): `[NAME] [MAC]`.",
        vmac,
    ),
    Row::works(
        "use_ipvlan",
        Arity::Free,
        "An ipvlan interface of its own, which adverts leave by: `[NAME] [ADDRESS/LENGTH] [bridge|private|vepa] [group N]`.",
        ipvlan,
    ),
    Row::works(
        "vmac_xmit_base",
        Arity::Switch,
        "Adverts leave by the base interface, and are heard there.",
        |_, i, draft| draft.xmit_base = Some(i.head()),
    ),
    Row::works(
        "use_vmac_addr",
        Arity::Free,
        "A macvlan interface on each other interface that addresses name with `dev`.",
        |_, _, draft| draft.kernel.vmac_addresses = true,
    ),
    Row::works(
        "promote_secondaries",
        Arity::Switch,
        "Further addresses stay when the first one goes.",
        |_, i, draft| draft.promote = Some(i.head()),
    ),
    Row::works("mcast_src_ip", ADDRESS, "Where adverts come from.", source),
    Row::works(
        "unicast_src_ip",
        ADDRESS,
        "Where adverts come from.",
        unicast_source,
    ),
    Row::works(
        "track_src_ip",
        Arity::Switch,
        "FAULT while the address that adverts come from (`mcast_src_ip`, `unicast_src_ip`) is not on the interface.",
        |_, _, draft| draft.wire.tracks_source = true,
    ),
    Row::works(
        "mcast_dst_ip",
        Arity::Value("a multicast address"),
        "The group that adverts go to.",
        group,
    ),
    Row::works(
        "unicast_peer",
        Arity::Block,
        "Adverts go to these addresses instead of the group; each may have `min_ttl N` and `max_ttl N`.",
        peers,
    )
    .repeated(),
    Row::works(
        "unicast_fault_no_peer",
        Arity::Switch,
        "FAULT when unicast is wanted and no peer is named.",
        |_, _, d| d.wire.habits.needs_peers = true,
    ),
    Row::works(
        "unicast_ttl",
        Arity::Value("0 to 255"),
        "TTL of unicast adverts over IPv4; 255.",
        |c, i, draft| {
            let ttl = whole(c, i, 0..=255, "255 is used");
            draft.wire.ttl = ttl.and_then(|ttl| u8::try_from(ttl).ok());
            draft.unicast_ttl = Some(i.head());
        },
    ),
    Row::works(
        "check_unicast_src",
        Arity::Free,
        "Only known peers are heard.",
        |_, i, draft| {
            draft.unicast = draft.unicast.or(Some(i.head()));
            draft.wire.only_known = true;
        },
    ),
    Row::works(
        "old_unicast_checksum",
        Arity::Free,
        "How version 3 counts the checksum of unicast adverts.",
        old_checksum,
    )
    .alias(&["old_unicast_chksum"]),
    Row::works(
        "v3_checksum_as_v2",
        Arity::Free,
        "Version 3's checksum is sent without the pseudo header (RFC 9568); either form is accepted.",
        |c, i, draft| keep(check::truth(c, i), &mut draft.wire.checksum_as_v2),
    ),
    Row::works(
        "kernel_rx_buf_size",
        Arity::Needed("bytes"),
        "What it adds to the receive buffer of its socket.",
        |c, i, d| keep(check::whole_number(c, i, 0..=u32::MAX), &mut d.wire.habits.bytes),
    ),
    Row::works(
        "lvs_sync_daemon_interface",
        Arity::Value("an interface's name"),
        "Old spelling of lvs_sync_daemon in global_defs; its id is 0.",
        |c, i, d| {
            check::deprecated(c, i, "`lvs_sync_daemon INTERFACE INSTANCE` in global_defs");
            d.sync_interface = i.text(1).and_then(|text| IfName::new(&text));
        },
    ),
];

fn unicast_source(context: &mut Context<'_>, item: Item<'_, '_>, draft: &mut InstanceDraft) {
    source(context, item, draft);
    draft.unicast = Some(item.head());
}

fn vrf(context: &mut Context<'_>, item: Item<'_, '_>, draft: &mut InstanceDraft) {
    let text = item.text(1).unwrap_or_default();
    let mut refuse = |context: &mut Context<'_>, code, expected| {
        draft.interface_refused |= draft.interface.is_none();
        let consequence = "the line is ignored";
        context.bad_value(code, item, 1, expected, consequence);
    };
    let Some(value) = IfName::new(&text) else {
        let expected = "an interface's name of 1 to 15 characters";
        return refuse(context, code::TOO_LONG, expected);
    };
    let span = item.word_span(1);
    if !context.has_interface(&text) {
        if !context.missing_interface(span, &text, "the line is ignored") {
            draft.interface_refused |= draft.interface.is_none();
            return;
        }
    } else if let Some(known) = context.facts.interface(&value)
        && known.table.is_none()
    {
        return refuse(context, code::INTERFACE_KIND, "a VRF interface");
    }
    draft.vrf = Some(Spanned { value, span });
}

fn source(context: &mut Context<'_>, item: Item<'_, '_>, draft: &mut InstanceDraft) {
    let Some(value) = item.bytes(1).and_then(ip::server_address) else {
        let consequence = "the interface's address is used";
        context.bad_value(code::ADDRESS, item, 1, "an IP address", consequence);
        return;
    };
    let span = item.word_span(1);
    draft.wire.source = Some(Spanned { value, span });
}

fn group(context: &mut Context<'_>, item: Item<'_, '_>, draft: &mut InstanceDraft) {
    let group = item.bytes(1).and_then(ip::address);
    match group.filter(IpAddr::is_multicast) {
        Some(group) if group.is_ipv4() => draft.wire.group4 = Some(group),
        Some(group) => draft.wire.group6 = Some(group),
        None => {
            let consequence = "the default group is used";
            context.bad_value(code::ADDRESS, item, 1, "a multicast address", consequence);
        }
    }
}

/// `IP [min_ttl N] [max_ttl N]`, one a line.
fn peers(context: &mut Context<'_>, item: Item<'_, '_>, draft: &mut InstanceDraft) {
    draft.unicast = draft.unicast.or(Some(item.head()));
    for line in item.items() {
        let Some(address) = ip::server_address(line.keyword()) else {
            let consequence = "the peer is left out";
            context.bad_value(code::ADDRESS, line, 0, "an IP address", consequence);
            draft.peer_refused = true;
            continue;
        };
        let mut peer = Peer {
            address,
            min_ttl: 0,
            max_ttl: u8::MAX,
        };
        let mut index = 1;
        while let Some(word) = line.bytes(index) {
            let limit = match word {
                b"min_ttl" => Some(&mut peer.min_ttl),
                b"max_ttl" => Some(&mut peer.max_ttl),
                _ => None,
            };
            let value = line.bytes(index + 1);
            let value = value.and_then(|word| number::number(word, 0..=255));
            let value = value.and_then(|value| u8::try_from(value).ok());
            index += if limit.is_some() { 2 } else { 1 };
            match (limit, value) {
                (Some(limit), Some(value)) => {
                    *limit = value;
                    // keepalived: a range of hops means that the sender is looked at
                    draft.wire.only_known = true;
                }
                (None, _) | (_, None) => {
                    let expected = "`min_ttl` or `max_ttl` and a number from 0 to 255";
                    let at = if value.is_some() {
                        index - 2
                    } else {
                        index - 1
                    };
                    context.bad_value(code::NUMBER, line, at, expected, "it is ignored");
                }
            }
        }
        draft.peers.push((peer, line.head()));
    }
}

fn old_checksum(context: &mut Context<'_>, item: Item<'_, '_>, draft: &mut InstanceDraft) {
    draft.unicast = draft.unicast.or(Some(item.head()));
    if item.len() > 1 {
        check::choice(context, item, &["never"]);
    }
    draft.wire.old_checksum = Some(item.bytes(1) != Some(b"never"));
}
