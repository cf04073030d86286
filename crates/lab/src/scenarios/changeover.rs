//! From a running keepalived to Holdfast: nobody notices.

use super::nat::tables;
use super::upgrade::d1_went_on;
use super::world::{ONE, REAL, VIP, VIP2, World, director, six, sorry_servers};
use crate::director::{Director, Program, Role};
use crate::error::Result;
use crate::scenario::{Ctx, Needs, Scenario, Shape};
use crate::shell::wait;
use crate::table::{TableWatch, saved, wait_serving};
use crate::traffic::{Pings, Server};
use crate::watch::AddressWatch;
use nix::sys::signal::Signal;
use std::net::{IpAddr, Ipv6Addr};
use std::time::{Duration, Instant};

pub(super) const ALONE: Scenario = Scenario {
    name: "takeover",
    about: "from a running keepalived to Holdfast, pinged every 10 ms: nobody notices",
    needs: Needs::Net,
    shape: Shape::Single,
    seconds: 25,
    run,
};

pub(super) const WITH_TABLE: Scenario = Scenario {
    name: "takeover_ipvs",
    about: "from keepalived to Holdfast with real servers behind IPVS, one of them down; then an upgrade, and back to the peer",
    needs: Needs::Ipvs,
    shape: Shape::Single,
    seconds: 40,
    run: with_table,
};

pub(super) const WHOLE: Scenario = Scenario {
    name: "takeover_whole",
    about: "from keepalived to Holdfast with a sync group, a VMAC, IPv6, routes and rules; then back to the peer",
    needs: Needs::Net,
    shape: Shape::Single,
    seconds: 25,
    run: whole,
};

const FILES: [&str; 2] = ["seeds/pair-1.conf", "seeds/pair-2.conf"];
const PACE: Duration = Duration::from_millis(10);
/// An answer that takes longer has got lost.
const PATIENCE: Duration = Duration::from_millis(300);
const SECOND: Duration = Duration::from_secs(1);
/// Nobody speaks for the addresses for so long.
const TAKEN: Duration = Duration::from_millis(200);

/// VRRP alone, beside a keepalived that stays.
fn run(ctx: &mut Ctx) -> Result<()> {
    let world = World::new(ctx)?;
    let mut one = director(ctx, &world.one, &Program::Keepalived, FILES[0], &["-P"])?;
    let other = ctx.b.clone();
    let mut two = director(ctx, &world.two, &other, FILES[1], &["-P"])?;
    world.start_pair(ctx, &mut one, &mut two)?;
    let pings = Pings::start(&world.client, VIP, PACE)?;
    let from = Instant::now();
    differing(ctx, &mut one)?;
    let at = taken_over(ctx, &world, &mut one, TAKEN)?;
    wait("pings after that", 20 * SECOND, || {
        pings.lost(at, PATIENCE).0 >= 500
    })?;
    unnoticed(ctx, &world, &one, from);
    let at = Instant::now();
    handed_back(ctx, &world, &mut one)?;
    wait("pings after that", 20 * SECOND, || {
        pings.lost(at, PATIENCE).0 >= 300
    })?;
    let (all, lost) = pings.lost(from, PATIENCE);
    ctx.check(lost.is_empty(), format!("{all} pings, lost at {lost:?} ms"));
    ctx.step("keepalived again");
    one.become_program(Program::Keepalived);
    one.start()?;
    world.only("d1", VIP, 9 * SECOND)
}

/// The peer serves, and nothing of Holdfast is left.
fn handed_back(ctx: &mut Ctx, world: &World, one: &mut Director) -> Result<()> {
    ctx.step("hand back");
    let at = Instant::now();
    one.hand_back()?;
    ctx.bound("from the order to the end", at.elapsed(), 2 * SECOND);
    world.only("d2", VIP, 2 * SECOND)?;
    let turns = world.two_has.turns(VIP);
    let took = turns.iter().find(|(seen, has)| *has && *seen >= at);
    let gave = world.one_has.turns(VIP);
    let gave = gave.iter().find(|(seen, has)| !*has && *seen >= at);
    let overlap = matches!((took, gave), (Some(took), Some(gave)) if took.0 <= gave.0 + TAKEN);
    ctx.check(overlap, "d1 answered until d2 did");
    let left = std::fs::read_dir(one.run_dir()).map_or(0, |files| {
        files
            .flatten()
            .filter(|file| !file.file_name().is_empty())
            .count()
    });
    ctx.check(
        left == 0,
        format!("{left} files are left in the run directory"),
    );
    no_tables(ctx, world)
}

