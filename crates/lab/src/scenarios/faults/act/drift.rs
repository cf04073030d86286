//! Others change what the master has put into the kernel.

use super::super::bed::{Bed, PATIENCE, seconds};
use crate::director::Role;
use crate::error::{Doing as _, Result};
use crate::scenarios::link_faults::{changes, routed};
use crate::scenarios::world::VIP;
use crate::shell::wait;
use nix::sys::signal::Signal;
use std::time::Instant;

/// What somebody else does about it is seen by then, in tenths of an interval.
const REST: u32 = 15;

/// The address.
pub(in super::super) fn vip(bed: &mut Bed) -> Result<Vec<f64>> {
    let from = Instant::now();
    bed.world
        .one
        .ip(&format!("address del {VIP}/32 dev eth0"))?;
    bed.served_again();
    bed.intervals(REST);
    Ok(vec![
        bed.outage(from),
        bed.resigned(from),
        bed.other_moves(from),
    ])
}

/// The route.
pub(in super::super) fn route(bed: &mut Bed) -> Result<Vec<f64>> {
    bed.world.one.ip("route del 10.99.0.0/16")?;
    let from = Instant::now();
    let back = bed
        .world
        .one
        .within(|| wait("the route is back", PATIENCE, routed).map(|_| Instant::now()))?;
    bed.intervals(REST);
    Ok(vec![seconds(from, back), bed.other_moves(from)])
}

/// The rule.
pub(in super::super) fn rule(bed: &mut Bed) -> Result<Vec<f64>> {
    bed.world
        .one
        .ip(&format!("rule del from {VIP} lookup 100"))?;
    let from = Instant::now();
    let words = format!("from {VIP} lookup 100");
    let there = || {
        bed.world
            .one
            .ip("rule show")
            .is_ok_and(|text| text.contains(&words))
    };
    let back = wait("the rule is back", PATIENCE, there).map(|_| Instant::now());
    bed.intervals(REST);
    Ok(vec![seconds(from, back), bed.other_moves(from)])
}

/// The interface of the virtual router's own.
pub(in super::super) fn vmac(bed: &mut Bed) -> Result<Vec<f64>> {
    let from = Instant::now();
    bed.world.one.ip("link delete vrrp.51")?;
    bed.served_again();
    bed.intervals(REST);
    Ok(vec![bed.outage(from), bed.other_moves(from)])
}

/// The VRRP process stands still while the kernel has more to say than fits, and its address goes meanwhile.
pub(in super::super) fn overrun(bed: &mut Bed) -> Result<Vec<f64>> {
    std::fs::write(&bed.scratch, changes()).doing("write the changes")?;
    bed.one.signal(Role::Vrrp, Signal::SIGSTOP)?;
    let changed = bed
        .world
        .one
        .ip(&format!("-batch {}", bed.scratch.display()));
    let gone = bed.world.one.ip(&format!("address del {VIP}/32 dev eth0"));
    bed.one.signal(Role::Vrrp, Signal::SIGCONT)?;
    let from = Instant::now();
    changed.and(gone)?;
    let back = bed.one_has(true, from);
    bed.intervals(REST);
    Ok(vec![back, bed.other_moves(from)])
}
