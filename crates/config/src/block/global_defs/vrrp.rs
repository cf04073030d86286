//! `global_defs`: VRRP.

use super::super::root::Draft;
use super::super::seconds;
use super::super::vrrp_instance::{garp_count, garp_seconds};
use super::super::{check, listening};
use super::super::{down_adverts, keep};
use crate::code;
use crate::context::Context;
use crate::draft::Spanned;
use crate::table::{Arity, Row};
use crate::value::address;
use core::net::{IpAddr, Ipv4Addr};
use holdfast_model::IfName;
use holdfast_syntax::{Finding, Item};

const SECONDS: Arity = Arity::Value("seconds");
const WHOLE_SECONDS: Arity = Arity::Value("whole seconds");
const COUNT: Arity = Arity::Value("a count");
/// What pacing takes: 1 microsecond to 2^32.
const PACE: core::ops::RangeInclusive<u64> = 1..=u32::MAX as u64;

/// VRRP.
pub(super) const VRRP: &[Row<Draft>] = &[
    Row::works(
        "vrrp_mcast_group4",
        Arity::Value("an IPv4 multicast address"),
        "The group of IPv4 adverts; 224.0.0.18.",
        group4,
    ),
    Row::works(
        "vrrp_mcast_group6",
        Arity::Value("an IPv6 multicast address"),
        "The group of IPv6 adverts; ff02::12.",
        group6,
    ),
    Row::works(
        "default_interface",
        Arity::Needed("an interface's name"),
        "The interface of static addresses that name none; eth0.",
        |c, i, d| {
            check::interface(c, i, d);
            d.statics.interface = i.text(1).and_then(|name| IfName::new(&name));
        },
    ),
    Row::works(
        "dynamic_interfaces",
        Arity::Free,
        "Starts although interfaces are missing: FAULT until they are there.",
        dynamic,
    ),
    Row::works(
        "disable_local_igmp",
        Arity::Free,
        "The kernel sends no IGMP reports of link-local groups while the daemon runs (igmp_link_local_mcast_reports).",
        |_, _, d| d.listening.model.no_local_igmp = true,
    ),
    Row::works(
        "v3_checksum_as_v2",
        Arity::Free,
        "v3_checksum_as_v2 of instances that say nothing.",
        |c, i, draft| keep(check::truth(c, i), &mut draft.wire.checksum_as_v2),
    ),
    Row::works(
        "vrrp_garp_master_delay",
        WHOLE_SECONDS,
        "garp_master_delay of instances that say none.",
        |c, i, draft| garp_seconds(c, i, &mut draft.garp.delay),
    ),
    Row::works(
        "vrrp_garp_master_repeat",
        COUNT,
        "garp_master_repeat of instances that say none.",
        |c, i, draft| garp_count(c, i, 1, &mut draft.garp.repeat),
    ),
    Row::works(
        "vrrp_garp_master_refresh",
        WHOLE_SECONDS,
        "garp_master_refresh of instances that say none.",
        |c, i, draft| garp_seconds(c, i, &mut draft.garp.refresh),
    ),
    Row::works(
        "vrrp_garp_master_refresh_repeat",
        COUNT,
        "garp_master_refresh_repeat of instances that say none.",
        |c, i, draft| garp_count(c, i, 1, &mut draft.garp.refresh_repeat),
    ),
    Row::works(
        "vrrp_garp_lower_prio_delay",
        WHOLE_SECONDS,
        "garp_lower_prio_delay of instances that say none.",
        |c, i, draft| garp_seconds(c, i, &mut draft.garp.lower_prio_delay),
    ),
    Row::works(
        "vrrp_garp_lower_prio_repeat",
        COUNT,
        "garp_lower_prio_repeat of instances that say none.",
        |c, i, draft| garp_count(c, i, 0, &mut draft.garp.lower_prio_repeat),
    ),
    Row::works(
        "vrrp_garp_interval",
        SECONDS,
        "Pause between two gratuitous ARPs on an interface.",
        |c, i, d| {
            if let Some(pause) = seconds(c, i, PACE, "none is used") {
                d.statics.pace.arp = pause.duration();
            }
        },
    ),
    Row::works(
        "vrrp_gna_interval",
        SECONDS,
        "Pause between two unsolicited neighbour adverts on an interface.",
        |c, i, d| {
            if let Some(pause) = seconds(c, i, PACE, "none is used") {
                d.statics.pace.neighbour = pause.duration();
            }
        },
    ),
    Row::works(
        "vrrp_min_garp",
        Arity::Free,
        "One gratuitous ARP an address and none later, unless a vrrp_garp_* asks for more.",
        |c, i, d| d.garp.least = check::truth(c, i).unwrap_or(false),
    ),
    Row::works(
        "vrrp_garp_extra_if",
        Arity::Needed("seconds, perhaps after `all`"),
        "How often a master announces one address on each further VMAC, with `all` on each further interface.",
        extra,
    )
    .alias(&["vrrp_vmac_garp_intvl"]),
    Row::works(
        "vrrp_down_timer_adverts",
        Arity::Value("1 to 100"),
        "Missed adverts until a master counts as gone; 3.",
        |c, i, draft| down_adverts(c, i, &mut draft.wire.down_adverts),
    ),
    Row::works(
        "vrrp_startup_delay",
        SECONDS,
        "Holds all instances after a start.",
        |c, i, draft| {
            if let Some(time) = check::time(c, i, PACE) {
                draft.hold.after_start = time.duration();
            }
        },
    ),
    Row::works(
        "vrrp_delay_after_boot",
        SECONDS,
        "Holds all instances after the host has started.",
        |c, i, draft| {
            if let Some(time) = check::time(c, i, PACE) {
                draft.hold.after_boot = time.duration();
            }
        },
    ),
    Row::works(
        "vrrp_lower_prio_no_advert",
        Arity::Free,
        "A master does not answer adverts of lower priority.",
        |c, i, draft| keep(check::truth(c, i), &mut draft.wire.lower_unanswered),
    ),
    Row::works(
        "vrrp_higher_prio_send_advert",
        Arity::Free,
        "A master that gives way sends a last advert. Not said: only to one that had fallen silent without resigning.",
        |c, i, draft| keep(check::truth(c, i), &mut draft.wire.higher_answered),
    ),
    Row::works(
        "vrrp_owner_ignore_adverts",
        Arity::Free,
        "The address owner obeys nobody.",
        |c, i, draft| keep(check::truth(c, i), &mut draft.wire.owner_deaf),
    ),
    Row::works(
        "vrrp_check_unicast_src",
        Arity::Free,
        "Only known peers are heard.",
        |_, _, draft| draft.wire.only_known = true,
    ),
    Row::works(
        "vrrp_skip_check_adv_addr",
        Arity::Switch,
        "skip_check_adv_addr of instances that say nothing.",
        |_, _, d| d.wire.habits.trusts_list = Some(true),
    ),
    Row::works(
        "vrrp_strict",
        Arity::Switch,
        "Keeps to the RFC to the letter.",
        strict,
    ),
    Row::works(
        "log_unknown_vrids",
        Arity::Switch,
        "Logs adverts of ids that nobody has here, each once a minute.",
        |_, _, d| d.listening.model.tells_unknown = true,
    ),
    Row::parsed(
        "vrrp_iptables",
        Arity::Free,
        "Chains for rules of iptables; nftables is used.",
        iptables,
    ),
    Row::parsed(
        "vrrp_ipsets",
        Arity::Free,
        "Names of ipsets; nftables is used.",
        iptables,
    ),
    Row::works(
        "nftables",
        Arity::Free,
        "The nftables table for addresses that do not accept, and VMACs; holdfast.",
        nftables,
    ),
    Row::works(
        "nftables_priority",
        Arity::Value("a priority"),
        "The priority of its chains; -1.",
        |c, i, draft| {
            if let Some(value) = check::signed(c, i, 1, i32::MIN + 1..=i32::MAX) {
                draft.firewall.priority = value;
            }
        },
    ),
    Row::works(
        "nftables_counters",
        Arity::Free,
        "Counts what its rules drop.",
        |_, _, d| d.firewall.counts = true,
    ),
    Row::works(
        "nftables_ifindex",
        Arity::Free,
        "Names interfaces by index in it; always so here.",
        check::nothing,
    ),
    Row::works(
        "vrrp_rx_bufs_policy",
        Arity::Needed("MTU, ADVERT or bytes"),
        "What each instance adds to the receive buffer of its socket: packets of the largest size, adverts of its own, or bytes.",
        |c, i, d| listening::policy(c, i, &mut d.wire.habits),
    ),
    Row::works(
        "vrrp_rx_bufs_multiplier",
        Arity::Needed("a count"),
        "How many packets or adverts that are; 3.",
        |c, i, d| {
            let count = check::whole_number(c, i, 1..=i32::MAX.unsigned_abs());
            keep(count, &mut d.wire.habits.multiplier);
        },
    ),
    Row::works(
        "vmac_prefix",
        Arity::Value("a prefix"),
        "How names of VMACs begin; vrrp.",
        |c, i, draft| {
            check::interface(c, i, draft);
            draft.vmac_names.own = prefix(i);
        },
    ),
    Row::works(
        "vmac_addr_prefix",
        Arity::Value("a prefix"),
        "How names of VMACs of addresses begin; as the others.",
        |c, i, draft| {
            check::interface(c, i, draft);
            draft.vmac_names.addresses = prefix(i);
        },
    ),
];

