//! One host of a run, recorded as a daemon records itself.

use super::{START, World};
use crate::Scenario;
use crate::world::Sabotage;
use core::time::Duration;
use holdfast_model::Mono;
use holdfast_vrrp::tape::veil::Veil;
use holdfast_vrrp::tape::{FORM, Given, Head, How, Line, Turn};
use holdfast_vrrp::{Action, Router};

/// So often the tape begins anew with the router as it stands.
const ANEW: u64 = 50;

/// The tape of one host.
#[derive(Debug)]
pub(super) struct Recording {
    node: usize,
    veil: Veil,
    turns: u64,
    lines: Vec<Line>,
}

/// Runs a scenario with a recorder on one of its hosts.
pub fn recorded(scenario: &Scenario, node: usize) -> Vec<Line> {
    let recording = Recording {
        node,
        veil: Veil::new([0; 32]),
        turns: 0,
        lines: Vec::new(),
    };
    let mut world = World::with(scenario, Sabotage::Nothing, Some(recording));
    let end = START + Duration::from_millis(scenario.end);
    while world.outcome.violation.is_none() && world.step(end) {}
    world.recording.map_or_else(Vec::new, |tape| tape.lines)
}

impl Recording {
    fn add(&mut self, mut line: Line) {
        self.veil.line(&mut line);
        self.lines.push(line);
    }

    pub(super) fn is_of(&self, node: usize) -> bool {
        self.node == node
    }

    pub(super) fn head(&mut self, at: Mono, how: How) {
        self.add(Line::Head(Box::new(Head {
            form: FORM,
            build: "sim".to_owned(),
            at,
            ahead: Duration::ZERO,
            lost: 0,
            how,
        })));
    }

    pub(super) fn turn(&mut self, at: Mono, input: Given, actions: &[Action], router: &Router) {
        let actions = actions.to_vec();
        self.add(Line::Turn(Box::new(Turn { at, input, actions })));
        self.turns += 1;
        if self.turns.is_multiple_of(ANEW) {
            self.head(at, How::GoesOn(Box::new(router.clone())));
        }
    }
}
