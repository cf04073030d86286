//! All that can happen, instead of what a seed draws: two or three routers of one virtual router,
//! and every order of the choices below, breadth first, each state once.
//!
//! ```text
//!   step      an eighth of an interval passes, and who is due is served
//!   leap      nothing is on its way: to the next deadline
//!   deliver, lose, double     one packet on its way; none is older than an interval
//!   crash, restart            a process without a snapshot; its addresses go with it
//!   pause, resume             what waited is heard before a deadline is served
//! ```
//!
//! Every turn is judged as in a run. From every state the LAN is put in order at once, and must have
//! one master, the best, in time. A kernel does at once what it is asked.

mod digest;
mod rules;

use crate::spec::Spec;
use rules::{Rules, State};
use std::collections::BTreeSet;

/// What is explored.
#[derive(Debug, Clone)]
pub struct Case {
    /// For the reader.
    pub name: &'static str,
    /// One instance each.
    pub specs: Vec<Spec>,
    /// Choices in a row at most.
    pub depth: u32,
    /// States at most.
    pub limit: usize,
}

/// What came of it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Explored {
    /// Different states.
    pub states: usize,
    /// Choices in a row, all of them tried.
    pub depth: u32,
    /// The first broken promise, and the choices that led there.
    pub broken: Option<String>,
}

/// Two routers in every relation, and three.
pub fn cases(limit: usize) -> Vec<Case> {
    let spec = |priority| Spec::plain(0, priority);
    let with = |change: fn(&mut Spec), priorities: &[u8]| -> Vec<Spec> {
        let specs = priorities.iter().map(|priority| spec(*priority));
        specs
            .map(|mut spec| {
                change(&mut spec);
                spec
            })
            .collect()
    };
    let v3 = |spec: &mut Spec| spec.form = crate::spec::Form::V3;
    let case = |name, depth, specs| Case {
        name,
        specs,
        depth,
        limit,
    };
    let mut mixed = with(v3, &[100, 200]);
    mixed[1].interval = 50;
    vec![
        case("two, version 2", 20, with(|_| {}, &[100, 200])),
        case("two of equal priority", 20, with(|_| {}, &[100, 100])),
        case(
            "two, nopreempt",
            20,
            with(|s| s.nopreempt = true, &[100, 200]),
        ),
        case("two, an owner", 20, with(|_| {}, &[255, 100])),
        case("two, version 3", 20, with(v3, &[100, 200])),
        case("two, version 3, 1 s and 0.5 s", 20, mixed),
        case("three, version 2", 12, with(|_| {}, &[50, 100, 200])),
        case("three, version 3", 12, with(v3, &[100, 100, 200])),
    ]
}

/// One choice.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Choice {
    Step,
    Leap,
    Deliver(usize),
    Lose(usize),
    Double(usize),
    Crash(usize),
    Restart(usize),
    Pause(usize),
    Resume(usize),
}

/// Explores a case.
pub fn explore(case: &Case) -> Explored {
    let rules = Rules::of(case);
    let mut seen = BTreeSet::new();
    // Of each state, the one before it and the choice between them.
    let mut trail: Vec<(usize, Option<Choice>)> = Vec::new();
    let mut frontier: Vec<(usize, State)> = Vec::new();
    let mut explored = Explored {
        states: 0,
        depth: 0,
        broken: None,
    };
    for state in rules.starts() {
        match state {
            Ok(state) if seen.insert(rules.digest(&state)) => {
                trail.push((usize::MAX, None));
                frontier.push((trail.len() - 1, state));
            }
            Ok(_) => {}
            Err(what) => explored.broken = Some(what),
        }
    }
    while explored.depth < case.depth && explored.broken.is_none() && !frontier.is_empty() {
        let mut next = Vec::new();
        for (at, state) in &frontier {
            for choice in rules.choices(state) {
                let led = rules.take(state.clone(), choice).and_then(|led| {
                    if seen.insert(rules.digest(&led)) {
                        rules.heals(led.clone())?;
                        Ok(Some(led))
                    } else {
                        Ok(None)
                    }
                });
                match led {
                    Ok(None) => {}
                    Ok(Some(led)) => {
                        trail.push((*at, Some(choice)));
                        next.push((trail.len() - 1, led));
                    }
                    Err(what) => {
                        let path = path(&trail, *at, choice);
                        explored.broken = Some(format!("{what}, after {path:?}"));
                        explored.states = seen.len();
                        return explored;
                    }
                }
            }
            if seen.len() >= case.limit {
                explored.states = seen.len();
                return explored;
            }
        }
        explored.depth += 1;
        frontier = next;
    }
    explored.states = seen.len();
    explored
}

fn path(trail: &[(usize, Option<Choice>)], mut at: usize, last: Choice) -> Vec<Choice> {
    let mut path = vec![last];
    while let Some((before, choice)) = trail.get(at) {
        path.extend(*choice);
        at = *before;
    }
    path.reverse();
    path
}
