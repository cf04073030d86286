//! Instances and sync groups.

use super::ago;
use crate::report::{Instance, Vrrp};
use std::fmt::Write as _;

pub(super) fn report(text: &mut String, vrrp: &Vrrp) {
    let names = vrrp.instances.iter().map(|one| one.name.chars().count());
    let column = names.max().unwrap_or(0).max(5) + 2;
    for one in &vrrp.instances {
        instance(text, one, column);
    }
    for group in &vrrp.sync_groups {
        let (name, state, instances) = (&group.name, &group.state, group.instances.join(", "));
        let _infallible = writeln!(text, "  sync group {name} is {state}: {instances}");
    }
}

fn instance(text: &mut String, one: &Instance, column: usize) {
    let file = if one.priority == one.effective_priority {
        String::new()
    } else {
        format!(" ({} in the file)", one.priority)
    };
    let _infallible = writeln!(
        text,
        "  {:<column$} {} for {}, priority {}{file}, {}, vrid {}, version {}",
        one.name,
        one.state,
        ago(one.in_state_ms),
        one.effective_priority,
        one.interface,
        one.vrid,
        one.version,
    );
    let mut line = |words: &str| {
        let _infallible = writeln!(text, "  {:<column$} {words}", "");
    };
    if let Some(words) = master(one) {
        line(&words);
    }
    if one.state == "MASTER" && !one.serving {
        line("the addresses are not in the kernel yet");
    }
    for fault in &one.faults {
        line(fault);
    }
    for address in &one.addresses {
        line(address);
    }
    for address in &one.excluded {
        line(&format!("{address} (excluded)"));
    }
}

/// Who is master.
pub(super) fn master(one: &Instance) -> Option<String> {
    let master = one.master.as_ref()?;
    let address = master.address.as_deref();
    Some(if master.here {
        let address = address.map_or_else(String::new, |address| format!(", {address}"));
        format!("the master is this host{address}")
    } else {
        let address = address.unwrap_or("unknown");
        format!("the master is {address}, priority {}", master.priority)
    })
}
