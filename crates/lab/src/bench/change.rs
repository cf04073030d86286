//! A small change of a large table: what the kernel is asked for, and how soon.

use super::table::{CHECK, ROWS, full, measure};
use super::{config, limit, median, ours, tell, verdict};
use crate::director::{Director, Program, Role};
use crate::error::{Error, Result};
use crate::net::Host;
use crate::scenario::Tools;
use crate::scenarios::ask;
use crate::shell::wait_some;
use crate::traffic::{Kind, Server};
use crate::wire::{Sight, Writes};
use nix::sys::signal::Signal;
use std::time::{Duration, Instant};

/// The promise for a reload of 20,000 rows.
const RELOAD: f64 = 0.3;
/// From the result of a check to the message about it, in microseconds.
const FLIP: f64 = 200.0;
/// How much slower a flip may be in a table that is a hundred times as large.
const GROWS: f64 = 1.5;
/// Who writes nothing for so long has done what was asked.
const QUIET: Duration = Duration::from_secs(2);
/// keepalived 2.2.7 takes minutes for what its later versions do in seconds.
const PATIENCE: Duration = Duration::from_secs(60);
/// Deaths and returns that are looked at.
const FLIPS: usize = 10;
/// The port of the server that dies and returns.
const PORT: u16 = 81;

/// One real server of many is taken out of the file.
pub(super) fn reload(tools: &Tools) -> Result<bool> {
    println!("reload with one real server less of 20,000 (2,000 x 10) in IPVS, in the lab");
    let text = config(2000, 10, CHECK);
    let ours = measure(&ours(tools), &text, |director, host| {
        reloaded(director, host, &text)
    })?;
    let theirs = measure(&Program::Keepalived, &text, |director, host| {
        reloaded(director, host, &text)
    })?;
    let what = "SIGHUP to the last write";
    tell(what, [ours.0, theirs.0], "s");
    let less = limit(what, ours.0, "s", RELOAD);
    let once = ours.1 == 1;
    println!(
        "  writes to the kernel         holdfast {:8}     keepalived {:8}     (exactly 1) {}",
        ours.1,
        theirs.1,
        verdict(once)
    );
    Ok(less && once)
}

/// Seconds until the last write, and how many there were.
fn reloaded(director: &mut Director, host: &Host, text: &str) -> Result<(f64, usize)> {
    director.start()?;
    full(host, ROWS)?;
    let writes = Writes::start(host)?;
    director.configure(without_the_last(text)?)?;
    let start = Instant::now();
    director.signal(Role::Parent, Signal::SIGHUP)?;
    let seen = wait_some("the reload", PATIENCE, || {
        let mut seen = writes.since(start);
        seen.retain(Sight::is_write);
        let last = seen.last()?.at();
        (last.elapsed() > QUIET).then_some(seen)
    });
    let seen = match seen {
        Err(Error::Timeout { .. }) => {
            println!("  {}: not within {PATIENCE:?}", director.program());
            return Ok((PATIENCE.as_secs_f64(), 0));
        }
        other => other?,
    };
    full(host, ROWS - 1)?;
    let last = seen.last().map_or(start, Sight::at);
    let wall = last.saturating_duration_since(start).as_secs_f64();
    println!(
        "  {}: {wall:.3} s, {} writes",
        director.program(),
        seen.len()
    );
    Ok((wall, seen.len()))
}

fn without_the_last(text: &str) -> Result<String> {
    let end = "\n    }\n";
    let from = text.rfind("    real_server");
    let rest = from.and_then(|from| text.get(from..));
    let cut = rest
        .and_then(|rest| rest.find(end))
        .map(|at| at + end.len());
    let parts = from
        .zip(cut)
        .and_then(|(from, cut)| Some((text.get(..from)?, text.get(from + cut..)?)));
    let (before, after) =
        parts.ok_or_else(|| Error::Failed("a configuration without servers".into()))?;
    Ok(format!("{before}{after}"))
}

