//! The LAN itself, and the invariants that are judged at each step of each router.

use crate::support::*;
use core::net::Ipv4Addr;
use core::time::Duration;
use holdfast_model::event::{Event, VrrpEvent};
use holdfast_model::{Instance, InstanceKey, Mono, State};
use holdfast_vrrp::{Action, Input, Link, Router};
use std::collections::VecDeque;

/// Of a packet, and of the kernel to take an address.
const DELAY: Duration = Duration::from_millis(1);

/// One step of a script. Nodes are taken modulo their number.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Step {
    Wait(u16),
    LinkDown(usize),
    LinkUp(usize),
    /// The switch drops what this node sends, or stops doing so.
    Mute(usize, bool),
    Restart(usize),
    /// With another priority.
    Reload(usize, u8),
    LoseVip(usize),
    /// A packet with a wrong checksum from nowhere, of the highest priority.
    Junk,
    /// The kernel of this node is slow by so many milliseconds.
    SlowKernel(usize, u16),
}

pub(crate) struct Node {
    router: Router,
    config: Instance,
    address: Ipv4Addr,
    up: bool,
    pub(crate) muted: bool,
    slow: Duration,
    /// What the kernel holds.
    vips: usize,
    /// Until when an accepted advert keeps it from being master.
    held_until: Mono,
    last_advert: Option<Mono>,
    resigned: bool,
}

#[derive(Debug)]
enum Flight {
    Packet(usize, Vec<u8>),
    Apply(usize, InstanceKey, u64, usize),
}

pub(crate) struct Lan {
    now: Mono,
    pub(crate) nodes: Vec<Node>,
    /// Ordered by time.
    flights: VecDeque<(Mono, Flight)>,
}

impl Lan {
    pub(crate) fn new(configs: Vec<Instance>) -> Self {
        let now = Mono::from_secs(50);
        let nodes = configs.into_iter().zip(1u8..).map(|(config, host)| Node {
            router: Router::new(&model(vec![config.clone()])),
            config,
            address: Ipv4Addr::new(10, 0, 0, host),
            up: true,
            muted: false,
            slow: DELAY,
            vips: 0,
            held_until: Mono::ZERO,
            last_advert: None,
            resigned: false,
        });
        let mut lan = Self {
            now,
            nodes: nodes.collect(),
            flights: VecDeque::new(),
        };
        for at in 0..lan.nodes.len() {
            lan.start(at);
        }
        lan
    }

    fn start(&mut self, at: usize) {
        let facts = self.facts(at);
        self.input(at, Input::Link(facts));
        self.input(at, Input::Start);
    }

    fn facts(&self, at: usize) -> Link {
        let node = &self.nodes[at];
        link(Some(node.address), node.up)
    }

    fn fly(&mut self, after: Duration, flight: Flight) {
        let due = self.now + after;
        let at = self.flights.partition_point(|(other, _)| *other <= due);
        self.flights.insert(at, (due, flight));
    }

    /// Packets and kernels first, then timers, as the driver does.
    pub(crate) fn run(&mut self, time: Duration) {
        let end = self.now + time;
        loop {
            let flight = self.flights.front().map(|(due, _)| *due);
            let timer = self
                .nodes
                .iter()
                .filter_map(|node| node.router.deadline())
                .min();
            let Some(next) = flight
                .into_iter()
                .chain(timer)
                .min()
                .filter(|at| *at <= end)
            else {
                break;
            };
            self.now = self.now.max(next);
            if flight == Some(next) {
                if let Some((_, flight)) = self.flights.pop_front() {
                    self.land(flight);
                }
                continue;
            }
            for at in 0..self.nodes.len() {
                let due = self.nodes[at].router.deadline();
                if due.is_some_and(|due| due <= self.now) {
                    self.input(at, Input::Tick);
                }
            }
        }
        self.now = end;
    }

    fn land(&mut self, flight: Flight) {
        match flight {
            Flight::Packet(from, bytes) => {
                for to in 0..self.nodes.len() {
                    if to != from && self.nodes[to].up {
                        let bytes = &bytes;
                        self.input(to, Input::Datagram(datagram(bytes)));
                    }
                }
            }
            Flight::Apply(at, instance, epoch, vips) => {
                self.nodes[at].vips = vips;
                let instance = &instance;
                self.input(at, Input::Applied { instance, epoch });
            }
        }
    }

