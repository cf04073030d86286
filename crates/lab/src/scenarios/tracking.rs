//! A sync group of two instances that watches a file and an interface: either moves both, and back.

use super::world::{GRACE, VIP, VIP2, World, down, skew};
use crate::director::Director;
use crate::error::{Error, Result};
use crate::scenario::Ctx;
use std::path::PathBuf;
use std::time::{Duration, Instant};

const FILE: &str = "cases/tracking.conf";
const FIRST: u8 = 100;
const SECOND: u8 = 90;
/// An advert may be a second old when the weight changes, and the preempting backup has discarded
/// none yet.
const ADVERT: Duration = Duration::from_secs(1);
/// The kernel says at most once a second that a carrier is gone (net/core/link_watch.c).
const CARRIER: Duration = Duration::from_secs(1);

pub(super) fn run(ctx: &mut Ctx) -> Result<()> {
    let world = World::new(ctx)?;
    let other = ctx.lab.switch("sw1")?;
    let cable = other.plug(&world.one, "eth1")?;
    let _second = other.plug(&world.two, "eth1")?;
    let (mut one, mut two) = world.directors(ctx, [FILE, FILE], &["-P"])?;
    let level = configure(ctx, &one, FIRST)?;
    configure(ctx, &two, SECOND)?;
    world.start_pair(ctx, &mut one, &mut two)?;
    both(ctx, &world, "d1");

    ctx.step("the file of d1 takes 30 off its priority");
    let at = Instant::now();
    write(&level, "-30\n")?;
    moved(ctx, &world, "d2", at, ADVERT + down(SECOND) + GRACE)?;
    ctx.step("it gives them back");
    let at = Instant::now();
    write(&level, "0\n")?;
    moved(ctx, &world, "d1", at, ADVERT + down(FIRST) + GRACE)?;

    ctx.step("the file asks for FAULT");
    let at = Instant::now();
    write(&level, "-254\n")?;
    moved(ctx, &world, "d2", at, skew(SECOND) + GRACE * 2)?;
    write(&level, "0\n")?;
    moved(ctx, &world, "d1", Instant::now(), ADVERT + down(FIRST) * 2)?;

    ctx.step("eth1 of d1, which only the second instance watches, loses its cable");
    let at = Instant::now();
    cable.cut()?;
    moved(ctx, &world, "d2", at, CARRIER + skew(SECOND) + GRACE * 2)?;
    cable.mend()?;
    moved(ctx, &world, "d1", Instant::now(), ADVERT + down(FIRST) * 2)?;

    for words in [
        "(VI_1) Changing effective priority from 100 to 70",
        "(VI_1) Changing effective priority from 70 to 100",
        "VRRP_Group(BOTH) Syncing instances to FAULT state",
        "(VI_1) Entering FAULT STATE",
    ] {
        ctx.check(one.log().count(0, words) > 0, format!("log of d1: {words}"));
    }
    Ok(())
}

/// The case with this director's file and priority; where the file is.
fn configure(ctx: &Ctx, director: &Director, priority: u8) -> Result<PathBuf> {
    let level = director.config_path().with_extension("level");
    let text = ctx.file(FILE)?;
    let text = text.replace("LEVEL", &level.to_string_lossy());
    director.configure(text.replace("PRIORITY", &priority.to_string()))?;
    Ok(level)
}

fn write(path: &PathBuf, text: &str) -> Result<()> {
    std::fs::write(path, text).map_err(|error| Error::Failed(format!("writing: {error}")))
}

/// Waits until `host` has both VIPs.
fn moved(ctx: &mut Ctx, world: &World, host: &str, from: Instant, bound: Duration) -> Result<()> {
    let watch = if host == "d1" {
        &world.one_has
    } else {
        &world.two_has
    };
    for vip in [VIP, VIP2] {
        let at = watch.wait(vip, true, bound * 2)?;
        let took = at.saturating_duration_since(from);
        ctx.bound(&format!("{host} has {vip}"), took, bound);
    }
    both(ctx, world, host);
    Ok(())
}

fn both(ctx: &mut Ctx, world: &World, host: &str) {
    for vip in [VIP, VIP2] {
        let alone = world.only(host, vip, Duration::from_secs(9));
        ctx.note(&format!("{host} alone has {vip}"), alone);
    }
}
