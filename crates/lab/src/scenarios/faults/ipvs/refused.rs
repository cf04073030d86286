//! The kernel refuses what the daemon asks it for.

use super::super::bed::count;
use super::bed::TableBed;
use crate::error::Result;
use std::time::Instant;

/// For so many intervals it refuses, and up to twice as long.
const REFUSAL: u32 = 3;
const SERVER: &str = "-t 172.168.2.20:80 -r 172.168.2.15:80";

fn more(address: &str) -> String {
    format!("    real_server {address} 80 {{\n        weight 4\n    }}\n")
}

/// A real server is added while the kernel says EINVAL to it: in its eyes (`ip_vs_new_dest` asks for the type of
/// the route) no server can have the address that somebody's netmask makes one of all hosts.
pub(super) fn invalid(bed: &mut TableBed) -> Result<Vec<f64>> {
    let log = bed.director.log();
    let (from, mark) = (Instant::now(), log.mark());
    let before = bed.rows();
    // the kernel takes one that it had before without a look at it
    let address = format!("172.168.3.{}", bed.turn % 250 + 1);
    let route = format!("broadcast {address} dev eth0 table local");
    bed.host.ip(&format!("route add {route}"))?;
    bed.configure(&more(&address))?;
    bed.reload()?;
    let least = bed.timing.interval * REFUSAL;
    let refused = least + bed.draw.moment(least);
    let changes = bed.deviates(&before, refused);
    bed.host.ip(&format!("route del {route}"))?;
    let row = format!("TCP 172.168.2.20:80 {address}:80 4");
    let there = bed.has(&row, Instant::now());
    let said = count(log.count(mark, "nvalid argument"));
    let values = vec![there, changes, said, bed.silence(from)];
    as_before(bed)?;
    Ok(values)
}

/// A real server goes while its new weight is on its way: ENOENT, or it is seen to be gone.
pub(super) fn gone(bed: &mut TableBed) -> Result<Vec<f64>> {
    let weight = bed.turn % 7 + 2;
    bed.configure_with("weight 1\n", &format!("weight {weight}\n"))?;
    let from = Instant::now();
    bed.host.exec(&format!("ipvsadm -d {SERVER}"))?;
    bed.reload()?;
    let row = format!("TCP 172.168.2.20:80 172.168.2.15:80 {weight}");
    let values = vec![bed.has(&row, from), bed.silence(from)];
    as_before(bed)?;
    Ok(values)
}

/// A real server is there already, otherwise than it is wanted: EEXIST, or it is seen.
pub(super) fn exists(bed: &mut TableBed) -> Result<Vec<f64>> {
    bed.configure(&more("172.168.2.33"))?;
    let from = Instant::now();
    bed.host
        .exec("ipvsadm -a -t 172.168.2.20:80 -r 172.168.2.33:80 -g -w 50")?;
    bed.reload()?;
    let row = "TCP 172.168.2.20:80 172.168.2.33:80 4";
    let values = vec![bed.has(row, from), bed.silence(from)];
    as_before(bed)?;
    Ok(values)
}

/// The file that was; who does not follow it is helped by a person.
fn as_before(bed: &TableBed) -> Result<()> {
    bed.configure("")?;
    bed.reload()?;
    bed.whole_again(Instant::now());
    Ok(())
}
