//! A thousand connections that echo through IPVS, whatever happens to the daemon.

mod crash;
mod handover;
mod reload;

pub(super) use crash::SCENARIO as CRASH;
pub(super) use handover::SCENARIO as SYNC;
pub(super) use reload::SCENARIO as RELOAD;

use super::dr::comment_out;
use super::world::{REAL, VIP, World, director, host, lend};
use crate::director::Director;
use crate::error::{Doing as _, Error, Result};
use crate::net::Host;
use crate::scenario::Ctx;
use crate::table::{connections, given, wait_serving};
use crate::traffic::{Echoes, Kind, Load, Server};
use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::net::{Ipv4Addr, SocketAddrV4};
use std::time::{Duration, Instant};

const CONNECTIONS: usize = 1000;
/// Of each connection's messages.
const PERIOD: Duration = Duration::from_secs(1);
const ECHO: &str = "TCP 172.168.2.20:7";
/// A real server that comes and goes.
const THIRD: Ipv4Addr = Ipv4Addr::new(172, 168, 2, 22);
const SECOND: Duration = Duration::from_secs(1);

/// One director, real servers that echo and serve the web, and clients of both.
struct Bed {
    world: World,
    one: Director,
    /// The file without the third real server.
    text: String,
    /// The same with it.
    with_third: String,
    echoes: Echoes,
    load: Load,
    from: Instant,
    /// When all connections were open: those of the table, and how many each row was given.
    entries: BTreeSet<String>,
    given: BTreeMap<String, u64>,
    /// What the client's host had sent again by then.
    again: u64,
    _servers: Vec<Server>,
}

impl Bed {
    fn new(ctx: &mut Ctx) -> Result<Self> {
        let world = World::new(ctx)?;
        let (third, _) = host(ctx, &world.switch, "rs22", THIRD)?;
        lend(&third, &[VIP])?;
        let mut servers = vec![Server::start(&third, 7, Kind::Echo)?];
        for host in world.real_servers(ctx)? {
            servers.push(Server::start(&host, 7, Kind::Echo)?);
            servers.push(Server::named(&host, 80)?);
        }
        let with_third = ctx.file("cases/echo.conf")?;
        let text = comment_out(&with_third, "172.168.2.22");
        let program = ctx.a.clone();
        let mut one = director(ctx, &world.one, &program, "cases/echo.conf", &[])?;
        one.configure(&text)?;
        one.start()?;
        world.one_has.wait(VIP, true, 9 * SECOND)?;
        wait_serving(&world.one, ECHO, &REAL, 2 * SECOND)?;
        let ways = [VIP, REAL[0]].map(|address| SocketAddrV4::new(address, 7));
        let (client, sources) = (&world.client, &world.sources);
        let echoes = Echoes::open(client, sources, ways, CONNECTIONS, PERIOD)?;
        let load = world.load(SECOND / 10, SECOND);
        ctx.step(format!("{CONNECTIONS} connections are open"));
        echoes.wait_all(Instant::now(), 10 * SECOND)?;
        let entries = connections(&world.one, &["ESTABLISHED"])?;
        let echoing = entries.iter().filter(|entry| entry.ends_with(":0007"));
        let count = echoing.count();
        ctx.check(
            count >= CONNECTIONS,
            format!("{count} of them are established in the table"),
        );
        let given = given(&world.one)?;
        let again = sent_again(&world.client)?;
        Ok(Self {
            world,
            one,
            text,
            with_third,
            echoes,
            load,
            from: Instant::now(),
            entries,
            given,
            again,
            _servers: servers,
        })
    }

    /// Nobody has noticed anything since the beginning; `stall` is noticed.
    fn unnoticed(&self, ctx: &mut Ctx, stall: Duration) -> Result<()> {
        let last = self.echoes.wait_all(Instant::now(), 10 * SECOND);
        ctx.note("the last message of each", last);
        survived(ctx, &self.echoes, self.from, stall);
        let again = sent_again(&self.world.client)? - self.again;
        ctx.step(format!("{again} segments of the client were sent again"));
        let (all, failed) = self.load.failures(self.from);
        ctx.check(
            failed.is_empty() && all > 0,
            format!("{all} new connections, failed: {failed:?}"),
        );
        let moved = self.world.one_has.changes(VIP, self.from);
        ctx.check(moved == 0, format!("the VIP moved {moved} times"));
        self.table_kept(ctx)
    }

    /// What stood in the kernel's table stands there, and its counters went on.
    fn table_kept(&self, ctx: &mut Ctx) -> Result<()> {
        let entries = connections(&self.world.one, &["ESTABLISHED"])?;
        let echoing = |entry: &&String| entry.ends_with(":0007");
        let before = self.entries.iter().filter(echoing);
        let gone: Vec<&String> = before.filter(|entry| !entries.contains(*entry)).collect();
        let words = format!("connections that left the table: {gone:?}");
        ctx.check(gone.is_empty(), words);
        let now = given(&self.world.one)?;
        let mut back = Vec::new();
        for (name, before) in &self.given {
            let now = now.get(name).copied().unwrap_or_default();
            if now < *before {
                back.push(format!("{name}: {before}, {now}"));
            }
        }
        ctx.check(
            back.is_empty() && !self.given.is_empty(),
            format!("{} counters of rows, gone back: {back:?}", now.len()),
        );
        Ok(())
    }
}

/// TCP segments that a host has sent again so far.
fn sent_again(host: &Host) -> Result<u64> {
    let path = "/proc/thread-self/net/snmp";
    let text = host.within(|| fs::read_to_string(path))?;
    let text = text.doing(format!("read {path}"))?;
    let mut rows = text.lines().filter(|line| line.starts_with("Tcp:"));
    let (names, values) = (rows.next().unwrap_or(""), rows.next().unwrap_or(""));
    let mut both = names.split_whitespace().zip(values.split_whitespace());
    let value = both.find(|(name, _)| *name == "RetransSegs");
    value
        .and_then(|(_, value)| value.parse().ok())
        .ok_or_else(|| Error::Failed(format!("{path}: no RetransSegs")))
}

/// No connection has ended since `from`, and none was silent for longer than `limit`.
fn survived(ctx: &mut Ctx, echoes: &Echoes, from: Instant, limit: Duration) {
    let health = echoes.health(from, limit);
    let (trips, lost) = (health.trips, health.lost.len());
    let some: Vec<&String> = health.lost.iter().take(5).collect();
    ctx.check(
        lost == 0 && trips > 0,
        format!("{CONNECTIONS} connections, {trips} round trips; {lost} lost: {some:?}"),
    );
    let (slowest, beside) = (health.slowest, health.beside);
    let (stalls, first) = (health.stalls.len(), health.stalls.first());
    ctx.check(
        stalls == 0,
        format!(
            "the slowest {slowest:.3?} (at most {limit:.3?}), past the director {beside:.3?}; \
             {stalls} stalls, first (ms, for ms): {first:?}"
        ),
    );
}
