//! `global_defs`: notices, and what concerns checks.

use super::super::root::Draft;
use super::super::{check, script};
use crate::table::{Arity, Row};

const FIFO: Arity = Arity::Needed("a path, and perhaps a user and a group");
/// Notices.
pub(super) const LVS: &[Row<Draft>] = &[
    Row::works(
        "notify_fifo",
        FIFO,
        "A FIFO that is told of every change.",
        |c, i, d| d.notices.all.fifo = script::fifo(c, i),
    ),
    Row::works(
        "vrrp_notify_fifo",
        FIFO,
        "A FIFO that is told of changes of instances.",
        |c, i, d| d.notices.vrrp.fifo = script::fifo(c, i),
    ),
    Row::works(
        "lvs_notify_fifo",
        FIFO,
        "A FIFO that is told of changes of servers.",
        |c, i, d| d.notices.lvs.fifo = script::fifo(c, i),
    ),
    Row::works(
        "notify_fifo_script",
        Arity::Free,
        "Reads notify_fifo.",
        |c, i, d| d.notices.all.reader = script::read(c, i),
    ),
    Row::works(
        "vrrp_notify_fifo_script",
        Arity::Free,
        "Reads vrrp_notify_fifo.",
        |c, i, d| d.notices.vrrp.reader = script::read(c, i),
    ),
    Row::works(
        "lvs_notify_fifo_script",
        Arity::Free,
        "Reads lvs_notify_fifo.",
        |c, i, d| d.notices.lvs.reader = script::read(c, i),
    ),
    Row::works(
        "vrrp_notify_priority_changes",
        Arity::Free,
        "Tells FIFOs of changed priorities.",
        |c, i, d| d.notices.priority_changes = check::truth(c, i).unwrap_or(false),
    ),
    Row::works(
        "fifo_write_vrrp_states_on_reload",
        Arity::Free,
        "Tells FIFOs every state after a reload.",
        |_, _, d| d.notices.states_on_reload = true,
    ),
    Row::works(
        "checker_log_all_failures",
        Arity::Free,
        "Logs failures of checks that are forgiven too.",
        |c, i, d| d.log_all_failures = check::truth(c, i).unwrap_or(d.log_all_failures),
    ),
    Row::works(
        "rs_init_notifies",
        Arity::Free,
        "Tells of real servers at the start too: notify_up, FIFOs.",
        |c, i, d| d.servers.at_start = check::truth(c, i).unwrap_or(false),
    ),
];