    fn input(&mut self, at: usize, input: Input<'_>) {
        let before = self.nodes[at].router.snapshot().instances.remove(0);
        let heard = match &input {
            Input::Datagram(datagram) => Some(datagram.bytes[22]),
            _ => None,
        };
        let accepted = self.accepted(at);
        let is_tick = matches!(input, Input::Tick);
        let may_master = is_tick || matches!(input, Input::Start);
        let now = self.now;
        self.nodes[at].router.handle(now, input);
        let mut actions = Vec::new();
        while let Some(action) = self.nodes[at].router.poll_action() {
            actions.push(action);
        }
        let after = self.nodes[at].router.status().next().unwrap();
        // S3: no packet makes a master, only the timer or the owner's start.
        if after.state == State::Master && before.state != State::Master {
            assert!(may_master, "S3: master by something else");
            assert!(now >= self.nodes[at].held_until, "S4: master too early");
        }
        let faulty = after.state == State::Master && !after.faults.is_empty();
        assert!(!faulty, "S6: master with a fault");
        self.judge_sent(at, before.state, after.state, &actions, is_tick);
        if let Some(priority) = heard
            && (before.state, after.state) == (State::Backup, State::Backup)
            && self.accepted(at) > accepted
        {
            self.hold(at, priority);
        }
        for action in actions {
            self.perform(at, action);
        }
    }

    /// S4: who accepted an advert that is good enough is bound for a while.
    fn hold(&mut self, at: usize, heard: u8) {
        let node = &mut self.nodes[at];
        let ours = node.config.priority;
        let timing = holdfast_vrrp::Timing::own(&node.config);
        if heard == 0 {
            node.held_until = self.now + timing.skew;
        } else if heard >= ours.get() {
            node.held_until = self.now + timing.down;
        }
    }

    fn accepted(&self, at: usize) -> u64 {
        let node = &self.nodes[at];
        let stats = node.router.stats(&node.config.key).unwrap();
        stats.adverts_received
    }

    /// S6, S8, S9.
    fn judge_sent(
        &mut self,
        at: usize,
        before: State,
        after: State,
        actions: &[Action],
        is_tick: bool,
    ) {
        let now = self.now;
        let node = &mut self.nodes[at];
        let mut released = false;
        for action in actions {
            match action {
                Action::Send { outgoing, .. } if outgoing.packet[22] == 0 => {
                    assert_eq!(before, State::Master, "S9: resigned without being master");
                    assert!(
                        matches!(after, State::Fault | State::Init),
                        "S9: resigned into {after}"
                    );
                    assert!(!released, "S9: addresses went first");
                    assert!(!node.resigned, "S9: resigned twice");
                    node.resigned = true;
                    node.last_advert = None;
                }
                Action::Send { .. } => {
                    // who gives way may have a last word
                    let last = before == State::Master && !released;
                    assert!(after == State::Master || last, "S6: {after}");
                    if let Some(last) = node.last_advert {
                        let gap = now.since(last);
                        assert!(gap <= A, "S8: gap of {gap:?}");
                        // Answers and reloads speak in between; the timer does not.
                        assert!(!is_tick || gap >= A / 2, "S8: gap of {gap:?}");
                    }
                    node.last_advert = Some(now);
                    node.resigned = false;
                }
                Action::Want { addresses, .. } => released |= addresses.is_empty(),
                Action::Announce { .. } => {
                    assert_eq!(after, State::Master, "S10: announced in {after}");
                    assert_eq!(
                        node.vips,
                        node.config.addresses.len(),
                        "S10: not in the kernel"
                    );
                }
                Action::Report(Event::Vrrp { event, .. }) => {
                    if *event == VrrpEvent::AddressesSet {
                        assert!(node.vips > 0, "notify before the address");
                    }
                }
                Action::Report(_)
                | Action::Watch { .. }
                | Action::Unwatch { .. }
                | Action::Stopped => {}
            }
        }
        if before == State::Master && after != State::Master {
            assert!(released, "S1: left MASTER and kept the addresses");
            node.last_advert = None;
        }
    }

    fn perform(&mut self, at: usize, action: Action) {
        match action {
            Action::Send { outgoing, .. } => {
                let node = &self.nodes[at];
                if node.up && !node.muted {
                    self.fly(DELAY, Flight::Packet(at, outgoing.packet));
                }
            }
            Action::Want {
                instance,
                epoch,
                addresses,
                ..
            } => {
                // A later level replaces an earlier one.
                self.flights.retain(
                    |(_, flight)| !matches!(flight, Flight::Apply(node, ..) if *node == at),
                );
                let slow = self.nodes[at].slow;
                let apply = Flight::Apply(at, instance, epoch, addresses.len());
                self.fly(slow, apply);
            }
            Action::Announce { .. }
            | Action::Watch { .. }
            | Action::Unwatch { .. }
            | Action::Report(_)
            | Action::Stopped => {}
        }
    }

