//! `global_defs`: scheduling, memory, netlink buffers, SNMP and D-Bus.

use super::super::root::Draft;
use super::super::{check, listening, whole};
use crate::code;
use crate::context::Context;
use crate::table::{Arity, Row};
use crate::value::{duration::SECOND, number, words};
use core::time::Duration;
use holdfast_syntax::Item;

const BYTES: Arity = Arity::Needed("a number of bytes");
const NICE: Arity = Arity::Needed("-20 to 19");
const REALTIME: Arity = Arity::Needed("1 to 99");
const CPUS: Arity = Arity::Needed("numbers of CPUs");
const MICROSECONDS: Arity = Arity::Value("microseconds");

const BOOLEAN: Arity = Arity::Free;
const NAME: Arity = Arity::Value("a name");

/// Priorities, memory, netlink buffers, SNMP and D-Bus.
pub(super) const SYSTEM: &[Row<Draft>] = &[
    Row::works(
        "max_auto_priority",
        Arity::Free,
        "Raises the priority of a process whose timers are late.",
        auto_priority,
    ),
    Row::works(
        "min_auto_priority_delay",
        Arity::Needed("microseconds"),
        "From how late on; 1000000.",
        |c, i, d| {
            let micros = check::whole_number(c, i, 1..=10_000_000);
            d.system.late = micros.map(|micros| Duration::from_micros(micros.into()));
        },
    ),
    Row::works("vrrp_priority", NICE, "The vrrp worker's nice value.", nice),
    Row::works(
        "checker_priority",
        NICE,
        "The lvs worker's nice value.",
        nice,
    ),
    Row::parsed(
        "bfd_priority",
        NICE,
        "No BFD process here: it runs in the vrrp worker, by vrrp_priority.",
        nice,
    ),
    Row::works(
        "vrrp_no_swap",
        Arity::Free,
        "Keeps the vrrp worker in memory.",
        |_, _, d| d.system.vrrp.no_swap = true,
    ),
    Row::works(
        "checker_no_swap",
        Arity::Free,
        "Keeps the lvs worker in memory.",
        |_, _, d| d.system.lvs.no_swap = true,
    ),
    Row::parsed(
        "bfd_no_swap",
        Arity::Free,
        "No BFD process here: vrrp_no_swap keeps it in memory.",
        check::nothing,
    ),
    Row::works(
        "vrrp_rt_priority",
        REALTIME,
        "The vrrp worker's real-time priority.",
        realtime,
    ),
    Row::works(
        "checker_rt_priority",
        REALTIME,
        "The lvs worker's real-time priority.",
        realtime,
    ),
    Row::parsed(
        "bfd_rt_priority",
        REALTIME,
        "No BFD process here: it runs in the vrrp worker, by vrrp_rt_priority.",
        realtime,
    ),
    Row::works(
        "vrrp_cpu_affinity",
        CPUS,
        "On which CPUs the vrrp worker runs.",
        cpus,
    ),
    Row::works(
        "checker_cpu_affinity",
        CPUS,
        "On which CPUs the lvs worker runs.",
        cpus,
    ),
    Row::parsed(
        "bfd_cpu_affinity",
        CPUS,
        "No BFD process here: it runs where vrrp_cpu_affinity says.",
        cpus,
    ),
    Row::works(
        "vrrp_rlimit_rttime",
        MICROSECONDS,
        "Real-time CPU time without a pause; 200000.",
        rttime,
    ),
    Row::works(
        "checker_rlimit_rttime",
        MICROSECONDS,
        "Real-time CPU time without a pause; 200000.",
        rttime,
    ),
    Row::parsed(
        "bfd_rlimit_rttime",
        MICROSECONDS,
        "No BFD process here: vrrp_rlimit_rttime holds.",
        rttime,
    ),
    Row::works(
        "vrrp_rlimit_rtime",
        MICROSECONDS,
        "Old spelling of vrrp_rlimit_rttime.",
        rtime,
    ),
    Row::works(
        "checker_rlimit_rtime",
        MICROSECONDS,
        "Old spelling of checker_rlimit_rttime.",
        rtime,
    ),
    Row::parsed(
        "bfd_rlimit_rtime",
        MICROSECONDS,
        "Old spelling of bfd_rlimit_rttime.",
        rtime,
    ),
    Row::works(
        "vrrp_netlink_cmd_rcv_bufs",
        BYTES,
        "Receive buffer of netlink requests.",
        listening::bytes,
    ),
    Row::works(
        "vrrp_netlink_cmd_rcv_bufs_force",
        BOOLEAN,
        "The same beyond the system's limit.",
        listening::force,
    ),
    Row::works(
        "vrrp_netlink_monitor_rcv_bufs",
        BYTES,
        "Receive buffer of netlink's news.",
        listening::bytes,
    ),
    Row::works(
        "vrrp_netlink_monitor_rcv_bufs_force",
        BOOLEAN,
        "The same beyond the system's limit.",
        listening::force,
    ),
    Row::works(
        "lvs_netlink_cmd_rcv_bufs",
        BYTES,
        "Nothing to do: the lvs worker has no such socket here.",
        bytes,
    ),
    Row::works(
        "lvs_netlink_cmd_rcv_bufs_force",
        BOOLEAN,
        "Nothing to do: the lvs worker has no such socket here.",
        check::boolean,
    ),
    Row::works(
        "lvs_netlink_monitor_rcv_bufs",
        BYTES,
        "Nothing to do: the lvs worker has no such socket here.",
        bytes,
    ),
    Row::works(
        "lvs_netlink_monitor_rcv_bufs_force",
        BOOLEAN,
        "Nothing to do: the lvs worker has no such socket here.",
        check::boolean,
    ),
    Row::works(
        "process_monitor_rcv_bufs",
        BYTES,
        "Receive buffer of news about processes.",
        listening::bytes,
    ),
    Row::works(
        "process_monitor_rcv_bufs_force",
        BOOLEAN,
        "The same beyond the system's limit.",
        listening::force,
    ),
    Row::parsed(
        "snmp_socket",
        Arity::Free,
        "Where the SNMP agent listens.",
        check::nothing,
    ),
    Row::parsed(
        "enable_traps",
        Arity::Switch,
        "Sends SNMP traps.",
        check::nothing,
    ),
    Row::parsed(
        "enable_snmp_vrrp",
        Arity::Free,
        "keepalived's own MIB for VRRP.",
        check::nothing,
    )
    .alias(&["enable_snmp_keepalived"]),
    Row::parsed(
        "enable_snmp_checker",
        Arity::Free,
        "keepalived's own MIB for checks.",
        check::nothing,
    ),
    Row::parsed(
        "enable_snmp_rfc",
        Arity::Free,
        "The MIBs of RFC 2787 and RFC 6527.",
        check::nothing,
    ),
    Row::parsed(
        "enable_snmp_rfcv2",
        Arity::Free,
        "The MIB of RFC 2787.",
        check::nothing,
    ),
    Row::parsed(
        "enable_snmp_rfcv3",
        Arity::Free,
        "The MIB of RFC 6527.",
        check::nothing,
    ),
    Row::parsed(
        "snmp_vs_stats_update_interval",
        Arity::Value("seconds"),
        "How fresh a virtual server's counters are; 5.",
        |c, i, _| check::seconds(c, i, SECOND / 1000..=30 * SECOND),
    ),
    Row::parsed(
        "snmp_rs_stats_update_interval",
        Arity::Value("seconds"),
        "How fresh a real server's counters are; 0.",
        |c, i, _| check::seconds(c, i, SECOND / 1000..=30 * SECOND),
    ),
    Row::parsed(
        "enable_dbus",
        Arity::Free,
        "Offers instances on D-Bus.",
        check::nothing,
    ),
    Row::parsed(
        "dbus_service_name",
        Arity::Needed("a name"),
        "The name on the bus.",
        check::nothing,
    ),
    Row::parsed(
        "dbus_no_interface_name",
        NAME,
        "What stands for no interface in object paths.",
        check::nothing,
    ),
];

