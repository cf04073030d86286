//! One session: what both ends have said (the variables of RFC 5880 s6.8.1), and what follows.

use crate::action::Action;
use crate::state::{Happening, step};
use crate::status::Stats;
use crate::timer::{Spread, detection, jittered};
use core::time::Duration;
use holdfast_model::bfd::BfdEvent;
use holdfast_model::{BfdSession, BfdState, Event, Micros, Mono};
use holdfast_packet::bfd::{self, ControlPacket, Diagnostic, State as Wire};
use std::collections::VecDeque;

/// A session.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Session {
    pub(crate) config: BfdSession,
    /// bfd.SessionState.
    pub(crate) state: BfdState,
    pub(crate) since: Mono,
    /// bfd.LocalDiscr, never 0 and no other session's.
    pub(crate) discriminator: u32,
    /// bfd.LocalDiag.
    pub(crate) diagnostic: Diagnostic,
    pub(crate) remote: Remote,
    pub(crate) poll: Poll,
    /// The times that count now; what we tell the neighbour may be waiting for the end of a poll.
    pub(crate) in_force: Times,
    /// When the last packet left.
    pub(crate) sent: Option<Mono>,
    /// Of the packet after that.
    pub(crate) random: u32,
    /// When the last packet came; `None`: not within a detection time.
    pub(crate) heard: Option<Mono>,
    pub(crate) stats: Stats,
}

/// What the neighbour says of itself.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Remote {
    /// bfd.RemoteDiscr, 0 when it is not known.
    pub(crate) discriminator: u32,
    /// bfd.RemoteSessionState.
    pub(crate) state: Wire,
    pub(crate) diagnostic: Diagnostic,
    /// bfd.RemoteMinRxInterval, microseconds.
    pub(crate) min_rx: u32,
    /// Desired Min TX Interval, microseconds.
    pub(crate) min_tx: u32,
    pub(crate) multiplier: u8,
    /// bfd.RemoteDemandMode.
    pub(crate) demand: bool,
}

impl Remote {
    /// RFC 5880 s6.8.1: as it is before anything is heard.
    pub(crate) const UNKNOWN: Self = Self {
        discriminator: 0,
        state: Wire::Down,
        diagnostic: Diagnostic::NONE,
        min_rx: 1,
        min_tx: 0,
        multiplier: 1,
        demand: false,
    };
}

/// A Poll Sequence (RFC 5880 s6.5): at most one at a time.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Poll {
    /// None.
    Off,
    /// Every periodic packet bears P until one with F comes.
    On,
    /// The same, and the times changed meanwhile: another one has to follow.
    OnAndAgain,
}

/// Microseconds.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Times {
    /// bfd.DesiredMinTxInterval.
    pub(crate) min_tx: u32,
    /// bfd.RequiredMinRxInterval.
    pub(crate) min_rx: u32,
}

/// What a session works with besides itself.
pub(crate) struct Context<'a> {
    pub(crate) now: Mono,
    pub(crate) spread: &'a mut Spread,
    pub(crate) actions: &'a mut VecDeque<Action>,
}

impl Context<'_> {
    fn say(&mut self, event: BfdEvent) {
        self.actions.push_back(Action::Report(Event::Bfd(event)));
    }
}

impl Session {
    pub(crate) fn new(config: &BfdSession, now: Mono, discriminator: u32) -> Self {
        let mut session = Self {
            config: config.clone(),
            state: BfdState::AdminDown,
            since: now,
            discriminator,
            diagnostic: Diagnostic::NONE,
            remote: Remote::UNKNOWN,
            poll: Poll::Off,
            in_force: Times {
                min_tx: 0,
                min_rx: 0,
            },
            sent: None,
            random: 0,
            heard: None,
            stats: Stats::default(),
        };
        session.in_force = session.told();
        session
    }

    pub(crate) fn is_up(&self) -> bool {
        self.state == BfdState::Up
    }

    /// What we tell the neighbour. RFC 5880 s6.8.3: while the session is not Up we speak once a
    /// second at most.
    pub(crate) fn told(&self) -> Times {
        let config = &self.config;
        let min_tx = if self.is_up() {
            config.min_tx
        } else {
            config.idle_tx
        };
        Times {
            min_tx: micros(min_tx),
            min_rx: micros(config.min_rx),
        }
    }

    /// How long silence may last. RFC 5880 s6.8.4.
    pub(crate) fn detection_time(&self) -> Duration {
        let remote = &self.remote;
        detection(remote.multiplier, self.in_force.min_rx, remote.min_tx)
    }

    fn detection_end(&self) -> Option<Mono> {
        Some(self.heard? + self.detection_time())
    }

    /// When the next packet is due. RFC 5880 s6.8.7.
    pub(crate) fn send_due(&self) -> Option<Mono> {
        let remote = &self.remote;
        // "passive role and bfd.RemoteDiscr is zero", "bfd.RemoteMinRxInterval is zero"
        let silent = (self.config.passive && remote.discriminator == 0) || remote.min_rx == 0;
        // "Demand mode is active on the remote system ... and a Poll Sequence is not being
        // transmitted"
        let undemanded =
            remote.demand && self.is_up() && remote.state == Wire::Up && self.poll == Poll::Off;
        if self.state == BfdState::AdminDown || silent || undemanded {
            return None;
        }
        let Some(sent) = self.sent else {
            return Some(Mono::ZERO);
        };
        let interval = Duration::from_micros(u64::from(self.in_force.min_tx.max(remote.min_rx)));
        Some(sent + jittered(interval, self.config.multiplier.get(), self.random))
    }

    pub(crate) fn deadline(&self) -> Option<Mono> {
        self.send_due()
            .into_iter()
            .chain(self.detection_end())
            .min()
    }

