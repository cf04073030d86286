//! A thousand servers do not do their part when they are checked.

use super::super::bed::count;
use super::super::figure::FOR_EVER;
use super::bed::{Table, TableBed};
use crate::error::{Error, Result};
use crate::traffic::Held;
use std::collections::BTreeSet;
use std::fmt::Write as _;
use std::time::{Duration, Instant};

/// Where they live.
pub(super) const NETWORK: &str = "10.77.0.0/16";
/// What they listen on.
pub(super) const PORT: u16 = 80;
/// Virtual servers.
const SERVICES: u8 = 4;
/// Real servers of each.
const SERVERS: u8 = 250;
/// `connect_timeout`.
pub(super) const TIMEOUT: Duration = Duration::from_secs(2);
/// For a whole answer, however it trickles in.
pub(super) const WHOLE: Duration = Duration::from_secs(30);
/// From the end of a check to the next one, and what the file's rounding adds.
const PAUSE: Duration = Duration::from_secs(2);

/// How many virtual servers: a quarter of them that trickle keeps a guest busy enough.
fn count_of(table: Table) -> u8 {
    match table {
        Table::Dripping => 1,
        Table::Static | Table::Repair | Table::Hung => SERVICES,
    }
}

/// Virtual servers for a file.
pub(super) fn services(table: Table) -> String {
    let mut text = String::new();
    for service in 0..count_of(table) {
        let port = 8000 + u16::from(service);
        let _infallible = writeln!(
            text,
            "virtual_server 172.168.2.20 {port} {{\n    delay_loop 2\n    lb_algo rr\n    lb_kind DR\n    protocol TCP"
        );
        for server in 1..=SERVERS {
            let _infallible = writeln!(
                text,
                "    real_server 10.77.{service}.{server} {PORT} {{\n        HTTP_GET {{\n            url {{\n                \
                 path /\n                status_code 200\n            }}\n            connect_timeout {}\n            \
                 retry 0\n        }}\n    }}",
                TIMEOUT.as_secs()
            );
        }
        text += "}\n";
    }
    text
}

/// Half say nothing, half reset.
pub(super) fn silent(bed: &mut TableBed) -> Result<Vec<f64>> {
    watched(bed, TIMEOUT)
}

/// They answer a byte a second.
pub(super) fn dripping(bed: &mut TableBed) -> Result<Vec<f64>> {
    watched(bed, WHOLE)
}

/// All of them are checked at least once, and that check ends.
fn watched(bed: &mut TableBed, limit: Duration) -> Result<Vec<f64>> {
    let from = Instant::now();
    // a check may have just begun
    std::thread::sleep(limit + PAUSE * 2);
    let hung = bed.hung.as_ref();
    let hung = hung.ok_or_else(|| Error::Failed("nobody hangs".into()))?;
    let seen = hung.since(from);
    let now = Instant::now();
    let lasted = seen.iter().map(|each| match each.end {
        None if now - each.begin > limit * 3 / 2 => FOR_EVER,
        end => (end.unwrap_or(now) - each.begin).as_secs_f64(),
    });
    let longest = lasted.fold(0.0, f64::max);
    let missing = missing(bed.table, &seen);
    Ok(vec![longest, count(missing), bed.silence(from)])
}

/// How many servers have had no check that ended.
pub(super) fn missing(table: Table, seen: &[Held]) -> usize {
    let ended = seen.iter().filter(|each| each.end.is_some());
    let targets: BTreeSet<_> = ended.map(|each| each.target).collect();
    let all = usize::from(count_of(table)) * usize::from(SERVERS);
    all.saturating_sub(targets.len())
}
