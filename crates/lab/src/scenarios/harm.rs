//! What runs beside a director does all that it may not: scripts that hang, fork and scream, a log that
//! nobody reads, no descriptor left, a full disk. The adverts go on.

pub(super) mod disk;
pub(super) mod scripts;
mod watched;

use super::world::{VIP, VIP2, World};
use crate::director::{Director, Program, Reload, Role};
use crate::error::{Doing as _, Error, Result};
use crate::net::{Port, Switch};
use crate::scenario::{Ctx, Needs, Scenario, Shape};
use crate::shell::wait;
use disk::Disk;
use nix::sys::signal::{Signal, kill};
use scripts::Scripts;
use std::net::Ipv4Addr;
use std::process::{Child, Stdio};
use std::time::{Duration, Instant};
use watched::Watched;

/// In the list.
pub(super) const SCENARIO: Scenario = Scenario {
    name: "harm",
    about: "scripts that hang, fork and scream, a log nobody reads, no descriptors, a full disk: adverts go on",
    needs: Needs::Net,
    shape: Shape::Single,
    seconds: 45,
    run,
};

/// Comes when the disk is full.
const LATE: Ipv4Addr = Ipv4Addr::new(172, 168, 2, 22);
/// Instances that nobody but the first director has: what happens to them is much to say.
const EXTRAS: usize = 20;
/// A process that died has a successor.
const SUCCESSOR: Duration = Duration::from_secs(3);
/// A stop.
const END: Duration = Duration::from_secs(4);
/// Lines about one and the same want, over some seconds.
const FEW: usize = 8;
/// What a supervisor and two workers may work in a second in which nothing is to be had.
const BUSY: f64 = 0.5;

struct Running {
    world: World,
    one: Director,
    _two: Director,
    scripts: Scripts,
    disk: Disk,
    _other: (Switch, Port),
}

fn run(ctx: &mut Ctx) -> Result<()> {
    let world = World::new(ctx)?;
    let other = ctx.lab.switch("sw1")?;
    let port = other.plug(&world.one, "eth1")?;
    world.one.address("10.9.0.1/16", "eth1")?;
    let scripts = Scripts::new(&ctx.path("scripts"))?;
    let (a, b) = (ctx.a.clone(), ctx.b.clone());
    let mut one = ctx.director(&world.one, &a, &["--without-ipvs"])?;
    let mut two = ctx.director(&world.two, &b, &["--without-ipvs"])?;
    let disk = Disk::mount(&one.run_dir())?;
    one.configure(first(&scripts, ""))?;
    two.configure(pair(100, ""))?;
    world.start_pair(ctx, &mut one, &mut two)?;
    world.only("d1", VIP2, Duration::from_secs(3))?;
    let all = &mut Running {
        world,
        one,
        _two: two,
        scripts,
        disk,
        _other: (other, port),
    };
    scripts_run(ctx, all)?;
    nobody_reads(ctx, all)?;
    no_descriptors(ctx, all)?;
    full_disk(ctx, all)?;
    dies_full(ctx, all)?;
    stops(ctx, all)
}

/// The pair's instances; `more` goes into the first one.
fn pair(priority: u8, more: &str) -> String {
    let instance = |(vrid, interval, vip): &(u8, f64, Ipv4Addr), more: &str| {
        let version = if *interval < 1.0 { 3 } else { 2 };
        format!(
            "vrrp_instance V{vrid} {{\ninterface eth0\nvirtual_router_id {vrid}\npriority {priority}\n\
             version {version}\nadvert_int {interval}\n\
             virtual_ipaddress {{\n{vip}\n}}\n{more}}}\n"
        )
    };
    instance(&(71, 1.0, VIP), more) + &instance(&(72, 0.2, VIP2), "")
}

/// The first director's file: its scripts, and many instances that follow a file.
fn first(scripts: &Scripts, end: &str) -> String {
    let mut text = scripts.config();
    text += &pair(150, &scripts.tracked());
    for number in 1..=EXTRAS {
        text += &format!(
            "vrrp_instance X{number} {{\ninterface eth1\nvirtual_router_id {number}\npriority 100\n\
             track_file {{\nlevel\n}}\nvirtual_ipaddress {{\n10.9.1.{number}\n}}\n{}}}\n",
            scripts.notify(number)
        );
    }
    text + end
}