/// Without a number: as high as there is.
fn auto_priority(context: &mut Context<'_>, item: Item<'_, '_>, draft: &mut Draft) {
    let value = if item.len() > 1 {
        check::signed(context, item, 1, -1..=99)
    } else {
        Some(99)
    };
    let value = value.and_then(|value| u8::try_from(value).ok());
    draft.system.most = value.filter(|value| *value > 0);
}

fn nice(context: &mut Context<'_>, item: Item<'_, '_>, draft: &mut Draft) {
    let value = check::signed(context, item, 1, -20..=19);
    let value = value.and_then(|value| i8::try_from(value).ok());
    if let Some(urgency) = draft.system.of(item.keyword()) {
        urgency.nice = value;
    }
}

/// Beyond 99 the highest is used, below 1 the lowest.
fn realtime(context: &mut Context<'_>, item: Item<'_, '_>, draft: &mut Draft) {
    let _said = whole(context, item, 1..=99, "the nearest of them is used");
    let value = item.bytes(1).and_then(words::signed);
    let value = value.and_then(|value| u8::try_from(value.clamp(1, 99)).ok());
    if let Some(urgency) = draft.system.of(item.keyword()) {
        urgency.realtime = value;
    }
}

fn cpus(context: &mut Context<'_>, item: Item<'_, '_>, draft: &mut Draft) {
    for index in 1..item.len() {
        let word = item.bytes(index).unwrap_or_default();
        match number::number(word, 0..=1023).and_then(|number| u16::try_from(number).ok()) {
            Some(number) => {
                let urgency = draft.system.of(item.keyword()).into_iter();
                urgency.for_each(|urgency| urgency.cpus.push(number));
            }
            None => {
                let expected = "numbers of CPUs, separated by blanks";
                context.bad_value(code::NUMBER, item, index, expected, "the word is ignored");
            }
        }
    }
}

fn rttime(context: &mut Context<'_>, item: Item<'_, '_>, draft: &mut Draft) {
    let value = check::whole_number(context, item, 1..=u32::MAX);
    if let Some(urgency) = draft.system.of(item.keyword()) {
        urgency.limit = value;
    }
}

fn rtime(context: &mut Context<'_>, item: Item<'_, '_>, draft: &mut Draft) {
    let keyword = String::from_utf8_lossy(item.keyword());
    let instead = keyword.replace("rtime", "rttime");
    check::deprecated(context, item, &format!("`{instead}`"));
    rttime(context, item, draft);
}

fn bytes(context: &mut Context<'_>, item: Item<'_, '_>, _: &mut Draft) {
    check::number(context, item, 0..=i32::MAX.unsigned_abs());
}
