//! What can be chosen in a state, and what comes of it.

use super::{Case, Choice};
use crate::invariant::track::{Track, late};
use crate::invariant::turn::judge;
use crate::invariant::{Act, Bounds, Cause, Heard, Turn, View};
use crate::place::{eth0, ipv4, ipv6, key, model};
use crate::spec::{Spec, Told};
use crate::world::lan::{self, Packet};
use core::time::Duration;
use holdfast_model::{Mono, State as Name};
use holdfast_packet::MacAddress;
use holdfast_vrrp::{Action, Input, Link, Router};
use std::rc::Rc;

/// Crashes and pauses of one path: more of them only repeat.
const BLOWS: u8 = 3;

/// Packets on their way at once; more must be delivered or lost first.
const FLYING: usize = 4;

#[derive(Debug, Clone)]
pub(super) struct Flight {
    pub(super) to: usize,
    pub(super) sent: Mono,
    pub(super) copy: bool,
    pub(super) packet: Rc<Packet>,
}

#[derive(Debug, Clone)]
pub(super) struct Host {
    pub(super) router: Option<Router>,
    pub(super) paused: bool,
    pub(super) waiting: Vec<Rc<Packet>>,
    pub(super) track: Track,
    pub(super) view: Option<View>,
}

#[derive(Debug, Clone)]
pub(super) struct State {
    pub(super) now: Mono,
    pub(super) hosts: Vec<Host>,
    pub(super) flights: Vec<Flight>,
    pub(super) blows: u8,
}

/// The case, and what does not change.
#[derive(Debug)]
pub(super) struct Rules {
    pub(super) specs: Vec<Spec>,
    pub(super) quantum: Duration,
    pub(super) longest: Duration,
    pub(super) bounds: Bounds,
}

impl Rules {
    pub(super) fn of(case: &Case) -> Self {
        let adverts = || case.specs.iter().map(Spec::advert);
        let quantum = adverts().min().unwrap_or_default() / 8;
        let longest = adverts().max().unwrap_or_default();
        Self {
            specs: case.specs.clone(),
            quantum,
            longest,
            bounds: Bounds {
                link: longest,
                late: quantum,
                apply: Duration::from_millis(5),
            },
        }
    }

    /// All begin at once; and the same when a master is found.
    pub(super) fn starts(&self) -> [Result<State, String>; 2] {
        let host = |_| Host {
            router: None,
            paused: false,
            waiting: Vec::new(),
            track: Track::default(),
            view: None,
        };
        let mut state = State {
            now: Mono::from_secs(100),
            hosts: (0..self.specs.len()).map(host).collect(),
            flights: Vec::new(),
            blows: 0,
        };
        for at in 0..self.specs.len() {
            if let Err(what) = self.start(&mut state, at) {
                return [Err(what.clone()), Err(what)];
            }
        }
        let settled = self.heals(state.clone());
        [Ok(state), settled]
    }

    pub(super) fn choices(&self, state: &State) -> Vec<Choice> {
        let mut all = Vec::new();
        let oldest = state.flights.iter().map(|flight| flight.sent).min();
        let waits = oldest.is_some_and(|sent| state.now.since(sent) + self.quantum > self.longest);
        if !waits && state.flights.len() <= FLYING {
            all.push(Choice::Step);
        }
        if state.flights.is_empty() {
            all.push(Choice::Leap);
        }
        for (at, flight) in state.flights.iter().enumerate() {
            all.extend([Choice::Deliver(at), Choice::Lose(at)]);
            if !flight.copy && state.blows < BLOWS {
                all.push(Choice::Double(at));
            }
        }
        for (at, host) in state.hosts.iter().enumerate() {
            match (&host.router, host.paused) {
                (None, _) => all.push(Choice::Restart(at)),
                (Some(_), true) => all.push(Choice::Resume(at)),
                (Some(_), false) if state.blows < BLOWS => {
                    all.extend([Choice::Crash(at), Choice::Pause(at)]);
                }
                (Some(_), false) => {}
            }
        }
        all
    }

