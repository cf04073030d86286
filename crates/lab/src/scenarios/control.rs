//! What a running daemon says of itself when it is asked, whatever of it dies meanwhile.

use super::world::{ONE, World};
use crate::director::{Director, Program, Role};
use crate::error::{Doing as _, Error, Result};
use crate::scenario::Ctx;
use crate::shell::wait;
use nix::sys::signal::Signal;
use nix::unistd::Pid;
use std::time::{Duration, Instant};

/// One call of the command.
pub(crate) struct Said {
    pub(crate) status: Option<i32>,
    pub(crate) out: String,
    pub(crate) err: String,
}

/// Asks the daemon of a director.
pub(crate) fn ask(director: &Director, words: &str) -> Result<Said> {
    let Program::Holdfast(binary) = director.program() else {
        return Err(Error::Failed("only Holdfast can be asked".to_owned()));
    };
    let mut command = director.host().command(&binary.to_string_lossy());
    command
        .args(words.split_whitespace())
        .arg("--run-dir")
        .arg(director.run_dir());
    let output = command.output().doing(format!("run holdfast {words}"))?;
    Ok(Said {
        status: output.status.code(),
        out: String::from_utf8_lossy(&output.stdout).into_owned(),
        err: String::from_utf8_lossy(&output.stderr).into_owned(),
    })
}

/// The answer has these words, and the call succeeded.
pub(super) fn says(ctx: &mut Ctx, director: &Director, words: &str, wanted: &[&str]) -> Result<()> {
    let said = ask(director, words)?;
    let good = said.status == Some(0) && wanted.iter().all(|each| said.out.contains(each));
    let name = director.host().name();
    ctx.check(good, format!("{name}: {words}: {wanted:?}"));
    if !good {
        ctx.step(format!("{:?} {}{}", said.status, said.out, said.err));
    }
    Ok(())
}

/// The call failed, with these words.
pub(super) fn fails(ctx: &mut Ctx, director: &Director, words: &str, wanted: &str) -> Result<()> {
    let said = ask(director, words)?;
    let good = said.status != Some(0) && said.err.contains(wanted);
    let name = director.host().name();
    let (status, err) = (said.status, said.err);
    ctx.check(good, format!("{name}: {words}: {status:?} {err}"));
    Ok(())
}

pub(super) fn status(ctx: &mut Ctx) -> Result<()> {
    let world = World::new(ctx)?;
    let (mut one, mut two) =
        world.directors(ctx, ["seeds/pair-1.conf", "seeds/pair-2.conf"], &["-P"])?;
    fails(ctx, &one, "status", "no Holdfast daemon runs here")?;
    world.start_pair(ctx, &mut one, &mut two)?;
    let here = format!("the master is this host, {ONE}");
    says(ctx, &one, "status", &["MASTER for", &here, "172.168.2.20/"])?;
    if two.program().is_holdfast() {
        let there = format!("the master is {ONE}, priority 100");
        says(ctx, &two, "status", &["BACKUP for", &there])?;
    }
    let json = ["\"state\": \"MASTER\"", "\"here\": true"];
    says(ctx, &one, "status --json", &json)?;
    let best = [
        "it hears nobody with a priority above its 100",
        "Entering MASTER STATE",
    ];
    says(ctx, &one, "why LVS_HA", &best)?;
    fails(
        ctx,
        &one,
        "why NOBODY",
        "no VRRP instance is called 'NOBODY': there are LVS_HA",
    )?;
    if two.program().is_holdfast() {
        let worse = "has the higher priority, 100 against 90";
        says(ctx, &two, "why LVS_HA", &[worse, "is silent for 3.6 s"])?;
    }
    survives(ctx, &one)?;
    crowd(ctx, &one)?;
    world.only("d1", super::world::VIP, Duration::from_secs(2))?;
    one.stop(Duration::from_secs(5))?;
    fails(ctx, &one, "status", "no Holdfast daemon runs here")
}

/// Processes die while they are asked.
fn survives(ctx: &mut Ctx, one: &Director) -> Result<()> {
    ctx.step("the VRRP process of d1 is killed: whoever asks waits for the next one");
    for _ in 0..3 {
        // one that dies at once has a successor that waits
        let born = Instant::now();
        let lived = || born.elapsed() > Duration::from_millis(1100);
        wait("a useful life", Duration::from_secs(2), lived)?;
        one.signal(Role::Vrrp, Signal::SIGKILL)?;
        says(ctx, one, "status", &["MASTER for"])?;
    }
    // and what led to it is not forgotten
    let story = ["Entering MASTER STATE", "another VRRP process went on"];
    says(ctx, one, "why LVS_HA", &story)?;
    let control = || answering(one);
    let Some(answers) = control() else {
        ctx.fail("no control process runs while somebody asks");
        return Ok(());
    };
    harmless(ctx, answers)?;
    nix::sys::signal::kill(answers, Signal::SIGKILL).doing("kill the control process")?;
    says(ctx, one, "status", &["MASTER for"])?;
    let idle = wait("the control process ends", Duration::from_secs(14), || {
        control().is_none()
    });
    ctx.note("nobody asks: it ends by itself", idle);
    says(ctx, one, "status", &["MASTER for"])
}

/// The control process of a director that runs no checks.
fn answering(one: &Director) -> Option<Pid> {
    let parent = one.pid(Role::Parent)?;
    let workers = one.pid(Role::Vrrp);
    let mut children = crate::director::children(parent).into_iter();
    children.find(|child| Some(*child) != workers)
}

/// It may do nothing that its open descriptors do not allow, nor may what it would start.
fn harmless(ctx: &mut Ctx, process: Pid) -> Result<()> {
    let status = std::fs::read_to_string(format!("/proc/{process}/status"));
    let status = status.doing("read the control process's status")?;
    let field = |name: &str| {
        let mut lines = status.lines().map(str::split_whitespace);
        lines.find_map(|mut words| (words.next()? == name).then(|| words.collect::<Vec<_>>()))
    };
    let none = Some(vec!["0000000000000000"]);
    for set in ["CapEff:", "CapPrm:", "CapInh:", "CapAmb:"] {
        ctx.check(field(set) == none, format!("its {set} {:?}", field(set)));
    }
    for (name, wanted) in [
        ("NoNewPrivs:", vec!["1"]),
        ("Uid:", vec!["65534"; 4]),
        ("Gid:", vec!["65534"; 4]),
        ("Groups:", Vec::new()),
    ] {
        let found = field(name);
        ctx.check(
            found.as_ref() == Some(&wanted),
            format!("its {name} {found:?}"),
        );
    }
    Ok(())
}

/// Many at a time, and some who say nothing.
fn crowd(ctx: &mut Ctx, one: &Director) -> Result<()> {
    ctx.step("forty at a time, and twenty who say nothing");
    let socket = one.run_dir().join("control.sock");
    let silent: Vec<_> = (0..20)
        .map(|_| std::os::unix::net::UnixStream::connect(&socket))
        .collect::<std::io::Result<_>>()
        .doing("connect")?;
    let at = Instant::now();
    let answers: Vec<bool> = std::thread::scope(|scope| {
        let asked = || ask(one, "status --json").is_ok_and(|said| said.status == Some(0));
        let all: Vec<_> = (0..40).map(|_| scope.spawn(asked)).collect();
        let joined = all.into_iter().map(|one| one.join().unwrap_or(false));
        joined.collect()
    });
    ctx.check(answers.iter().all(|good| *good), "all are answered");
    ctx.bound("forty answers", at.elapsed(), Duration::from_secs(9));
    drop(silent);
    Ok(())
}
