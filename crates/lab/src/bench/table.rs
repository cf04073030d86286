//! A large table: written at a start, given back at a stop.

use super::floor::floor;
use super::{compare, config, limit, ours, verdict};
use crate::director::{Director, Program};
use crate::error::{Doing as _, Error, Result};
use crate::net::{Host, Lab};
use crate::scenario::Tools;
use crate::shell::wait;
use crate::traffic::Server;
use std::fs;
use std::path::Path;
use std::time::{Duration, Instant};

/// Most first checks come later than the table: they are spread over `delay_loop`.
pub(super) const CHECK: &str = "        TCP_CHECK {\n            connect_timeout 3\n        }\n";
pub(super) const ROWS: usize = 20_000;
/// keepalived takes minutes to stop; what is left after this says enough.
const PATIENCE: Duration = Duration::from_secs(60);
/// For 20,000 rows.
const STOP: Duration = Duration::from_millis(200);

#[derive(Debug)]
struct Run {
    wall: f64,
    cpu: f64,
    left: usize,
}

/// Start until every row is in the kernel.
pub(super) fn start(tools: &Tools) -> Result<bool> {
    println!("start until 20,000 rows (2,000 x 10) are in IPVS, in the lab");
    let text = config(2000, 10, CHECK);
    let floors = [fresh_floor()?, fresh_floor()?];
    let ours = measure(&ours(tools), &text, started)?;
    let theirs = measure(&Program::Keepalived, &text, started)?;
    let [first, second] = floors;
    println!("  the same rows, messages made before, 256 a sendmsg: {first:.3} and {second:.3} s");
    let wall = compare("wall time", ours.wall, theirs.wall, "s", 1.0);
    let cpu = "CPU time of all its processes";
    let cpu = compare(cpu, ours.cpu, theirs.cpu, "s", 1.0 / 8.0);
    let most = first.min(second) * 1.5;
    let floor = limit("CPU time, 1.5 x the floor", ours.cpu, "s", most);
    Ok(wall && cpu && floor)
}

/// SIGTERM until no row is left and the daemon is gone.
pub(super) fn stop(tools: &Tools) -> Result<bool> {
    println!("clean stop with 20,000 rows (20 x 1,000) in IPVS, in the lab");
    let text = config(20, 1000, "");
    let ours = measure(&ours(tools), &text, stopped)?;
    let theirs = measure(&Program::Keepalived, &text, stopped)?;
    let good = ours.left == 0 && ours.wall < STOP.as_secs_f64();
    let verdict = verdict(good);
    println!(
        "  holdfast {:.3} s, {} rows left (at most {STOP:?}) {verdict}\n  \
         keepalived {:.3} s, {} rows left{}",
        ours.wall,
        ours.left,
        theirs.wall,
        theirs.left,
        if theirs.left > 0 { " (given up)" } else { "" }
    );
    Ok(good)
}

/// In a namespace of its own: the kernel adds rows more slowly a few seconds after its first one.
fn fresh_floor() -> Result<f64> {
    let lab = Lab::new();
    let host = lab.host("d1")?;
    let seconds = floor(&host, 2000, 10)?;
    match rows(&host)? {
        ROWS => Ok(seconds),
        other => Err(Error::Failed(format!("the floor wrote {other} rows"))),
    }
}

/// One director that runs `program` with this configuration, alone in a lab where every real server answers.
pub(super) fn measure<T>(
    program: &Program,
    text: &str,
    story: impl FnOnce(&mut Director, &Host) -> Result<T>,
) -> Result<T> {
    let lab = Lab::new();
    let host = lab.host("d1")?;
    // every real server is this host, so that checks succeed
    host.ip("route add local 192.0.0.0/8 dev lo")?;
    let _http = Server::named(&host, 80)?;
    let directory = Path::new("/run/holdfast-lab").join(lab.prefix());
    let mut director = Director::new(&host, program, &directory, &[])?.terse();
    director.configure(text)?;
    let outcome = story(&mut director, &host);
    drop(director);
    let _gone = fs::remove_dir_all(&directory);
    outcome
}

fn started(director: &mut Director, host: &Host) -> Result<Run> {
    let start = Instant::now();
    director.start()?;
    full(host, ROWS)?;
    Ok(Run {
        wall: start.elapsed().as_secs_f64(),
        cpu: cpu(director),
        left: 0,
    })
}

fn stopped(director: &mut Director, host: &Host) -> Result<Run> {
    director.start()?;
    full(host, ROWS)?;
    let cpu = cpu(director);
    let start = Instant::now();
    director.terminate()?;
    let ended = director.wait_end(PATIENCE);
    let wall = start.elapsed().as_secs_f64();
    let left = rows(host)?;
    drop(ended);
    Ok(Run { wall, cpu, left })
}

/// CPU seconds of all its processes, each shown.
fn cpu(director: &Director) -> f64 {
    let all = director.cpu();
    println!("  {} CPU seconds: {all:?}", director.program());
    all.into_iter().map(|(_, seconds)| seconds).sum()
}

/// Waits for so many rows. A look costs the kernel about a microsecond a row: not too often.
pub(super) fn full(host: &Host, count: usize) -> Result<()> {
    let what = format!("{count} rows");
    wait(&what, Duration::from_secs(180), || {
        std::thread::sleep(Duration::from_micros(10) * u32::try_from(count).unwrap_or(u32::MAX));
        rows(host).ok() == Some(count)
    })
    .map(drop)
}

fn rows(host: &Host) -> Result<usize> {
    let path = "/proc/thread-self/net/ip_vs";
    let text = host
        .within(|| fs::read(path))?
        .doing(format!("read {path}"))?;
    // the header has one arrow too
    Ok(text
        .windows(4)
        .filter(|bytes| bytes == b"  ->")
        .count()
        .saturating_sub(1))
}
