//! Others change the table.

use super::super::bed::count;
use super::bed::TableBed;
use crate::error::Result;
use std::time::Instant;

const SERVICE: &str = "-t 172.168.2.20:80";
const SERVER: &str = "-t 172.168.2.20:80 -r 172.168.2.15:80";

/// Until it is as it was.
fn undone(bed: &mut TableBed, command: &str) -> Result<Vec<f64>> {
    let from = Instant::now();
    bed.host.exec(command)?;
    let back = bed.whole_again(from);
    Ok(vec![back, bed.silence(from)])
}

/// A service.
pub(super) fn service(bed: &mut TableBed) -> Result<Vec<f64>> {
    undone(bed, &format!("ipvsadm -D {SERVICE}"))
}

/// All of it.
pub(super) fn table(bed: &mut TableBed) -> Result<Vec<f64>> {
    undone(bed, "ipvsadm -C")
}

/// A real server that comes back.
pub(super) fn server(bed: &mut TableBed) -> Result<Vec<f64>> {
    undone(bed, &format!("ipvsadm -d {SERVER}"))
}

/// A real server that somebody took out: it stays out.
pub(super) fn maintenance(bed: &mut TableBed) -> Result<Vec<f64>> {
    let from = Instant::now();
    bed.host.exec(&format!("ipvsadm -d {SERVER}"))?;
    let left = bed.rows();
    let changes = bed.deviates(&left, bed.some_looks());
    Ok(vec![changes, bed.silence(from)])
}

/// A service that nobody told the daemon of, and a reload.
pub(super) fn foreign(bed: &mut TableBed) -> Result<Vec<f64>> {
    let log = bed.director.log();
    let (from, mark) = (Instant::now(), log.mark());
    // one that has not been there before
    let address = format!("172.168.9.{}", bed.turn % 250 + 1);
    let service = format!("-t {address}:80");
    bed.host.exec(&format!("ipvsadm -A {service} -s wlc"))?;
    let row = format!("ipvsadm -a {service} -r 172.168.2.99:80 -g -w 7");
    bed.host.exec(&row)?;
    let with_it = bed.rows();
    let changes = bed.deviates(&with_it, bed.some_looks());
    bed.reload()?;
    let changes = changes.max(bed.deviates(&with_it, bed.some_looks()));
    let said = log.count(mark, &address);
    bed.host.exec(&format!("ipvsadm -D {service}"))?;
    Ok(vec![changes, count(said), bed.silence(from)])
}
