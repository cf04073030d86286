//! Keywords of `vrrp_instance` that are read, and have no effect yet: who speaks to whom.

use super::check;
use crate::code;
use crate::context::Context;
use crate::draft::{InstanceDraft, VmacDraft};
use crate::table::{Arity, Row};
use crate::value::{address as ip, number};
use holdfast_model::IfName;
use holdfast_syntax::Item;

const ADDRESS: Arity = Arity::Value("an IP address");

/// Who speaks to whom.
pub(super) const LINK: &[Row<InstanceDraft>] = &[
    Row::parsed(
        "vrf",
        Arity::Value("an interface's name"),
        "The VRF that it belongs to.",
        vrf,
    )
    .decisive(),
    Row::parsed(
        "native_ipv6",
        Arity::Free,
        "Old; IPv6 adverts are sent for IPv6 addresses.",
        |c, i, _| check::deprecated(c, i, "nothing: the family of the addresses decides"),
    ),
    Row::parsed(
        "linkbeat_use_polling",
        Arity::Free,
        "Old spelling of a linkbeat_interfaces block.",
        |c, i, _| check::deprecated(c, i, "a `linkbeat_interfaces` block"),
    ),
    Row::parsed(
        "debug",
        Arity::Value("0 to 4"),
        "Has no effect in keepalived either.",
        |c, i, _| check::number(c, i, 0..=4),
    ),
    Row::parsed(
        "use_vmac",
        Arity::Free,
        "A macvlan interface with the virtual router's MAC address (RFC 9568 s7.3).",
        |c, i, d| vmac(c, i, d, false),
    )
    .decisive(),
    Row::parsed(
        "use_ipvlan",
        Arity::Free,
        "An ipvlan interface of its own.",
        |c, i, d| vmac(c, i, d, true),
    )
    .decisive(),
    Row::parsed(
        "vmac_xmit_base",
        Arity::Switch,
        "Adverts leave by the base interface.",
        |_, i, draft| draft.xmit_base = Some(i.head()),
    ),
    Row::parsed(
        "use_vmac_addr",
        Arity::Free,
        "A macvlan interface for each address's interface.",
        check::nothing,
    )
    .decisive(),
    Row::works(
        "promote_secondaries",
        Arity::Switch,
        "Further addresses stay when the first one goes.",
        |_, i, draft| draft.promote = Some(i.head()),
    ),
    Row::parsed("mcast_src_ip", ADDRESS, "Where adverts come from.", source).decisive(),
    Row::parsed(
        "unicast_src_ip",
        ADDRESS,
        "Where adverts come from.",
        unicast_source,
    )
    .decisive(),
    Row::parsed(
        "track_src_ip",
        Arity::Switch,
        "FAULT while that address is missing.",
        check::nothing,
    ),
    Row::parsed(
        "mcast_dst_ip",
        Arity::Value("a multicast address"),
        "The group that adverts go to.",
        group,
    )
    .decisive(),
    Row::parsed(
        "unicast_peer",
        Arity::Block,
        "Adverts go to these addresses instead of the group.",
        peers,
    )
    .repeated()
    .decisive(),
    Row::parsed(
        "unicast_fault_no_peer",
        Arity::Switch,
        "FAULT when unicast is wanted and no peer is named.",
        check::nothing,
    ),
    Row::parsed(
        "unicast_ttl",
        Arity::Value("0 to 255"),
        "TTL of unicast adverts; 255.",
        |c, i, draft| {
            check::number(c, i, 0..=255);
            draft.unicast_ttl = Some(i.head());
        },
    ),
    Row::parsed(
        "check_unicast_src",
        Arity::Free,
        "Only known peers are heard.",
        |_, i, draft| draft.unicast = draft.unicast.or(Some(i.head())),
    ),
    Row::parsed(
        "old_unicast_checksum",
        Arity::Free,
        "How version 3 counts the checksum of unicast adverts.",
        old_checksum,
    )
    .alias(&["old_unicast_chksum"]),
    Row::parsed(
        "v3_checksum_as_v2",
        Arity::Free,
        "Version 3's checksum without the pseudo header.",
        check::boolean,
    )
    .decisive(),
    Row::parsed(
        "kernel_rx_buf_size",
        Arity::Needed("bytes"),
        "The receive buffer of adverts.",
        |c, i, _| check::number(c, i, 0..=u32::MAX),
    ),
    Row::parsed(
        "lvs_sync_daemon_interface",
        Arity::Value("an interface's name"),
        "Old spelling of lvs_sync_daemon in global_defs.",
        |c, i, _| check::deprecated(c, i, "`lvs_sync_daemon INTERFACE INSTANCE` in global_defs"),
    ),
];

