//! What there is too little of: a disk, processors, the patience of scripts.

use super::super::bed::{Bed, count};
use super::reload::storm;
use crate::busy::Busy;
use crate::cgroup::Cgroup;
use crate::director::{Role, tree};
use crate::error::Result;
use std::time::Instant;

/// Endless loops.
const LOOPS: usize = 64;
/// Of one processor, in hundredths.
const SHARE: u32 = 1;
/// Reloads while the disk is full.
const RELOADS: u32 = 10;
/// How long a want lasts, in tenths of an interval.
const LONG: u32 = 50;

/// Scripts that hang, fork and scream; they have done so since the start.
pub(in super::super) fn scripts(bed: &mut Bed) -> Result<Vec<f64>> {
    let from = Instant::now();
    bed.intervals(LONG);
    let processes = count(bed.scripts.processes().len());
    Ok(vec![bed.silence(from), bed.moves(from), processes])
}

/// No room for a state file.
pub(in super::super) fn disk(bed: &mut Bed) -> Result<Vec<f64>> {
    let from = Instant::now();
    if let Some(disk) = &bed.disk {
        disk.fill()?;
    }
    let stormed = storm(bed, RELOADS);
    bed.intervals(LONG / 2);
    let values = vec![bed.silence(from), bed.moves(from)];
    if let Some(disk) = &bed.disk {
        disk.empty()?;
    }
    stormed.map(|()| values)
}

/// No processor of its own.
pub(in super::super) fn processors(bed: &mut Bed) -> Result<Vec<f64>> {
    let from = Instant::now();
    let busy = Busy::with(LOOPS);
    bed.intervals(LONG);
    drop(busy);
    Ok(vec![bed.silence(from), bed.moves(from)])
}

/// A hundredth of a processor for all its processes.
pub(in super::super) fn share(bed: &mut Bed) -> Result<Vec<f64>> {
    starved(bed, 0)
}

/// The same for them and endless loops together.
pub(in super::super) fn share_with_loops(bed: &mut Bed) -> Result<Vec<f64>> {
    starved(bed, LOOPS)
}

fn starved(bed: &mut Bed, loops: usize) -> Result<Vec<f64>> {
    let group = Cgroup::with_share(SHARE)?;
    let all = bed.one.pid(Role::Parent).map(tree).unwrap_or_default();
    let from = Instant::now();
    for pid in all {
        group.take(pid)?;
    }
    let mut busy = Busy::within(&group, loops)?;
    bed.intervals(LONG);
    busy.end();
    drop(group);
    drop(busy);
    Ok(vec![bed.silence(from), bed.moves(from)])
}