    pub(super) fn take(&self, mut state: State, choice: Choice) -> Result<State, String> {
        match choice {
            Choice::Step => {
                state.now = state.now + self.quantum;
                self.serve(&mut state)?;
            }
            Choice::Leap => {
                state.now = due(&state).unwrap_or(state.now).max(state.now);
                self.serve(&mut state)?;
            }
            Choice::Deliver(at) => {
                let flight = state.flights.remove(at);
                self.hear(&mut state, flight.to, &flight.packet)?;
            }
            Choice::Lose(at) => {
                state.flights.remove(at);
            }
            Choice::Double(at) => {
                let mut flight = state.flights[at].clone();
                flight.copy = true;
                state.flights[at].copy = true;
                state.blows += 1;
                self.hear(&mut state, flight.to, &flight.packet)?;
            }
            Choice::Crash(at) => {
                let host = &mut state.hosts[at];
                (host.router, host.view) = (None, None);
                host.waiting.clear();
                state.blows += 1;
            }
            Choice::Restart(at) => self.start(&mut state, at)?,
            Choice::Pause(at) => {
                state.hosts[at].paused = true;
                state.blows += 1;
            }
            Choice::Resume(at) => self.resume(&mut state, at)?,
        }
        Ok(state)
    }

    fn start(&self, state: &mut State, at: usize) -> Result<(), String> {
        let specs = [self.specs[at]];
        let mut model = model(&specs, at, self.specs.len());
        for instance in &mut model.instances {
            // Rounds to come would only make states differ.
            (instance.garp.delay, instance.garp.lower_prio_delay) = <_>::default();
        }
        state.hosts[at].router = Some(Router::new(&model));
        let link = Link {
            name: eth0(),
            index: 2,
            up: true,
            mac: MacAddress([2, 0, 0, 0, 0, 1]),
            mtu: 1500,
            source: Some(ipv4(at)),
            link_local: Some(ipv6(at)),
            addresses: std::collections::BTreeSet::new(),
            in_vrf: false,
        };
        self.turn(state, at, Cause::Link, Input::Link(link))?;
        self.turn(state, at, Cause::Start { resumed: false }, Input::Start)
    }

    fn resume(&self, state: &mut State, at: usize) -> Result<(), String> {
        let now = state.now;
        let host = &mut state.hosts[at];
        host.paused = false;
        host.track.sent = host.track.sent.map(|_| now);
        for packet in core::mem::take(&mut host.waiting) {
            self.hear(state, at, &packet)?;
        }
        self.serve(state)
    }

    fn hear(&self, state: &mut State, at: usize, packet: &Rc<Packet>) -> Result<(), String> {
        let host = &mut state.hosts[at];
        if host.router.is_none() {
            return Ok(());
        }
        if host.paused {
            host.waiting.push(packet.clone());
            return Ok(());
        }
        let cause = Cause::Packet(Some(Heard {
            slot: 0,
            priority: packet.priority,
            interval: packet.spec.interval,
            source: packet.source,
        }));
        let datagram = packet.datagram(packet.ear(2));
        self.turn(state, at, cause, Input::Datagram(datagram))
    }

    /// Deadlines of all who are due.
    fn serve(&self, state: &mut State) -> Result<(), String> {
        for at in 0..state.hosts.len() {
            let host = &state.hosts[at];
            let router = host.router.as_ref().filter(|_| !host.paused);
            let due = router.and_then(Router::deadline);
            if due.is_some_and(|due| due <= state.now) {
                self.turn(state, at, Cause::Tick, Input::Tick)?;
            }
        }
        Ok(())
    }

