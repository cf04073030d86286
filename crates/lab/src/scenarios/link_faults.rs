//! What others do to the link of a master, and to what the master put there.

use super::world::{GRACE, ONE, VIP, World, down};
use crate::director::{Director, Role};
use crate::error::Result;
use crate::net::{Host, Port};
use crate::scenario::{Ctx, Needs, Scenario, Shape};
use crate::shell::wait;
use nix::sys::signal::Signal;
use std::fmt::Write as _;
use std::time::{Duration, Instant};

/// In the list.
pub(super) const SCENARIO: Scenario = Scenario {
    name: "link_faults",
    about: "routes and rules deleted, addresses flushed, netlink overrun, a link that flaps, is renamed, made anew: healed in time",
    needs: Needs::Net,
    shape: Shape::Single,
    seconds: 85,
    run,
};

const FILES: [&str; 2] = ["cases/link-1.conf", "cases/link-2.conf"];
const PRIORITY: [u8; 2] = [100, 90];
/// What was deleted is back by then; a fault is acted upon by then.
const AT_ONCE: Duration = Duration::from_millis(100);
/// After lost messages everything is read again.
const REREAD: Duration = Duration::from_secs(1);
const FLAPS: u32 = 40;
const FLAP: Duration = Duration::from_millis(50);
/// Changes of addresses while nobody reads what the kernel says of them.
const CHANGES: u32 = 10_000;

fn run(ctx: &mut Ctx) -> Result<()> {
    let world = World::new(ctx)?;
    let (mut one, mut two) = world.directors(ctx, FILES, &["-P"])?;
    world.start_pair(ctx, &mut one, &mut two)?;
    deleted(ctx, &world)?;
    overrun(ctx, &world, &one)?;
    narrow(ctx, &world)?;
    flushed(ctx, &world)?;
    flapping(ctx, &world)?;
    renamed(ctx, &world, &one)?;
    made_anew(ctx, &world)?;
    let lives = one.lives() && two.lives();
    ctx.check(lives, "both daemons live");
    let ends = [&one, &two].map(|director| director.log().count(0, "Respawning"));
    ctx.check(ends == [0, 0], format!("processes died: {ends:?}"));
    Ok(())
}

/// The first director is master with all that it has to have.
fn whole(world: &World) -> bool {
    let one = &world.one;
    let has = |line: &str, words: &str| one.ip(line).is_ok_and(|text| text.contains(words));
    let address = format!("inet {VIP}/32");
    has("-o -4 address show dev eth0", &address)
        && has("route show 10.99.0.0/16", "10.99.0.0/16")
        && has("rule show", &format!("from {VIP} lookup 100"))
}

/// Changes of addresses that mean nothing, for `ip -batch`.
pub(super) fn changes() -> String {
    let mut batch = String::new();
    for number in 0..CHANGES / 2 {
        let (third, fourth) = (number / 250, number % 250 + 1);
        let word = |verb: &str| format!("address {verb} 10.77.{third}.{fourth}/32 dev lo\n");
        let _infallible = write!(batch, "{}{}", word("add"), word("del"));
    }
    batch
}

/// The route is in the table of this thread's namespace, where its bytes stand the other way round.
pub(super) fn routed() -> bool {
    let table = std::fs::read_to_string("/proc/thread-self/net/route");
    table.is_ok_and(|text| text.contains("\t0000630A\t"))
}

/// A route and a rule: back at once, and nobody notices.
fn deleted(ctx: &mut Ctx, world: &World) -> Result<()> {
    let from = Instant::now();
    let route = "route del 10.99.0.0/16";
    ctx.step(format!("ip {route}"));
    world.one.ip(route)?;
    let at = Instant::now();
    world
        .one
        .within(|| wait("the route is back", REREAD, routed))??;
    ctx.bound("it is back", at.elapsed(), AT_ONCE);
    let rule = format!("rule del from {VIP} lookup 100");
    ctx.step(format!("ip {rule}"));
    world.one.ip(&rule)?;
    let at = Instant::now();
    wait("it is back", REREAD * 2, || whole(world))?;
    // three programs have to say so
    ctx.bound("it is back", at.elapsed(), REREAD);
    unnoticed(ctx, world, from);
    Ok(())
}

fn unnoticed(ctx: &mut Ctx, world: &World, from: Instant) {
    let zero = world.witness.adverts(from, |advert| advert.priority == 0);
    let others = world.witness.adverts(from, |advert| advert.source != ONE);
    let nobody = zero.is_empty() && others.is_empty();
    ctx.check(nobody, "nobody resigned, nobody else spoke");
}

/// The worker stands still while the kernel has more to say than fits, and its VIP goes meanwhile.
fn overrun(ctx: &mut Ctx, world: &World, one: &Director) -> Result<()> {
    let from = Instant::now();
    let path = ctx.path("batch");
    std::fs::write(&path, changes()).map_err(|error| crate::Error::Failed(error.to_string()))?;
    ctx.step(format!(
        "SIGSTOP to the VRRP process, {CHANGES} changes, the VIP deleted, SIGCONT"
    ));
    one.signal(Role::Vrrp, Signal::SIGSTOP)?;
    let changed = world.one.ip(&format!("-batch {}", path.display()));
    let gone = world.one.ip(&format!("address del {VIP}/32 dev eth0"));
    one.signal(Role::Vrrp, Signal::SIGCONT)?;
    let back = Instant::now();
    changed.and(gone)?;
    ctx.step(format!("it stood still for {:.3?}", back - from));
    wait("the VIP is back", REREAD * 3, || whole(world))?;
    ctx.bound("everything is back", back.elapsed(), REREAD + GRACE);
    let said = one.log().count(0, "netlink: messages were lost");
    ctx.check(
        said >= 1,
        format!("log of d1: lost messages, {said} time(s)"),
    );
    unnoticed(ctx, world, from);
    Ok(())
}

