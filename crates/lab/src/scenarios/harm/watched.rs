//! What must not be seen of all that: adverts on time, nothing moves, memory stays.

use super::super::pair::gap;
use super::super::world::{GRACE, ONE, TWO, VIP, VIP2};
use super::{Running, SUCCESSOR};
use crate::director::{Director, Role, children};
use crate::error::{Error, Result};
use crate::scenario::Ctx;
use crate::shell::wait_some;
use nix::sys::signal::{Signal, kill};
use nix::unistd::Pid;
use std::collections::BTreeMap;
use std::fs;
use std::net::Ipv4Addr;
use std::time::{Duration, Instant};

/// What a process may grow by.
const GROWTH: u64 = 32 << 20;
/// From the death of a process to the first advert of its successor.
const DEATH: Duration = Duration::from_millis(400);
/// The pair's virtual routers, their intervals, their addresses.
const ROUTERS: [(u8, Duration, Ipv4Addr); 2] = [
    (71, Duration::from_secs(1), VIP),
    (72, Duration::from_millis(200), VIP2),
];
/// Of the VRRP process.
const VRRP: &str = "holdfast: vrrp";

/// A time that is watched.
#[derive(Debug)]
pub(super) struct Watched {
    from: Instant,
    /// Resident bytes at its start, by title.
    before: BTreeMap<String, u64>,
    died: Option<Instant>,
}

impl Watched {
    pub(super) fn start(all: &Running) -> Result<Self> {
        let is_ours = |advert: &crate::wire::Advert| advert.source == ONE && advert.vrid == 71;
        let patience = Duration::from_secs(2);
        let witness = &all.world.witness;
        // the first gap begins there
        let (from, _) = witness.wait("an advert of d1", Instant::now(), patience, is_ours)?;
        Ok(Self {
            from,
            before: memory(&all.one),
            died: None,
        })
    }

    /// kill -9 to the VRRP process; its successor goes on.
    pub(super) fn death(mut self, ctx: &Ctx, all: &Running) -> Result<Self> {
        let old = worker(&all.one);
        let gone = old.ok_or_else(|| Error::Failed("d1 has no VRRP process".into()))?;
        ctx.step(format!("kill -9 {gone}"));
        self.died = Some(Instant::now());
        kill(gone, Signal::SIGKILL).map_err(|error| Error::Failed(error.to_string()))?;
        let next = || worker(&all.one).filter(|pid| Some(*pid) != old);
        wait_some("its successor", SUCCESSOR, next)?;
        Ok(self)
    }

    /// How many adverts of the faster one there were since the death.
    pub(super) fn adverts(&self, all: &Running) -> usize {
        let from = self.died.unwrap_or(self.from);
        let ours =
            |advert: &crate::wire::Advert| advert.source == ONE && advert.vrid == ROUTERS[1].0;
        all.world.witness.adverts(from, ours).len()
    }

    pub(super) fn judge(self, ctx: &mut Ctx, all: &Running) -> Result<()> {
        let until = Instant::now();
        let world = &all.world;
        for (vrid, interval, vip) in ROUTERS {
            let ours = |advert: &crate::wire::Advert| advert.source == ONE && advert.vrid == vrid;
            let seen = world.witness.adverts(self.from, ours);
            let seen = seen.into_iter().map(|(at, _)| at);
            let times: Vec<Instant> = [self.from].into_iter().chain(seen).chain([until]).collect();
            let late = if self.died.is_some() { DEATH } else { GRACE };
            let bound = interval * 11 / 10 + late;
            ctx.bound(
                &format!("V{vrid}: longest time between adverts"),
                gap(&times),
                bound,
            );
            let moved =
                world.one_has.changes(vip, self.from) + world.two_has.changes(vip, self.from);
            ctx.check(moved == 0, format!("V{vrid}: {moved} moves of the VIP"));
        }
        let theirs = world
            .witness
            .adverts(self.from, |advert| advert.source == TWO);
        ctx.check(theirs.is_empty(), "d2 said nothing");
        for (title, now) in memory(&all.one) {
            // a successor has grown from nothing to what it needs
            let before = self.before.get(&title).copied().unwrap_or(0);
            let grown = now.saturating_sub(before);
            let text = format!("{title}: {} kB, {} more", now >> 10, grown >> 10);
            ctx.check(grown < GROWTH, text);
        }
        Ok(())
    }
}

/// The supervisor and the workers.
pub(super) fn processes(director: &Director) -> Vec<Pid> {
    let parent = director.pid(Role::Parent);
    let below = parent.map(children).unwrap_or_default();
    let workers = below.into_iter().filter(|pid| {
        let title = title(*pid);
        title == VRRP || title == "holdfast: lvs"
    });
    parent.into_iter().chain(workers).collect()
}

/// The VRRP process: its pid file may be one that could not be written.
fn worker(director: &Director) -> Option<Pid> {
    let mut all = processes(director).into_iter();
    all.find(|pid| title(*pid) == VRRP)
}

fn memory(director: &Director) -> BTreeMap<String, u64> {
    let all = processes(director).into_iter();
    all.filter_map(|pid| Some((title(pid), resident(pid)?)))
        .collect()
}

/// The first word of its command line.
fn title(pid: Pid) -> String {
    let line = fs::read_to_string(format!("/proc/{pid}/cmdline")).unwrap_or_default();
    line.split('\0').next().unwrap_or_default().to_owned()
}

/// Bytes in memory.
fn resident(pid: Pid) -> Option<u64> {
    let status = fs::read_to_string(format!("/proc/{pid}/status")).ok()?;
    let line = status
        .lines()
        .find_map(|line| line.strip_prefix("VmRSS:"))?;
    let kilobytes: u64 = line.split_whitespace().next()?.parse().ok()?;
    Some(kilobytes << 10)
}
