//! A link that works in one direction: one director does not hear the other.

use super::world::{GRACE, TWO, VIP, World, down};
use crate::director::Director;
use crate::error::Result;
use crate::net::Host;
use crate::scenario::{Ctx, Needs, Scenario, Shape};
use std::time::Duration;

/// In the list.
pub(super) const SCENARIO: Scenario = Scenario {
    name: "one_way",
    about: "the backup hears no adverts and serves as well, a host has the VIP: the master says so, once",
    needs: Needs::Net,
    shape: Shape::Single,
    seconds: 26,
    run,
};

/// Others are asked when we have had an address for three seconds; a second later that is said.
const PROBED: Duration = Duration::from_secs(5);
const PRIORITY: [u8; 2] = [100, 90];

fn run(ctx: &mut Ctx) -> Result<()> {
    let world = World::new(ctx)?;
    let files = ["seeds/pair-1.conf", "seeds/pair-2.conf"];
    let (mut one, mut two) = world.directors(ctx, files, &["-P"])?;
    world.start_pair(ctx, &mut one, &mut two)?;
    claimed(ctx, &world, &one)?;
    ctx.step("d2 drops what d1 says");
    let mark = one.log().mark();
    world.two.drop_adverts()?;
    let alone = down(PRIORITY[1]) + GRACE;
    world
        .two_has
        .wait(VIP, true, alone + Duration::from_secs(1))?;
    // d1 believes it when d2 has spoken for a whole down interval, which it sees a second later
    let both = down(PRIORITY[0]) + Duration::from_secs(1) + GRACE;
    let words = format!("two masters: {TWO} goes on as master");
    let (_, line) = one.log().wait(mark, &words, alone + both)?;
    ctx.step(&line);
    // some more adverts: nothing is said of them
    std::thread::sleep(Duration::from_secs(4));
    let said = one.log().count(mark, "two masters");
    ctx.check(said == 1, format!("said {said} time(s)"));
    announced(ctx, &world, &one)?;
    ctx.step("d2 hears again");
    world.two.undrop()?;
    let next = Duration::from_secs(1) + GRACE;
    world.two_has.wait(VIP, false, next)?;
    ctx.check(true, "d2 gave way to the next advert");
    Ok(())
}

/// What d1 says of another who has its address.
fn claim(host: &Host) -> Result<String> {
    Ok(format!("{VIP} is claimed by {} on eth0", host.mac()?))
}

/// A host has the address of d1 and says nothing of itself: it answers when it is asked.
fn claimed(ctx: &mut Ctx, world: &World, one: &Director) -> Result<()> {
    ctx.step("a host has the VIP and says nothing of itself");
    world.stranger.address(&format!("{VIP}/32"), "eth0")?;
    let (_, line) = one.log().wait(0, &claim(&world.stranger)?, PROBED)?;
    ctx.step(&line);
    world
        .stranger
        .ip(&format!("address del {VIP}/32 dev eth0"))
        .map(drop)
}

/// The second master announced itself.
fn announced(ctx: &mut Ctx, world: &World, one: &Director) -> Result<()> {
    let (_, line) = one
        .log()
        .wait(0, &claim(&world.two)?, Duration::from_secs(1))?;
    ctx.step(&line);
    for host in [&world.two, &world.stranger] {
        let said = one.log().count(0, &claim(host)?);
        ctx.check(said == 1, format!("{}: said {said} time(s)", host.name()));
    }
    Ok(())
}