fn dynamic(context: &mut Context<'_>, item: Item<'_, '_>, _: &mut Draft) {
    context.dynamic_interfaces = true;
    if !matches!(item.bytes(1), None | Some(b"allow_if_changes")) {
        let expected = "`allow_if_changes` or nothing";
        context.bad_value(code::CHOICE, item, 1, expected, "the word is ignored");
    }
}

fn group4(context: &mut Context<'_>, item: Item<'_, '_>, draft: &mut Draft) {
    let group = item.bytes(1).and_then(address::address4);
    draft.wire.group4 = group.filter(Ipv4Addr::is_multicast).map(IpAddr::V4);
    if draft.wire.group4.is_none() {
        let expected = "an IPv4 multicast address";
        context.bad_value(code::ADDRESS, item, 1, expected, "224.0.0.18 is used");
    }
}

fn group6(context: &mut Context<'_>, item: Item<'_, '_>, draft: &mut Draft) {
    let group = item.bytes(1).and_then(address::address);
    draft.wire.group6 = group.filter(|group| group.is_ipv6() && group.is_multicast());
    if draft.wire.group6.is_none() {
        let expected = "an IPv6 multicast address";
        context.bad_value(code::ADDRESS, item, 1, expected, "ff02::12 is used");
    }
}

/// 2.2.7 looks at no word behind it.
fn strict(_: &mut Context<'_>, item: Item<'_, '_>, draft: &mut Draft) {
    let span = item.head();
    draft.strict = Some(Spanned { value: true, span });
}

fn iptables(context: &mut Context<'_>, item: Item<'_, '_>, _: &mut Draft) {
    let keyword = String::from_utf8_lossy(item.keyword());
    context.push(
        Finding::warning(
            code::DEPRECATED,
            item.word_span(0),
            format!("`{keyword}`: iptables is not used, nftables is"),
        )
        .help("write `nftables` instead of `vrrp_iptables` and `vrrp_ipsets`"),
    );
}

fn extra(context: &mut Context<'_>, item: Item<'_, '_>, draft: &mut Draft) {
    draft.garp.extra = check::extra_seconds(context, item, 1);
}

/// A name of at most 15 bytes ends in `N.255`.
fn prefix(item: Item<'_, '_>) -> Option<String> {
    let prefix = item.text(1)?;
    (1..=10)
        .contains(&prefix.len())
        .then(|| prefix.into_owned())
}

fn nftables(context: &mut Context<'_>, item: Item<'_, '_>, draft: &mut Draft) {
    check::name_within(context, item, 31);
    if let Some(name) = item.text(1).filter(|name| name.len() <= 31) {
        draft.firewall.table = holdfast_model::Name::from(&*name);
    }
}
