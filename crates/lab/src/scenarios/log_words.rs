//! The life of a pair, told by its logs: the same words as keepalived's.

use super::world::{VIP, World};
use crate::director::{Log, Program};
use crate::error::Result;
use crate::scenario::Ctx;
use std::time::Duration;

/// State changes: users' alerts read these, so they must be the same, in the same order.
const STATES: &str = "Entering ";
/// Said around them; differences are shown.
const AROUND: &[&str] = &[
    "Receive advertisement timeout",
    "Received advert from",
    "sent 0 priority",
    "VIPs.",
];

pub(super) fn run(ctx: &mut Ctx) -> Result<()> {
    let program = ctx.a.clone();
    ctx.step(format!("the story with {program}"));
    let told = story(ctx, &program)?;
    ctx.step("the story with keepalived");
    let reference = story(ctx, &Program::Keepalived)?;
    for ((name, ours), (_, theirs)) in told.iter().zip(&reference) {
        let (states, wanted) = (only(ours, &[STATES]), only(theirs, &[STATES]));
        ctx.check(states == wanted, format!("{name}: {states:?}"));
        if states != wanted {
            ctx.step(format!("keepalived says: {wanted:?}"));
        }
        let (around, wanted) = (only(ours, AROUND), only(theirs, AROUND));
        if around != wanted {
            ctx.step(format!(
                "{name}, around: {around:#?}\nkeepalived: {wanted:#?}"
            ));
        }
    }
    Ok(())
}

type Told = Vec<(&'static str, Vec<String>)>;

/// Start, stop of the master, its return, its cable cut and mended.
fn story(ctx: &mut Ctx, program: &Program) -> Result<Told> {
    let saved = (ctx.a.clone(), ctx.b.clone());
    (ctx.a, ctx.b) = (program.clone(), program.clone());
    let world = World::new(ctx)?;
    let directors = world.directors(ctx, ["seeds/pair-1.conf", "seeds/pair-2.conf"], &["-P"]);
    (ctx.a, ctx.b) = saved;
    let (mut one, mut two) = directors?;
    world.start_pair(ctx, &mut one, &mut two)?;
    one.stop(Duration::from_secs(6))?;
    world.only("d2", VIP, Duration::from_secs(3))?;
    one.start()?;
    world.only("d1", VIP, Duration::from_secs(9))?;
    world.one_port.cut()?;
    world.only("d2", VIP, Duration::from_secs(9))?;
    world.one_port.mend()?;
    world.only("d1", VIP, Duration::from_secs(9))?;
    let told = vec![("d1", lines(&one.log())), ("d2", lines(&two.log()))];
    drop((one, two, world));
    ctx.lab.clear();
    Ok(told)
}

/// What an instance said, without time and ident.
fn lines(log: &Log) -> Vec<String> {
    let all = log.since(0);
    all.iter()
        .filter_map(|(_, line)| line.find("(LVS_HA)").map(|place| line[place..].to_owned()))
        .collect()
}

fn only(lines: &[String], words: &[&str]) -> Vec<String> {
    let has = |line: &&String| words.iter().any(|word| line.contains(word));
    lines.iter().filter(has).cloned().collect()
}
