//! Adverts that must not be believed.

use super::pair::gap;
use super::world::{GRACE, ONE, STRANGER, VIP, World, down};
use crate::error::Result;
use crate::scenario::Ctx;
use crate::wire::{Forged, Injector};
use std::time::{Duration, Instant};

const PASSWORD: &str = "uGLGQp5gVyYzCuKI";

/// Each would be a better master, but for one thing.
fn kinds() -> Vec<(&'static str, Forged)> {
    let good = Forged::better(STRANGER, 100, VIP, PASSWORD);
    let but = |change: fn(&mut Forged)| {
        let mut forged = good.clone();
        change(&mut forged);
        forged
    };
    vec![
        ("short", but(|forged| forged.cut = 4)),
        ("a header and nothing", but(|forged| forged.cut = 16)),
        ("long", but(|forged| forged.extra = 4)),
        ("wrong checksum", but(|forged| forged.checksum_error = 1)),
        ("TTL 64", but(|forged| forged.ttl = 64)),
        (
            "wrong password",
            but(|forged| forged.password = b"guessed!".to_vec()),
        ),
        ("no authentication", but(|forged| forged.auth_type = 0)),
        ("other VRID", but(|forged| forged.vrid = 200)),
        ("version 3", but(|forged| forged.version_type = 0x31)),
        ("type 2", but(|forged| forged.version_type = 0x22)),
        ("other interval", but(|forged| forged.interval = 2)),
    ]
}

pub(super) fn run(ctx: &mut Ctx) -> Result<()> {
    let world = World::new(ctx)?;
    let files = ["seeds/pair-1.conf", "seeds/pair-2.conf"];
    let (mut one, mut two) = world.directors(ctx, files, &["-P"])?;
    world.start_pair(ctx, &mut one, &mut two)?;
    let injector = Injector::open(&world.stranger, STRANGER)?;
    let from = Instant::now();
    for (name, forged) in kinds() {
        let start = Instant::now();
        storm(&injector, &[forged], Duration::from_millis(2600))?;
        let times = world.witness.adverts(start, |advert| advert.source == ONE);
        let mut times: Vec<Instant> = times.into_iter().map(|(at, _)| at).collect();
        times.insert(0, start);
        times.push(Instant::now());
        let bound = Duration::from_secs(1) + GRACE;
        ctx.bound(
            &format!("{name}: longest silence of the master"),
            gap(&times),
            bound,
        );
    }
    let moved = world.one_has.changes(VIP, from) + world.two_has.changes(VIP, from);
    ctx.check(moved == 0, format!("{moved} moves of the VIP"));

    if one.program().is_holdfast() {
        let counters = one.vrrp_stats()?;
        let reasons = counters.matches("Rejected, ").count();
        ctx.check(
            reasons >= 7,
            format!("rejects are counted by reason ({reasons}):\n{counters}"),
        );
    }

    ctx.step("cut the cable of d1; d2 hears nothing but rejects");
    let at = Instant::now();
    world.one_port.cut()?;
    let all: Vec<Forged> = kinds().into_iter().map(|(_, forged)| forged).collect();
    storm(&injector, &all, down(90) + Duration::from_millis(500))?;
    let took = world.two_has.wait(VIP, true, Duration::from_secs(1));
    if let Some(took) = ctx.note("d2 takes over", took) {
        ctx.bound(
            "d2 has the VIP",
            took.saturating_duration_since(at),
            down(90) + GRACE,
        );
    }

    ctx.step(
        "the same advert with nothing wrong: d2 must believe it, or all of this proved nothing",
    );
    injector.send(&Forged::better(STRANGER, 100, VIP, PASSWORD))?;
    let left = world.two_has.wait(VIP, false, Duration::from_secs(1));
    ctx.note("d2 gives way", left);
    Ok(())
}

/// One every 0.2 s, in turn.
fn storm(injector: &Injector, kinds: &[Forged], time: Duration) -> Result<()> {
    let start = Instant::now();
    for forged in kinds.iter().cycle() {
        if start.elapsed() >= time {
            break;
        }
        injector.send(forged)?;
        // a pace, not a wait
        std::thread::sleep(Duration::from_millis(200));
    }
    Ok(())
}
