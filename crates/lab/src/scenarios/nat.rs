//! NAT: real servers behind the director, on a switch of their own; and FULLNAT, where they know no
//! way to the clients.

use super::world::{ONE, VIP, World, director};
use crate::director::Director;
use crate::error::{Doing as _, Result};
use crate::net::Host;
use crate::scenario::Ctx;
use crate::shell::wait_some;
use crate::table::{saved, wait_serving};
use crate::traffic::{Load, Server};
use std::net::{Ipv4Addr, SocketAddrV4};
use std::time::{Duration, Instant};

const REAL: [Ipv4Addr; 2] = [Ipv4Addr::new(10, 9, 0, 2), Ipv4Addr::new(10, 9, 0, 3)];

pub(super) fn run(ctx: &mut Ctx) -> Result<()> {
    let world = World::new(ctx)?;
    let inside = ctx.lab.switch("in")?;
    inside.plug(&world.one, "eth1")?;
    world.one.address("10.9.0.1/24", "eth1")?;
    world.one.sysctl("net.ipv4.ip_forward", "1")?;
    let mut servers = Vec::new();
    for (name, address) in ["rs2", "rs3"].into_iter().zip(REAL) {
        let host = ctx.lab.host(name)?;
        inside.plug(&host, "eth0")?;
        host.address(&format!("{address}/24"), "eth0")?;
        host.route("default via 10.9.0.1")?;
        servers.push(Server::named(&host, 80)?);
    }
    let program = ctx.a.clone();
    let mut one = director(ctx, &world.one, &program, "cases/nat.conf", &[])?;
    one.start()?;
    world.one_has.wait(VIP, true, Duration::from_secs(9))?;
    wait_serving(
        &world.one,
        "TCP 172.168.2.20:8088",
        &REAL,
        Duration::from_secs(2),
    )?;
    ctx.step(format!("{:#?}", saved(&world.one)?));
    answered(ctx, &world).map(drop)
}

/// Clients ask, and both real servers answer.
fn answered(ctx: &mut Ctx, world: &World) -> Result<Load> {
    let from = Instant::now();
    let target = SocketAddrV4::new(VIP, 8088);
    let (period, patience) = (Duration::from_millis(50), Duration::from_secs(1));
    let load = Load::start(&world.client, &world.sources, target, period, patience);
    load.wait_answer("rs2", from, Duration::from_secs(5))?;
    load.wait_answer("rs3", from, Duration::from_secs(5))?;
    let (all, failed) = load.failures(from);
    let words = format!("{all} requests through {ONE}, failed: {failed:?}");
    ctx.check(failed.is_empty(), words);
    Ok(load)
}

/// What real servers see instead of clients.
const LENT: Ipv4Addr = Ipv4Addr::new(10, 9, 0, 8);
/// Our table, as the kernel has it.
const RULE: &str =
    "tcp dport 80 ct original ip daddr 172.168.2.20 ct original proto-dst 8088 snat to 10.9.0.8";

pub(super) fn full(ctx: &mut Ctx) -> Result<()> {
    let world = World::new(ctx)?;
    let inside = ctx.lab.switch("in")?;
    inside.plug(&world.one, "eth1")?;
    world.one.address("10.9.0.1/24", "eth1")?;
    world.one.address(&format!("{LENT}/24"), "eth1")?;
    world.one.sysctl("net.ipv4.ip_forward", "1")?;
    let (mut servers, mut hosts) = (Vec::new(), Vec::new());
    for (name, address) in ["rs2", "rs3"].into_iter().zip(REAL) {
        let host = ctx.lab.host(name)?;
        inside.plug(&host, "eth0")?;
        host.address(&format!("{address}/24"), "eth0")?;
        servers.push(Server::named(&host, 80)?);
        hosts.push(host);
    }
    let program = ctx.a.clone();
    let mut one = director(ctx, &world.one, &program, "cases/full-nat.conf", &[])?;
    one.start()?;
    world.one_has.wait(VIP, true, Duration::from_secs(9))?;
    let service = "TCP 172.168.2.20:8088";
    wait_serving(&world.one, service, &REAL, Duration::from_secs(2))?;
    let tracked = || (conntrack(&world.one).ok()? == "1").then_some(());
    wait_some("net.ipv4.vs.conntrack = 1", Duration::from_secs(5), tracked)?;
    lend(ctx, &world.one)?;
    let load = answered(ctx, &world)?;
    for server in &servers {
        let clients = world.sources.iter().filter(|source| server.met(**source));
        let only = server.met(LENT) && clients.count() == 0;
        ctx.check(only, format!("a real server has met {LENT} and no client"));
    }
    drop(load);
    becomes_nat(ctx, &world, &one, (&hosts, &servers))?;
    one.stop(Duration::from_secs(10))?;
    given_back(ctx, &world.one, "stopped")?;
    one.start()?;
    wait_some("net.ipv4.vs.conntrack = 1", Duration::from_secs(5), tracked)?;
    one.kill_all()?;
    let killed = conntrack(&world.one)?;
    ctx.check(killed == "1", "killed: it is tracked still");
    one.exec_stop_post()?;
    given_back(ctx, &world.one, "holdfast release")
}