fn scripts_run(ctx: &mut Ctx, all: &Running) -> Result<()> {
    ctx.step("scripts, checks and readers of a FIFO that hang, fork, scream");
    let watched = Watched::start(all)?;
    let until = Instant::now() + Duration::from_secs(5);
    let mut most = 0;
    while Instant::now() < until {
        all.scripts.toggle()?;
        most = most.max(all.scripts.processes().len());
        // the harm itself goes on meanwhile
        std::thread::sleep(Duration::from_millis(400));
    }
    all.scripts.level(0)?;
    ctx.check(most > 0, format!("{most} processes of scripts at a time"));
    ctx.check(most <= scripts::MOST, format!("at most {}", scripts::MOST));
    for words in ["hang.sh", "fork.sh"] {
        let line = all.one.log().count(0, words);
        ctx.check(line > 0, format!("log of d1: {line} lines about {words}"));
    }
    watched.judge(ctx, all)
}

fn nobody_reads(ctx: &mut Ctx, all: &Running) -> Result<()> {
    ctx.step(
        "nobody reads the log of d1; its instances change state; a reload; its VRRP process dies",
    );
    let watched = Watched::start(all)?;
    let (log, mark) = (all.one.log(), all.one.log().mark());
    log.stop_reading(true);
    scream(all, Duration::from_millis(1_500))?;
    all.one.signal(Role::Parent, Signal::SIGHUP)?;
    let watched = watched.death(ctx, all)?;
    scream(all, Duration::from_millis(3_000))?;
    watched.judge(ctx, all)?;
    log.stop_reading(false);
    let patience = Duration::from_secs(3);
    let said = log.wait(mark, "log lines were dropped", patience);
    if let Some((_, line)) = ctx.note("what was not said", said) {
        ctx.step(line);
    }
    let reloaded = log.wait(mark, "Reload", patience);
    ctx.note("the reload is told", reloaded);
    all.scripts.level(0)
}

/// Much to say for a while.
fn scream(all: &Running, time: Duration) -> Result<()> {
    let until = Instant::now() + time;
    while Instant::now() < until {
        all.scripts.toggle()?;
        // so that one change is seen before the next
        std::thread::sleep(Duration::from_millis(10));
    }
    Ok(())
}

fn no_descriptors(ctx: &mut Ctx, all: &Running) -> Result<()> {
    ctx.step("no descriptor is left for any process of d1: a reload, a question, a link that goes");
    let mark = all.one.log().mark();
    let limits = disk::Starved::all(&all.one)?;
    let watched = Watched::start(all)?;
    let from = Instant::now();
    all.one.configure(first(&all.scripts, &late()))?;
    all.one.signal(Role::Parent, Signal::SIGHUP)?;
    all.world.one.ip("link set eth1 down")?;
    let mut asked = question(&all.one)?;
    without(ctx, all, from, mark)?;
    watched.judge(ctx, all)?;
    ctx.step("they are back");
    limits.lift()?;
    let mut answer = None;
    wait("an answer to what was asked meanwhile", SUCCESSOR, || {
        answer = asked.try_wait().ok().flatten();
        answer.is_some()
    })?;
    let good = answer.is_some_and(|status| status.success());
    ctx.check(good, "what was asked meanwhile is answered");
    let watched = Watched::start(all)?;
    let end = all.one.reload()?;
    ctx.check(end == Reload::Complete, format!("reload: {end:?}"));
    all.world.one_has.wait(LATE, true, Duration::from_secs(5))?;
    // and away again: it is to come when the disk is full
    all.one.configure(first(&all.scripts, ""))?;
    let end = all.one.reload()?;
    ctx.check(end == Reload::Complete, format!("reload: {end:?}"));
    all.world
        .one_has
        .wait(LATE, false, Duration::from_secs(2))?;
    watched.judge(ctx, all)
}