    pub(crate) fn take(&mut self, step: Step) {
        let count = self.nodes.len();
        match step {
            Step::Wait(millis) => self.run(Duration::from_millis(millis.into())),
            Step::LinkDown(node) => self.set_link(node % count, false),
            Step::LinkUp(node) => self.set_link(node % count, true),
            Step::Mute(node, on) => self.nodes[node % count].muted = on,
            Step::Restart(node) => {
                let at = node % count;
                self.input(at, Input::Stop { release: true });
                self.run(Duration::from_millis(1_000));
                let config = self.nodes[at].config.clone();
                assert_eq!(self.nodes[at].vips, 0, "S1: stopped and kept the addresses");
                self.nodes[at].router = Router::new(&model(vec![config]));
                self.nodes[at].held_until = Mono::ZERO;
                self.nodes[at].resigned = false;
                self.start(at);
            }
            Step::Reload(node, priority) => {
                let at = node % count;
                let before = self.nodes[at].router.status().next().unwrap().state;
                self.nodes[at].config.priority = holdfast_model::Priority::new(priority).unwrap();
                // S4 ends where the own priority rises.
                self.nodes[at].held_until = Mono::ZERO;
                let model = model(vec![self.nodes[at].config.clone()]);
                self.input(at, Input::Reconfigure(&model));
                let after = self.nodes[at].router.status().next().unwrap().state;
                assert_eq!(before, after, "S14: transition by reload");
            }
            Step::LoseVip(node) => {
                let at = node % count;
                if self.nodes[at].vips > 0 {
                    self.nodes[at].vips = 1;
                    let (key, address) = (self.nodes[at].config.key.clone(), vip(VIP));
                    let (instance, address) = (&key, &address);
                    self.input(at, Input::Lost { instance, address });
                }
            }
            Step::Junk => {
                let mut bytes = advert(HIGH_PEER, 254).bytes();
                bytes[27] ^= 1;
                let before: Vec<_> = self
                    .nodes
                    .iter()
                    .map(|node| node.router.snapshot())
                    .collect();
                let bytes = &bytes;
                for (node, before) in self.nodes.iter_mut().zip(before) {
                    let datagram = datagram(bytes);
                    node.router.handle(self.now, Input::Datagram(datagram));
                    while node.router.poll_action().is_some() {}
                    assert_eq!(node.router.snapshot(), before, "S7");
                }
            }
            Step::SlowKernel(node, millis) => {
                self.nodes[node % count].slow = DELAY + Duration::from_millis(millis.into());
            }
        }
    }

    fn set_link(&mut self, at: usize, up: bool) {
        self.nodes[at].up = up;
        let facts = self.facts(at);
        self.input(at, Input::Link(facts));
    }

    pub(crate) fn masters(&self) -> Vec<usize> {
        let is_master =
            |at: &usize| self.nodes[*at].router.status().next().unwrap().state == State::Master;
        (0..self.nodes.len()).filter(is_master).collect()
    }

    /// Everything is repaired and given time: one master, the best, and it alone has the VIPs.
    pub(crate) fn settle(&mut self) {
        for at in 0..self.nodes.len() {
            self.nodes[at].muted = false;
            self.nodes[at].slow = DELAY;
            self.set_link(at, true);
        }
        self.run(Duration::from_secs(30));
        let masters = self.masters();
        assert_eq!(masters.len(), 1, "S2: masters {masters:?}");
        for (at, node) in self.nodes.iter().enumerate() {
            let holds = node.vips == node.config.addresses.len();
            assert_eq!(masters.contains(&at), holds, "S1: node {at}");
            assert!(holds || node.vips == 0, "S1: node {at} holds a part");
        }
        let preempting = self.nodes.iter().all(|node| !node.config.nopreempt);
        let best = (0..self.nodes.len())
            .max_by_key(|at| (self.nodes[*at].config.priority, self.nodes[*at].address));
        // Of two with equal priority the one that was first stays: compare priorities only.
        if preempting {
            let priority = |at: usize| self.nodes[at].config.priority;
            let best = best.unwrap();
            assert_eq!(priority(masters[0]), priority(best), "not the best");
        }
    }
}