/// A reload makes NAT of it, and another one FULLNAT again: the rows are the same ones.
fn becomes_nat(
    ctx: &mut Ctx,
    world: &World,
    one: &Director,
    (hosts, servers): (&[Host], &[Server]),
) -> Result<()> {
    let before = saved(&world.one)?;
    for host in hosts {
        host.route("default via 10.9.0.1")?;
    }
    let text = ctx.file("cases/full-nat.conf")?;
    one.configure(text.replace("FULLNAT 10.9.0.8", "NAT"))?;
    one.reload()?;
    tracks(&world.one, "0")?;
    given_back(ctx, &world.one, "NAT by a reload")?;
    drop(answered(ctx, world)?);
    for server in servers {
        let met = world.sources.iter().any(|source| server.met(*source));
        ctx.check(met, "a real server has met a client");
    }
    one.configure(text)?;
    one.reload()?;
    tracks(&world.one, "1")?;
    let after = saved(&world.one)?;
    ctx.check(before == after, format!("the rows are the same: {after:?}"));
    Ok(())
}

pub(super) fn given_back(ctx: &mut Ctx, host: &Host, after: &str) -> Result<()> {
    let tracked = conntrack(host)?;
    ctx.check(
        tracked == "0",
        format!("{after}: conntrack is {tracked} again"),
    );
    let left = tables(host)?;
    ctx.check(
        !left.contains("holdfast"),
        format!("{after}: no table is left: {left:?}"),
    );
    Ok(())
}

/// Waits until IPVS tracks connections, or does not.
fn tracks(host: &Host, value: &str) -> Result<()> {
    let so = || (conntrack(host).ok()? == value).then_some(());
    let what = format!("net.ipv4.vs.conntrack = {value}");
    wait_some(&what, Duration::from_secs(5), so)
}

pub(super) fn conntrack(host: &Host) -> Result<String> {
    let text = host.within(|| std::fs::read_to_string("/proc/sys/net/ipv4/vs/conntrack"))?;
    Ok(text.doing("read net.ipv4.vs.conntrack")?.trim().to_owned())
}

pub(super) fn tables(host: &Host) -> Result<String> {
    let output = host.command("nft").args(["list", "ruleset"]).output();
    Ok(String::from_utf8_lossy(&output.doing("run nft")?.stdout).into_owned())
}

/// Our table is there, and comes back whatever is taken out of it.
fn lend(ctx: &mut Ctx, host: &Host) -> Result<()> {
    let rules = tables(host)?;
    let whole = |rules: &str| rules.matches(RULE).count() == REAL.len();
    ctx.check(whole(&rules), format!("our table: {rules}"));
    for harm in [
        "delete table ip holdfast_fullnat",
        "flush chain ip holdfast_fullnat out",
    ] {
        host.exec(&format!("nft {harm}"))?;
        let back = wait_some("our table", Duration::from_secs(5), || {
            whole(&tables(host).ok()?).then_some(())
        });
        ctx.check(back.is_ok(), format!("{harm}: it is back"));
    }
    Ok(())
}
