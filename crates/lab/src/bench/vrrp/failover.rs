//! How long it takes until the addresses of a killed master are up at its backup, beyond the time
//! that the backup has to wait: from the last advert to the first gratuitous ARP, address by address.

use super::super::median;
use super::both;
use super::pair::{Pair, Plan, adverts, source, vip};
use crate::bench::{limit, tell, usage};
use crate::error::{Error, Result};
use crate::scenario::Tools;
use crate::shell::{wait, wait_some};
use crate::wire::What;
use std::time::{Duration, Instant};

/// The second round of gratuitous ARP is over.
const SETTLE: Duration = Duration::from_millis(1500);
/// The bounds beyond theory.
const MANY: f64 = 20.0;
const ONE: f64 = 5.0;
/// Of 100 takeovers, so many are with the same pair.
const TURNS: usize = 10;

/// 200 addresses.
pub(super) fn many(tools: &Tools, interval: Duration, rounds: usize) -> Result<bool> {
    let plan = Plan {
        instances: 200,
        interval,
        realtime: false,
        nopreempt: false,
    };
    let theory = plan.down(1);
    println!(
        "200 VIPs fail over after kill -9 of everything, advert_int {}, master-down time {theory:.3?}; \
         {rounds} each, in turn; load {}",
        interval.as_secs_f64(),
        usage::load()
    );
    let found = both(tools, rounds, |program| {
        let mut pair = Pair::start(program, plan)?;
        std::thread::sleep(SETTLE);
        takeover(&mut pair, 0)
    })?;
    let of = |value: fn(&Takeover) -> f64| {
        let middle = |all: &Vec<Takeover>| median(all.iter().map(value).collect());
        found.each_ref().map(middle)
    };
    tell("kill until the last is up", of(|one| one.whole), "s");
    tell("first, beyond theory", of(|one| one.first), "ms");
    let last = of(|one| one.last);
    tell("last, beyond theory", last, "ms");
    Ok(limit("last, beyond theory", last[0], "ms", MANY))
}

/// One address, `count` times.
pub(super) fn one(tools: &Tools, count: usize) -> Result<bool> {
    let plan = Plan {
        instances: 1,
        interval: Duration::from_millis(100),
        realtime: false,
        nopreempt: true,
    };
    println!(
        "one VIP, advert_int 0.1: {count} takeovers each, {TURNS} by {TURNS} in turn; load {}",
        usage::load()
    );
    let found = both(tools, count.div_ceil(TURNS), |program| {
        let mut pair = Pair::start(program, plan)?;
        (0..TURNS)
            .map(|turn| {
                let (master, backup) = (turn % 2, (turn + 1) % 2);
                if turn > 0 {
                    second(&mut pair, master, backup)?;
                }
                takeover(&mut pair, master).map(|one| one.last)
            })
            .collect::<Result<Vec<f64>>>()
    })?;
    let found = found.map(|all| all.into_iter().flatten().collect::<Vec<f64>>());
    let most = |all: &Vec<f64>| all.iter().copied().fold(f64::MIN, f64::max);
    tell("most beyond theory", found.each_ref().map(most), "ms");
    let middle = found.map(median);
    tell("median beyond theory", middle, "ms");
    Ok(limit("median beyond theory", middle[0], "ms", ONE))
}

/// A takeover, in milliseconds beyond the backup's master-down time, and in seconds as a whole.
#[derive(Debug)]
struct Takeover {
    first: f64,
    last: f64,
    whole: f64,
}

/// Kills a master and waits for the other's gratuitous ARP for every address.
fn takeover(pair: &mut Pair, master: usize) -> Result<Takeover> {
    let instances = pair.plan.instances;
    let heard = Instant::now();
    let from = heard.checked_sub(pair.plan.interval * 3).unwrap_or(heard);
    let killed = match pair.director(master) {
        Some(director) => director.kill_all()?,
        None => return Err(Error::Failed("there is no such director".into())),
    };
    let down = pair.plan.down(1 - master);
    let bound = down + Duration::from_secs(5);
    let arrivals = &pair.arrivals;
    let ups = wait_some("gratuitous ARP for all addresses", bound, || {
        let seen = arrivals.since(killed);
        let up = |vrid| {
            let ours = |what| what == What::Garp(vip(vrid));
            seen.iter().find(|each| ours(each.what)).map(|each| each.at)
        };
        (1..=instances).map(up).collect::<Option<Vec<Instant>>>()
    })?;
    let lasts = adverts(&arrivals.since(from), master, instances);
    let mut beyond = Vec::new();
    for (up, adverts) in ups.iter().zip(&lasts) {
        let last = adverts.last().ok_or_else(|| {
            let source = source(master);
            Error::Failed(format!("no advert of {source} in three intervals"))
        })?;
        let took = up.saturating_duration_since(*last);
        beyond.push((took.as_secs_f64() - down.as_secs_f64()) * 1e3);
    }
    let end = ups.iter().max().copied().unwrap_or(killed);
    Ok(Takeover {
        first: beyond.iter().copied().fold(f64::INFINITY, f64::min),
        last: beyond.iter().copied().fold(f64::NEG_INFINITY, f64::max),
        whole: end.saturating_duration_since(killed).as_secs_f64(),
    })
}

/// The one that was killed comes back as a backup, and has heard its master.
fn second(pair: &mut Pair, master: usize, backup: usize) -> Result<()> {
    let Some(director) = pair.director(backup) else {
        return Ok(());
    };
    // a killed daemon left it behind
    let _it_may_be_gone = director
        .host()
        .ip(&format!("address del {}/32 dev eth0", vip(1)));
    let (log, mark) = (director.log(), director.log().mark());
    pair.run(backup)?;
    let (at, _) = log.wait(mark, "Entering BACKUP STATE", Duration::from_secs(10))?;
    let bound = pair.plan.interval * 10;
    wait("two adverts", bound, || {
        let heard = adverts(&pair.arrivals.since(at), master, 1);
        heard.iter().all(|times| times.len() >= 2)
    })
    .map(drop)
}
