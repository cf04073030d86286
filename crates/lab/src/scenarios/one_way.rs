//! A link that works in one direction: one director does not hear the other.

use super::world::{GRACE, TWO, VIP, World, down, six};
use crate::director::Director;
use crate::error::Result;
use crate::net::Host;
use crate::scenario::{Ctx, Needs, Scenario, Shape};
use std::fmt::Display;
use std::net::Ipv6Addr;
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
/// Of d1 alone.
const VIP6: Ipv6Addr = Ipv6Addr::new(0xfd00, 0, 0, 0, 0, 0, 0, 0x20);
const PRIORITY: [u8; 2] = [100, 90];

fn run(ctx: &mut Ctx) -> Result<()> {
    let world = World::new(ctx)?;
    let files = ["seeds/pair-1.conf", "seeds/pair-2.conf"];
    let (mut one, mut two) = world.directors(ctx, files, &["-P"])?;
    let text = ctx.file(files[0])?;
    let more = format!("virtual_ipaddress_excluded {{\n{VIP6}/64\n}}\nvirtual_ipaddress {{");
    one.configure(text.replacen("virtual_ipaddress {", &more, 1))?;
    six(&world.one, "fd00::18")?;
    six(&world.stranger, "fd00::9")?;
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
fn claim(host: &Host, vip: impl Display) -> Result<String> {
    Ok(format!("{vip} is claimed by {} on eth0", host.mac()?))
}

/// A host has the addresses of d1 and says nothing of itself: it answers when it is asked.
fn claimed(ctx: &mut Ctx, world: &World, one: &Director) -> Result<()> {
    ctx.step("a host has both VIPs and says nothing of itself");
    world.stranger.address(&format!("{VIP}/32"), "eth0")?;
    world
        .stranger
        .address(&format!("{VIP6}/128"), "eth0 nodad")?;
    for words in [claim(&world.stranger, VIP)?, claim(&world.stranger, VIP6)?] {
        let (_, line) = one.log().wait(0, &words, PROBED)?;
        ctx.step(&line);
    }
    for address in [format!("{VIP}/32"), format!("{VIP6}/128")] {
        let gone = format!("address del {address} dev eth0");
        world.stranger.ip(&gone)?;
    }
    Ok(())
}

/// The second master announced itself.
fn announced(ctx: &mut Ctx, world: &World, one: &Director) -> Result<()> {
    let (_, line) = one
        .log()
        .wait(0, &claim(&world.two, VIP)?, Duration::from_secs(1))?;
    ctx.step(&line);
    for (host, words) in [
        (&world.two, claim(&world.two, VIP)?),
        (&world.stranger, claim(&world.stranger, VIP)?),
        (&world.stranger, claim(&world.stranger, VIP6)?),
    ] {
        let said = one.log().count(0, &words);
        ctx.check(said == 1, format!("{}: said {said} time(s)", host.name()));
    }
    Ok(())
}
