//! What there is too little of: a disk, processors, the patience of scripts.

use super::super::bed::{Bed, count};
use super::reload::storm;
use crate::busy::Busy;
use crate::error::Result;
use std::time::Instant;

/// Endless loops.
const LOOPS: usize = 64;
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