/// Some seconds of it.
fn without(ctx: &mut Ctx, all: &Running, from: Instant, mark: usize) -> Result<()> {
    let before = all.one.cpu();
    all.world.one.ip("link set eth1 up")?;
    // the want itself
    std::thread::sleep(Duration::from_secs(4));
    let time = from.elapsed().as_secs_f64();
    for (title, now) in all.one.cpu() {
        let ours = before.iter().find(|(each, _)| *each == title);
        if let Some((_, before)) = ours.filter(|_| !title.contains("scripts")) {
            let busy = (now - before) / time;
            ctx.check(busy < BUSY, format!("{title}: {busy:.2} of a processor"));
        }
    }
    let about = |words: &str| all.one.log().count(mark, words);
    let (control, reload) = (about("control process"), about("Reload failed"));
    ctx.check(
        control <= FEW,
        format!("{control} lines about the question"),
    );
    ctx.check(reload == 1, format!("Reload failed, {reload} time(s)"));
    Ok(())
}

/// `holdfast status`, which waits.
fn question(director: &Director) -> Result<Child> {
    let mut command = match director.program() {
        Program::Holdfast(binary) => director.host().command(&binary.to_string_lossy()),
        Program::Keepalived => return Err(Error::Failed("only Holdfast can be asked".into())),
    };
    command
        .args(["status", "--run-dir"])
        .arg(director.run_dir());
    command.stdout(Stdio::null()).spawn().doing("ask d1")
}

/// An instance of its own.
fn late() -> String {
    format!(
        "vrrp_instance LATE {{\ninterface eth0\nvirtual_router_id 73\npriority 150\nadvert_int 0.2\n\
         version 3\nvirtual_ipaddress {{\n{LATE}\n}}\n}}\n"
    )
}

fn full_disk(ctx: &mut Ctx, all: &Running) -> Result<()> {
    ctx.step(
        "the disk of the run directory is full: states change, a VIP comes, the VRRP process dies",
    );
    let (log, mark) = (all.one.log(), all.one.log().mark());
    let watched = Watched::start(all)?;
    all.disk.fill()?;
    scream(all, Duration::from_millis(500))?;
    all.scripts.level(0)?;
    all.one.configure(first(&all.scripts, &late()))?;
    let end = all.one.reload()?;
    ctx.check(end == Reload::Complete, format!("reload: {end:?}"));
    all.world.one_has.wait(LATE, true, Duration::from_secs(5))?;
    let watched = watched.death(ctx, all)?;
    wait("its adverts", SUCCESSOR, || watched.adverts(all) >= 10)?;
    watched.judge(ctx, all)?;
    let lines = log.count(mark, "cannot write the state file");
    ctx.check(lines <= 2, format!("{lines} lines about the state file"));
    Ok(())
}

/// All processes of it at once, and the disk still full: what systemd runs then knows of all addresses.
fn dies_full(ctx: &mut Ctx, all: &mut Running) -> Result<()> {
    ctx.step("kill -9 of every process of d1, then ExecStopPost");
    all.one.kill_all()?;
    all.one.exec_stop_post()?;
    for vip in [VIP, VIP2, LATE] {
        let gone = all.world.one_has.wait(vip, false, Duration::from_secs(1));
        ctx.note(&format!("{vip} is given up"), gone);
    }
    for vip in [VIP, VIP2] {
        let taken = all.world.only("d2", vip, Duration::from_secs(6));
        ctx.note(&format!("d2 alone has {vip}"), taken);
    }
    // systemd ends what else is in the control group
    wait("nobody in the control group", SUCCESSOR, || {
        let left = all.scripts.processes();
        let mut gone = left.iter().map(|pid| kill(*pid, Signal::SIGKILL));
        gone.by_ref().count() == 0
    })?;
    all.disk.empty()
}

/// Nothing of it stays, although nobody hears what it says.
fn stops(ctx: &mut Ctx, all: &mut Running) -> Result<()> {
    ctx.step("d1 starts again, and stops while nobody reads its log");
    all.one.start()?;
    wait("its scripts", SUCCESSOR, || {
        all.scripts.processes().len() >= 10
    })?;
    all.one.log().stop_reading(true);
    let took = all.one.stop(END * 2)?;
    ctx.bound("it stops", took, END);
    all.one.log().stop_reading(false);
    let none = wait("no process of a script", Duration::from_secs(1), || {
        all.scripts.processes().is_empty()
    });
    if ctx.note("nothing is left", none).is_none() {
        ctx.step(format!("{:?}", all.scripts.lines()));
    }
    Ok(())
}
