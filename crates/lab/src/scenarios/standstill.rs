//! A director, or one process of it, stands still beside a peer.

use super::pair::gap;
use super::world::{GRACE, ONE, TWO, VIP, World, down};
use crate::director::{Director, Role};
use crate::error::Result;
use crate::scenario::{Ctx, Needs, Scenario, Shape};
use nix::sys::signal::Signal;
use std::time::{Duration, Instant};

/// In the list.
pub(super) const SCENARIO: Scenario = Scenario {
    name: "standstill",
    about: "a director stands still: for a short time nobody moves, after a long one it comes back as backup",
    needs: Needs::Net,
    shape: Shape::Single,
    seconds: 34,
    run,
};

const FILES: [&str; 2] = ["seeds/pair-1.conf", "seeds/pair-2.conf"];
const MASTER: u8 = 100;
const BACKUP: u8 = 90;
/// Who came back has no VIP after this.
const BACK: Duration = Duration::from_millis(100);
/// A silent worker is killed after 2 s; its supervisor looks twice a second.
const KILLED: Duration = Duration::from_secs(3);

struct Running {
    world: World,
    one: Director,
    _two: Director,
}

fn run(ctx: &mut Ctx) -> Result<()> {
    let world = World::new(ctx)?;
    let start = Instant::now();
    let (mut one, mut two) = world.directors(ctx, FILES, &["--without-ipvs"])?;
    world.start_pair(ctx, &mut one, &mut two)?;
    let run = Running {
        world,
        one,
        _two: two,
    };
    checks(ctx, &run)?;
    // what follows the takeover is over
    crate::shell::wait("10 gratuitous ARP", Duration::from_secs(8), || {
        run.world.witness.garps(start, VIP).len() >= 10
    })?;
    short(ctx, &run)?;
    long(ctx, &run, Duration::from_secs(5))?;
    worker(ctx, &run)
}

/// Just after an advert of the first director.
fn advert(run: &Running) -> Result<Instant> {
    let ours = |advert: &crate::wire::Advert| advert.source == ONE;
    let patience = Duration::from_secs(2);
    let witness = &run.world.witness;
    let (at, _) = witness.wait("an advert of d1", Instant::now(), patience, ours)?;
    Ok(at)
}

fn moves(run: &Running, from: Instant) -> usize {
    let (one, two) = (&run.world.one_has, &run.world.two_has);
    one.changes(VIP, from) + two.changes(VIP, from)
}

fn checks(ctx: &mut Ctx, run: &Running) -> Result<()> {
    ctx.step("SIGSTOP to the checking process of d1");
    let (before, from) = (run.one.pid(Role::Lvs), advert(run)?);
    run.one.signal(Role::Lvs, Signal::SIGSTOP)?;
    crate::shell::wait("its successor", KILLED, || {
        run.one
            .pid(Role::Lvs)
            .is_some_and(|pid| Some(pid) != before)
    })?;
    advert(run)?;
    let moved = moves(run, from);
    ctx.check(moved == 0, format!("{moved} moves of the VIP"));
    let adverts = run.world.witness.adverts(from, |_| true);
    let times: Vec<Instant> = adverts.into_iter().map(|(at, _)| at).collect();
    let longest = gap(&times);
    let bound = Duration::from_secs(1) + GRACE;
    ctx.bound("longest time between adverts", longest, bound);
    Ok(())
}

/// Shorter than K intervals.
fn short(ctx: &mut Ctx, run: &Running) -> Result<()> {
    ctx.step("SIGSTOP to all of d1 for 2.4 s, just after an advert");
    let from = advert(run)?;
    run.one.freeze(true)?;
    // the fault itself
    std::thread::sleep(Duration::from_millis(2_400));
    let back = run.one.freeze(false)?;
    let ours = |advert: &crate::wire::Advert| advert.source == ONE;
    let witness = &run.world.witness;
    let (next, _) = witness.wait("an advert of d1", back, BACK + GRACE, ours)?;
    ctx.bound(
        "its next advert",
        next.saturating_duration_since(back),
        BACK,
    );
    // and the one after that: nothing more is to come
    let after = next + Duration::from_millis(1);
    witness.wait("another", after, Duration::from_secs(2), ours)?;
    let garps = witness.garps(back, VIP);
    ctx.check(
        garps.len() == 1,
        format!("{} gratuitous ARP, once", garps.len()),
    );
    if let Some((at, _)) = garps.first() {
        let took = at.saturating_duration_since(back);
        ctx.bound("its gratuitous ARP", took, BACK);
    }
    let moved = moves(run, from);
    ctx.check(moved == 0, format!("{moved} moves of the VIP"));
    let theirs = witness.adverts(from, |advert| advert.source == TWO);
    ctx.check(theirs.is_empty(), "d2 said nothing");
    Ok(())
}

/// Longer: the peer serves, and is not disturbed by who comes back.
fn long(ctx: &mut Ctx, run: &Running, pause: Duration) -> Result<()> {
    ctx.step(format!("SIGSTOP to all of d1 for {pause:?}"));
    let last = advert(run)?;
    let stopped = run.one.freeze(true)?;
    let took = run.world.two_has.wait(VIP, true, pause)?;
    let took = took.saturating_duration_since(last);
    ctx.bound("d2 serves", took, down(BACKUP) + GRACE);
    // the rest of the fault
    std::thread::sleep(pause.saturating_sub(stopped.elapsed()));
    let back = run.one.freeze(false)?;
    let gone = run.world.one_has.wait(VIP, false, Duration::from_secs(1))?;
    let gone = gone.saturating_duration_since(back);
    ctx.bound("d1 has given the VIP up", gone, BACK);
    // it is the better one: it takes over as one that has just started
    let ours = |advert: &crate::wire::Advert| advert.source == ONE;
    let patience = down(MASTER) + GRACE;
    let (next, _) = run
        .world
        .witness
        .wait("d1 preempts", back, patience, ours)?;
    let silent = next.saturating_duration_since(back);
    ctx.check(
        silent >= down(MASTER) - GRACE,
        format!("d1 said nothing for {silent:.3?}"),
    );
    let kept = run.world.two_has.changes(VIP, back);
    ctx.check(kept <= 1, "d2 served until then");
    let late = run.one.log().count(0, "ran late: no advert for");
    ctx.check(late == 1, format!("log of d1: ran late, {late} time(s)"));
    run.world.only("d1", VIP, Duration::from_secs(3))
}

/// Its VRRP process alone.
fn worker(ctx: &mut Ctx, run: &Running) -> Result<()> {
    ctx.step("SIGSTOP to the VRRP process of d1");
    let last = advert(run)?;
    let (before, from) = (run.one.pid(Role::Vrrp), Instant::now());
    run.one.signal(Role::Vrrp, Signal::SIGSTOP)?;
    crate::shell::wait("its successor", KILLED, || {
        run.one
            .pid(Role::Vrrp)
            .is_some_and(|pid| Some(pid) != before)
    })?;
    ctx.bound("it is killed", from.elapsed(), KILLED);
    let bound = down(BACKUP) + GRACE;
    let gone = run.world.one_has.wait(VIP, false, bound)?;
    let took = run.world.two_has.wait(VIP, true, bound)?;
    let serves = took.saturating_duration_since(last);
    ctx.bound("d2 serves", serves, bound);
    ctx.check(gone <= took, "d1 had given the VIP up before");
    run.world.only("d1", VIP, Duration::from_secs(6))
}
