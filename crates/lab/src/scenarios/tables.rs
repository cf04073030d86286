//! `ipvsadm -Sn`, row for row what keepalived makes of the same file.

use super::world::{ONE, host};
use crate::director::{Director, Program};
use crate::error::{Doing as _, Result};
use crate::net::Host;
use crate::scenario::Ctx;
use crate::shell::wait_some;
use crate::table::saved;
use crate::traffic::Server;
use std::collections::BTreeSet;
use std::net::Ipv4Addr;
use std::time::Duration;

pub(super) fn run(ctx: &mut Ctx) -> Result<()> {
    for name in files(ctx)? {
        let text = ctx.file(&name)?;
        let reference = rows(ctx, &Program::Keepalived, &text, None)?;
        let program = ctx.a.clone();
        let ours = rows(ctx, &program, &text, Some(&reference))?;
        let count = reference.len();
        ctx.check(ours == reference, format!("{name}: {count} rows"));
        if ours != reference {
            let (ours, theirs) = (set(&ours), set(&reference));
            let extra: Vec<_> = ours.difference(&theirs).collect();
            let missing: Vec<_> = theirs.difference(&ours).collect();
            ctx.step(format!(
                "only {program}: {extra:#?}\nonly keepalived: {missing:#?}"
            ));
        }
    }
    Ok(())
}

fn set(rows: &[String]) -> BTreeSet<String> {
    rows.iter().cloned().collect()
}

/// The seeds' files and everything in `tests/lab/tables`.
fn files(ctx: &Ctx) -> Result<Vec<String>> {
    let mut names = Vec::new();
    for folder in ["seeds", "tables"] {
        let path = ctx.data.join(folder);
        for entry in std::fs::read_dir(&path).doing(format!("read {}", path.display()))? {
            let name = entry.doing("read an entry")?.file_name();
            names.push(format!("{folder}/{}", name.to_string_lossy()));
        }
    }
    names.sort();
    Ok(names)
}

/// The table that a program makes of a file; waits for `wanted` if that is known.
fn rows(
    ctx: &mut Ctx,
    program: &Program,
    text: &str,
    wanted: Option<&Vec<String>>,
) -> Result<Vec<String>> {
    let (one, everybody) = network(ctx, text)?;
    let servers = listen(&everybody, text)?;
    let mut director = ctx.director(&one, program, &[])?;
    director.configure(text)?;
    director.start()?;
    let table = steady(&one, wanted)?;
    stop(&mut director)?;
    let left = saved(&one)?;
    ctx.check(
        left.is_empty(),
        format!("{program} left nothing behind: {left:?}"),
    );
    drop((director, servers));
    ctx.lab.clear();
    Ok(table)
}

/// The table once it has not changed for half a second, and is the wanted one if it ever is.
fn steady(host: &Host, wanted: Option<&Vec<String>>) -> Result<Vec<String>> {
    let mut last: Vec<String> = Vec::new();
    let mut since = std::time::Instant::now();
    let start = since;
    wait_some("a table that stays", Duration::from_secs(10), || {
        let now = saved(host).ok()?;
        if now != last {
            last = now;
            since = std::time::Instant::now();
        }
        let calm = since.elapsed() >= Duration::from_millis(500) && !last.is_empty();
        let right = wanted.is_none_or(|wanted| *wanted == last);
        let given_up = start.elapsed() >= Duration::from_secs(4);
        (calm && (right || given_up)).then(|| last.clone())
    })
}

fn stop(director: &mut Director) -> Result<()> {
    director.stop(Duration::from_secs(10)).map(drop)
}

/// A director, and one host that is every real server of the file.
fn network(ctx: &Ctx, text: &str) -> Result<(Host, Host)> {
    let switch = ctx.lab.switch("sw")?;
    let (one, _) = host(ctx, &switch, "d1", ONE)?;
    let (everybody, _) = host(ctx, &switch, "rs", Ipv4Addr::new(172, 168, 3, 3))?;
    let addresses: BTreeSet<_> = real_servers(text)
        .into_iter()
        .map(|(each, _)| each)
        .collect();
    for address in addresses {
        everybody.address(&format!("{address}/16"), "eth0")?;
    }
    Ok((one, everybody))
}

/// Every port that a real server or its check names is served, so that all stay in the table.
fn listen(everybody: &Host, text: &str) -> Result<Vec<Server>> {
    let mut ports: BTreeSet<u16> = real_servers(text)
        .into_iter()
        .filter_map(|(_, p)| p)
        .collect();
    ports.extend(
        values(text, "connect_port").filter_map(|words| words.first()?.parse::<u16>().ok()),
    );
    ports.remove(&0);
    ports
        .into_iter()
        .map(|port| Server::named(everybody, port))
        .collect()
}

fn real_servers(text: &str) -> BTreeSet<(Ipv4Addr, Option<u16>)> {
    let place = |words: Vec<&str>| {
        let address = words.first()?.parse().ok()?;
        Some((address, words.get(1).and_then(|word| word.parse().ok())))
    };
    values(text, "real_server").filter_map(place).collect()
}

/// The words after a keyword that stands first on its line.
fn values<'a>(text: &'a str, keyword: &'a str) -> impl Iterator<Item = Vec<&'a str>> {
    text.lines().filter_map(move |line| {
        let mut words = line.split_whitespace();
        (words.next() == Some(keyword)).then(|| words.collect())
    })
}
