//! A large table: written at a start, given back at a stop.

use super::{compare, config};
use crate::director::{Director, Program};
use crate::error::{Doing as _, Result};
use crate::net::{Host, Lab};
use crate::scenario::Tools;
use crate::shell::wait;
use crate::traffic::Server;
use std::fs;
use std::path::Path;
use std::time::{Duration, Instant};

/// Most first checks come later than the table: they are spread over `delay_loop`.
const CHECK: &str = "        TCP_CHECK {\n            connect_timeout 3\n        }\n";
const ROWS: usize = 20_000;
/// keepalived takes minutes to stop; what is left after this says enough.
const PATIENCE: Duration = Duration::from_secs(60);
/// The promise for a clean stop.
const STOP: Duration = Duration::from_secs(2);

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
    let ours = measure(&ours(tools), &text, started)?;
    let theirs = measure(&Program::Keepalived, &text, started)?;
    compare("wall time", ours.wall, theirs.wall, "s", 1.0);
    Ok(compare(
        "CPU time of all its processes",
        ours.cpu,
        theirs.cpu,
        "s",
        1.0 / 3.0,
    ))
}

/// SIGTERM until no row is left and the daemon is gone.
pub(super) fn stop(tools: &Tools) -> Result<bool> {
    println!("clean stop with 20,000 rows (20 x 1,000) in IPVS, in the lab");
    let text = config(20, 1000, "");
    let ours = measure(&ours(tools), &text, stopped)?;
    let theirs = measure(&Program::Keepalived, &text, stopped)?;
    let good = ours.left == 0 && ours.wall < STOP.as_secs_f64();
    let verdict = if good { "ok" } else { "MISSED" };
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

fn ours(tools: &Tools) -> Program {
    Program::Holdfast(tools.holdfast.clone())
}

fn measure(
    program: &Program,
    text: &str,
    story: fn(&mut Director, &Host) -> Result<Run>,
) -> Result<Run> {
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
    full(host)?;
    let wall = start.elapsed().as_secs_f64();
    Ok(Run {
        wall,
        cpu: cpu(director),
        left: 0,
    })
}

fn stopped(director: &mut Director, host: &Host) -> Result<Run> {
    director.start()?;
    full(host)?;
    let cpu = cpu(director);
    let start = Instant::now();
    director.terminate()?;
    let bound = PATIENCE;
    let empty = wait("an empty table", bound, || slow(host) == Some(0));
    let ended = empty.and_then(|_| director.wait_end(Duration::from_secs(10)));
    let wall = start.elapsed().as_secs_f64();
    let left = match ended {
        Ok(_) => 0,
        Err(_) => rows(host)?,
    };
    Ok(Run { wall, cpu, left })
}

/// CPU seconds of all its processes, each shown.
fn cpu(director: &Director) -> f64 {
    let all = director.cpu();
    println!("  {} CPU seconds: {all:?}", director.program());
    all.into_iter().map(|(_, seconds)| seconds).sum()
}

fn full(host: &Host) -> Result<()> {
    let what = format!("{ROWS} rows");
    wait(&what, Duration::from_secs(180), || slow(host) == Some(ROWS)).map(drop)
}

/// Looks at most every fifth of a second: a look costs the kernel tens of milliseconds.
fn slow(host: &Host) -> Option<usize> {
    std::thread::sleep(Duration::from_millis(200));
    rows(host).ok()
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
