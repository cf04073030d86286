//! The world: virtual time, one queue of events, hosts that take turns.
//!
//! A turn is one input to one router and all its actions, as in the daemon's loop: packets first,
//! then what the kernel says, then orders, and a deadline only when nothing else is there.

pub mod lan;
pub mod node;

mod event;
mod fault;
mod judge;
mod process;
mod sabotage;
mod tape;
mod turn;

use crate::invariant::group::Group;
use crate::invariant::{Bounds, Cause, Violation};
use crate::scenario::{NODES, SLOTS, Scenario};
use crate::spec::Spec;
use core::cmp::Reverse;
use core::time::Duration;
use event::Event;
use fastrand::Rng;
use holdfast_model::Mono;
use holdfast_vrrp::{Ear, Input};
use node::{Node, SOCKET};
pub use sabotage::Sabotage;
use std::collections::BinaryHeap;
pub use tape::recorded;

/// How a run ended.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Outcome {
    /// The first broken promise.
    pub violation: Option<Violation>,
    /// Turns of all routers.
    pub turns: u64,
    /// Transitions to MASTER.
    pub takeovers: u64,
    /// Of everything that happened, in order: equal runs have equal marks.
    pub mark: u64,
}

/// How often the observer looks at what did not happen. What lasted for too long and ended is told
/// at its end, so this only decides how soon the rest is told.
const LOOK: Duration = Duration::from_secs(5);

/// Everything.
#[derive(Debug)]
pub struct World {
    scenario: Scenario,
    now: Mono,
    queue: BinaryHeap<Reverse<Entry>>,
    order: u64,
    rng: Rng,
    nodes: Vec<Node>,
    /// Causes for that the first does not reach the second.
    cuts: [[u32; NODES]; NODES],
    /// When the last packet of the first reached, or will reach, the second: a LAN keeps order.
    last: [[Mono; NODES]; NODES],
    /// Faults that last.
    active: u32,
    noisy: bool,
    bounds: Bounds,
    groups: Vec<Group>,
    /// The last packet was a stranger's.
    forged: bool,
    /// The configuration before the reload that is going on.
    old: Option<Vec<Spec>>,
    outcome: Outcome,
    sabotage: Sabotage,
    /// Turns about one virtual router in words, for a person who looks for the cause.
    lines: Option<(u8, Vec<String>)>,
    recording: Option<tape::Recording>,
    scratch: turn::Scratch,
}

#[derive(Debug)]
struct Entry {
    at: Mono,
    order: u64,
    event: Event,
}

impl PartialEq for Entry {
    fn eq(&self, other: &Self) -> bool {
        (self.at, self.order) == (other.at, other.order)
    }
}

impl Eq for Entry {}

impl PartialOrd for Entry {
    fn partial_cmp(&self, other: &Self) -> Option<core::cmp::Ordering> {
        Some(self.cmp(other))
    }
}

impl Ord for Entry {
    fn cmp(&self, other: &Self) -> core::cmp::Ordering {
        (self.at, self.order).cmp(&(other.at, other.order))
    }
}

/// Runs a scenario to its end, or to the first broken promise.
pub fn run(scenario: &Scenario) -> Outcome {
    run_broken(scenario, Sabotage::Nothing)
}

/// Runs a scenario with routers that break a promise, to see that they are caught.
pub fn run_broken(scenario: &Scenario, sabotage: Sabotage) -> Outcome {
    let mut world = World::new(scenario, sabotage);
    let end = START + Duration::from_millis(scenario.end);
    while world.outcome.violation.is_none() && world.step(end) {}
    world.outcome
}

/// The same, with every turn that was about one virtual router in words.
pub fn told(scenario: &Scenario, slot: u8) -> (Outcome, Vec<String>) {
    let mut world = World::new(scenario, Sabotage::Nothing);
    world.lines = Some((slot, Vec::new()));
    let end = START + Duration::from_millis(scenario.end);
    while world.outcome.violation.is_none() && world.step(end) {}
    (world.outcome, world.lines.unwrap_or_default().1)
}

/// Not zero: a host has been up for a while.
const START: Mono = Mono::from_secs(100);

impl World {
    fn new(scenario: &Scenario, sabotage: Sabotage) -> Self {
        Self::with(scenario, sabotage, None)
    }

    fn with(scenario: &Scenario, sabotage: Sabotage, recording: Option<tape::Recording>) -> Self {
        let lan = &scenario.lan;
        let micros = Duration::from_micros;
        let bounds = Bounds {
            link: micros(lan.delay_max),
            late: micros(lan.jitter),
            apply: micros(lan.apply) + Duration::from_millis(5),
        };
        let count = scenario.nodes.len().min(NODES);
        let nodes = scenario.nodes.iter().take(NODES).enumerate();
        let mut world = Self {
            now: START,
            queue: BinaryHeap::new(),
            order: 0,
            rng: Rng::with_seed(scenario.seed),
            nodes: nodes
                .map(|(at, specs)| Node::new(at, count, specs))
                .collect(),
            cuts: [[0; NODES]; NODES],
            last: [[Mono::ZERO; NODES]; NODES],
            active: 0,
            noisy: scenario.faults_until > 0,
            bounds,
            groups: vec![Group::default(); SLOTS],
            forged: false,
            old: None,
            outcome: Outcome::default(),
            lines: None,
            recording,
            sabotage,
            scratch: turn::Scratch::default(),
            scenario: scenario.clone(),
        };
        for (index, fault) in scenario.faults.iter().enumerate() {
            world.after(Duration::from_millis(fault.at), Event::Begin(index));
        }
        let until = Duration::from_millis(scenario.faults_until);
        world.after(until, Event::Quiet);
        world.after(LOOK, Event::Look);
        world.cohere();
        world.disturb_all();
        for at in 0..world.nodes.len() {
            world.start(at);
        }
        world
    }

