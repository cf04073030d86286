//! What happens to the link: it is lost and comes back, flaps, is cut in two.

use super::super::bed::Bed;
use crate::error::Result;
use crate::scenarios::link_faults;
use crate::scenarios::world::ONE;
use std::time::{Duration, Instant};

/// A cable that is cut and mended a hundred times.
const FLAPS: u32 = 100;
const FLAP: Duration = Duration::from_millis(50);
const SHORT: u32 = 15;
const LONG: u32 = 100;
const REST: u32 = 5;

type Change = fn(&mut Bed) -> Result<()>;

/// Something is taken away, the other serves; it is given back, and the first one serves again.
fn away_and_back(bed: &mut Bed, away: Change, back: Change) -> Result<Vec<f64>> {
    let from = Instant::now();
    away(bed)?;
    bed.two_answers(from);
    let gone = bed.one_has(false, from);
    bed.intervals(REST);
    let outage = bed.outage(from);
    back(bed)?;
    let again = bed.one_answers(Instant::now());
    Ok(vec![outage, gone, again])
}

fn ip(bed: &Bed, lines: &[&str]) -> Result<()> {
    let mut lines = lines.iter();
    lines.try_for_each(|line| bed.world.one.ip(line).map(drop))
}

fn own_address(bed: &Bed) -> Result<()> {
    bed.world.one.address(&format!("{ONE}/16"), "eth0")
}

/// The cable.
pub(in super::super) fn cable(bed: &mut Bed) -> Result<Vec<f64>> {
    away_and_back(
        bed,
        |bed| bed.world.one_port.cut(),
        |bed| bed.world.one_port.mend(),
    )
}

/// The interface is set down.
pub(in super::super) fn down(bed: &mut Bed) -> Result<Vec<f64>> {
    let away = |bed: &mut Bed| ip(bed, &["link set eth0 down"]);
    away_and_back(bed, away, |bed| ip(bed, &["link set eth0 up"]))
}

/// The address to speak from.
pub(in super::super) fn primary(bed: &mut Bed) -> Result<Vec<f64>> {
    let away = |bed: &mut Bed| ip(bed, &[&format!("address del {ONE}/16 dev eth0")]);
    away_and_back(bed, away, |bed| own_address(bed))
}

/// All addresses.
pub(in super::super) fn flushed(bed: &mut Bed) -> Result<Vec<f64>> {
    let away = |bed: &mut Bed| ip(bed, &["address flush dev eth0"]);
    away_and_back(bed, away, |bed| own_address(bed))
}

/// It gets another name, and its own again.
pub(in super::super) fn renamed(bed: &mut Bed) -> Result<Vec<f64>> {
    let away = |bed: &mut Bed| link_faults::rename(&bed.world.one, "eth0", "eth9");
    let back = |bed: &mut Bed| link_faults::rename(&bed.world.one, "eth9", "eth0");
    away_and_back(bed, away, back)
}

/// It is deleted, and there is another one of that name.
pub(in super::super) fn made_anew(bed: &mut Bed) -> Result<Vec<f64>> {
    let away = |bed: &mut Bed| ip(bed, &["link delete eth0"]);
    away_and_back(bed, away, |bed| {
        bed.world.one_port = bed.world.switch.plug(&bed.world.one, "eth0")?;
        // whoever asks knows the old one
        ip(bed, &[&format!("link set eth0 address {}", bed.mac)])?;
        own_address(bed)
    })
}

/// The cable again and again.
pub(in super::super) fn flapping(bed: &mut Bed) -> Result<Vec<f64>> {
    let from = Instant::now();
    link_faults::flap(&bed.world.one_port, FLAPS, FLAP)?;
    let again = bed.one_answers(Instant::now());
    bed.intervals(SHORT);
    Ok(vec![again, bed.moves(from)])
}

/// Nothing passes, for less than the backup's patience.
pub(in super::super) fn partition_short(bed: &mut Bed) -> Result<Vec<f64>> {
    let from = Instant::now();
    bed.world.one_port.block(true)?;
    bed.intervals(SHORT);
    bed.world.one_port.block(false)?;
    bed.intervals(SHORT);
    Ok(vec![bed.moves(from), bed.resigned(from)])
}

/// For longer: both are masters, and one when it is over.
pub(in super::super) fn partition_long(bed: &mut Bed) -> Result<Vec<f64>> {
    let from = Instant::now();
    bed.world.one_port.block(true)?;
    bed.two_answers(from);
    // the rest of the fault
    std::thread::sleep((bed.timing.interval * LONG / 10).saturating_sub(from.elapsed()));
    let outage = bed.outage(from);
    bed.world.one_port.block(false)?;
    let healed = Instant::now();
    let alone = bed.one_holder(healed);
    bed.served_again();
    bed.intervals(REST);
    let both = bed.both_answered(healed);
    Ok(vec![outage, alone, both, bed.outage(healed)])
}

/// The least that IPv4 allows is enough for an advert (RFC 791: 68 bytes).
pub(in super::super) fn narrow(bed: &mut Bed) -> Result<Vec<f64>> {
    let from = Instant::now();
    ip(bed, &["link set eth0 mtu 68"])?;
    bed.intervals(2 * SHORT);
    ip(bed, &["link set eth0 mtu 1500"])?;
    bed.intervals(SHORT);
    Ok(vec![bed.silence(from), bed.moves(from)])
}
