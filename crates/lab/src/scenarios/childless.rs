//! The master's VRRP process dies while the system has no room for another process: its supervisor itself gives the
//! VIP back, and the peer serves. With room again, there is a next process.

use super::pair::FILES;
use super::world::{VIP, World};
use crate::cgroup::Cgroup;
use crate::director::Role;
use crate::error::Result;
use crate::scenario::{Ctx, Needs, Scenario, Shape};
use nix::sys::signal::Signal;
use std::time::{Duration, Instant};

/// In the list.
pub(super) const SCENARIO: Scenario = Scenario {
    name: "childless",
    about: "a VRRP process dies and no process can be started: the VIP goes to the peer at once, and comes back",
    needs: Needs::Net,
    shape: Shape::Single,
    seconds: 15,
    run,
};

/// The dead process's VIP is gone.
const GONE: Duration = Duration::from_millis(300);
/// After priority 0 the peer waits for its skew, less than a second.
const PEER: Duration = Duration::from_secs(2);
/// It is tried every second; then there is an election.
const BACK: Duration = Duration::from_secs(9);

fn run(ctx: &mut Ctx) -> Result<()> {
    let world = World::new(ctx)?;
    let (mut one, mut two) = world.directors(ctx, FILES, &["--without-ipvs"])?;
    world.start_pair(ctx, &mut one, &mut two)?;
    let group = Cgroup::without_children()?;
    if let Some(supervisor) = one.pid(Role::Parent) {
        group.take(supervisor)?;
    }
    let mark = one.log().mark();
    ctx.step("kill -9 of d1's VRRP process, and no other can be started");
    let at = Instant::now();
    one.signal(Role::Vrrp, Signal::SIGKILL)?;
    world.one_has.wait(VIP, false, GONE)?;
    ctx.step(format!("the VIP is gone after {:?}", at.elapsed()));
    world.two_has.wait(VIP, true, PEER)?;
    ctx.step(format!("d2 has it after {:?}", at.elapsed()));
    let words = "cannot start the VRRP child process";
    one.log().wait(mark, words, PEER)?;
    ctx.step("there is room again");
    group.with_children()?;
    world.only("d1", VIP, BACK)?;
    let line = "Starting VRRP child process";
    let starts = one.log().count(mark, line);
    ctx.check(starts == 1, format!("{line}: {starts} time(s)"));
    Ok(())
}
