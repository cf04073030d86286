//! All sessions of this host.

use crate::action::{Action, Route};
use crate::input::{Input, Packet};
use crate::receive::{self, Refused};
use crate::session::{Context, Session};
use crate::state::Happening;
use crate::timer::Spread;
use core::time::Duration;
use holdfast_model::bfd::{BfdDiscard, BfdEvent};
use holdfast_model::{BfdKey, BfdSession, BfdState, Event, Machine, Mono};
use std::collections::{BTreeMap, VecDeque};

/// A discard of one kind is told once in this time.
const DISCARD_SAID_FOR: Duration = Duration::from_secs(60);

/// The BFD machine of a host.
///
/// `handle` one input, drain [`poll_action`](Self::poll_action), sleep until
/// [`deadline`](Self::deadline) or the next input.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Speaker {
    pub(crate) running: bool,
    /// In the order of the file: what is due together is served in this order.
    pub(crate) sessions: Vec<Session>,
    pub(crate) spread: Spread,
    /// Packets that no session counts.
    pub(crate) strangers: u64,
    /// At most one entry a kind of reason.
    said: BTreeMap<BfdDiscard, Mono>,
    pub(crate) actions: VecDeque<Action>,
}

impl Speaker {
    /// The sessions, waiting for `Start`.
    pub fn new(sessions: &[BfdSession]) -> Self {
        let new = |config| Session::new(config, Mono::ZERO, 0);
        Self {
            running: false,
            sessions: sessions.iter().map(new).collect(),
            spread: Spread::new(0),
            strangers: 0,
            said: BTreeMap::new(),
            actions: VecDeque::new(),
        }
    }

    /// Takes one input. Only `Tick` serves timers.
    pub fn handle(&mut self, now: Mono, input: Input<'_>) {
        match input {
            Input::Start { seed } => self.start(now, seed),
            Input::Tick if self.running => {
                for at in 0..self.sessions.len() {
                    self.one(now, at, Session::tick);
                }
            }
            Input::Packet(packet) if self.running => self.packet(now, &packet),
            Input::Reconfigure(sessions) => self.reconfigure(now, sessions),
            Input::Stop if self.running => {
                for at in 0..self.sessions.len() {
                    self.leave(now, at);
                }
                self.running = false;
            }
            Input::Tick | Input::Packet(_) | Input::Stop => {}
        }
    }

    /// The next action; `None` when all are taken.
    pub fn poll_action(&mut self) -> Option<Action> {
        self.actions.pop_front()
    }

    /// When `Tick` is due.
    pub fn deadline(&self) -> Option<Mono> {
        let deadlines = self.sessions.iter().filter_map(Session::deadline);
        deadlines.min().filter(|_| self.running)
    }

    /// Is that session there, and Up?
    pub fn is_up(&self, key: &BfdKey) -> bool {
        let mut sessions = self.sessions.iter();
        sessions.any(|session| session.config.key == *key && session.is_up())
    }

    fn start(&mut self, now: Mono, seed: u64) {
        if self.running {
            return;
        }
        self.running = true;
        self.spread = Spread::new(seed);
        for at in 0..self.sessions.len() {
            self.begin(now, at);
        }
    }

    /// Brings a session to life; one that goes on where another process ended stays as it is.
    pub(crate) fn begin(&mut self, now: Mono, at: usize) {
        let fresh = self.fresh();
        self.one(now, at, |session, ctx| {
            if session.discriminator == 0 {
                session.discriminator = fresh;
            }
            ctx.actions.push_back(Action::Open {
                session: session.config.key.clone(),
                route: route(&session.config),
                discriminator: session.discriminator,
            });
            if session.state == BfdState::AdminDown {
                session.state = BfdState::Down;
                session.since = ctx.now;
            }
            ctx.actions.push_back(Action::Level {
                session: session.config.key.clone(),
                up: session.is_up(),
            });
        });
    }

    /// RFC 5880 s6.8.16: the neighbour shall not have to wait for our silence.
    pub(crate) fn leave(&mut self, now: Mono, at: usize) {
        self.one(now, at, |session, ctx| {
            session.happens(ctx, Happening::Disabled);
            if !session.config.passive || session.remote.discriminator != 0 {
                session.send(ctx, false);
            }
            ctx.actions.push_back(Action::Close {
                session: session.config.key.clone(),
            });
        });
    }

    /// A discriminator that no session has.
    fn fresh(&mut self) -> u32 {
        loop {
            let next = self.spread.next();
            let mut sessions = self.sessions.iter();
            if next != 0 && !sessions.any(|session| session.discriminator == next) {
                return next;
            }
        }
    }

    fn packet(&mut self, now: Mono, packet: &Packet<'_>) {
        match receive::judge(&self.sessions, packet) {
            Ok((at, control)) => self.one(now, at, |session, ctx| session.heard(ctx, &control)),
            Err(refused) => self.discard(now, packet, refused),
        }
    }

    /// A discarded packet changes no timer and no state.
    fn discard(&mut self, now: Mono, packet: &Packet<'_>, refused: Refused) {
        let session = refused.session.and_then(|at| self.sessions.get_mut(at));
        match session {
            Some(session) => session.stats.discarded += 1,
            None => self.strangers += 1,
        }
        let Refused {
            discriminator,
            reason,
            ..
        } = refused;
        let said = self.said.get(&reason);
        if said.is_none_or(|said| now.since(*said) >= DISCARD_SAID_FOR) {
            self.said.insert(reason, now);
            let event = BfdEvent::Discarded {
                source: packet.source,
                discriminator,
                reason,
            };
            self.actions.push_back(Action::Report(Event::Bfd(event)));
        }
    }

    pub(crate) fn one(
        &mut self,
        now: Mono,
        at: usize,
        run: impl FnOnce(&mut Session, &mut Context<'_>),
    ) {
        if let Some(session) = self.sessions.get_mut(at) {
            let mut ctx = Context {
                now,
                spread: &mut self.spread,
                actions: &mut self.actions,
            };
            run(session, &mut ctx);
        }
    }
}

/// How a session's packets travel.
pub(crate) const fn route(config: &BfdSession) -> Route {
    Route {
        source: config.source,
        neighbor: config.neighbor,
        multihop: config.multihop,
        hop_limit: config.hop_limit,
    }
}

impl Machine for Speaker {
    type Input<'a> = Input<'a>;
    type Action = Action;

    fn handle(&mut self, now: Mono, input: Self::Input<'_>) {
        Self::handle(self, now, input);
    }

    fn poll_action(&mut self) -> Option<Self::Action> {
        Self::poll_action(self)
    }

    fn deadline(&self) -> Option<Mono> {
        Self::deadline(self)
    }
}