    fn turn(
        &self,
        state: &mut State,
        at: usize,
        cause: Cause,
        input: Input<'_>,
    ) -> Result<(), String> {
        let (now, spec) = (state.now, self.specs[at]);
        let host = &mut state.hosts[at];
        let Some(router) = &mut host.router else {
            return Ok(());
        };
        router.handle(now, input);
        let mut acts = Vec::new();
        let mut sent = Vec::new();
        while let Some(action) = router.poll_action() {
            match action {
                Action::Send { outgoing, .. } => {
                    let packet = lan::sent(outgoing, &spec);
                    acts.push(Act::Sent {
                        slot: 0,
                        priority: packet.priority,
                    });
                    sent.push(Rc::new(packet));
                }
                Action::Want {
                    epoch, addresses, ..
                } => {
                    acts.push(Act::Want {
                        slot: 0,
                        empty: addresses.is_empty(),
                        ours: true,
                    });
                    let instance = &key(0);
                    router.handle(now, Input::Applied { instance, epoch });
                }
                Action::Announce { .. } => acts.push(Act::Announce {
                    slot: 0,
                    placed: true,
                }),
                _ => {}
            }
        }
        let glance = router.glance().next();
        let view = glance.map(|(state, priority, faulty)| View {
            slot: 0,
            state,
            priority,
            faulty,
        });
        let (before, tracks) = (host.view.as_slice(), core::slice::from_ref(&host.track));
        let late = late(now, before, &[spec], tracks);
        let turn = Turn {
            now,
            node: at,
            told: &Told::default(),
            cause,
            before,
            after: view.as_slice(),
            acts: &acts,
            old: &[spec],
            new: &[spec],
            running: router.is_running(),
            serviceable: true,
            late,
            untouched: true,
        };
        let found = judge(&turn, tracks, &self.bounds);
        if let Some((id, _, what)) = found {
            return Err(format!("{id}: node {at}: {what}"));
        }
        if let Some(is) = &view {
            host.track.learn(&turn, is);
        }
        host.view = view;
        for packet in sent {
            for to in (0..state.hosts.len()).filter(|to| *to != at) {
                state.flights.push(Flight {
                    to,
                    sent: now,
                    copy: false,
                    packet: packet.clone(),
                });
            }
        }
        Ok(())
    }

    /// L3, L4, L5: the LAN is in order from here, and everybody there. In time there is one master,
    /// and nobody who may preempt is better.
    pub(super) fn heals(&self, mut state: State) -> Result<State, String> {
        for at in 0..state.hosts.len() {
            if state.hosts[at].router.is_none() {
                self.start(&mut state, at)?;
            } else if state.hosts[at].paused {
                self.resume(&mut state, at)?;
            }
        }
        let down = self.specs.iter().map(|s| s.down(1, s.interval)).max();
        let end = state.now + down.unwrap_or_default() * 2 + self.longest * 3;
        loop {
            while !state.flights.is_empty() {
                let flight = state.flights.remove(0);
                self.hear(&mut state, flight.to, &flight.packet)?;
            }
            match due(&state) {
                Some(due) if due <= end => state.now = due.max(state.now),
                _ => break,
            }
            self.serve(&mut state)?;
        }
        let master = |host: &&Host| host.view.is_some_and(|view| view.state == Name::Master);
        let masters = state.hosts.iter().filter(master).count();
        if masters != 1 {
            return Err(format!("L3, L4: {masters} masters in a LAN in order"));
        }
        let at = state
            .hosts
            .iter()
            .position(|host| master(&host))
            .unwrap_or(0);
        let rank = |at: usize| self.specs[at].priority;
        let better = (0..self.specs.len())
            .find(|other| self.specs[*other].preempts() && rank(*other) > rank(at));
        match better {
            Some(better) => Err(format!("L5: node {better} does not preempt {at}")),
            None => Ok(state),
        }
    }
}

/// The next deadline of those who can serve one.
fn due(state: &State) -> Option<Mono> {
    let awake = state.hosts.iter().filter(|host| !host.paused);
    awake
        .filter_map(|host| host.router.as_ref()?.deadline())
        .min()
}