fn no_tables(ctx: &mut Ctx, world: &World) -> Result<()> {
    let tables = tables(&world.one)?;
    ctx.check(tables.trim().is_empty(), format!("nftables: {tables:?}"));
    Ok(())
}

const ADDRESSES: [IpAddr; 4] = [
    IpAddr::V4(VIP),
    IpAddr::V4(VIP2),
    IpAddr::V6(Ipv6Addr::new(0xfd00, 0, 0, 0, 0, 0, 0, 0x20)),
    IpAddr::V6(Ipv6Addr::new(0xfd00, 0, 0, 0, 0, 0, 0, 0x53)),
];

/// All that an instance can hold, over to Holdfast and back to the peer.
fn whole(ctx: &mut Ctx) -> Result<()> {
    let world = World::new(ctx)?;
    for (host, last) in [(&world.one, 1), (&world.two, 2), (&world.client, 3)] {
        six(host, &format!("fd00::{last}"))?;
    }
    let file = "cases/takeover.conf";
    let mut one = director(ctx, &world.one, &Program::Keepalived, file, &["-P"])?;
    let other = ctx.b.clone();
    let mut two = director(ctx, &world.two, &other, file, &["-P"])?;
    let text = ctx.file(file)?;
    one.configure(text.replace("PRIORITY", "150"))?;
    two.configure(text.replace("PRIORITY", "100"))?;
    world.start_pair(ctx, &mut one, &mut two)?;
    for address in ADDRESSES {
        world.one_has.wait(address, true, 9 * SECOND)?;
        world.two_has.wait(address, false, 9 * SECOND)?;
    }
    let before = held(&world)?;
    ctx.step(&before);
    let pings = [VIP, VIP2].map(|vip| Pings::start(&world.client, vip, PACE));
    let [first, second] = pings;
    let pings = [first?, second?];
    let from = Instant::now();
    let at = taken_over(ctx, &world, &mut one, TAKEN)?;
    wait("pings after that", 20 * SECOND, || {
        pings[0].lost(at, PATIENCE).0 >= 500
    })?;
    let after = held(&world)?;
    ctx.check(before == after, format!("the same is held: {after}"));
    for address in ADDRESSES {
        let moved =
            |watch: &AddressWatch| watch.turns(address).iter().any(|(seen, _)| *seen >= from);
        let stayed = !moved(&world.one_has) && !moved(&world.two_has);
        ctx.check(stayed, format!("{address} stayed where it was"));
    }
    let tables = tables(&world.one)?;
    let leased = tables.contains("holdfast_lease");
    ctx.check(leased, format!("the lease is in force: {tables}"));
    ctx.step("its VRRP process dies; then hand back");
    one.signal(Role::Vrrp, Signal::SIGKILL)?;
    let resumed = "Resumed: 3 instance(s) go on as MASTER";
    one.log().wait(0, resumed, 2 * SECOND)?;
    one.hand_back()?;
    for address in ADDRESSES {
        world.two_has.wait(address, true, 3 * SECOND)?;
        world.one_has.wait(address, false, 3 * SECOND)?;
    }
    for pings in &pings {
        let (all, lost) = pings.lost(from, PATIENCE);
        ctx.check(lost.is_empty(), format!("{all} pings, lost at {lost:?} ms"));
    }
    let left = held(&world)?;
    let nothing = ["vrrp", "table 77", "lookup 77", "10.77"];
    let good = !nothing.iter().any(|word| left.contains(word));
    ctx.check(good, format!("what is left: {left}"));
    no_tables(ctx, &world)
}

/// What d1 has besides addresses: interfaces of the daemon's, routes and rules.
fn held(world: &World) -> Result<String> {
    let links = world.one.exec("ip -br link show type macvlan")?;
    let routes = world.one.exec("ip route show table all");
    let rules = world.one.exec("ip rule show")?;
    let routes = routes?;
    let ours = routes.lines().filter(|line| line.contains("table 77"));
    let ours: Vec<&str> = ours.collect();
    Ok(format!("{links}{}\n{rules}", ours.join("\n")))
}

const SERVICE: &str = "TCP 172.168.2.20:80";

