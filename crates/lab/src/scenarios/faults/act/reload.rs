//! What is read again, and what is said meanwhile.

use super::super::bed::Bed;
use super::Pinged;
use crate::director::Role;
use crate::error::Result;
use nix::sys::signal::Signal;
use std::time::{Duration, Instant};

const STORM: u32 = 50;
/// Ten a second.
const PACE: Duration = Duration::from_millis(100);
/// A reload is over then.
const RELOAD: Duration = Duration::from_secs(1);
const REST: u32 = 15;

/// SIGHUP, so often; each leaves the time for the next one.
pub(super) fn storm(bed: &Bed, count: u32) -> Result<()> {
    for _ in 0..count {
        bed.one.signal(Role::Parent, Signal::SIGHUP)?;
        // the fault itself
        std::thread::sleep(PACE);
    }
    Ok(())
}

/// The same file again and again.
pub(in super::super) fn reloads(bed: &mut Bed) -> Result<Vec<f64>> {
    let pinged = Pinged::start(bed)?;
    let from = Instant::now();
    storm(bed, STORM)?;
    bed.intervals(REST);
    Ok(vec![pinged.lost(), bed.resigned(from), bed.moves(from)])
}

/// A file that ends anywhere inside the instance.
pub(in super::super) fn cut_off(bed: &mut Bed) -> Result<Vec<f64>> {
    let begin = bed.text.find("vrrp_instance").unwrap_or_default() + "vrrp_instance FAULTS {".len();
    let end = bed.text.rfind('}').unwrap_or_default();
    let room = u64::try_from(end.saturating_sub(begin)).unwrap_or_default();
    let place = begin + usize::try_from(bed.draw.below(room)).unwrap_or_default();
    let part = bed.text.get(..place).unwrap_or_default().to_owned();
    wrong(bed, &part)
}

/// A file that names an interface which is not there.
pub(in super::super) fn no_interface(bed: &mut Bed) -> Result<Vec<f64>> {
    let text = bed.text.replace("interface eth0", "interface eth7");
    wrong(bed, &text)
}

fn wrong(bed: &mut Bed, text: &str) -> Result<Vec<f64>> {
    let pinged = Pinged::start(bed)?;
    let from = Instant::now();
    bed.one.configure(text)?;
    bed.one.signal(Role::Parent, Signal::SIGHUP)?;
    // nothing happens, whatever it does with it
    std::thread::sleep(RELOAD);
    bed.intervals(REST * 3);
    if bed.other_moves(from) > 0.0 {
        bed.one_falls_silent();
    }
    let (lost, both) = (pinged.lost(), bed.both_answered(from));
    let values = vec![lost, bed.resigned(from), bed.moves(from), both];
    bed.one.configure(&bed.text)?;
    if bed.one.lives() {
        bed.one.signal(Role::Parent, Signal::SIGHUP)?;
        std::thread::sleep(RELOAD);
    }
    Ok(values)
}

/// Nobody reads the log, and there is much to say.
pub(in super::super) fn unread(bed: &mut Bed) -> Result<Vec<f64>> {
    let log = bed.one.log();
    let from = Instant::now();
    log.stop_reading(true);
    let stormed = storm(bed, STORM);
    bed.intervals(REST * 3);
    let values = vec![bed.silence(from), bed.moves(from)];
    log.stop_reading(false);
    stormed.map(|()| values)
}
