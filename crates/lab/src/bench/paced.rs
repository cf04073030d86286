//! What costs a little again and again: checks, and looks at a large table.

use super::table::{CHECK, ROWS, full, measure};
use super::window::{Meter, Window, during, marks};
use super::{compare, config, limit, median, ours, tell, usage};
use crate::director::{Director, Program};
use crate::error::{Doing as _, Error, Result};
use crate::net::Host;
use crate::scenario::Tools;
use crate::traffic::{Kind, Server};
use std::fs;
use std::path::Path;
use std::time::Duration;

/// Windows of each program, one and the other in turn.
const WINDOWS: usize = 4;
/// Of each window.
const LENGTH: Duration = Duration::from_secs(12);
/// Until the checks have found their pace.
const SETTLE: Duration = Duration::from_secs(5);
/// How much of keepalived's CPU time a check may cost.
const CHEAPER: f64 = 0.9;
/// Milliseconds of a look at 20,000 rows.
const SWEEP: f64 = 60.0;
/// MiB of all processes with 20,000 checked servers.
const MEMORY: f64 = 40.0;
/// Holdfast looks at a table of this size so often.
const LOOKS: f64 = 1.0;
const KINDS: [&str; 2] = ["tcp", "http"];

/// Inside the guest: windows of 500 checked servers, every two seconds each.
pub(super) fn checks(tools: &Tools, directory: &Path) -> Result<bool> {
    for kind in KINDS {
        let (check, answer) = match kind {
            "tcp" => (
                "        TCP_CHECK {\n            connect_timeout 3\n        }\n",
                Kind::Close,
            ),
            _http => (
                "        HTTP_GET {\n            url {\n                path /\n                \
                 status_code 200\n            }\n            connect_timeout 3\n        }\n",
                Kind::Banner("HTTP/1.0 200 OK\r\nContent-Length: 2\r\n\r\nok".into()),
            ),
        };
        let text = config(5, 100, check);
        let text = text
            .replace("delay_loop 600", "delay_loop 2")
            .replace(" 80 {\n        w", " 81 {\n        w");
        for _ in 0..WINDOWS {
            for program in [ours(tools), Program::Keepalived] {
                measure(&program, &text, |director, host| {
                    let _server = Server::start(host, 81, answer.clone())?;
                    director.start()?;
                    full(host, 500)?;
                    std::thread::sleep(SETTLE);
                    let name = format!("{kind} {program}");
                    during(&marks(directory), &name, LENGTH, || opened(host))
                })?;
            }
            idle(directory)?;
        }
    }
    Ok(true)
}

/// Inside the guest: nothing but the lab.
fn idle(directory: &Path) -> Result<()> {
    std::thread::sleep(Duration::from_secs(1));
    during(&marks(directory), "idle", LENGTH / 2, || Ok(0))
}

/// Connections that the host accepted so far (RFC 4022 tcpPassiveOpens).
fn opened(host: &Host) -> Result<u64> {
    let path = "/proc/thread-self/net/snmp";
    let text = host
        .within(|| fs::read_to_string(path))?
        .doing("read snmp")?;
    let mut lines = text.lines().filter(|line| line.starts_with("Tcp:"));
    let (names, values) = (lines.next(), lines.next());
    let at = names.and_then(|names| names.split(' ').position(|name| name == "PassiveOpens"));
    let value = at
        .zip(values)
        .and_then(|(at, values)| values.split(' ').nth(at));
    value
        .and_then(|value| value.parse().ok())
        .ok_or_else(|| Error::Failed(format!("{path} does not count connections")))
}

/// Inside the guest: a table of 20,000 rows at rest, and what it takes to know them.
pub(super) fn large(tools: &Tools, directory: &Path) -> Result<bool> {
    idle(directory)?;
    let text = config(2000, 10, "");
    measure(&ours(tools), &text, |director, host| {
        director.start()?;
        full(host, ROWS)?;
        std::thread::sleep(SETTLE);
        during(&marks(directory), "sweep", LENGTH, || Ok(0))
    })?;
    idle(directory)?;
    let text = config(2000, 10, CHECK);
    let holds = |director: &mut Director, host: &Host| {
        director.start()?;
        full(host, ROWS)?;
        std::thread::sleep(SETTLE);
        Ok(usage::memory(director))
    };
    let mine = measure(&ours(tools), &text, holds)?;
    let theirs = measure(&Program::Keepalived, &text, holds)?;
    let what = "memory, 20,000 checked (PSS)";
    tell(what, [mine, theirs], "MiB");
    Ok(limit(what, mine, "MiB", MEMORY))
}

/// Outside: what the windows say of checks.
pub(super) fn judge_checks(meter: &Meter) -> Result<bool> {
    println!(
        "CPU time of the whole guest for a check: 500 servers every 2 s, {WINDOWS} windows in turn"
    );
    let windows = meter.windows();
    let idle = idle_share(&windows)?;
    let mut all = true;
    for kind in KINDS {
        let each = |program: &str| {
            let name = format!("{kind} {program}");
            let mine = windows.iter().filter(|window| window.name == name);
            let costs = mine.map(|window| {
                let spent = window.cpu - idle * window.wall;
                spent * 1000.0 / (window.count.max(1) as f64)
            });
            let counts = windows.iter().filter(|window| window.name == name);
            let counts: Vec<u64> = counts.map(|window| window.count).collect();
            (costs.collect::<Vec<f64>>(), counts)
        };
        let ((ours, our_counts), (theirs, their_counts)) = (each("holdfast"), each("keepalived"));
        if ours.len() != WINDOWS || theirs.len() != WINDOWS {
            return Err(Error::Failed(format!("windows are missing: {windows:?}")));
        }
        println!("  {kind}: checks in a window {our_counts:?}, keepalived {their_counts:?}");
        println!("  {kind}: ms a check {ours:.3?}, keepalived {theirs:.3?}");
        let what = format!("{kind}, a check (median)");
        all &= compare(&what, median(ours), median(theirs), "ms", CHEAPER);
    }
    Ok(all)
}

/// Outside: what the windows say of looks at the table.
pub(super) fn judge_large(meter: &Meter) -> Result<bool> {
    let windows = meter.windows();
    let idle = idle_share(&windows)?;
    let sweep = windows.iter().find(|window| window.name == "sweep");
    let sweep = sweep.ok_or_else(|| Error::Failed("no window of the table".into()))?;
    let took = (sweep.cpu / sweep.wall - idle) * 1000.0 / LOOKS;
    println!(
        "  a look at 20,000 rows each second, and all else at rest, of the guest's processor:"
    );
    Ok(limit("a second", took, "ms", SWEEP))
}

/// The share of a processor that an idle guest takes.
fn idle_share(windows: &[Window]) -> Result<f64> {
    let idle = windows.iter().filter(|window| window.name == "idle");
    let shares: Vec<f64> = idle.map(|window| window.cpu / window.wall).collect();
    if shares.is_empty() {
        return Err(Error::Failed("no idle window".into()));
    }
    Ok(median(shares))
}
