//! `vip_lease`: who is killed, or stands still, answers no more before its peer does.

mod rounds;

use super::world::{ONE, STRANGER, TWO, VIP, VIP2, World};
use crate::director::{Director, Role};
use crate::error::Result;
use crate::net::Host;
use crate::scenario::{Ctx, Needs, Scenario, Shape};
use crate::shell::{wait, wait_some};
use crate::wire::{Answer, Asker, mac_text};
use nix::sys::signal::Signal;
use std::time::{Duration, Instant};

/// In the list.
pub(super) const SCENARIO: Scenario = Scenario {
    name: "lease",
    about: "killed, or standing still, with vip_lease: nobody answers for an address while another does",
    needs: Needs::Net,
    shape: Shape::Single,
    seconds: 40,
    run,
};

const FILES: [&str; 2] = ["cases/lease-1.conf", "cases/lease-2.conf"];
/// Deaths, and then one standstill.
const DEATHS: u32 = 1;
/// How often each director is asked.
const POLL: Duration = Duration::from_millis(1);
/// No answer for so long is an outage: the lab's machine is not always quick.
const GAP: Duration = Duration::from_millis(50);
/// What a lease ends before a backup may begin.
const MARGIN: Duration = Duration::from_millis(100);
/// A guest or a busy machine may be late by this.
const SLACK: Duration = Duration::from_millis(40);

/// Each asks one director, whoever has the addresses.
struct Pollers {
    one: Asker,
    two: Asker,
    anybody: Asker,
    clients: Host,
}

fn run(ctx: &mut Ctx) -> Result<()> {
    let world = World::new(ctx)?;
    let pollers = Pollers {
        one: world.asks(ctx, "p1", 201, &world.one, &[VIP, VIP2], POLL)?,
        two: world.asks(ctx, "p2", 202, &world.two, &[VIP, VIP2], POLL)?,
        anybody: Asker::start(&world.stranger, &[VIP], Duration::from_millis(50))?,
        clients: world.stranger.clone(),
    };
    let (mut one, mut two) = world.directors(ctx, FILES, &["-P"])?;
    ctx.step(format!("start d1 ({ONE}), then d2 ({TWO})"));
    one.start()?;
    for death in 0..DEATHS {
        serve(ctx, &world, &mut one, &mut two)?;
        healthy(ctx, &pollers, None)?;
        healthy(ctx, &pollers, Some(&one))?;
        // any moment of its interval, another one in each run
        std::thread::sleep(POLL * ((std::process::id() + death * 377) % 1_000));
        ctx.step("kill -9 of every process of d1");
        let at = one.kill_all()?;
        handover(ctx, &pollers, at)?;
        arp(ctx, &world, &pollers)?;
        ctx.step("start d1 again");
        one.start()?;
    }
    if ctx.full {
        rounds::run(ctx, &world, &pollers, &mut one, &mut two)?;
    }
    serve(ctx, &world, &mut one, &mut two)?;
    let pause = Duration::from_millis(4_500);
    ctx.step(format!("SIGSTOP to every process of d1, for {pause:?}"));
    let at = one.freeze(true)?;
    handover(ctx, &pollers, at)?;
    std::thread::sleep(pause.saturating_sub(at.elapsed()));
    let back = one.freeze(false)?;
    world.only("d2", VIP, Duration::from_secs(2))?;
    world.only("d2", VIP2, Duration::from_secs(2))?;
    for vip in [VIP, VIP2] {
        let late = pollers.one.answers(vip, back);
        ctx.check(
            late.is_empty(),
            format!(
                "d1 answered {} times for {vip} when it came back",
                late.len()
            ),
        );
    }
    clean(ctx, &world, &mut one, &mut two)
}

/// The first director has both addresses, and the second listens.
fn serve(ctx: &Ctx, world: &World, one: &mut Director, two: &mut Director) -> Result<()> {
    if two.lives() {
        two.stop(Duration::from_secs(3))?;
    }
    world.only("d1", VIP, Duration::from_secs(6))?;
    world.only("d1", VIP2, Duration::from_secs(2))?;
    let mark = two.log().mark();
    two.start()?;
    for instance in ["SLOW", "FAST"] {
        let words = format!("({instance}) Entering BACKUP STATE");
        two.log().wait(mark, &words, Duration::from_secs(2))?;
    }
    let _it_lives = one.lives();
    ctx.step("d1 has both VIPs, d2 listens");
    Ok(())
}

