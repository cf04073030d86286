//! The checking process dies again and again.

use super::pair::gap;
use super::world::{GRACE, ONE, REAL, VIP, World};
use crate::director::Role;
use crate::error::Result;
use crate::scenario::{Ctx, Pulse};
use crate::table::{TableWatch, wait_serving};
use crate::traffic::Server;
use nix::sys::signal::Signal;
use std::time::{Duration, Instant};

const SERVICE: &str = "TCP 172.168.2.20:80";
const TIME: Duration = Duration::from_secs(60);
/// Between two adverts.
const BOUND: Duration = GRACE.saturating_add(Duration::from_secs(1));

pub(super) fn run(ctx: &mut Ctx) -> Result<()> {
    let world = World::new(ctx)?;
    let real = world.real_servers(ctx)?;
    let _http = [Server::named(&real[0], 80)?, Server::named(&real[1], 80)?];
    let files = ["seeds/pair-1.conf", "seeds/pair-2.conf"];
    let (mut one, mut two) = world.directors(ctx, files, &[])?;
    world.start_pair(ctx, &mut one, &mut two)?;
    wait_serving(&world.one, SERVICE, &REAL, Duration::from_secs(2))?;
    let pulse = Pulse::start();
    let watch = TableWatch::start(&world.one, SERVICE);
    let load = world.load(Duration::from_millis(100), Duration::from_secs(1));
    ctx.step("from now on the checking process is aborted once a second");
    let from = Instant::now();
    let (mut killed, mut last) = (0, None);
    for second in 0_u32.. {
        let due = from + Duration::from_secs(1) * second;
        if due.saturating_duration_since(from) >= TIME {
            break;
        }
        // a pace, not a wait
        std::thread::sleep(due.saturating_duration_since(Instant::now()));
        // SIGABRT is how a panic ends; a process that is not back yet cannot die again
        let pid = one.pid(Role::Lvs);
        if pid != last && one.signal(Role::Lvs, Signal::SIGABRT).is_ok() {
            killed += 1;
            last = pid;
        }
    }
    ctx.check(killed >= 5, format!("{killed} processes died"));
    let adverts = world.witness.adverts(from, |advert| advert.source == ONE);
    let times: Vec<Instant> = adverts.into_iter().map(|(at, _)| at).collect();
    let ran = |pair: &[Instant]| (pair[1] - pair[0]).saturating_sub(pulse.stood(pair[0], pair[1]));
    let longest = times.windows(2).map(ran).max().unwrap_or_default();
    ctx.step(format!("longest time between adverts: {:.3?}", gap(&times)));
    let what = "longest time between adverts, without the machine's standstills";
    ctx.bound(what, longest, BOUND);
    let moved = world.one_has.changes(VIP, from) + world.two_has.changes(VIP, from);
    ctx.check(moved == 0, format!("{moved} moves of the VIP"));
    let empty = watch.empty_since(from);
    ctx.check(empty == 0, format!("{empty} looks found an empty table"));
    let (all, failed) = load.failures(from);
    ctx.check(
        failed.is_empty(),
        format!("{all} requests, failed: {failed:?}"),
    );
    ctx.check(one.lives(), "the daemon lives");
    Ok(())
}
