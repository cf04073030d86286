//! A process dies in the middle of an upgrade.

use super::super::deaths::USEFUL_LIFE;
use super::super::faults::any_seed;
use super::super::pair::BACKUP;
use super::super::world::{GRACE, ONE, TWO, VIP, World, down};
use super::{PACE, PATIENCE, d1_alone};
use crate::director::{Director, Role, tree};
use crate::draw::Draw;
use crate::error::Result;
use crate::scenario::Ctx;
use crate::shell::wait;
use crate::traffic::{Pings, Server};
use nix::sys::signal::{Signal, kill};
use nix::sys::wait::waitpid;
use std::time::{Duration, Instant};

/// How often each worker dies, and the supervisor; `--full`: more often.
const DEATHS: [[u32; 2]; 2] = [[3, 1], [20, 20]];
/// Another process is at work by then.
const BACK: Duration = Duration::from_secs(5);

/// kill -9 of a worker or of the supervisor, at any moment of an upgrade that takes so long.
pub(super) fn run(
    ctx: &mut Ctx,
    world: &World,
    one: &mut Director,
    longest: Duration,
    interval: Duration,
) -> Result<()> {
    let seed = any_seed();
    let [workers, supervisors] = DEATHS[usize::from(ctx.full)];
    ctx.step(format!(
        "upgrades in which a worker ({workers} each) or the supervisor ({supervisors}) dies, seed {seed}"
    ));
    let mut draw = Draw::new(seed);
    for role in [Role::Vrrp, Role::Lvs] {
        a_worker(ctx, world, one, role, &mut draw, (workers, longest))?;
    }
    checks_go_on(ctx, world)?;
    for _ in 0..supervisors {
        let phase = draw.moment(longest);
        the_supervisor(ctx, world, one, phase, interval)?;
    }
    Ok(())
}

/// The old build or the new one goes on, and nobody notices.
fn a_worker(
    ctx: &mut Ctx,
    world: &World,
    one: &Director,
    role: Role,
    draw: &mut Draw,
    (count, longest): (u32, Duration),
) -> Result<()> {
    let parent = one.pid(Role::Parent);
    let pings = Pings::start(&world.client, VIP, PACE)?;
    let from = Instant::now();
    let (mut upgraded, mut hit) = (0, 0);
    for _ in 0..count {
        std::thread::sleep(USEFUL_LIFE);
        let phase = draw.moment(longest);
        let (done, killed) = killed_in_an_upgrade(one, role, phase)?;
        (upgraded, hit) = (upgraded + u32::from(done), hit + u32::from(killed));
        let ours = |advert: &crate::wire::Advert| advert.source == ONE;
        world
            .witness
            .wait("an advert of d1", Instant::now(), BACK, ours)?;
    }
    ctx.step(format!(
        "{role:?}: {hit} of {count} killed, {upgraded} upgrades were done all the same"
    ));
    ctx.check(one.pid(Role::Parent) == parent, "the same process");
    d1_alone(ctx, world, from);
    wait("the last pings", BACK, || {
        pings.lost(from, PATIENCE).0 >= 300
    })?;
    let (all, lost) = pings.lost(from, PATIENCE);
    ctx.check(lost.is_empty(), format!("{all} pings, lost at {lost:?} ms"));
    Ok(())
}

/// A worker is killed when an upgrade has gone on for so long, and there is another one in the end: whether the upgrade
/// was done, and whether there was somebody to kill.
pub(in super::super) fn killed_in_an_upgrade(
    one: &Director,
    role: Role,
    phase: Duration,
) -> Result<(bool, bool)> {
    let (done, victim) = std::thread::scope(|scope| {
        let upgrade = scope.spawn(|| one.upgrade(None));
        std::thread::sleep(phase);
        let victim = one.pid(role);
        let victim = victim.filter(|pid| kill(*pid, Signal::SIGKILL).is_ok());
        (upgrade.join().is_ok_and(|done| done.is_ok()), victim)
    });
    let next = || one.pid(role).is_some_and(|pid| Some(pid) != victim);
    wait("another process", BACK, next)?;
    Ok((done, victim.is_some()))
}

/// Whoever checks after all that does check.
fn checks_go_on(ctx: &mut Ctx, world: &World) -> Result<()> {
    let [first, _] = world.real_servers(ctx)?;
    let server = Server::named(&first, 80)?;
    let met = wait("a check of d1", BACK * 3, || server.met(ONE));
    ctx.note("checks go on", met);
    Ok(())
}

/// Nothing can go on: what systemd does then (`KillMode=mixed`, `ExecStopPost=`) gives the VIP to the peer.
fn the_supervisor(
    ctx: &mut Ctx,
    world: &World,
    one: &mut Director,
    phase: Duration,
    interval: Duration,
) -> Result<()> {
    let at = std::thread::scope(|scope| {
        let director = &*one;
        let upgrade = scope.spawn(|| director.upgrade(None));
        std::thread::sleep(phase);
        let at = killed(director);
        let _it_failed = upgrade.join();
        at
    })?;
    one.wait_end(BACK)?;
    one.exec_stop_post()?;
    let gone = world.one_has.wait(VIP, false, BACK)?;
    let serves = world.two_has.wait(VIP, true, BACK * 2)?;
    let bound = down(BACKUP).mul_f64(interval.as_secs_f64()) + GRACE;
    let took = serves.saturating_duration_since(at);
    ctx.bound(
        &format!("supervisor killed after {phase:.3?}: d2 serves"),
        took,
        bound,
    );
    ctx.check(gone <= serves, "d1 had given the VIP up before");
    let twice = world
        .witness
        .adverts(serves + GRACE, |advert| advert.source != TWO);
    ctx.check(twice.is_empty(), "d2 alone is master");
    one.start()?;
    world.only("d1", VIP, BACK * 2)
}

/// The supervisor, and whoever is left behind.
fn killed(one: &Director) -> Result<Instant> {
    let all = one.pid(Role::Parent).map(tree).unwrap_or_default();
    let at = Instant::now();
    one.signal(Role::Parent, Signal::SIGKILL)?;
    for pid in all.into_iter().skip(1) {
        let _gone = kill(pid, Signal::SIGKILL);
        // orphans come to this process (a subreaper)
        let _not_ours = waitpid(pid, None);
    }
    Ok(at)
}
