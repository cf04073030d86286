//! VRRP beside keepalived: the same work for both, one after the other, again and again. Times are
//! the kernel's, of arrivals at a third host.

mod failover;
mod gaps;
mod lateness;
mod pair;

use crate::director::Program;
use crate::error::{Doing as _, Error, Result};
use crate::scenario::Tools;
use lateness::Row;
use pair::Plan;
use std::time::Duration;

/// Takeovers of one address.
const TAKEOVERS: usize = 100;
/// The rows, in the order they are run.
const ROWS: [&str; 5] = [
    "vrrp-many",
    "vrrp-single",
    "vrrp-busy",
    "vrrp-failover",
    "vrrp-takeover",
];

/// Runs a row, or with `vrrp` all; the long ones take `minutes` for each program.
pub(super) fn run(tools: &Tools, name: &str, minutes: u32) -> Result<bool> {
    nix::sys::prctl::set_child_subreaper(true).doing("become a subreaper")?;
    let mut good = true;
    match name {
        "vrrp" => {
            for row in ROWS {
                good &= run(tools, row, minutes)?;
            }
        }
        "vrrp-many" => {
            good &= lateness::run(tools, &many(100, false))?;
            good &= lateness::run(tools, &many(1000, false))?;
        }
        "vrrp-single" => good = lateness::run(tools, &single(minutes, false))?,
        "vrrp-busy" => {
            good &= lateness::run(tools, &many(100, true))?;
            good &= lateness::run(tools, &single(minutes, true))?;
        }
        "vrrp-failover" => {
            good &= failover::many(tools, Duration::from_millis(100), 5)?;
            good &= failover::many(tools, Duration::from_secs(1), 3)?;
        }
        "vrrp-takeover" => good = failover::one(tools, TAKEOVERS)?,
        _ => return Err(Error::Failed(format!("{name}: vrrp, or one of {ROWS:?}"))),
    }
    Ok(good)
}

/// 200 instances.
const fn many(millis: u64, busy: bool) -> Row {
    Row {
        plan: Plan {
            instances: 200,
            interval: Duration::from_millis(millis),
            realtime: busy,
            nopreempt: false,
        },
        window: Duration::from_secs(15),
        rounds: 3,
        busy,
        cost: !busy,
    }
}

/// One, a hundred times a second.
const fn single(minutes: u32, busy: bool) -> Row {
    Row {
        plan: Plan {
            instances: 1,
            interval: Duration::from_millis(10),
            realtime: busy,
            nopreempt: false,
        },
        // three parts, so that a busy minute of the machine is not one program's alone
        window: Duration::from_secs(20 * minutes as u64),
        rounds: 3,
        busy,
        cost: false,
    }
}

/// What was found for Holdfast and for keepalived, in turn.
fn both<T>(
    tools: &Tools,
    rounds: usize,
    mut measure: impl FnMut(&Program) -> Result<T>,
) -> Result<[Vec<T>; 2]> {
    let ours = super::ours(tools);
    let mut one = |program: &Program| {
        let named = |error| Error::Failed(format!("{program}: {error}"));
        measure(program).map_err(named)
    };
    let mut found = [Vec::new(), Vec::new()];
    for _ in 0..rounds {
        found[0].push(one(&ours)?);
        found[1].push(one(&Program::Keepalived)?);
    }
    Ok(found)
}
