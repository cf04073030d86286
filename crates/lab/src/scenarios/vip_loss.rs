//! `on_vip_loss`: somebody removes a master's VIP.

use super::world::{GRACE, ONE, VIP, World, skew};
use crate::director::{Director, Reload};
use crate::error::Result;
use crate::scenario::{Ctx, Needs, Scenario, Shape};
use crate::wire::Advert;
use std::time::{Duration, Instant};

/// In the list.
pub(super) const SCENARIO: Scenario = Scenario {
    name: "vip_loss",
    about: "somebody removes a VIP: it is back at once, or as keepalived does it; again and again: with pauses",
    needs: Needs::Net,
    shape: Shape::Single,
    seconds: 24,
    run,
};

/// A VIP that was removed is back by then.
const BACK: Duration = Duration::from_millis(100);
const PRIORITY: u8 = 100;

fn run(ctx: &mut Ctx) -> Result<()> {
    let world = World::new(ctx)?;
    let files = ["seeds/pair-1.conf", "seeds/pair-2.conf"];
    let (mut one, mut two) = world.directors(ctx, files, &["-P"])?;
    world.start_pair(ctx, &mut one, &mut two)?;
    restored(ctx, &world, &one)?;
    again_and_again(ctx, &world, &one)?;
    ctx.step("reload with `on_vip_loss backup`");
    let text = ctx.file("seeds/pair-1.conf")?;
    one.configure(format!("holdfast {{\n on_vip_loss backup\n}}\n{text}"))?;
    let reload = one.reload()?;
    ctx.check(reload == Reload::Complete, format!("{reload:?}"));
    given_up(ctx, &world)
}

/// Removes it; when, and when it was announced again.
fn remove(world: &World, one: &Director, patience: Duration) -> Result<(Instant, Instant)> {
    let (mark, at) = (one.log().mark(), Instant::now());
    world.one.ip(&format!("address del {VIP}/32 dev eth0"))?;
    // it may be back before anybody could look
    let words = "Sending/queueing gratuitous ARPs on eth0";
    let (back, _) = one.log().wait(mark, words, patience)?;
    world.one_has.wait(VIP, true, BACK)?;
    Ok((at, back))
}

fn resigned(advert: &Advert) -> bool {
    advert.source == ONE && advert.priority == 0
}

/// At once, and announced.
fn restored(ctx: &mut Ctx, world: &World, one: &Director) -> Result<()> {
    let (at, back) = remove(world, one, 4 * BACK)?;
    ctx.bound("the VIP is back", back.saturating_duration_since(at), BACK);
    crate::shell::wait("a gratuitous ARP", BACK, || {
        !world.witness.garps(at, VIP).is_empty()
    })?;
    let zero = world.witness.adverts(at, resigned);
    ctx.check(zero.is_empty(), "nobody resigned");
    let other = world.two_has.changes(VIP, at);
    ctx.check(other == 0, "d2 did nothing");
    Ok(())
}

/// The sixth time it has to wait, for 1 s.
fn again_and_again(ctx: &mut Ctx, world: &World, one: &Director) -> Result<()> {
    let from = Instant::now();
    for _ in 0..4 {
        // losses closer together are one wave
        std::thread::sleep(BACK);
        remove(world, one, 4 * BACK)?;
    }
    std::thread::sleep(BACK);
    let (at, back) = remove(world, one, Duration::from_secs(2))?;
    let took = back.saturating_duration_since(at);
    let second = Duration::from_secs(1);
    ctx.check(
        took >= second - GRACE && took <= second + GRACE,
        format!("the sixth time it is back after {took:.3?}"),
    );
    let words = "somebody removed its addresses more than 5 times";
    let said = one.log().count(0, words);
    ctx.check(said == 1, format!("log of d1: {words}: {said} time(s)"));
    let zero = world.witness.adverts(from, resigned);
    ctx.check(zero.is_empty(), "nobody resigned");
    Ok(())
}

/// As keepalived: priority 0, and master again where nobody better is.
fn given_up(ctx: &mut Ctx, world: &World) -> Result<()> {
    let at = Instant::now();
    world.one.ip(&format!("address del {VIP}/32 dev eth0"))?;
    let (zero, _) = world
        .witness
        .wait("priority 0 of d1", at, BACK + GRACE, resigned)?;
    ctx.bound("d1 resigns", zero.saturating_duration_since(at), BACK);
    let back = |advert: &Advert| advert.source == ONE && advert.priority == PRIORITY;
    let bound = skew(PRIORITY) + GRACE;
    let (next, _) = world.witness.wait("d1 is back", zero, 2 * bound, back)?;
    let took = next.saturating_duration_since(zero);
    ctx.bound("d1 is master again", took, bound);
    ctx.check(took >= skew(PRIORITY) - GRACE, "after the skew time");
    world.only("d1", VIP, Duration::from_secs(3))
}
