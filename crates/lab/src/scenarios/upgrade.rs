//! The master's daemon goes on as another build, again and again: nobody notices.

pub(super) mod deaths;

use super::pair::{FILES, gap};
use super::world::{ONE, VIP, World};
use crate::director::{Director, Role};
use crate::error::Result;
use crate::scenario::Ctx;
use crate::shell::wait;
use crate::traffic::Pings;
use std::path::Path;
use std::time::{Duration, Instant};

const UPGRADES: usize = 10;
const PACE: Duration = Duration::from_millis(10);
/// An answer that takes longer has got lost.
const PATIENCE: Duration = Duration::from_millis(300);

/// Adverts once a second, version 2.
pub(super) fn run(ctx: &mut Ctx) -> Result<()> {
    upgrades(ctx, Duration::from_secs(1), str::to_owned)
}

/// Five adverts a second, version 3.
pub(super) fn fast(ctx: &mut Ctx) -> Result<()> {
    upgrades(ctx, Duration::from_millis(200), five_a_second)
}

/// A file of the seeds' pair with version 3 and an interval of 0.2 s.
pub(super) fn five_a_second(text: &str) -> String {
    let start = text.find("authentication").unwrap_or(0);
    let end = text[start..].find('}').map_or(start, |at| start + at + 1);
    let text = format!("{}version 3{}", &text[..start], &text[end..]);
    text.replace("advert_int 1", "advert_int 0.2")
}

fn upgrades(ctx: &mut Ctx, interval: Duration, edit: impl Fn(&str) -> String) -> Result<()> {
    let world = World::new(ctx)?;
    let (mut one, mut two) = world.directors(ctx, FILES, &["--without-ipvs"])?;
    for (director, file) in [(&one, FILES[0]), (&two, FILES[1])] {
        director.configure(edit(&ctx.file(file)?))?;
    }
    world.start_pair(ctx, &mut one, &mut two)?;
    let parent = one.pid(Role::Parent);
    let pings = Pings::start(&world.client, VIP, PACE)?;
    let from = Instant::now();
    let mut longest = Duration::ZERO;
    for number in 0..UPGRADES {
        let before = one.pid(Role::Vrrp);
        let start = Instant::now();
        one.upgrade(None)?;
        longest = longest.max(start.elapsed());
        let other = one.pid(Role::Vrrp) != before;
        ctx.check(
            other,
            format!("upgrade {number}: another process runs VRRP"),
        );
        // not two in the same part of the interval
        std::thread::sleep(interval * u32::try_from(number % 7).unwrap_or(0) / 7);
    }
    ctx.step(format!("{UPGRADES} upgrades, the longest in {longest:.3?}"));
    refused(ctx, &one)?;
    wait("the last pings", Duration::from_secs(30), || {
        pings.lost(from, PATIENCE).0 >= 500
    })?;
    ctx.check(one.pid(Role::Parent) == parent, "the same process");
    unnoticed(ctx, &world, &one, from, interval);
    let (all, lost) = pings.lost(from, PATIENCE);
    ctx.check(lost.is_empty(), format!("{all} pings, lost at {lost:?} ms"));
    drop(pings);
    deaths::run(ctx, &world, &mut one, longest, interval)?;
    ctx.step("and stop: what was taken over goes, too");
    one.terminate()?;
    let gone = world.one_has.wait(VIP, false, Duration::from_secs(2));
    ctx.note("the VIP leaves d1", gone);
    Ok(())
}

/// What cannot run leaves everything as it was.
fn refused(ctx: &mut Ctx, one: &Director) -> Result<()> {
    let before = one.pid(Role::Vrrp);
    let refused = one.upgrade(Some(Path::new("/bin/false")));
    ctx.check(refused.is_err(), "a broken program is refused");
    ctx.check(
        one.pid(Role::Vrrp) == before,
        "and the one that runs goes on",
    );
    Ok(())
}

fn unnoticed(ctx: &mut Ctx, world: &World, one: &Director, from: Instant, interval: Duration) {
    d1_went_on(ctx, world, from, interval);
    let entered = one.log().count(0, "Entering MASTER STATE");
    ctx.check(entered == 1, format!("d1 became master {entered} time(s)"));
    let left = world.witness.leaves(from);
    ctx.check(left == 0, format!("{left} IGMP leaves"));
}

/// On the wire and at both directors nothing is to be seen but the adverts of d1.
pub(super) fn d1_went_on(ctx: &mut Ctx, world: &World, from: Instant, interval: Duration) {
    let times = d1_alone(ctx, world, from);
    // three intervals make a backup take over
    ctx.bound("longest time between adverts", gap(&times), interval * 2);
}

/// The same, however late they are; when they came.
fn d1_alone(ctx: &mut Ctx, world: &World, from: Instant) -> Vec<Instant> {
    let moved = world.one_has.changes(VIP, from) + world.two_has.changes(VIP, from);
    ctx.check(moved == 0, format!("{moved} moves of the VIP"));
    let all = world.witness.adverts(from, |_| true);
    let resigned = all.iter().filter(|(_, advert)| advert.priority == 0);
    ctx.check(resigned.count() == 0, "nobody resigned");
    let theirs = all.iter().filter(|(_, advert)| advert.source != ONE);
    ctx.check(theirs.count() == 0, "d2 said nothing");
    all.iter().map(|(at, _)| *at).collect()
}
