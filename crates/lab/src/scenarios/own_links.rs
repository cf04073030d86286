//! `use_ipvlan` beside keepalived, and VMACs in a VRF: kernels of other machines may have neither, so it runs
//! in the guest.

use super::world::{GRACE, VIP, World, skew};
use crate::director::Director;
use crate::error::Result;
use crate::scenario::Ctx;
use crate::shell::wait_some;
use crate::wire::Advert;
use std::net::Ipv4Addr;
use std::time::{Duration, Instant};

const FILE: &str = "cases/own-links.conf";
const FIRST: u8 = 150;
const SECOND: u8 = 100;
const VRID: u8 = 51;
/// Where adverts of d1 and d2 come from.
const SOURCES: [Ipv4Addr; 2] = [
    Ipv4Addr::new(172, 168, 2, 51),
    Ipv4Addr::new(172, 168, 2, 52),
];
const BOUND: Duration = Duration::from_secs(2);

pub(super) fn run(ctx: &mut Ctx) -> Result<()> {
    let world = World::new(ctx)?;
    let (mut one, mut two) = world.directors(ctx, [FILE, FILE], &["-P"])?;
    let ipvlan = |address: Ipv4Addr| format!("use_ipvlan {address}/16");
    configure(ctx, &one, FIRST, &ipvlan(SOURCES[0]))?;
    configure(ctx, &two, SECOND, &ipvlan(SOURCES[1]))?;
    let at = Instant::now();
    world.start_pair(ctx, &mut one, &mut two)?;
    let links = world.one.ip("-d -o link show type ipvlan")?;
    let right = links.contains("vrrp.51@eth0") && links.contains("mode l2 bridge");
    ctx.check(right, format!("d1 has vrrp.51: {}", links.trim()));
    let there = world.one.ip("-o -4 address show dev eth0")?;
    let below = there.contains(&format!("{VIP}/"));
    ctx.check(
        below,
        "the VIP is on the interface below, as with keepalived",
    );
    come_from(ctx, &world, at, &SOURCES);

    ctx.step("a reload gives it another address and mode");
    let at = Instant::now();
    let other = Ipv4Addr::new(172, 168, 2, 53);
    configure(ctx, &one, FIRST, &format!("use_ipvlan {other}/16 private"))?;
    one.reload()?;
    let tuned = wait_some("the new address", BOUND, || {
        let link = world.one.ip("-d -o link show type ipvlan").ok()?;
        let has = world.one.ip("-o -4 address show dev vrrp.51").ok()?;
        let right = link.contains("private") && has.contains(&format!("{other}/"));
        right.then_some(())
    });
    ctx.note("vrrp.51 is set anew", tuned);
    let heard = world
        .witness
        .wait("the new source", at, BOUND, |advert| advert.source == other);
    ctx.note("adverts come from there", heard);
    let moves = world.one_has.changes(VIP, at);
    ctx.check(moves == 0, format!("{moves} moves of the VIP"));

    ctx.step("somebody removes that address");
    let at = Instant::now();
    world
        .one
        .ip(&format!("address del {other}/16 dev vrrp.51"))?;
    let back = wait_some("the address", BOUND, || {
        let has = world.one.ip("-o -4 address show dev vrrp.51").ok()?;
        has.contains(&format!("{other}/")).then_some(())
    });
    ctx.note("it is put back", back);
    let heard = world.witness.wait("the next advert", at, BOUND, |advert| {
        advert.source == other
    });
    ctx.note("adverts go on", heard);
    let zero = |advert: &Advert| advert.vrid == VRID && advert.priority == 0;
    let zeros = world.witness.adverts(at, zero).len();
    let moves = world.one_has.changes(VIP, at);
    let calm = zeros == 0 && moves == 0;
    ctx.check(
        calm,
        format!("{zeros} of priority 0, {moves} moves of the VIP"),
    );

    ctx.step("d1 is stopped");
    one.stop(Duration::from_secs(6))?;
    world.only("d2", VIP, skew(SECOND) + GRACE * 20)?;
    let left = world.one.ip("-o link show type ipvlan")?;
    ctx.check(left.is_empty(), format!("nothing is left: {left}"));
    two.stop(Duration::from_secs(6))?;

    ctx.step("eth0 of d1 belongs to a VRF, and the instance has a VMAC");
    world.one.ip("link add blue type vrf table 10")?;
    world.one.ip("link set blue up")?;
    world.one.ip("link set eth0 master blue")?;
    configure(ctx, &one, FIRST, "use_vmac")?;
    one.start()?;
    world.only("d1", VIP, Duration::from_secs(9))?;
    let link = world.one.ip("-o link show dev vrrp.51")?;
    ctx.check(link.contains("master blue"), "so does the VMAC");
    let table = world.one.ip("route show table 10")?;
    let local = table.contains(&format!("local {VIP} dev vrrp.51"));
    ctx.check(local, "the VIP is in its table");
    one.stop(Duration::from_secs(6))?;
    let left = world.one.ip("-o link show type macvlan")?;
    ctx.check(left.is_empty(), format!("nothing is left: {left}"));
    Ok(())
}

fn configure(ctx: &Ctx, director: &Director, priority: u8, form: &str) -> Result<()> {
    let text = ctx.file(FILE)?.replace("PRIORITY", &priority.to_string());
    director.configure(text.replacen("    FORM", &format!("    {form}"), 1))
}

/// Nobody sends with the address below.
fn come_from(ctx: &mut Ctx, world: &World, from: Instant, sources: &[Ipv4Addr]) {
    let all = world.witness.adverts(from, |advert| advert.vrid == VRID);
    let right = all
        .iter()
        .all(|(_, advert)| sources.contains(&advert.source));
    let count = all.len();
    ctx.check(
        right && count > 0,
        format!("{count} adverts, all from the ipvlan interfaces' addresses"),
    );
}
