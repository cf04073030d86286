//! A third of the faults' repetitions at a short interval: part of every test run.

use super::figure::Timing;
use super::run::{Order, any_seed, measure};
use super::table::kept;
use super::{Act, Fault, Runs, all};
use crate::error::Result;
use crate::scenario::{Ctx, Needs, Scenario, Shape};
use std::time::Duration;

const TIMES: u32 = 3;
const TIMING: Timing = Timing {
    interval: Duration::from_millis(200),
};
/// Scenarios of about the same length.
const PARTS: usize = 2;

/// In the list.
pub(in super::super) static LIST: &[Scenario] = &[
    Scenario {
        name: "faults_1",
        about: "half of the faults of docs/faults.md, each three times at a random moment: promises kept",
        needs: Needs::Net,
        shape: Shape::Single,
        seconds: 100,
        run: |ctx| part(ctx, 0),
    },
    Scenario {
        name: "faults_2",
        about: "the other half",
        needs: Needs::Net,
        shape: Shape::Single,
        seconds: 100,
        run: |ctx| part(ctx, 1),
    },
    Scenario {
        name: "faults_ipvs",
        about: "those of the table of virtual servers and of servers that hang, the same way",
        needs: Needs::Ipvs,
        shape: Shape::Single,
        seconds: 120,
        run: |ctx| each(ctx, |fault| matches!(fault.act, Act::Table(..))),
    },
];

fn part(ctx: &mut Ctx, part: usize) -> Result<()> {
    let mut turn = 0;
    each(ctx, |fault| {
        turn += usize::from(matches!(fault.act, Act::Pair(_)));
        matches!(fault.act, Act::Pair(_)) && turn % PARTS == part
    })
}

/// Those of every test run that are chosen.
fn each(ctx: &mut Ctx, chosen: impl FnMut(&&'static Fault) -> bool) -> Result<()> {
    let seed = any_seed();
    ctx.step(format!("seed {seed}"));
    let order = Order {
        times: TIMES,
        seed,
        timing: TIMING,
    };
    let all = all().into_iter();
    let all = all.filter(|fault| fault.runs == Runs::Always);
    for fault in all.filter(chosen) {
        let mut kept = tried(ctx, fault, &order);
        if !kept {
            // the kernel has one lock for the links and addresses of all namespaces, and a machine its own day
            ctx.step(format!("{}: a second try", fault.name));
            kept = tried(ctx, fault, &order);
        }
        ctx.check(kept, format!("{}: {}", fault.name, fault.what));
    }
    Ok(())
}

fn tried(ctx: &mut Ctx, fault: &Fault, order: &Order) -> bool {
    let program = ctx.a.clone();
    let mut said = Vec::new();
    let measured = measure(ctx, &program, fault, order, &mut |line| said.push(line));
    said.extend(measured.error.clone());
    for line in said {
        ctx.step(line);
    }
    ctx.lab.clear();
    kept(fault, TIMING, &measured)
}
