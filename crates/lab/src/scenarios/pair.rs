//! The pair of the seed documents without its table: election and handover.

use super::world::{GRACE, ONE, STRANGER, TWO, VIP, World, down, skew, sorry_servers};
use crate::director::Director;
use crate::error::Result;
use crate::scenario::Ctx;
use crate::traffic::{Load, Server};
use std::net::Ipv4Addr;
use std::time::{Duration, Instant};

pub(super) const FILES: [&str; 2] = ["seeds/pair-1.conf", "seeds/pair-2.conf"];
const MASTER: u8 = 100;
/// Priority of the second director.
pub(super) const BACKUP: u8 = 90;
const ONE_SECOND: Duration = Duration::from_secs(1);
/// How long a program may take from its start to its first listening.
const START: Duration = Duration::from_millis(500);

struct Running {
    world: World,
    one: Director,
    two: Director,
    load: Load,
    _servers: [Server; 2],
}

fn running(ctx: &mut Ctx) -> Result<Running> {
    let world = World::new(ctx)?;
    let (mut one, mut two) = world.directors(ctx, FILES, &["-P"])?;
    let servers = sorry_servers(&world)?;
    let load = world.load(Duration::from_millis(10), Duration::from_millis(100));
    world.start_pair(ctx, &mut one, &mut two)?;
    Ok(Running {
        world,
        one,
        two,
        load,
        _servers: servers,
    })
}

/// One holder, adverts every second, gratuitous ARP five and five.
pub(super) fn elect(ctx: &mut Ctx) -> Result<()> {
    let start = Instant::now();
    let run = running(ctx)?;
    let world = &run.world;
    let from = Instant::now();
    let (first, _) = world
        .witness
        .wait("the first advert", start, GRACE, |advert| {
            advert.source == ONE
        })?;
    // ten gratuitous ARP: at once, and after garp_master_delay; then the adverts are many too
    let mac = world.one.mac()?;
    let garps = crate::shell::wait_some("10 gratuitous ARP", Duration::from_secs(8), || {
        let mut all = world.witness.garps(start, VIP);
        // the other is master for a moment if the first is late by 40 ms
        all.retain(|(_, by)| *by == mac);
        (all.len() >= 10).then_some(all)
    });
    if let Some(garps) = ctx.note("gratuitous ARP for the VIP, 5 and 5", garps) {
        let after = |index: usize| {
            garps
                .get(index)
                .map(|(at, _)| at.saturating_duration_since(first))
        };
        let (fifth, sixth) = (after(4).unwrap_or_default(), after(5).unwrap_or_default());
        ctx.bound(
            "fifth gratuitous ARP after the first advert",
            fifth,
            Duration::from_millis(300),
        );
        let round = sixth.abs_diff(Duration::from_secs(5));
        ctx.bound("second round beside 5 s", round, Duration::from_millis(300));
        ctx.check(
            garps.len() == 10,
            format!("{} gratuitous ARP, not more", garps.len()),
        );
    }
    adverts(ctx, world, first);
    ctx.check(
        world.one_has.changes(VIP, from) == 0,
        "the VIP stayed where it was",
    );
    let served = run.load.servers(from);
    ctx.check(
        served.keys().eq(["d1"]),
        format!("the client is served by d1 alone: {served:?}"),
    );
    for (director, words) in [
        (&run.one, "Entering MASTER STATE"),
        (&run.two, "Entering BACKUP STATE"),
    ] {
        let words = format!("(LVS_HA) {words}");
        ctx.check(
            director.log().count(0, &words) > 0,
            format!("log of {}: {words}", director.host().name()),
        );
    }
    Ok(())
}

fn adverts(ctx: &mut Ctx, world: &World, from: Instant) {
    let all = world.witness.adverts(from, |_| true);
    let ours = all.iter().all(|(_, advert)| advert.source == ONE);
    ctx.check(ours, format!("{} adverts, all of them d1's", all.len()));
    let right = all.iter().all(|(_, advert)| {
        advert.destination == Ipv4Addr::new(224, 0, 0, 18)
            && (advert.ttl, advert.version, advert.vrid) == (255, 2, 100)
            && (advert.priority, advert.auth_type, advert.interval) == (MASTER, 1, 1)
            && advert.addresses == [VIP]
            && advert.password == b"uGLGQp5g"
            && advert.checksum_ok
    });
    ctx.check(
        right,
        "version 2, TTL 255, priority, password of 8 bytes, checksum",
    );
    let gap = gap(&all.iter().map(|(at, _)| *at).collect::<Vec<_>>());
    ctx.bound(
        "longest time between adverts",
        gap,
        Duration::from_secs(1) + GRACE,
    );
}

/// The longest time between neighbours.
pub(super) fn gap(times: &[Instant]) -> Duration {
    let pairs = times.iter().zip(times.iter().skip(1));
    pairs
        .map(|(one, next)| next.saturating_duration_since(*one))
        .max()
        .unwrap_or_default()
}

