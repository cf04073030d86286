//! The file is edited and reloaded, again and again.

use super::{Bed, ECHO, SECOND};
use crate::director::Reload;
use crate::error::Result;
use crate::scenario::{Ctx, Needs, Scenario, Shape};
use crate::shell::wait;
use crate::table::read;
use std::time::{Duration, Instant};

pub(in super::super) const SCENARIO: Scenario = Scenario {
    name: "reload_echo",
    about: "1,000 connections echo through IPVS while the file is edited and reloaded: none resets, none stalls",
    needs: Needs::Ipvs,
    shape: Shape::Single,
    seconds: 40,
    run,
};

/// A packet that gets lost is sent again after 200 ms (RFC 6298 as Linux has it): a longer round trip has lost one.
const STALL: Duration = Duration::from_millis(200);
/// As many as there is time for; `--full`: a hundred.
const RELOADS: [usize; 2] = [35, 100];

/// What an edit changes, the file then, and the weights of its servers.
type Edit = (&'static str, String, Vec<u32>);

fn run(ctx: &mut Ctx) -> Result<()> {
    let bed = Bed::new(ctx)?;
    let edits = edits(&bed);
    let count = RELOADS[usize::from(ctx.full)];
    let start = Instant::now();
    for edit in edits.iter().cycle().take(count) {
        apply(ctx, &bed, edit)?;
    }
    ctx.step(format!("{count} reloads in {:.1?}", start.elapsed()));
    bed.unnoticed(ctx, STALL)
}

/// Each follows the one before it: the four kinds of edit, and back.
fn edits(bed: &Bed) -> [Edit; 7] {
    let text = &bed.text;
    let heavy = text.replace("weight 1\n", "weight 5\n");
    let patient = text
        .replace("connect_timeout 2", "connect_timeout 3")
        .replace("delay_loop 2", "delay_loop 3");
    [
        ("nothing", text.clone(), vec![1, 1]),
        ("a third server", bed.with_third.clone(), vec![1, 1, 3]),
        ("without it", text.clone(), vec![1, 1]),
        ("other weights", heavy, vec![5, 5]),
        ("the old ones", text.clone(), vec![1, 1]),
        (
            "another delay_loop, and connect_timeout",
            patient,
            vec![1, 1],
        ),
        ("the old ones", text.clone(), vec![1, 1]),
    ]
}

fn apply(ctx: &mut Ctx, bed: &Bed, (what, text, wanted): &Edit) -> Result<()> {
    bed.one.configure(text)?;
    let outcome = bed.one.reload()?;
    let mut now = Vec::new();
    let seen = wait(what, 2 * SECOND, || {
        let table = read(&bed.world.one).unwrap_or_default();
        let service = table.iter().find(|service| service.name == ECHO);
        let rows = service.map_or(&[][..], |service| &service.rows);
        now = rows.iter().map(|row| row.weight).collect();
        now.sort_unstable();
        now == *wanted
    });
    if outcome != Reload::Complete || seen.is_err() {
        ctx.fail(format!(
            "{what}: {outcome:?}, weights {now:?} of {wanted:?}"
        ));
    }
    Ok(())
}