/// The whole of the seeds' pair: a client's connections through IPVS, one real server down. Then an
/// upgrade, and back to the peer.
fn with_table(ctx: &mut Ctx) -> Result<()> {
    let world = World::new(ctx)?;
    let real = world.real_servers(ctx)?;
    // rs17 is down
    let _http = Server::named(&real[0], 80)?;
    let _sorry = sorry_servers(&world)?;
    let mut one = director(ctx, &world.one, &Program::Keepalived, FILES[0], &[])?;
    let other = ctx.b.clone();
    let mut two = director(ctx, &world.two, &other, FILES[1], &[])?;
    world.start_pair(ctx, &mut one, &mut two)?;
    wait_serving(&world.one, SERVICE, &REAL[..1], Duration::from_secs(20))?;
    let watch = TableWatch::start(&world.one, SERVICE);
    let pings = Pings::start(&world.client, VIP, 2 * PACE)?;
    let load = world.load(Duration::from_millis(20), SECOND);
    let from = Instant::now();
    // one slow processor: 200 ms are asked of the other scenario
    let at = taken_over(ctx, &world, &mut one, 3 * SECOND / 2)?;
    wait("pings after that", 20 * SECOND, || {
        pings.lost(at, PATIENCE).0 >= 150
    })?;
    one.upgrade(None)?;
    let at = Instant::now();
    wait("pings after an upgrade", 20 * SECOND, || {
        pings.lost(at, PATIENCE).0 >= 150
    })?;
    unnoticed(ctx, &world, &one, from);
    let empty = watch.empty_since(from);
    ctx.check(empty == 0, format!("{empty} looks found an empty table"));
    let servers = load.servers(from);
    let only = servers.len() == 1 && servers.contains_key("rs15");
    ctx.check(only, format!("who answered: {servers:?}"));
    let (all, failed) = load.failures(from);
    ctx.check(
        failed.is_empty(),
        format!("{all} requests, failed: {failed:?}"),
    );
    let at = Instant::now();
    handed_back(ctx, &world, &mut one)?;
    let left = saved(&world.one)?;
    ctx.check(left.is_empty(), format!("rows that are left: {left:?}"));
    wait("pings after that", 20 * SECOND, || {
        pings.lost(at, PATIENCE).0 >= 150
    })?;
    let (all, lost) = pings.lost(from, PATIENCE);
    ctx.check(lost.is_empty(), format!("{all} pings, lost at {lost:?} ms"));
    // what was open belonged to d1's table
    let (all, failed) = load.failures(at + SECOND);
    let good = all > 0 && failed.is_empty();
    ctx.check(
        good,
        format!("{all} requests to the peer, failed: {failed:?}"),
    );
    Ok(())
}

/// A file that means something else is refused, and so is a start beside it; keepalived goes on.
fn differing(ctx: &mut Ctx, one: &mut Director) -> Result<()> {
    let (ours, text) = (ctx.a.clone(), ctx.file(FILES[0])?);
    let other = text.replace("priority 100", "priority 101");
    let refused = one.try_takeover(&ours, &other)?;
    ctx.check(
        refused == Some(2),
        format!("another priority: exit code {refused:?}"),
    );
    let beside = one.try_beside(&ours, &text)?;
    ctx.check(
        beside == Some(1),
        format!("a start beside it: exit code {beside:?}"),
    );
    ctx.check(one.lives(), "keepalived goes on");
    Ok(())
}

/// Holdfast in keepalived's place; when.
fn taken_over(
    ctx: &mut Ctx,
    world: &World,
    one: &mut Director,
    bound: Duration,
) -> Result<Instant> {
    let ours = ctx.a.clone();
    ctx.step("take over");
    let at = one.take_over(&ours)?;
    let is_ours = |advert: &crate::wire::Advert| advert.source == ONE;
    let (next, _) = world
        .witness
        .wait("Holdfast's advert", at, 2 * SECOND, is_ours)?;
    let took = next.saturating_duration_since(at);
    ctx.bound("from keepalived's end to the next advert", took, bound);
    wait("its VRRP process", SECOND, || one.pid(Role::Vrrp).is_some())?;
    let (_, line) = one.log().wait_any(0, &["go on as MASTER"], SECOND)?;
    ctx.step(line);
    Ok(at)
}

fn unnoticed(ctx: &mut Ctx, world: &World, one: &Director, from: Instant) {
    d1_went_on(ctx, world, from, SECOND);
    let entered = one.log().count(0, "BACKUP STATE");
    ctx.check(entered <= 1, "Holdfast was never BACKUP");
}
