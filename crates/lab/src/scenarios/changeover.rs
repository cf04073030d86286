//! From a running keepalived to Holdfast: nobody notices.

use super::upgrade::d1_went_on;
use super::world::{ONE, REAL, VIP, World, director, sorry_servers};
use crate::director::{Director, Program, Role};
use crate::error::Result;
use crate::scenario::{Ctx, Needs, Scenario, Shape};
use crate::shell::wait;
use crate::table::{TableWatch, wait_serving};
use crate::traffic::{Pings, Server};
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
    about: "from keepalived to Holdfast with real servers behind IPVS, one of them down; then an upgrade",
    needs: Needs::Ipvs,
    shape: Shape::Single,
    seconds: 30,
    run: with_table,
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
    let tables = crate::shell::run(world.one.command("nft").args(["list", "tables"]))?;
    ctx.check(tables.trim().is_empty(), format!("nftables: {tables:?}"));
    Ok(())
}

const SERVICE: &str = "TCP 172.168.2.20:80";

/// The whole of the seeds' pair: a client's connections through IPVS, one real server down. Then an
/// upgrade.
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
    let (all, lost) = pings.lost(from, PATIENCE);
    ctx.check(lost.is_empty(), format!("{all} pings, lost at {lost:?} ms"));
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
