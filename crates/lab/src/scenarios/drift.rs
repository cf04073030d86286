//! What others do to the table with `ipvsadm`, and what becomes of it.

use super::world::{ONE, REAL, host};
use crate::error::{Error, Result};
use crate::net::Host;
use crate::scenario::Ctx;
use crate::shell::wait;
use crate::table::saved;
use crate::traffic::Server;
use std::time::{Duration, Instant};

const SERVICE: &str = "-t 172.168.2.20:80";
const SERVER: &str = "-t 172.168.2.20:80 -r 172.168.2.15:80";
/// Something that was seen at once would be undone by then.
const STANDS: Duration = Duration::from_millis(1300);

pub(super) fn run(ctx: &mut Ctx) -> Result<()> {
    let switch = ctx.lab.switch("sw")?;
    let (one, _) = host(ctx, &switch, "d1", ONE)?;
    let (real, _) = host(ctx, &switch, "rs", REAL[0])?;
    let server = Server::named(&real, 80)?;
    let program = ctx.a.clone();
    let mut director = ctx.director(&one, &program, &[])?;
    let text = ctx.file("cases/drift.conf")?;
    director.configure(&text)?;
    director.start()?;
    is(&one, Some(2), Duration::from_secs(5))?;
    let whole = saved(&one)?;

    ctx.step("the seeds' maintenance");
    for (commands, weight) in [
        (&["-d"][..], None),
        (&["-a -g -w 10", "-d"], None),
        (&["-a -g", "-d"], None),
        (&["-a -g"], Some(1)),
    ] {
        for command in commands {
            let (act, rest) = command.split_at(2);
            one.exec(&format!("ipvsadm {act} {SERVER}{rest}"))?;
        }
        stands(ctx, &one, weight, &commands.join(", "))?;
    }
    director.reload()?;
    stands(ctx, &one, Some(1), "a reload of the same file")?;
    ctx.step("its check changes state");
    drop(server);
    is(&one, None, Duration::from_secs(5))?;
    let server = Server::named(&real, 80)?;
    is(&one, Some(2), Duration::from_secs(5))?;

    for command in ["ipvsadm -C".to_owned(), format!("ipvsadm -D {SERVICE}")] {
        put_back(ctx, &one, &command, &whole)?;
    }
    put_back(ctx, &one, "ipvsadm -D -f 5", &whole)?;

    director.configure(format!("{text}\nholdfast {{\n ipvs_drift repair\n}}\n"))?;
    director.reload()?;
    put_back(ctx, &one, &format!("ipvsadm -d {SERVER}"), &whole)?;
    put_back(ctx, &one, &format!("ipvsadm -e {SERVER} -g -w 9"), &whole)?;

    director.configure(format!("{text}\nholdfast {{\n ipvs_drift report\n}}\n"))?;
    director.reload()?;
    one.exec(&format!("ipvsadm -D {SERVICE}"))?;
    stands(ctx, &one, None, "report: a service that is gone")?;
    director.stop(Duration::from_secs(5))?;
    let left = saved(&one)?;
    ctx.check(left.is_empty(), format!("nothing is left: {left:?}"));
    drop(server);
    Ok(())
}

/// The first real server's weight; `None`: it is not in the table.
fn weight(host: &Host) -> Option<u32> {
    let row = format!("-a {SERVER} ");
    let rows = saved(host).ok()?;
    let row = rows.iter().find(|line| line.starts_with(&row))?;
    row.rsplit(' ').next()?.parse().ok()
}

fn is(host: &Host, wanted: Option<u32>, bound: Duration) -> Result<()> {
    wait(&format!("weight {wanted:?}"), bound, || {
        weight(host) == wanted
    })
    .map(drop)
}

fn stands(ctx: &mut Ctx, host: &Host, wanted: Option<u32>, what: &str) -> Result<()> {
    let start = Instant::now();
    let mut other = None;
    wait("some time", STANDS * 3, || {
        let now = weight(host);
        if now != wanted {
            other = Some(now);
        }
        other.is_some() || start.elapsed() >= STANDS
    })?;
    ctx.check(
        other.is_none(),
        format!("{what}: it stays {wanted:?}, seen {other:?}"),
    );
    Ok(())
}

fn put_back(ctx: &mut Ctx, host: &Host, command: &str, whole: &[String]) -> Result<()> {
    // looks come twice a second: the one before must have seen the table whole
    let seen = || saved(host).is_ok_and(|rows| rows == whole);
    let settled = Instant::now();
    wait("a look", STANDS * 2, || {
        seen() && settled.elapsed() >= STANDS
    })?;
    host.exec(command)?;
    let took = wait(command, Duration::from_secs(3), seen)
        .map_err(|error| Error::Failed(format!("{error}: {:#?}", saved(host))))?;
    ctx.bound(
        &format!("{command}: put back"),
        took,
        Duration::from_secs(1),
    );
    Ok(())
}
