//! The unit as systemd runs it: start, reload, upgrade, deaths, stop; from keepalived's unit to ours and on to the
//! peer.

use super::world::{GRACE, ONE, VIP, World, director, down, skew};
use crate::director::Program;
use crate::error::{Doing as _, Error, Result};
use crate::scenario::Ctx;
use crate::shell::{wait, wait_some};
use crate::systemd::Machine;
use crate::traffic::Pings;
use crate::wire::Advert;
use std::fs;
use std::os::unix::fs::PermissionsExt as _;
use std::path::Path;
use std::time::{Duration, Instant};

const FILES: [&str; 2] = ["seeds/pair-1.conf", "seeds/pair-2.conf"];
const OURS: &str = "etc/holdfast/holdfast.conf";
const THEIRS: &str = "etc/keepalived/keepalived.conf";
/// The priorities of d1 and d2.
const FIRST: u8 = 100;
const SECOND: u8 = 90;
const PACE: Duration = Duration::from_millis(20);
const PATIENCE: Duration = Duration::from_millis(300);
const BOUND: Duration = Duration::from_secs(9);
/// One slow processor on which systemd has to start processes: 0.2 s are asked of `pair_kill9`.
const POST: Duration = Duration::from_secs(1);

pub(super) fn run(ctx: &mut Ctx) -> Result<()> {
    let world = World::new(ctx)?;
    let other = ctx.b.clone();
    let mut two = director(ctx, &world.two, &other, FILES[1], &["-P"])?;
    let text = ctx.file(FILES[0])?;
    let program = match &ctx.a {
        Program::Holdfast(path) => path.clone(),
        Program::Keepalived => return Err(Error::Failed("there is a unit of ours only".into())),
    };
    let units = ctx.data.join("../../systemd");
    let machine = Machine::boot(&world.one, &ctx.path("machine"), |root| {
        install(root, &program, &units)?;
        fs::write(root.join(OURS), &text).doing("write the configuration")
    })?;
    two.start()?;

    ctx.step("systemctl start");
    machine.run("systemctl start holdfast")?;
    world.only("d1", VIP, BOUND)?;
    let main = machine.property("holdfast", "MainPID")?;
    let pings = Pings::start(&world.client, VIP, PACE)?;
    let from = Instant::now();
    machine.run("systemctl reload holdfast")?;
    rest(&pings)?;
    ctx.step("upgrade");
    machine.run("holdfast upgrade")?;
    rest(&pings)?;
    ctx.step("kill -9 of the VRRP process");
    machine.run("pkill -9 -f holdfast:.vrrp")?;
    rest(&pings)?;
    unnoticed(ctx, &world, &pings, from);
    let same = machine.property("holdfast", "MainPID")? == main;
    let calm = machine.property("holdfast", "NRestarts")? == "0";
    ctx.check(same && calm, "systemd noticed nothing");

    ctx.step("kill -9 of the main process: systemd ends the rest, runs ExecStopPost= and starts it again");
    let at = Instant::now();
    machine.run(&format!("kill -9 {main}"))?;
    let gone = wait_some("the VIP is gone", BOUND, || lost_at(&world, at))?;
    ctx.bound("the VIP is gone", gone.saturating_duration_since(at), POST);
    world.two_has.wait(VIP, true, down(SECOND) + GRACE * 20)?;
    world.only("d1", VIP, BOUND)?;
    let again = machine.property("holdfast", "NRestarts")?;
    ctx.check(again == "1", format!("started again {again} times"));

    ctx.step("systemctl stop");
    machine.run("systemctl stop holdfast")?;
    world.only("d2", VIP, skew(SECOND) + GRACE * 20)?;
    left(ctx, &machine)?;

    ctx.step("keepalived's unit, and ours in its place");
    fs::write(machine.root.join(THEIRS), &text).doing("write the configuration")?;
    fs::remove_file(machine.root.join(OURS)).doing("remove the configuration")?;
    machine.run("systemctl start keepalived")?;
    world.only("d1", VIP, BOUND)?;
    let from = Instant::now();
    machine.run("holdfast takeover")?;
    rest(&pings)?;
    unnoticed(ctx, &world, &pings, from);
    let state = |unit: &str| machine.property(unit, "ActiveState");
    let states = (state("keepalived")?, state("holdfast")?);
    let changed = states == ("inactive".to_owned(), "active".to_owned());
    ctx.check(
        changed,
        format!("keepalived is {}, holdfast {}", states.0, states.1),
    );

    ctx.step("hand back");
    machine.run("holdfast handback")?;
    world.only("d2", VIP, BOUND)?;
    left(ctx, &machine)
}

/// As the package does.
fn install(root: &Path, program: &Path, units: &Path) -> Result<()> {
    let binary = root.join("usr/sbin/holdfast");
    fs::copy(program, &binary).doing("copy the program")?;
    fs::set_permissions(&binary, fs::Permissions::from_mode(0o755)).doing("copy the program")?;
    let name = "holdfast.service";
    fs::copy(units.join(name), root.join("lib/systemd/system").join(name))
        .doing("copy the unit")?;
    for name in ["holdfast", "keepalived"] {
        let path = root.join("etc/default").join(name);
        fs::write(path, "DAEMON_ARGS=\"-P\"\n").doing("write the options")?;
    }
    Ok(())
}

/// A second's pings more.
fn rest(pings: &Pings) -> Result<()> {
    let at = Instant::now();
    wait("pings after that", BOUND, || {
        pings.lost(at, PATIENCE).0 >= 50
    })
    .map(drop)
}

fn unnoticed(ctx: &mut Ctx, world: &World, pings: &Pings, from: Instant) {
    let (all, lost) = pings.lost(from, PATIENCE);
    ctx.check(lost.is_empty(), format!("{all} pings, lost at {lost:?} ms"));
    let moved = world.one_has.changes(VIP, from) + world.two_has.changes(VIP, from);
    let wrong = |advert: &Advert| advert.source != ONE || advert.priority != FIRST;
    let wrong = world.witness.adverts(from, wrong).len();
    let quiet = moved == 0 && wrong == 0;
    ctx.check(
        quiet,
        format!("{moved} moves of the VIP, {wrong} adverts of others or of priority 0"),
    );
}

/// When d1 lost the VIP after that.
fn lost_at(world: &World, at: Instant) -> Option<Instant> {
    let turns = world.one_has.turns(VIP).into_iter();
    let mut gone = turns.filter(|(seen, has)| !*has && *seen >= at);
    gone.next().map(|(seen, _)| seen)
}

/// The unit has ended well, and the run directory is empty.
fn left(ctx: &mut Ctx, machine: &Machine) -> Result<()> {
    wait("the unit's end", BOUND, || {
        machine
            .property("holdfast", "ActiveState")
            .is_ok_and(|state| state == "inactive")
    })?;
    let result = machine.property("holdfast", "Result")?;
    let files = machine.run("ls -A /run/holdfast")?;
    let clean = result == "success" && files.trim().is_empty();
    ctx.check(
        clean,
        format!("the unit's end: {result}; left: {:?}", files.trim()),
    );
    Ok(())
}
