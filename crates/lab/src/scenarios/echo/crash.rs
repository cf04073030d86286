//! The daemon's processes are killed, and it goes on as another build.

use super::super::deaths::USEFUL_LIFE;
use super::super::faults::any_seed;
use super::super::upgrade::deaths::killed_in_an_upgrade;
use super::{Bed, SECOND};
use crate::director::Role;
use crate::draw::Draw;
use crate::error::Result;
use crate::scenario::{Ctx, Needs, Scenario, Shape};
use crate::shell::wait;
use nix::sys::signal::Signal;
use std::time::{Duration, Instant};

pub(in super::super) const SCENARIO: Scenario = Scenario {
    name: "crash_echo",
    about: "1,000 connections echo through IPVS: both workers die by kill -9, also in the middle of upgrades: none is lost",
    needs: Needs::Ipvs,
    shape: Shape::Single,
    seconds: 40,
    run,
};

/// Two new processes and a new supervisor have to share one slow processor with the connections.
const STALL: Duration = Duration::from_millis(500);
const ROUNDS: [u32; 2] = [3, 20];
/// The next process lives by then.
const BACK: Duration = Duration::from_secs(5);

fn run(ctx: &mut Ctx) -> Result<()> {
    let bed = Bed::new(ctx)?;
    let seed = any_seed();
    ctx.step(format!("seed {seed}"));
    let mut draw = Draw::new(seed);
    let rounds = ROUNDS[usize::from(ctx.full)];
    for round in 0..rounds {
        for role in [Role::Vrrp, Role::Lvs] {
            killed(ctx, &bed, role)?;
            // not always at the same time of an advert's interval or a check's
            std::thread::sleep(SECOND * (round % 7 + 1) / 7);
        }
        let longest = upgraded(ctx, &bed)?;
        for role in [Role::Vrrp, Role::Lvs] {
            let phase = draw.moment(longest);
            let (done, killed) = killed_in_an_upgrade(&bed.one, role, phase)?;
            ctx.step(format!(
                "{role:?} after {phase:.3?} of an upgrade: killed {killed}, upgraded {done}"
            ));
            // who dies again within a second is held back: that is another fault
            std::thread::sleep(USEFUL_LIFE);
        }
    }
    bed.unnoticed(ctx, STALL)
}

fn killed(ctx: &mut Ctx, bed: &Bed, role: Role) -> Result<()> {
    let before = bed.one.pid(role);
    let at = Instant::now();
    bed.one.signal(role, Signal::SIGKILL)?;
    let back = wait("another process", BACK, || {
        let now = bed.one.pid(role);
        now.is_some() && now != before
    });
    ctx.step(format!(
        "kill -9 of {role:?}: another after {:.3?}",
        at.elapsed()
    ));
    ctx.note("after kill -9", back);
    Ok(())
}

/// How long it took.
fn upgraded(ctx: &mut Ctx, bed: &Bed) -> Result<Duration> {
    let roles = [Role::Parent, Role::Vrrp, Role::Lvs];
    let before = roles.map(|role| bed.one.pid(role));
    let at = Instant::now();
    bed.one.upgrade(None)?;
    let now = roles.map(|role| bed.one.pid(role));
    let right = now[0] == before[0] && now[1] != before[1] && now[2] != before[2];
    let took = at.elapsed();
    ctx.check(
        right,
        format!("holdfast upgrade in {took:.3?}: {before:?}, {now:?}"),
    );
    Ok(took)
}