    pub(crate) fn tick(&mut self, ctx: &mut Context<'_>) {
        if self.detection_end().is_some_and(|end| end <= ctx.now) {
            self.silence(ctx);
        }
        if self.send_due().is_some_and(|due| due <= ctx.now) {
            self.send(ctx, false);
        }
    }

    /// RFC 5880 s6.8.1: after a detection time of silence the neighbour is a stranger again.
    fn silence(&mut self, ctx: &mut Context<'_>) {
        let diagnostic = self.remote.diagnostic;
        self.heard = None;
        self.remote = Remote {
            diagnostic,
            ..Remote::UNKNOWN
        };
        self.happens(ctx, Happening::Silence);
    }

    /// An accepted packet. RFC 5880 s6.8.6, from "Set bfd.RemoteDiscr" on.
    pub(crate) fn heard(&mut self, ctx: &mut Context<'_>, packet: &ControlPacket) {
        self.stats.received += 1;
        let before = self.detection_time();
        let known = self.heard.is_some();
        self.remote = Remote {
            discriminator: packet.my_discriminator,
            state: packet.state,
            diagnostic: packet.diagnostic,
            min_rx: packet.required_min_rx,
            min_tx: packet.desired_min_tx,
            multiplier: packet.detect_mult,
            demand: packet.demand,
        };
        self.heard = Some(ctx.now);
        if packet.r#final {
            self.poll_ends();
        }
        let changed = self.happens(ctx, Happening::Heard(packet.state));
        if packet.poll {
            // "send a BFD Control packet with the Poll (P) bit clear, and the Final (F) bit set",
            // "without respect to the transmission timer"
            self.send(ctx, true);
        } else if changed {
            self.send(ctx, false);
        }
        let is = self.detection_time();
        let was = if known { before } else { Duration::ZERO };
        if is != was {
            let session = self.config.key.clone();
            ctx.say(BfdEvent::DetectionTime { session, was, is });
        }
    }

    /// Takes the step that leads out of the present state, if one does.
    pub(crate) fn happens(&mut self, ctx: &mut Context<'_>, happening: Happening) -> bool {
        let Some((state, diagnostic)) = step(self.state, happening) else {
            return false;
        };
        let was_up = self.is_up();
        self.state = state;
        self.diagnostic = diagnostic;
        self.since = ctx.now;
        // RFC 5880 s6.8.3: no poll is needed while not Up, since every packet bears the times that
        // both ends use at once; a faster pace may begin at once, too.
        self.in_force = self.told();
        self.poll = Poll::Off;
        let session = self.config.key.clone();
        ctx.say(BfdEvent::Entered {
            session: session.clone(),
            state,
            local: diagnostic.number(),
            remote: self.remote.diagnostic.number(),
        });
        if self.is_up() {
            self.stats.ups += 1;
            self.poll_begins(ctx);
        }
        if was_up != self.is_up() {
            self.stats.downs += u64::from(was_up);
            let up = self.is_up();
            ctx.actions.push_back(Action::Level { session, up });
        }
        // "SHOULD be transmitted during the interval between periodic ... to more rapidly
        // communicate a change in state" (s6.8.7): a packet answers, silence does not
        if happening == Happening::Silence {
            self.sent = None;
        }
        true
    }

    /// RFC 5880 s6.8.3: a change of times MUST be told by a Poll Sequence.
    pub(crate) fn poll_begins(&mut self, ctx: &mut Context<'_>) {
        self.poll = match self.poll {
            Poll::Off => {
                let session = self.config.key.clone();
                ctx.say(BfdEvent::PollStarted { session });
                Poll::On
            }
            // which of the two its F would answer cannot be told: one after the other (s6.5)
            Poll::On | Poll::OnAndAgain => Poll::OnAndAgain,
        };
    }

    /// RFC 5880 s6.8.3: a slower pace, and less patience, count from the end of the poll on.
    fn poll_ends(&mut self) {
        self.poll = match self.poll {
            Poll::Off => return,
            Poll::On => {
                self.in_force = self.told();
                Poll::Off
            }
            Poll::OnAndAgain => Poll::On,
        };
    }

    /// RFC 5880 s6.8.7.
    pub(crate) fn send(&mut self, ctx: &mut Context<'_>, r#final: bool) {
        let told = self.told();
        let packet = ControlPacket {
            diagnostic: self.diagnostic,
            state: wire(self.state),
            // never both: "A BFD Control packet MUST NOT have both the P and F bits set" (s6.5)
            poll: !r#final && self.poll != Poll::Off,
            r#final,
            independent: false,
            demand: false,
            detect_mult: self.config.multiplier.get(),
            my_discriminator: self.discriminator,
            your_discriminator: self.remote.discriminator,
            desired_min_tx: told.min_tx,
            required_min_rx: told.min_rx,
            required_min_echo_rx: 0,
        };
        // an answer stands beside the pace, it does not slow it
        if !r#final {
            self.sent = Some(ctx.now);
            self.random = ctx.spread.next();
        }
        self.stats.sent += 1;
        ctx.actions.push_back(Action::Send {
            session: self.config.key.clone(),
            packet: bfd::build(&packet),
        });
    }
}

/// The state as it goes onto the wire.
pub(crate) const fn wire(state: BfdState) -> Wire {
    match state {
        BfdState::AdminDown => Wire::AdminDown,
        BfdState::Down => Wire::Down,
        BfdState::Init => Wire::Init,
        BfdState::Up => Wire::Up,
    }
}

/// As a packet has it; more than 71 minutes do not fit.
pub(crate) fn micros(time: Micros) -> u32 {
    u32::try_from(time.duration().as_micros()).unwrap_or(u32::MAX)
}