/// SIGTERM to the master.
pub(super) fn sigterm(ctx: &mut Ctx) -> Result<()> {
    let mut run = running(ctx)?;
    ctx.step("SIGTERM to d1");
    let at = Instant::now();
    run.one.terminate()?;
    taken(ctx, &run, at, skew(BACKUP) + GRACE)?;
    let resigned = run.world.witness.adverts(at, |advert| advert.priority == 0);
    let first = resigned
        .first()
        .map(|(seen, _)| seen.saturating_duration_since(at));
    match first {
        Some(took) => ctx.bound("priority 0 on the wire", took, GRACE),
        None => ctx.fail("no advert of priority 0"),
    }
    let left = crate::shell::wait("d1 leaves the group of adverts", ONE_SECOND, || {
        run.world.witness.leaves(at) > 0
    });
    ctx.note("who ends leaves the group", left);
    let ended = run.one.wait_end(Duration::from_secs(6));
    if let Some(took) = ctx.note("d1 ends", ended) {
        ctx.step(format!("its daemon has ended after {took:.3?}"));
    }
    back(ctx, &mut run)
}

/// The master's cable is cut and mended.
pub(super) fn link_cut(ctx: &mut Ctx) -> Result<()> {
    let run = running(ctx)?;
    ctx.step("cut the cable of d1");
    let at = Instant::now();
    run.world.one_port.cut()?;
    taken(ctx, &run, at, down(BACKUP) + GRACE)?;
    let gone = run.world.one_has.wait(VIP, false, Duration::from_secs(1));
    ctx.note("d1 without a cable gives the VIP up", gone);
    ctx.step("mend it");
    let at = Instant::now();
    run.world.one_port.mend()?;
    preempted(ctx, &run, at)
}

/// All processes of the master die; then what systemd would run.
pub(super) fn kill9(ctx: &mut Ctx) -> Result<()> {
    let mut run = running(ctx)?;
    ctx.step("kill -9 of every process of d1, then ExecStopPost");
    let at = run.one.kill_all()?;
    let released = run.one.exec_stop_post();
    ctx.note("release", released);
    if ctx.a.is_holdfast() {
        let gone = run.world.one_has.wait(VIP, false, Duration::from_secs(1));
        if let Some(gone) = ctx.note("the VIP of the dead leaves", gone) {
            let took = gone.saturating_duration_since(at);
            ctx.bound("VIP of the dead gone", took, Duration::from_millis(200));
        }
    } else {
        ctx.step("a dead keepalived keeps its VIP: that is why Holdfast has `release`");
    }
    taken(ctx, &run, at, down(BACKUP) + GRACE)?;
    if ctx.a.is_holdfast() {
        let one = run.world.only("d2", VIP, Duration::from_secs(2));
        ctx.note("one holder", one);
    }
    back(ctx, &mut run)
}

/// The second director has the VIP and serves the client within `bound` of `at`.
fn taken(ctx: &mut Ctx, run: &Running, at: Instant, bound: Duration) -> Result<()> {
    let took = run.world.two_has.wait(VIP, true, Duration::from_secs(8))?;
    ctx.bound("d2 has the VIP", took.saturating_duration_since(at), bound);
    let answered = run.load.wait_answer("d2", at, Duration::from_secs(3))?;
    // a request that was under way to the old one holds the next one up
    let request = Duration::from_millis(100);
    ctx.bound(
        "d2 answers the client",
        answered.saturating_duration_since(at),
        bound + request,
    );
    Ok(())
}

fn back(ctx: &mut Ctx, run: &mut Running) -> Result<()> {
    ctx.step("start d1 again");
    let at = Instant::now();
    run.one.start()?;
    preempted(ctx, run, at)
}

/// The first director takes the VIP back, the second one lets go at its first advert.
fn preempted(ctx: &mut Ctx, run: &Running, at: Instant) -> Result<()> {
    let world = &run.world;
    world.only("d1", VIP, Duration::from_secs(9))?;
    let (advert, _) = world
        .witness
        .wait("an advert of d1", at, GRACE, |advert| advert.source == ONE)?;
    let took = advert.saturating_duration_since(at);
    ctx.bound("d1 is master again", took, down(MASTER) + START);
    let left = world
        .two_has
        .wait(VIP, false, GRACE)?
        .saturating_duration_since(advert);
    ctx.bound("d2 let go after d1's first advert", left, GRACE);
    let late = world
        .witness
        .adverts(advert + GRACE, |advert| advert.source == TWO);
    ctx.check(late.is_empty(), "d2 is silent");
    let strange = world
        .witness
        .adverts(at, |advert| advert.source == STRANGER);
    ctx.check(strange.is_empty(), "nobody else spoke");
    let (all, failed) = run.load.failures(at);
    ctx.step(format!(
        "requests since then: {all}, failed: {}",
        failed.len()
    ));
    Ok(())
}
