//! Forty rules of the table in one file, beside keepalived: at the start, when a server dies, when it
//! returns, and after a reload.

use super::world::{ONE, host};
use crate::director::{Director, Program};
use crate::error::Result;
use crate::net::Host;
use crate::scenario::Ctx;
use crate::shell::{wait, wait_some};
use crate::table::saved;
use crate::traffic::Server;
use std::collections::BTreeSet;
use std::net::Ipv4Addr;
use std::time::{Duration, Instant};

/// What happens, in this order.
const STEPS: [&str; 4] = ["start", "death", "return", "reload"];
/// Where the servers' checks go: the first one dies.
const PORTS: [u16; 2] = [8001, 8002];
/// keepalived has acted on what happened by then.
const PATIENCE: Duration = Duration::from_millis(3500);

pub(super) fn run(ctx: &mut Ctx) -> Result<()> {
    let reference = tables(ctx, &Program::Keepalived, None)?;
    let program = ctx.a.clone();
    let ours = tables(ctx, &program, Some(&reference))?;
    for ((step, theirs), ours) in STEPS.iter().zip(&reference).zip(&ours) {
        let count = theirs.len();
        ctx.check(
            ours == theirs,
            format!("{step}: {count} rows, as keepalived has them"),
        );
        let (ours, theirs): (BTreeSet<_>, BTreeSet<_>) =
            (ours.iter().collect(), theirs.iter().collect());
        for row in ours.difference(&theirs) {
            ctx.step(format!("{step}: only {program}: {row}"));
        }
        for row in theirs.difference(&ours) {
            ctx.step(format!("{step}: only keepalived: {row}"));
        }
    }
    Ok(())
}

/// The table after each step; with `wanted`, once it is that, if it ever is.
fn tables(
    ctx: &mut Ctx,
    program: &Program,
    wanted: Option<&[Vec<String>; 4]>,
) -> Result<[Vec<String>; 4]> {
    let switch = ctx.lab.switch("sw")?;
    let (one, _) = host(ctx, &switch, "d1", ONE)?;
    let (servers, _) = host(ctx, &switch, "rs", Ipv4Addr::new(172, 168, 3, 1))?;
    for last in [2, 3, 9] {
        servers.address(&format!("172.168.3.{last}/16"), "eth0")?;
    }
    let mut director = ctx.director(&one, program, &[])?;
    director.configure(ctx.file("cases/side.conf")?)?;
    let steady_server = Server::named(&servers, PORTS[1])?;
    let mut mortal = Some(Server::named(&servers, PORTS[0])?);
    director.start()?;
    let mut tables = <[Vec<String>; 4]>::default();
    for (index, table) in tables.iter_mut().enumerate() {
        match index {
            1 => drop(mortal.take()),
            2 => mortal = Some(Server::named(&servers, PORTS[0])?),
            3 => {
                director.configure(ctx.file("cases/side-after.conf")?)?;
                director.reload()?;
            }
            _ => {}
        }
        *table = look(&one, wanted.and_then(|wanted| wanted.get(index)))?;
    }
    end(ctx, &mut director, &one)?;
    drop((director, steady_server, mortal));
    ctx.lab.clear();
    Ok(tables)
}

fn look(host: &Host, wanted: Option<&Vec<String>>) -> Result<Vec<String>> {
    let start = Instant::now();
    wait_some("the table", PATIENCE * 3, || {
        let now = saved(host).ok()?;
        let over = match wanted {
            Some(wanted) => now == *wanted || start.elapsed() >= PATIENCE * 2,
            None => start.elapsed() >= PATIENCE,
        };
        over.then_some(now)
    })
}

fn end(ctx: &mut Ctx, director: &mut Director, host: &Host) -> Result<()> {
    director.stop(Duration::from_secs(10))?;
    let gone = || saved(host).is_ok_and(|rows| rows.is_empty());
    let left = wait("an empty table", Duration::from_secs(1), gone);
    let program = director.program();
    ctx.check(left.is_ok(), format!("{program} left nothing behind"));
    Ok(())
}