    fn after(&mut self, after: Duration, event: Event) {
        self.order += 1;
        let (at, order) = (self.now + after, self.order);
        self.queue.push(Reverse(Entry { at, order, event }));
    }

    /// The next thing that happens; false at the end.
    fn step(&mut self, end: Mono) -> bool {
        let wake = self.nodes.iter().enumerate();
        let wake = wake.filter_map(|(at, node)| Some((node.wake?, at))).min();
        let next = self.queue.peek().map(|Reverse(entry)| entry.at);
        let event_first = match (next, wake) {
            (None, None) => return false,
            (Some(next), Some((wake, _))) => next <= wake,
            (next, None) => next.is_some(),
            (None, Some(_)) => false,
        };
        if event_first {
            let Some(Reverse(entry)) = self.queue.pop() else {
                return false;
            };
            self.now = self.now.max(entry.at);
            if self.now > end {
                return false;
            }
            self.take_event(entry.event);
        } else if let Some((wake, at)) = wake {
            self.now = self.now.max(wake);
            if self.now > end {
                return false;
            }
            self.nodes[at].wake = None;
            self.turn(at, Cause::Tick, Input::Tick);
        }
        true
    }

    /// Hands an event to a host: now, or when it goes on.
    fn give(&mut self, at: usize, event: Event) {
        if self.nodes[at].paused > 0 {
            self.nodes[at].waiting.others.push(event);
        } else {
            self.take_event(event);
        }
    }

    fn take_event(&mut self, event: Event) {
        match event {
            Event::Boot(node) => self.start(node),
            Event::Packet { to, packet, late } => {
                if late {
                    let slot = u32::from(packet.spec.slot);
                    self.disturb(1u8.checked_shl(slot).unwrap_or(0));
                }
                let node = &mut self.nodes[to];
                let ear = packet.ear(node.link.index);
                if !node.connected() || !node.ears.contains(&ear) {
                    return;
                }
                if node.paused == 0 {
                    self.deliver(to, ear, &packet);
                } else if node.waiting.packets.len() < SOCKET {
                    node.waiting.packets.push((ear, packet));
                }
            }
            Event::Begin(index) => self.begin(index),
            Event::End(index) => self.end(index),
            Event::Quicker { node, by } => self.nodes[node].slow -= by,
            Event::Quiet => {
                self.noisy = false;
                self.disturb_all();
            }
            Event::Look => {
                self.look();
                self.after(LOOK, Event::Look);
            }
            Event::Answer { node, .. } | Event::Lost { node, .. } | Event::Level { node, .. }
                if self.nodes[node].paused > 0 =>
            {
                self.nodes[node].waiting.others.push(event);
            }
            Event::Answer {
                node,
                life,
                slot,
                epoch,
            } => self.answer(node, life, slot, epoch),
            Event::Lost {
                node,
                life,
                slot,
                vip,
            } => self.tell_lost(node, life, slot, vip),
            Event::Level { node, life, item } => self.tell_level(node, life, item),
            Event::Link { node, link } => {
                self.nodes[node].serviceable = link.up && link.source.is_some();
                self.turn(node, Cause::Link, Input::Link(link));
            }
            Event::LinkGone { node, index } => {
                self.nodes[node].serviceable = false;
                for kernel in &mut self.nodes[node].kernel {
                    kernel.untold = kernel.untold.saturating_sub(1);
                }
                self.turn(node, Cause::Link, Input::LinkGone(index));
            }
            Event::Reload { node, specs } => self.reload(node, specs),
            Event::Stop { node } => {
                self.turn(node, Cause::Stop, Input::Stop { release: true });
            }
        }
    }

    fn deliver(&mut self, at: usize, ear: Ear, packet: &lan::Shared) {
        let cause = packet.cause(&self.nodes[at]);
        self.forged = packet.forged;
        self.turn(at, cause, Input::Datagram(packet.datagram(ear)));
    }

    /// Bounds of these virtual routers (a bit each), and of those in a sync group with them, count
    /// from now.
    fn disturb(&mut self, slots: u8) {
        if slots == 0 {
            return;
        }
        let now = self.now;
        let concerned = |group: &&mut Group| group.linked & slots != 0;
        let groups = self.groups.iter_mut().filter(concerned);
        groups.for_each(|group| group.disturb(now));
    }

    /// Bounds of every group count from now.
    fn disturb_all(&mut self) {
        let now = self.now;
        self.groups.iter_mut().for_each(|group| group.disturb(now));
    }
}
