//! How late adverts are, and what they cost.

use super::both;
use super::gaps::{self, Gaps};
use super::pair::{Pair, Plan, adverts};
use crate::bench::usage;
use crate::bench::{compare, limit, median, tell};
use crate::busy::Busy;
use crate::director::Program;
use crate::error::Result;
use crate::scenario::Tools;
use std::time::{Duration, Instant};

/// Gratuitous ARP of the start and its repetition are over.
const SETTLE: Duration = Duration::from_millis(1500);
/// The cost is measured for so long at most, after the lateness.
const COST: Duration = Duration::from_secs(30);
/// The bound.
const LATE: f64 = 1.0;

/// A row.
#[derive(Debug)]
pub(super) struct Row {
    pub(super) plan: Plan,
    /// Of one measurement.
    pub(super) window: Duration,
    pub(super) rounds: usize,
    /// Two endless loops a processor run beside it.
    pub(super) busy: bool,
    /// The cost is compared.
    pub(super) cost: bool,
}

/// What one measurement found.
#[derive(Debug, Default)]
struct Found {
    p50: f64,
    p99: f64,
    most: f64,
    /// The p99 of a bare timer meanwhile.
    bare: f64,
    /// Adverts of those that were due, in percent.
    sent: f64,
    /// Of the backup: a false takeover is one of these at least.
    strange: f64,
    master: f64,
    backup: f64,
    memory: f64,
}

pub(super) fn run(tools: &Tools, row: &Row) -> Result<bool> {
    let Plan {
        instances,
        interval,
        realtime,
        ..
    } = row.plan;
    println!(
        "{instances} instance(s), advert_int {}{}{}; {} x {:?} each, in turn; load {}",
        interval.as_secs_f64(),
        if realtime { ", vrrp_rt_priority" } else { "" },
        if row.busy {
            ", two busy loops a processor"
        } else {
            ""
        },
        row.rounds,
        row.window,
        usage::load()
    );
    let found = both(tools, row.rounds, |program| measure(program, row))?;
    let of = |value: fn(&Found) -> f64| {
        let middle = |all: &Vec<Found>| median(all.iter().map(value).collect());
        found.each_ref().map(middle)
    };
    let sum = |all: &Vec<Found>| all.iter().map(|one| one.strange).sum::<f64>();
    tell("lateness p50", of(|f| f.p50), "ms");
    let [ours, theirs] = of(|f| f.p99);
    let mut good = compare("lateness p99", ours, theirs, "ms", 0.5);
    good &= limit("lateness p99", ours, "ms", LATE);
    if !row.busy {
        tell("a bare timer meanwhile, p99", of(|f| f.bare), "ms");
    }
    tell("lateness max", of(|f| f.most), "ms");
    tell("adverts of those due", of(|f| f.sent), "%");
    let strange = found.each_ref().map(sum);
    tell("adverts of the backup", strange, "");
    good &= limit("adverts of the backup", strange[0], "", 0.0);
    if row.cost {
        let [ours, theirs] = of(|f| f.master);
        good &= compare("CPU of the master", ours, theirs, "%", 0.5);
        let [ours, theirs] = of(|f| f.backup);
        good &= compare("CPU of the backup", ours, theirs, "%", 0.5);
        tell("memory of the master, PSS", of(|f| f.memory), "MiB");
    } else {
        tell("CPU of the master", of(|f| f.master), "%");
        tell("CPU of the backup", of(|f| f.backup), "%");
    }
    Ok(good)
}

fn measure(program: &Program, row: &Row) -> Result<Found> {
    let mut pair = Pair::start(program, row.plan)?;
    // a pace, not a wait
    std::thread::sleep(SETTLE);
    let _loops = row.busy.then(Busy::start);
    let from = Instant::now();
    // with loops beside it it would have to have the daemons' priority
    let bare = (!row.busy).then(|| gaps::bare(row.plan.interval, row.window));
    std::thread::sleep(row.window);
    let took = from.elapsed();
    let bare = bare.and_then(|thread| thread.join().ok());
    let arrivals = pair.arrivals.since(from);
    let of = |at| adverts(&arrivals, at, row.plan.instances);
    let times = of(0);
    let late = Gaps::of(&times, row.plan.interval);
    let due = took.as_secs_f64() / row.plan.interval.as_secs_f64() * f64::from(row.plan.instances);
    let sent = times.iter().map(Vec::len).sum::<usize>();
    let costs = cost(&mut pair, row)?;
    let share = |at: usize| costs.get(at).copied().unwrap_or(0.0);
    Ok(Found {
        p50: late.at(0.5),
        p99: late.at(0.99),
        most: late.at(1.0),
        bare: bare.map_or(0.0, |gaps| gaps.at(0.99)),
        sent: sent as f64 / due * 100.0,
        strange: of(1).iter().map(Vec::len).sum::<usize>() as f64,
        master: share(0),
        backup: share(1),
        memory: pair.director(0).map_or(0.0, |master| usage::memory(master)),
    })
}

/// Of one processor, in percent, of each director.
fn cost(pair: &mut Pair, row: &Row) -> Result<Vec<f64>> {
    pair.unwatched()?;
    let mut used = || -> Vec<f64> {
        (0..2)
            .filter_map(|at| pair.director(at).map(|director| usage::cpu(director)))
            .collect()
    };
    let (from, before) = (Instant::now(), used());
    std::thread::sleep(row.window.min(COST));
    let (took, after) = (from.elapsed(), used());
    let share = |(before, after): (f64, f64)| (after - before) / took.as_secs_f64() * 100.0;
    Ok(before.into_iter().zip(after).map(share).collect())
}
