//! A client behind the pair, with real servers: how long each handover takes it.

use super::world::{GRACE, REAL, VIP, World, down, skew};
use crate::director::Director;
use crate::error::Result;
use crate::scenario::Ctx;
use crate::table::wait_serving;
use crate::traffic::{Load, Server};
use std::time::{Duration, Instant};

const SERVICE: &str = "TCP 172.168.2.20:80";
const PATIENCE: Duration = Duration::from_millis(200);

pub(super) fn run(ctx: &mut Ctx) -> Result<()> {
    let world = World::new(ctx)?;
    let real = world.real_servers(ctx)?;
    let _http = [Server::named(&real[0], 80)?, Server::named(&real[1], 80)?];
    let (mut one, mut two) =
        world.directors(ctx, ["seeds/pair-1.conf", "seeds/pair-2.conf"], &[])?;
    world.start_pair(ctx, &mut one, &mut two)?;
    for director in [&world.one, &world.two] {
        wait_serving(director, SERVICE, &REAL, Duration::from_secs(2))?;
    }
    let load = world.load(Duration::from_millis(30), PATIENCE);

    ctx.step("SIGTERM to d1");
    let at = Instant::now();
    one.terminate()?;
    served(ctx, &world, &load, at, skew(90) + GRACE, true)?;
    one.wait_end(Duration::from_secs(6))?;
    back(ctx, &world, &load, &mut one)?;

    ctx.step("cut the cable of d1");
    let at = Instant::now();
    world.one_port.cut()?;
    served(ctx, &world, &load, at, down(90) + GRACE, true)?;
    ctx.step("mend it");
    let at = Instant::now();
    world.one_port.mend()?;
    world.only("d1", VIP, Duration::from_secs(9))?;
    outage(ctx, &load, at);

    ctx.step("kill -9 of every process of d1, then ExecStopPost");
    let at = one.kill_all()?;
    let released = one.exec_stop_post();
    ctx.note("release", released);
    // a dead keepalived keeps its VIP
    let alone = ctx.a.is_holdfast();
    served(ctx, &world, &load, at, down(90) + GRACE, alone)?;
    back(ctx, &world, &load, &mut one)
}

/// The second director has the VIP, and the client is served again.
fn served(
    ctx: &mut Ctx,
    world: &World,
    load: &Load,
    at: Instant,
    bound: Duration,
    alone: bool,
) -> Result<()> {
    let took = world.two_has.wait(VIP, true, Duration::from_secs(8))?;
    ctx.bound("d2 has the VIP", took.saturating_duration_since(at), bound);
    if alone {
        let one = world.only("d2", VIP, Duration::from_secs(3));
        ctx.note("one holder", one);
    } else {
        load.wait_answer("rs15", took, Duration::from_secs(3))?;
    }
    let longest = outage(ctx, load, at);
    // the last request before and the one under way are part of what a client sees
    ctx.bound("the client's longest outage", longest, bound + PATIENCE * 2);
    Ok(())
}

fn back(ctx: &mut Ctx, world: &World, load: &Load, one: &mut Director) -> Result<()> {
    ctx.step("start d1 again");
    let at = Instant::now();
    one.start()?;
    world.only("d1", VIP, Duration::from_secs(9))?;
    let longest = outage(ctx, load, at);
    ctx.bound(
        "outage while it takes over",
        longest,
        Duration::from_millis(500),
    );
    Ok(())
}

/// The longest time without an answer since `at`.
fn outage(ctx: &Ctx, load: &Load, at: Instant) -> Duration {
    let requests = load.since(at);
    let mut last = at;
    let mut longest = Duration::ZERO;
    for request in requests.iter().filter(|request| request.outcome.is_ok()) {
        longest = longest.max(request.end.saturating_duration_since(last));
        last = request.end;
    }
    longest = longest.max(Instant::now().saturating_duration_since(last));
    let failed = requests
        .iter()
        .filter(|request| request.outcome.is_err())
        .count();
    let served = load.servers(at);
    ctx.step(format!(
        "{} requests, {failed} failed, {served:?}; {longest:.3?}",
        requests.len()
    ));
    longest
}
