//! A failing scenario made small: fewer faults, fewer nodes, fewer instances, less noise.

use crate::scenario::Scenario;
use crate::world::run;

/// Runs at most, whatever is still to try.
const TRIES: usize = 2_000;

/// The smallest scenario found that breaks the same promise; `None` when this one breaks none.
pub fn shrink(scenario: &Scenario) -> Option<Scenario> {
    let broken = run(scenario).violation?;
    let mut best = scenario.clone();
    best.about = broken.to_string();
    // Nothing after the first violation counts.
    let seconds = broken.at.nanos() / 1_000_000;
    let mut tries = 0;
    let mut keep = |candidate: Scenario, best: &mut Scenario| {
        tries += 1;
        if tries > TRIES {
            return false;
        }
        let found = run(&candidate).violation;
        let same = found.filter(|found| found.id == broken.id);
        let Some(same) = same else {
            return false;
        };
        *best = candidate;
        best.about = same.to_string();
        true
    };
    best.faults.retain(|fault| fault.at <= seconds);
    if run(&best).violation.is_none() {
        best = scenario.clone();
    }
    loop {
        let before = best.clone();
        fewer_faults(&mut best, &mut keep);
        for node in (0..best.nodes.len()).rev() {
            let mut candidate = best.clone();
            candidate.nodes.remove(node);
            candidate.faults.retain(|fault| fault.node != node);
            for fault in &mut candidate.faults {
                fault.node -= usize::from(fault.node > node);
            }
            keep(candidate, &mut best);
        }
        for slot in 0..8 {
            let mut candidate = best.clone();
            for specs in &mut candidate.nodes {
                specs.retain(|spec| spec.slot != slot);
            }
            keep(candidate, &mut best);
        }
        let rates: [fn(&mut Scenario); 4] = [
            |s| s.lan.loss = 0,
            |s| s.lan.twice = 0,
            |s| s.lan.late = 0,
            |s| s.lan.jitter = 0,
        ];
        for quiet in rates {
            let mut candidate = best.clone();
            quiet(&mut candidate);
            if candidate != best {
                keep(candidate, &mut best);
            }
        }
        if best == before {
            return Some(best);
        }
    }
}

/// Halves first, then quarters, down to single faults.
fn fewer_faults(best: &mut Scenario, keep: &mut impl FnMut(Scenario, &mut Scenario) -> bool) {
    let mut size = best.faults.len().div_ceil(2);
    while size > 0 {
        let mut from = 0;
        while from < best.faults.len() {
            let mut candidate = best.clone();
            let to = (from + size).min(candidate.faults.len());
            candidate.faults.drain(from..to);
            if !keep(candidate, best) {
                from += size;
            }
        }
        size /= 2;
    }
}
