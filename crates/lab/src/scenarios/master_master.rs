//! Two VIPs, each director master of one.

use super::world::{GRACE, VIP, VIP2, World, down, skew};
use crate::director::Director;
use crate::error::Result;
use crate::scenario::Ctx;
use std::time::{Duration, Instant};

const FILES: [&str; 2] = ["seeds/master-master-1.conf", "seeds/master-master-2.conf"];

pub(super) fn run(ctx: &mut Ctx) -> Result<()> {
    let world = World::new(ctx)?;
    let (mut one, mut two) = world.directors(ctx, FILES, &["-P"])?;
    ctx.step("start both");
    one.start()?;
    two.start()?;
    one_each(ctx, &world)?;

    ctx.step("SIGTERM to d2");
    let at = Instant::now();
    two.terminate()?;
    let took = world.one_has.wait(VIP2, true, Duration::from_secs(8))?;
    ctx.bound(
        "d1 has both",
        took.saturating_duration_since(at),
        skew(90) + GRACE,
    );
    both(ctx, &world, "d1")?;
    two.wait_end(Duration::from_secs(6))?;
    again(ctx, &world, &mut two)?;

    ctx.step("kill -9 of every process of d1, then ExecStopPost");
    let at = one.kill_all()?;
    let released = one.exec_stop_post();
    ctx.note("release", released);
    let took = world.two_has.wait(VIP, true, Duration::from_secs(8))?;
    ctx.bound(
        "d2 has both",
        took.saturating_duration_since(at),
        down(90) + GRACE,
    );
    if ctx.a.is_holdfast() {
        // a dead keepalived keeps its VIP
        both(ctx, &world, "d2")?;
    }
    again(ctx, &world, &mut one)
}

fn one_each(ctx: &mut Ctx, world: &World) -> Result<()> {
    world.only("d1", VIP, Duration::from_secs(9))?;
    world.only("d2", VIP2, Duration::from_secs(9))?;
    ctx.step(format!("d1 has {VIP}, d2 has {VIP2}"));
    Ok(())
}

fn both(ctx: &mut Ctx, world: &World, host: &str) -> Result<()> {
    let patience = Duration::from_secs(2);
    let first = world.only(host, VIP, patience);
    ctx.note("first VIP", first);
    let second = world.only(host, VIP2, patience);
    ctx.note("second VIP", second);
    Ok(())
}

fn again(ctx: &mut Ctx, world: &World, director: &mut Director) -> Result<()> {
    ctx.step(format!("start {} again", director.host().name()));
    director.start()?;
    one_each(ctx, world)
}