/// The least that IPv4 allows is enough for an advert (RFC 791: 68 bytes).
fn narrow(ctx: &mut Ctx, world: &World) -> Result<()> {
    ctx.step("MTU 68, and 1500 again");
    let from = Instant::now();
    world.one.ip("link set eth0 mtu 68")?;
    let ours = |advert: &crate::wire::Advert| advert.source == ONE;
    let second = Duration::from_secs(1) + GRACE;
    let (at, _) = world.witness.wait("an advert", from, second, ours)?;
    let after = at + Duration::from_millis(1);
    world.witness.wait("another", after, second, ours)?;
    world.one.ip("link set eth0 mtu 1500")?;
    unnoticed(ctx, world, from);
    wait("everything is there", REREAD, || whole(world)).map(drop)
}

/// Without an address to speak from it cannot serve; with one it can again.
fn flushed(ctx: &mut Ctx, world: &World) -> Result<()> {
    ctx.step("ip address flush dev eth0");
    let at = Instant::now();
    world.one.ip("address flush dev eth0")?;
    other_serves(ctx, world, at)?;
    world.one.address(&format!("{ONE}/16"), "eth0")?;
    again(ctx, world)
}

fn other_serves(ctx: &mut Ctx, world: &World, at: Instant) -> Result<()> {
    let bound = down(PRIORITY[1]) + GRACE;
    let took = world.two_has.wait(VIP, true, bound + REREAD)?;
    ctx.bound("d2 serves", took.saturating_duration_since(at), bound);
    ctx.check(!world.one_has.has(VIP), "d1 does not");
    Ok(())
}

/// The first director has it all back, as the better one.
fn again(ctx: &mut Ctx, world: &World) -> Result<()> {
    let at = Instant::now();
    let bound = down(PRIORITY[0]) + GRACE;
    let took = world.one_has.wait(VIP, true, bound + REREAD)?;
    ctx.bound("d1 serves again", took.saturating_duration_since(at), bound);
    wait("all of it is there", REREAD, || whole(world))?;
    world.only("d1", VIP, REREAD * 2)
}

/// Cuts a cable and mends it, so often, each within `period`.
pub(super) fn flap(port: &Port, times: u32, period: Duration) -> Result<()> {
    for _ in 0..times {
        port.cut()?;
        // the fault itself
        std::thread::sleep(period / 2);
        port.mend()?;
        std::thread::sleep(period / 2);
    }
    Ok(())
}

/// One state in the end, the right one.
fn flapping(ctx: &mut Ctx, world: &World) -> Result<()> {
    ctx.step(format!("{FLAPS} times: the cable is cut, and mended"));
    flap(&world.one_port, FLAPS, FLAP)?;
    again(ctx, world)
}

/// A link has to be down to get another name.
pub(super) fn rename(host: &Host, from: &str, to: &str) -> Result<()> {
    host.ip(&format!("link set {from} down"))?;
    host.ip(&format!("link set {from} name {to}"))?;
    host.ip(&format!("link set {to} up")).map(drop)
}

fn renamed(ctx: &mut Ctx, world: &World, one: &Director) -> Result<()> {
    ctx.step("eth0 is called eth9");
    let at = Instant::now();
    rename(&world.one, "eth0", "eth9")?;
    other_serves(ctx, world, at)?;
    ctx.step("and eth0 again");
    rename(&world.one, "eth9", "eth0")?;
    again(ctx, world)?;
    ctx.step("SIGSTOP to the VRRP process, eth0 is called eth9, SIGCONT: it hears of all at once");
    let at = Instant::now();
    one.signal(Role::Vrrp, Signal::SIGSTOP)?;
    rename(&world.one, "eth0", "eth9")?;
    one.signal(Role::Vrrp, Signal::SIGCONT)?;
    let heard = Instant::now();
    let gone = world.one_has.wait(VIP, false, REREAD)?;
    let took = gone.saturating_duration_since(heard);
    ctx.bound("the VIP is not on eth9 either", took, AT_ONCE);
    other_serves(ctx, world, at)?;
    rename(&world.one, "eth9", "eth0")?;
    again(ctx, world)
}

/// Another link of that name, with another index.
fn made_anew(ctx: &mut Ctx, world: &World) -> Result<()> {
    ctx.step("eth0 is deleted");
    let at = Instant::now();
    world.one.ip("link delete eth0")?;
    other_serves(ctx, world, at)?;
    ctx.step("and there is another");
    let _port = world.switch.plug(&world.one, "eth0")?;
    world.one.address(&format!("{ONE}/16"), "eth0")?;
    again(ctx, world)
}