/// A second in which nothing happens, but perhaps its VRRP process dies and another goes on.
fn healthy(ctx: &mut Ctx, pollers: &Pollers, killed: Option<&Director>) -> Result<()> {
    let from = Instant::now();
    if let Some(director) = killed {
        ctx.step("kill -9 of the VRRP process of d1");
        director.signal(Role::Vrrp, Signal::SIGKILL)?;
    }
    let patience = Duration::from_secs(1);
    for vip in [VIP, VIP2] {
        // answers for a whole interval and more
        let all = wait_some("answers of d1", patience * 3, || {
            let all = pollers.one.answers(vip, from);
            let long = all.last()?.at.saturating_duration_since(from) > patience;
            long.then_some(all)
        })?;
        let times = all.windows(2).map(|pair| pair[1].at - pair[0].at);
        let longest = times.max().unwrap_or_default();
        ctx.bound(
            &format!("{vip}: longest time between answers"),
            longest,
            GAP,
        );
    }
    Ok(())
}

fn first(answers: Vec<Answer>) -> Option<Instant> {
    answers
        .into_iter()
        .find(|answer| !answer.arp)
        .map(|answer| answer.at)
}

/// Since `at` the first director speaks no more: the second serves, and at no time do both.
fn handover(ctx: &mut Ctx, pollers: &Pollers, at: Instant) -> Result<()> {
    let patience = Duration::from_secs(4);
    for (vip, least) in [(VIP, MARGIN), (VIP2, MARGIN)] {
        let what = format!("d2 answers for {vip}");
        let begins = wait_some(&what, patience, || first(pollers.two.answers(vip, at)))?;
        let ends = pollers.one.answers(vip, at).last().map(|answer| answer.at);
        let took = begins.saturating_duration_since(at);
        let Some(ends) = ends else {
            ctx.fail(format!("{vip}: d1 never answered, d2 after {took:.3?}"));
            continue;
        };
        let apart = begins.saturating_duration_since(ends);
        ctx.check(
            ends < begins && apart + SLACK >= least,
            format!(
                "{vip}: d1 answers for {:.3?}, d2 from {took:.3?}: {apart:.3?} with nobody, none with both",
                ends.saturating_duration_since(at)
            ),
        );
    }
    Ok(())
}

/// Who has no entry learns the living one only.
fn arp(ctx: &mut Ctx, world: &World, pollers: &Pollers) -> Result<()> {
    let from = Instant::now();
    let answers = wait_some("an answer to ARP", Duration::from_secs(3), || {
        let all = pollers.anybody.answers(VIP, from);
        if all.iter().any(|answer| answer.arp) {
            return Some(all);
        }
        // again and again: who is asked by the director learns its address without asking
        pollers.clients.ip("neigh flush all").ok().and(None)
    })?;
    let theirs = world.two.mac()?;
    let who: Vec<_> = answers
        .iter()
        .filter(|a| a.arp)
        .map(|a| mac_text(a.mac))
        .collect();
    let alone = who.iter().all(|mac| *mac == theirs);
    ctx.check(
        alone,
        format!("to ARP from {STRANGER} d2 alone answers: {who:?}"),
    );
    Ok(())
}

/// A stop, and `release` after a kill, leave no table.
fn clean(ctx: &mut Ctx, world: &World, one: &mut Director, two: &mut Director) -> Result<()> {
    let tables = |host: &Host| host.exec("nft list tables").unwrap_or_default();
    ctx.check(
        tables(&world.two).contains("holdfast_lease"),
        "d2, which is master, has the table",
    );
    wait("no table on d1", Duration::from_secs(2), || {
        !tables(&world.one).contains("holdfast_lease")
    })?;
    one.stop(Duration::from_secs(3))?;
    two.kill_all()?;
    two.exec_stop_post()?;
    let left = tables(&world.two);
    ctx.check(
        !left.contains("holdfast_lease"),
        format!("release leaves no table: {left:?}"),
    );
    Ok(())
}