fn unicast_source(context: &mut Context<'_>, item: Item<'_, '_>, draft: &mut InstanceDraft) {
    source(context, item, draft);
    draft.unicast = Some(item.head());
}

fn vrf(context: &mut Context<'_>, item: Item<'_, '_>, _: &mut InstanceDraft) {
    let text = item.text(1).unwrap_or_default();
    if !context.has_interface(&text) {
        let expected = "a VRF interface that exists";
        context.bad_value(code::NO_INTERFACE, item, 1, expected, "the line is ignored");
    }
}

/// `[[name] IF] [MAC] [netlink_notify_msg] [group G]`.
fn vmac(context: &mut Context<'_>, item: Item<'_, '_>, draft: &mut InstanceDraft, ipvlan: bool) {
    let (mut name, mut addressed) = (None, false);
    let mut index = 1;
    while let Some(word) = item.bytes(index) {
        match word {
            b"netlink_notify_msg" | b"name" | b"bridge" | b"private" | b"vepa" => {}
            b"group" => {
                index += 1;
                let group = item
                    .bytes(index)
                    .and_then(|word| number::number(word, 0..=u32::MAX));
                if group.is_none() {
                    let at = index.min(item.len() - 1);
                    let expected = "a number after `group`";
                    context.bad_value(code::NUMBER, item, at, expected, "it is ignored");
                }
            }
            _ if is_mac(word) => {}
            _ if ip::address(ip::split_slash(word).0).is_some() => addressed = true,
            _ => {
                let text = item.text(index).unwrap_or_default();
                name = IfName::new(&text);
                if word.len() > 15 {
                    let expected = "an interface's name of 1 to 15 characters";
                    let consequence = "a name is chosen";
                    context.bad_value(code::TOO_LONG, item, index, expected, consequence);
                }
            }
        }
        index += 1;
    }
    let span = item.head();
    draft.vmac = Some(VmacDraft {
        span,
        name,
        ipvlan,
        addressed,
    });
}

fn is_mac(word: &[u8]) -> bool {
    let mut octets = word.split(|byte| *byte == b':');
    octets.clone().count() == 6
        && octets.all(|octet| octet.len() <= 2 && octet.iter().all(u8::is_ascii_hexdigit))
}

fn source(context: &mut Context<'_>, item: Item<'_, '_>, _: &mut InstanceDraft) {
    if item.bytes(1).and_then(ip::server_address).is_none() {
        let consequence = "the interface's address is used";
        context.bad_value(code::ADDRESS, item, 1, "an IP address", consequence);
    }
}

fn group(context: &mut Context<'_>, item: Item<'_, '_>, _: &mut InstanceDraft) {
    let group = item.bytes(1).and_then(ip::address);
    if !group.is_some_and(|group| group.is_multicast()) {
        let expected = "a multicast address";
        context.bad_value(
            code::ADDRESS,
            item,
            1,
            expected,
            "the default group is used",
        );
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
        let mut index = 1;
        while let Some(word) = line.bytes(index) {
            let limit = matches!(word, b"min_ttl" | b"max_ttl");
            let value = line
                .bytes(index + 1)
                .and_then(|word| number::number(word, 0..=255));
            if !limit || value.is_none() {
                let expected = "`min_ttl` or `max_ttl` and a number from 0 to 255";
                context.bad_value(code::NUMBER, line, index, expected, "it is ignored");
            }
            index += if limit { 2 } else { 1 };
        }
        draft.peers.push((address, line.head()));
    }
}

fn old_checksum(context: &mut Context<'_>, item: Item<'_, '_>, draft: &mut InstanceDraft) {
    draft.unicast = draft.unicast.or(Some(item.head()));
    if item.len() > 1 {
        check::choice(context, item, &["never"]);
    }
}
