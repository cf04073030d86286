//! The same story with keepalived and with a program that is tried: after each step `ipvsadm -Sn` has
//! to be the same, row for row.

use crate::director::Program;
use crate::error::Result;
use crate::net::Host;
use crate::scenario::Ctx;
use crate::shell::wait_some;
use crate::table::saved;
use std::collections::BTreeSet;
use std::time::Duration;

/// Gives the table after each step.
type Story = fn(&mut Ctx, &Program) -> Result<Vec<Vec<String>>>;

pub(super) fn beside<const N: usize>(ctx: &mut Ctx, steps: [&str; N], story: Story) -> Result<()> {
    let reference = story(ctx, &Program::Keepalived)?;
    let program = ctx.a.clone();
    let ours = story(ctx, &program)?;
    for ((step, ours), theirs) in steps.iter().zip(&ours).zip(&reference) {
        ctx.check(ours == theirs, format!("{step}: {theirs:#?}"));
        if ours != theirs {
            ctx.step(format!("{program} has {ours:#?}"));
        }
    }
    Ok(())
}

/// The table once it has the rows `PORT:WEIGHT` that the step leads to, or the last one seen.
pub(super) fn reached(
    ctx: &mut Ctx,
    program: &Program,
    director: &Host,
    (what, wanted): (&str, &str),
) -> Vec<String> {
    ctx.step(format!("{program}: {what}"));
    let wanted: BTreeSet<String> = wanted.split(' ').map(str::to_owned).collect();
    let mut last = Vec::new();
    let reached = wait_some(what, Duration::from_secs(8), || {
        last = saved(director).ok()?;
        (short(&last) == wanted).then_some(())
    });
    ctx.check(reached.is_ok(), format!("{program}: {wanted:?}"));
    if reached.is_err() {
        ctx.step(format!("{last:#?}"));
    }
    last
}

/// `PORT:WEIGHT` of every real server.
fn short(rows: &[String]) -> BTreeSet<String> {
    let real = rows.iter().filter_map(|row| {
        let words: Vec<&str> = row.split_whitespace().collect();
        let after = |flag: &str| {
            let at = words.iter().position(|word| *word == flag)?;
            words.get(at + 1).copied()
        };
        let port = after("-r")?.rsplit_once(':')?.1;
        Some(format!("{port}:{}", after("-w")?))
    });
    real.collect()
}
