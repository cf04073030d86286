//! Its processes are stopped, killed, or stand still.

use super::super::bed::{Bed, PATIENCE, count};
use super::Pinged;
use crate::director::Role;
use crate::error::Result;
use crate::scenarios::world::VIP;
use nix::sys::signal::Signal;
use std::time::{Duration, Instant};

/// Shorter than a backup's patience at any phase, in tenths of an interval.
const SHORT: u32 = 15;
/// Longer than it at any phase.
const LONG: u32 = 100;
const TEN_MINUTES: Duration = Duration::from_secs(600);
/// Of a process; a little more than that.
const USEFUL_LIFE: Duration = Duration::from_millis(1_100);
/// What is over is over then.
const REST: u32 = 5;

/// SIGTERM.
pub(in super::super) fn sigterm(bed: &mut Bed) -> Result<Vec<f64>> {
    let from = Instant::now();
    bed.one.terminate()?;
    let resigned = bed.resigns(from, Duration::from_secs(1));
    bed.two_answers(from);
    bed.one.wait_end(PATIENCE)?;
    let rule = bed.world.one.ip("rule show")?;
    let route = bed.world.one.ip("route show 10.99.0.0/16")?;
    let address = bed.world.one.ip("-o -4 address show dev eth0")?;
    let vip = VIP.to_string();
    let left = [
        rule.contains(&vip),
        !route.is_empty(),
        address.contains(&vip),
    ];
    let left = count(left.iter().filter(|left| **left).count());
    bed.intervals(REST);
    let both = bed.both_answered(from);
    Ok(vec![bed.outage(from), resigned, both, left])
}

/// kill -9 of everything, and what systemd runs then.
pub(in super::super) fn kill9(bed: &mut Bed) -> Result<Vec<f64>> {
    let from = bed.one.kill_all()?;
    bed.one.exec_stop_post()?;
    bed.two_answers(from);
    let gone = bed.one_has(false, from);
    bed.intervals(REST);
    Ok(vec![bed.outage(from), gone, bed.both_answered(from)])
}

/// kill -9 of everything, and nothing more.
pub(in super::super) fn kill9_alone(bed: &mut Bed) -> Result<Vec<f64>> {
    let from = bed.one.kill_all()?;
    bed.two_answers(from);
    bed.one_falls_silent();
    Ok(vec![bed.outage(from), bed.both_answered(from)])
}

/// kill -9 of the VRRP process.
pub(in super::super) fn vrrp_crash(bed: &mut Bed) -> Result<Vec<f64>> {
    let pinged = Pinged::start(bed)?;
    let from = Instant::now();
    bed.one.signal(Role::Vrrp, Signal::SIGKILL)?;
    let speaks = bed.speaks(from);
    bed.intervals(SHORT);
    let values = vec![pinged.lost(), speaks, bed.moves(from), bed.resigned(from)];
    // who dies again within a second is held back: that is another fault
    std::thread::sleep(USEFUL_LIFE);
    Ok(values)
}

/// SIGSTOP of everything for less than the backup's patience.
pub(in super::super) fn pause_short(bed: &mut Bed) -> Result<Vec<f64>> {
    let from = bed.one.freeze(true)?;
    bed.intervals(SHORT);
    let back = bed.one.freeze(false)?;
    let speaks = bed.speaks(back);
    bed.intervals(SHORT);
    Ok(vec![speaks, bed.moves(from), bed.resigned(from)])
}

/// SIGSTOP of everything for longer.
pub(in super::super) fn pause_long(bed: &mut Bed) -> Result<Vec<f64>> {
    let from = bed.one.freeze(true)?;
    let served = bed.two_answers(from);
    rest_of(bed, from);
    let back = bed.one.freeze(false)?;
    let alone = bed.one_holder(back);
    bed.intervals(REST);
    Ok(vec![served, alone, bed.both_answered(back)])
}

/// The same, and for how long both answered meanwhile.
pub(in super::super) fn pause_leased(bed: &mut Bed) -> Result<Vec<f64>> {
    let from = bed.one.freeze(true)?;
    bed.two_answers(from);
    rest_of(bed, from);
    bed.one.freeze(false)?;
    bed.intervals(REST);
    Ok(vec![bed.outage(from), bed.both_answered(from)])
}

/// Ten minutes: what the peer has been doing meanwhile is long its own.
pub(in super::super) fn ten_minutes(bed: &mut Bed) -> Result<Vec<f64>> {
    let from = bed.one.freeze(true)?;
    let served = bed.two_answers(from);
    // the fault itself
    std::thread::sleep(TEN_MINUTES.saturating_sub(from.elapsed()));
    let moves = bed.other_moves(from);
    let back = bed.one.freeze(false)?;
    let gone = bed.one_has(false, back);
    bed.intervals(REST);
    // the peer has it once, and keeps it
    let kept = moves + bed.other_moves(back);
    Ok(vec![served, gone, bed.both_answered(from), kept])
}

/// The whole host stands still: nothing of it answers, and its link stays up.
pub(in super::super) fn frozen(bed: &mut Bed) -> Result<Vec<f64>> {
    let from = bed.one.freeze(true)?;
    bed.world.one_port.block(true)?;
    bed.two_answers(from);
    rest_of(bed, from);
    let outage = bed.outage(from);
    bed.world.one_port.block(false)?;
    let back = bed.one.freeze(false)?;
    let alone = bed.one_holder(back);
    bed.served_again();
    bed.intervals(REST);
    Ok(vec![outage, alone, bed.outage(back)])
}

/// Until the long fault has lasted so long.
fn rest_of(bed: &Bed, from: Instant) {
    let whole = bed.timing.interval * LONG / 10;
    // the fault itself
    std::thread::sleep(whole.saturating_sub(from.elapsed()));
}