/// One checked server of a large table dies and returns.
pub(super) fn flip(tools: &Tools) -> Result<bool> {
    println!(
        "a server's RST, or its SYN and ACK, to the message about it, {FLIPS} times each, in the lab"
    );
    let (mut medians, mut inside) = (Vec::new(), Vec::new());
    for program in [ours(tools), Program::Keepalived] {
        for services in [1, 100] {
            let text = with_one_checked(&config(services, 1000, ""));
            let rows = usize::try_from(services).unwrap_or_default() * 1000;
            let (took, within) = measure(&program, &text, |director, host| {
                flipped(director, host, rows)
            })?;
            let most = took.iter().copied().fold(0.0, f64::max);
            let middle = median(took);
            println!("  {program}, {rows} rows: median {middle:.0} us, most {most:.0} us");
            medians.push(middle);
            if let Some(within) = within {
                let most = within.iter().copied().fold(0.0, f64::max);
                let middle = median(within);
                println!(
                    "    from the check's result on: median {middle:.0} us, most {most:.0} us"
                );
                inside.push(middle);
            }
        }
    }
    let [small, large, _, theirs] = medians[..] else {
        return Err(Error::Failed("four figures were expected".into()));
    };
    tell("at 100,000 rows", [large, theirs], "us");
    let grows = limit("1.5 x that of 1,000 rows", large, "us", small * GROWS);
    let [few, many] = inside[..] else {
        return Err(Error::Failed("Holdfast says nothing of its delay".into()));
    };
    let quick = limit("from the result on, 100,000 rows", many, "us", FLIP);
    let steady = limit("1.5 x that of 1,000 rows", many, "us", few * GROWS);
    Ok(grows && quick && steady)
}

/// In the last virtual server: asked every second, believed at once.
fn with_one_checked(text: &str) -> String {
    let (before, last) = text.rsplit_once("delay_loop 600").unwrap_or((text, "}\n"));
    let last = last.strip_suffix("}\n").unwrap_or(last);
    format!(
        "{before}delay_loop 1{last}    real_server 192.99.0.1 {PORT} {{\n        weight 1\n        \
         TCP_CHECK {{\n            connect_timeout 1\n            retry 0\n        }}\n    }}\n}}\n"
    )
}

/// Microseconds of each flip; and of the part of it that Holdfast knows of, from the result of its check.
type Took = (Vec<f64>, Option<Vec<f64>>);

fn flipped(director: &mut Director, host: &Host, rows: usize) -> Result<Took> {
    let answers = || Server::start(host, PORT, Kind::Close);
    let mut server = Some(answers()?);
    director.start()?;
    full(host, rows + 1)?;
    let writes = Writes::start(host)?;
    let mut took = Vec::new();
    for _ in 0..FLIPS {
        for alive in [false, true] {
            let start = Instant::now();
            server = alive.then(answers).transpose()?;
            let flip = wait_some("a flip", Duration::from_secs(10), || {
                std::thread::sleep(Duration::from_millis(50));
                one(&writes.since(start))
            })?;
            took.push(flip.as_secs_f64() * 1e6);
        }
    }
    drop(server);
    let within = match director.program() {
        Program::Keepalived => None,
        Program::Holdfast(_) => Some(delays(director, took.len())?),
    };
    Ok((took, within))
}

/// The last times that results of checks were under way to the kernel, in microseconds.
fn delays(director: &Director, count: usize) -> Result<Vec<f64>> {
    let said = ask(director, "status --json")?.out;
    let from = said.split_once("\"recent_us\"").map(|(_, rest)| rest);
    let list = from.and_then(|rest| rest.split_once('[')?.1.split_once(']'));
    let (list, _) = list.ok_or_else(|| Error::Failed("a status without recent_us".into()))?;
    let mut recent: Vec<f64> = list
        .split(',')
        .filter_map(|word| word.trim().parse().ok())
        .collect();
    let older = recent.len().saturating_sub(count);
    Ok(recent.split_off(older))
}

/// From the last segment of the server before the write to the write.
fn one(seen: &[Sight]) -> Option<Duration> {
    let write = seen.iter().find(|sight| sight.is_write())?.at();
    let segments = seen.iter().filter_map(|sight| match sight {
        Sight::Segment { at, port: PORT } if *at <= write => Some(*at),
        _other => None,
    });
    segments.max().map(|at| write.duration_since(at))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_server_less_and_one_that_is_checked() {
        let text = config(2, 2, CHECK);
        let count = |text: &str, what: &str| text.matches(what).count();
        let less = without_the_last(&text).unwrap_or_default();
        assert_eq!(count(&less, "real_server"), 3);
        assert_eq!(count(&less, "{"), count(&less, "}"));
        let more = with_one_checked(&config(2, 2, ""));
        assert_eq!(count(&more, "TCP_CHECK"), 1);
        assert_eq!(count(&more, "{"), count(&more, "}"));
        assert_eq!(count(&more, "delay_loop 600"), 1);
    }
}
