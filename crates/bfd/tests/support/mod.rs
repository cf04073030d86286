//! Two speakers on one virtual clock, and a wire between them that can be cut, slow and lossy.
#![allow(
    dead_code,
    unreachable_pub,
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    reason = "test code, of which each file uses a part"
)]

use core::net::{IpAddr, Ipv4Addr};
use core::num::NonZeroU8;
use core::time::Duration;
use holdfast_bfd::{Action, Input, Packet, Speaker};
use holdfast_model::bfd::{BfdEvent, BfdListeners};
use holdfast_model::{BfdKey, BfdSession, BfdState, Event, Micros, Mono, Name};
use holdfast_packet::bfd::{self, ControlPacket};
use std::collections::BTreeMap;

pub const ENDS: [IpAddr; 2] = [
    IpAddr::V4(Ipv4Addr::new(10, 0, 0, 1)),
    IpAddr::V4(Ipv4Addr::new(10, 0, 0, 2)),
];

pub fn millis(millis: u64) -> Duration {
    Duration::from_millis(millis)
}

pub fn key() -> BfdKey {
    BfdKey(Name::from("one"))
}

/// The session of end 0 or 1: 50 ms both ways, three packets.
pub fn session(end: usize) -> BfdSession {
    BfdSession {
        key: key(),
        neighbor: ENDS[1 - end],
        source: Some(ENDS[end]),
        multihop: false,
        passive: false,
        min_tx: Micros::from_millis(50),
        min_rx: Micros::from_millis(50),
        idle_tx: Micros::from_millis(1000),
        multiplier: NonZeroU8::new(3).unwrap(),
        hop_limit: 255,
        least_hop_limit: 255,
        listeners: BfdListeners {
            vrrp: true,
            checkers: true,
        },
    }
}

/// Which packets of an end the wire drops: by their number, and by the packet.
type Lose = Box<dyn FnMut(usize, u64, &ControlPacket) -> bool>;

pub struct Pair {
    pub now: Mono,
    pub ends: [Speaker; 2],
    pub alive: [bool; 2],
    pub delay: Duration,
    pub lose: Lose,
    /// Everything sent, lost or not: when, by whom, what.
    pub sent: Vec<(Mono, usize, ControlPacket)>,
    pub events: Vec<(Mono, usize, BfdEvent)>,
    pub levels: [Option<bool>; 2],
    flight: BTreeMap<(Mono, u64), (usize, [u8; bfd::LENGTH])>,
    number: u64,
}

impl Pair {
    pub fn new(sessions: [BfdSession; 2]) -> Self {
        let mut pair = Self::stopped(sessions);
        for end in 0..2 {
            pair.input(
                end,
                Input::Start {
                    seed: 40 + end as u64,
                },
            );
        }
        pair
    }

    pub fn stopped(sessions: [BfdSession; 2]) -> Self {
        Self {
            now: Mono::from_secs(100),
            ends: sessions.map(|session| Speaker::new(&[session])),
            alive: [true; 2],
            delay: millis(1),
            lose: Box::new(|_, _, _| false),
            sent: Vec::new(),
            events: Vec::new(),
            levels: [None; 2],
            flight: BTreeMap::new(),
            number: 0,
        }
    }

    /// A pair that is Up at both ends, all polls over.
    pub fn up(sessions: [BfdSession; 2]) -> Self {
        let mut pair = Self::new(sessions);
        pair.run(millis(3000));
        assert_eq!(pair.states(), [BfdState::Up; 2]);
        pair
    }

    pub fn input(&mut self, end: usize, input: Input<'_>) {
        self.ends[end].handle(self.now, input);
        while let Some(action) = self.ends[end].poll_action() {
            match action {
                Action::Send { packet, .. } => self.send(end, packet),
                Action::Level { up, .. } => self.levels[end] = Some(up),
                Action::Report(Event::Bfd(event)) => self.events.push((self.now, end, event)),
                Action::Report(other) => panic!("{other:?}"),
                Action::Open { .. } | Action::Close { .. } => {}
            }
        }
    }

    fn send(&mut self, end: usize, bytes: [u8; bfd::LENGTH]) {
        let packet = bfd::parse(&bytes).expect("only good packets leave");
        self.sent.push((self.now, end, packet));
        self.number += 1;
        if !(self.lose)(end, self.number, &packet) {
            let arrives = (self.now + self.delay, self.number);
            self.flight.insert(arrives, (1 - end, bytes));
        }
    }

    /// Until this much later, every packet and deadline in its order.
    pub fn run(&mut self, time: Duration) {
        let end = self.now + time;
        let mut turns = 0;
        loop {
            let deadlines = (0..2).filter(|end| self.alive[*end]);
            let due = deadlines
                .filter_map(|e| Some((self.ends[e].deadline()?, e)))
                .min();
            let arrival = self.flight.keys().next().map(|(at, _)| *at);
            let next = due.map(|(at, _)| at).into_iter().chain(arrival).min();
            let Some(next) = next.filter(|next| *next <= end) else {
                self.now = end;
                return;
            };
            turns += 1;
            assert!(turns < 1_000_000, "it spins");
            self.now = self.now.max(next);
            // a packet that waits comes before the deadline, as in the driver
            if arrival == Some(next) {
                let (_, (to, bytes)) = self.flight.pop_first().unwrap();
                if self.alive[to] {
                    self.deliver(to, &bytes, 255);
                }
            } else if let Some((_, which)) = due {
                self.input(which, Input::Tick);
            }
        }
    }

    pub fn deliver(&mut self, to: usize, bytes: &[u8], hop_limit: u8) {
        let packet = Packet {
            source: ENDS[1 - to],
            destination: Some(ENDS[to]),
            hop_limit,
            multihop: false,
            bytes,
        };
        self.input(to, Input::Packet(packet));
    }

    pub fn state(&self, end: usize) -> BfdState {
        self.ends[end].status().next().unwrap().state
    }

    pub fn states(&self) -> [BfdState; 2] {
        [self.state(0), self.state(1)]
    }

    pub fn status(&self, end: usize) -> holdfast_bfd::Status {
        self.ends[end].status().next().unwrap()
    }

    /// The packets of an end since then.
    pub fn sent_by(&self, end: usize, since: Mono) -> Vec<(Mono, ControlPacket)> {
        let all = self
            .sent
            .iter()
            .filter(|(at, by, _)| *by == end && *at >= since);
        all.map(|(at, _, packet)| (*at, *packet)).collect()
    }

    /// When an end entered a state, and with which diagnostic codes, since then.
    pub fn entered(&self, end: usize, since: Mono) -> Vec<(Mono, BfdState, u8, u8)> {
        let all = self
            .events
            .iter()
            .filter(|(at, by, _)| *by == end && *at >= since);
        all.filter_map(|(at, _, event)| match event {
            BfdEvent::Entered {
                state,
                local,
                remote,
                ..
            } => Some((*at, *state, *local, *remote)),
            _ => None,
        })
        .collect()
    }
}
