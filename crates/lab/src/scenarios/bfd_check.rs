//! BFD_CHECK: real servers live as long as their BFD sessions do. After each step `ipvsadm -Sn` is
//! row for row what keepalived makes of the same.

use super::beside::{beside, reached};
use super::world::{ONE, host};
use crate::director::{Director, Program};
use crate::error::Result;
use crate::net::Host;
use crate::scenario::Ctx;
use std::net::Ipv4Addr;
use std::time::Duration;

const SERVER: Ipv4Addr = Ipv4Addr::new(172, 168, 3, 3);

/// What the other end of the session does, and the rows `PORT:WEIGHT` that it leads to.
const STORY: [(&str, Act, &str); 4] = [
    ("nobody has spoken", Act::Nothing, "83:0"),
    ("the session is up", Act::Speak, "80:1 81:2 83:0"),
    ("it is down", Act::Die, "83:0"),
    ("it is up again", Act::Speak, "80:1 81:2 83:0"),
];

#[derive(Clone, Copy)]
enum Act {
    Nothing,
    Speak,
    Die,
}

pub(super) fn run(ctx: &mut Ctx) -> Result<()> {
    beside(ctx, STORY.map(|step| step.0), story)
}

/// The table after each step.
fn story(ctx: &mut Ctx, program: &Program) -> Result<Vec<Vec<String>>> {
    let switch = ctx.lab.switch("sw")?;
    let (one, _) = host(ctx, &switch, "d1", ONE)?;
    let (server, _) = host(ctx, &switch, "rs", SERVER)?;
    let mut director = ctx.director(&one, program, &[])?;
    director.configure(ctx.file("cases/bfd_check.conf")?)?;
    director.start()?;
    let mut speaker: Option<Director> = None;
    let mut tables = Vec::new();
    for (what, act, wanted) in STORY {
        match act {
            Act::Nothing => {}
            Act::Speak => speaker = Some(speak(ctx, &server)?),
            Act::Die => drop(speaker.take()),
        }
        tables.push(reached(ctx, program, &one, (what, wanted)));
    }
    director.stop(Duration::from_secs(10))?;
    drop((director, speaker));
    ctx.lab.clear();
    Ok(tables)
}

/// keepalived's end of the session.
fn speak(ctx: &mut Ctx, server: &Host) -> Result<Director> {
    let pid = ctx.path("bfd.pid").to_string_lossy().into_owned();
    let mut speaker = ctx.director(server, &Program::Keepalived, &["-b", &pid])?;
    speaker.configure(format!(
        "bfd_instance one {{\nneighbor_ip {ONE}\nsource_ip {SERVER}\nmin_rx 100\nmin_tx 100\n\
         multiplier 3\n}}\n"
    ))?;
    speaker.start()?;
    Ok(speaker)
}
