//! The master's workers are killed again and again, each time at another moment of the advert interval, while
//! a client asks: nobody notices.

use super::faults::any_seed;
use super::pair::FILES;
use super::upgrade::{d1_went_on, five_a_second};
use super::world::{ONE, VIP, World, sorry_servers};
use crate::director::{Director, Role};
use crate::draw::Draw;
use crate::error::Result;
use crate::scenario::{Ctx, Needs, Scenario, Shape};
use crate::shell::wait;
use crate::traffic::Pings;
use crate::wire::Advert;
use nix::sys::signal::Signal;
use std::collections::BTreeSet;
use std::time::{Duration, Instant};

/// In the list.
pub(super) const SCENARIO: Scenario = Scenario {
    name: "vrrp_crash",
    about: "the master's VRRP process, and its checking process, are killed again and again: nobody notices",
    needs: Needs::Net,
    shape: Shape::Single,
    seconds: 55,
    run,
};

/// As many as there is time for; `--full`: fifty, at both intervals.
const DEATHS: [u32; 2] = [12, 50];
const SLOW: Duration = Duration::from_secs(1);
const FAST: Duration = Duration::from_millis(200);
/// Until a dead process has a successor that speaks; half of it is for the lab's own machine.
const DEATH_LIMIT: Duration = Duration::from_millis(400);
/// Who dies again within a second is held back: that is another fault.
pub(super) const USEFUL_LIFE: Duration = Duration::from_millis(1_200);
/// Until there is a next process.
const BACK: Duration = Duration::from_secs(5);
const PACE: Duration = Duration::from_millis(10);
/// An answer that takes longer has got lost.
const PATIENCE: Duration = Duration::from_millis(300);
const PINGS: usize = 2_000;

fn run(ctx: &mut Ctx) -> Result<()> {
    let seed = any_seed();
    ctx.step(format!("seed {seed}"));
    let mut draw = Draw::new(seed);
    deaths(ctx, &mut draw, SLOW)?;
    if ctx.full {
        ctx.lab.clear();
        deaths(ctx, &mut draw, FAST)?;
    }
    Ok(())
}

fn deaths(ctx: &mut Ctx, draw: &mut Draw, interval: Duration) -> Result<()> {
    let count = DEATHS[usize::from(ctx.full)];
    let world = World::new(ctx)?;
    let (mut one, mut two) = world.directors(ctx, FILES, &["--without-ipvs"])?;
    for (director, file) in [(&one, FILES[0]), (&two, FILES[1])] {
        let text = ctx.file(file)?;
        let fast = interval == FAST;
        director.configure(if fast { five_a_second(&text) } else { text })?;
    }
    let _servers = sorry_servers(&world)?;
    let load = world.load(PACE, PATIENCE);
    world.start_pair(ctx, &mut one, &mut two)?;
    let pings = Pings::start(&world.client, VIP, PACE)?;
    let sockets = packet_sockets(&world)?;
    let from = Instant::now();
    let mut times = Vec::new();
    for _ in 0..count {
        std::thread::sleep(USEFUL_LIFE);
        std::thread::sleep(draw.moment(interval));
        let at = Instant::now();
        killed(&one, Role::Vrrp)?;
        let spoke = world.witness.wait("its successor", at, BACK, is_ours)?.0;
        times.push(spoke.saturating_duration_since(at));
        std::thread::sleep(draw.moment(interval));
        killed(&one, Role::Lvs)?;
    }
    ctx.step(format!(
        "{count} times kill -9 of either worker, advert_int {interval:?}"
    ));
    times.sort();
    let middle = times.get(times.len() / 2).copied().unwrap_or_default();
    ctx.step(format!(
        "from a death to the next advert: median {middle:.3?}"
    ));
    let longest = times.last().copied().unwrap_or_default();
    ctx.bound("from a death to the next advert", longest, DEATH_LIMIT);
    wait("the last pings", BACK * 5, || {
        pings.lost(from, PATIENCE).0 >= PINGS
    })?;
    d1_went_on(ctx, &world, from, interval);
    resumed(ctx, &one, count);
    let now = packet_sockets(&world)?;
    // a process that has to close one is dead only when the kernel has waited for all processors
    ctx.check(
        now == sockets && !now.is_empty(),
        format!("packet sockets {sockets:?}, and {now:?}"),
    );
    let left = world.witness.leaves(from);
    ctx.check(left == 0, format!("{left} IGMP leaves"));
    let (all, lost) = pings.lost(from, PATIENCE);
    ctx.check(lost.is_empty(), format!("{all} pings, lost at {lost:?} ms"));
    let (all, failed) = load.failures(from);
    ctx.check(
        failed.is_empty(),
        format!("{all} requests, failed: {failed:?}"),
    );
    Ok(())
}

/// By inode (/proc/net/packet).
fn packet_sockets(world: &World) -> Result<BTreeSet<String>> {
    let text = world.one.exec("cat /proc/net/packet")?;
    let inodes = text
        .lines()
        .skip(1)
        .filter_map(|line| line.split_whitespace().last());
    Ok(inodes.map(str::to_owned).collect())
}

fn is_ours(advert: &Advert) -> bool {
    advert.source == ONE
}

fn killed(one: &Director, role: Role) -> Result<()> {
    let before = one.pid(role);
    one.signal(role, Signal::SIGKILL)?;
    let next = || one.pid(role).is_some_and(|pid| Some(pid) != before);
    wait("another process", BACK, next).map(drop)
}

fn resumed(ctx: &mut Ctx, one: &Director, count: u32) {
    let resumed = || one.log().count(0, "Resumed: 1 instance(s)");
    // the advert comes first, the line later
    let _told_below = wait("the last line", SLOW, || resumed() >= count as usize);
    let resumed = resumed();
    let all = resumed == count as usize;
    ctx.check(all, format!("{resumed} of {count} went on as MASTER"));
    let entered = one.log().count(0, "Entering MASTER STATE");
    ctx.check(entered == 1, format!("d1 became master {entered} time(s)"));
}
