//! Somebody else's firewall is loaded anew, and takes our tables along.

use super::world::{GRACE, ONE, VIP, World};
use crate::error::Result;
use crate::net::Host;
use crate::scenario::{Ctx, Needs, Scenario, Shape};
use crate::shell::{wait, wait_some};
use std::time::{Duration, Instant};

/// In the list.
pub(super) const SCENARIO: Scenario = Scenario {
    name: "ruleset",
    about: "nft flush ruleset, delete table, flush table: what no_accept and vip_lease need is back at once",
    needs: Needs::Net,
    shape: Shape::Single,
    seconds: 14,
    run,
};

/// What was removed is back by then.
const BACK: Duration = Duration::from_millis(100);
/// Flushes one after the other, as fast as `nft` is.
const AGAIN: usize = 40;

fn run(ctx: &mut Ctx) -> Result<()> {
    let world = World::new(ctx)?;
    let file = "cases/ruleset.conf";
    let (mut one, _) = world.directors(ctx, [file, file], &["-P"])?;
    ctx.step(format!("start d1 ({ONE})"));
    one.start()?;
    world.only("d1", VIP, Duration::from_secs(6))?;
    let bound = Duration::from_secs(2);
    // the addresses are let in once they are as they should be
    let whole = wait_some("tables of the VIP and of the lease", bound, || {
        let names = tables(&world.one).ok()?;
        (names.len() >= 3).then(|| rules(&world.one).ok()).flatten()
    })?;
    let names = tables(&world.one)?;
    ctx.step(format!("tables: {}", names.join(", ")));
    for name in &names {
        for word in ["delete", "flush"] {
            gone(ctx, &world.one, &format!("{word} table {name}"), &whole)?;
        }
    }
    gone(ctx, &world.one, "flush ruleset", &whole)?;

    ctx.step("a table of somebody else comes and goes");
    world.one.exec("nft add table ip theirs")?;
    world.one.exec("nft delete table ip theirs")?;
    ctx.check(rules(&world.one)? == whole, "ours are as they were");

    ctx.step(format!("nft flush ruleset, {AGAIN} times"));
    let from = Instant::now();
    for _ in 0..AGAIN {
        world.one.exec("nft flush ruleset")?;
    }
    let took = from.elapsed();
    wait("all rules are back", BACK + GRACE, || {
        rules(&world.one).is_ok_and(|now| now == whole)
    })?;
    let adverts = world.witness.adverts(from, |advert| advert.source == ONE);
    let due = took.as_secs();
    ctx.check(
        adverts.len() as u64 >= due,
        format!("{} adverts in {took:.1?}", adverts.len()),
    );
    let resigned = adverts.iter().filter(|(_, advert)| advert.priority == 0);
    ctx.check(resigned.count() == 0, "nobody resigned");
    let said = one.log().count(0, "somebody removed rules of ours");
    ctx.check((1..=2).contains(&said), format!("said {said} time(s)"));

    ctx.step("stop");
    one.stop(Duration::from_secs(6))?;
    let left = rules(&world.one)?;
    ctx.check(left.is_empty(), format!("no rules are left: {left:?}"));
    Ok(())
}

/// Something is removed, and is back.
fn gone(ctx: &mut Ctx, host: &Host, what: &str, whole: &str) -> Result<()> {
    ctx.step(format!("nft {what}"));
    host.exec(&format!("nft {what}"))?;
    let from = Instant::now();
    let back = wait("all rules are back", BACK + GRACE * 4, || {
        rules(host).is_ok_and(|now| now == whole)
    });
    // what asks takes its time too
    let took = from.elapsed();
    ctx.check(
        back.is_ok(),
        format!("all rules are back within {took:.0?}"),
    );
    Ok(())
}

/// Family and name of each.
fn tables(host: &Host) -> Result<Vec<String>> {
    let text = host.exec("nft list tables")?;
    let lines = text.lines().filter_map(|line| line.strip_prefix("table "));
    Ok(lines.map(str::to_owned).collect())
}

/// All rules, without the times of what is on lease, whichever table came first.
fn rules(host: &Host) -> Result<String> {
    let text = host.exec("nft list ruleset")?;
    let mut timed = false;
    let words = text.split(' ').filter(|word| {
        let time = matches!(*word, "timeout" | "expires");
        !std::mem::replace(&mut timed, time) && !time
    });
    let text = words.collect::<Vec<_>>().join(" ");
    let mut tables: Vec<&str> = text.split("table ").collect();
    tables.sort_unstable();
    Ok(tables.concat())
}
