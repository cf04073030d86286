//! BFD in the vrrp worker's loop: the speaker, its sockets, and the level of every session.

mod resume;

use crate::render;
use holdfast_bfd::action::Route;
use holdfast_bfd::{Action, Input, Packet, Speaker};
use holdfast_kernel::socket::bfd::{BfdListener, BfdSender};
use holdfast_kernel::time::now;
use holdfast_model::bfd::BfdListeners;
use holdfast_model::{BfdKey, BfdSession, BfdState, Mono, drive};
use nix::sys::epoll::{Epoll, EpollEvent, EpollFlags};
use std::collections::BTreeMap;
use std::hash::{BuildHasher as _, RandomState};
use std::io;
use std::time::Duration;

/// A session that a reload began has this long to come up before its instances hear that it is not.
const YOUTH: Duration = Duration::from_secs(5);

/// All of it.
pub(super) struct Bfd {
    /// `-B`.
    off: bool,
    /// Who hears of each session.
    listeners: BTreeMap<BfdKey, BfdListeners>,
    speaker: Speaker,
    edge: Edge,
}

/// What the speaker's actions need.
struct Edge {
    detail: bool,
    /// By family (IPv6) and kind of hop.
    listeners: BTreeMap<(bool, bool), Listener>,
    senders: BTreeMap<BfdKey, Sender>,
    /// Up or not, and since the last time it was asked for.
    levels: BTreeMap<BfdKey, bool>,
    changed: Vec<BfdKey>,
    /// Begun by a reload: until when they may be down without anybody hearing of it.
    young: BTreeMap<BfdKey, Mono>,
}

/// Hears all sessions of its kind.
struct Listener {
    socket: Option<BfdListener>,
    registered: bool,
    /// That it could not be opened was said.
    said: bool,
}

/// Speaks for one session. A socket that could not be opened is tried again with every packet: its
/// address may come, another daemon may go.
struct Sender {
    route: Route,
    discriminator: u32,
    socket: Option<BfdSender>,
    said: bool,
}

impl Bfd {
    pub(super) fn new(sessions: &[BfdSession], detail: bool, off: bool) -> Self {
        Self {
            off,
            listeners: listeners(sessions),
            speaker: Speaker::new(if off { &[] } else { sessions }),
            edge: Edge {
                detail,
                listeners: BTreeMap::new(),
                senders: BTreeMap::new(),
                levels: BTreeMap::new(),
                changed: Vec::new(),
                young: BTreeMap::new(),
            },
        }
    }

    pub(super) fn start(&mut self) {
        self.feed(Input::Start { seed: random() });
    }

    pub(super) fn reconfigure(&mut self, sessions: &[BfdSession]) {
        self.listeners = listeners(sessions);
        self.feed(Input::Reconfigure(if self.off { &[] } else { sessions }));
        self.grace();
    }

    pub(super) fn stop(&mut self) {
        self.feed(Input::Stop);
    }

    pub(super) fn speaker(&self) -> &Speaker {
        &self.speaker
    }

    pub(super) fn deadline(&self) -> Option<Mono> {
        let young = self.edge.young.values().copied();
        self.speaker.deadline().into_iter().chain(young).min()
    }

    /// Every packet that waits, before any deadline.
    pub(super) fn receive(&mut self) {
        let mut waiting = Vec::new();
        for ((_, multihop), listener) in &self.edge.listeners {
            let Some(socket) = &listener.socket else {
                continue;
            };
            let mut datagrams = Vec::new();
            if let Err(error) = socket.receive(&mut datagrams) {
                tracing::debug!("reading BFD packets: {error}");
            }
            waiting.extend(datagrams.into_iter().map(|datagram| (*multihop, datagram)));
        }
        for (multihop, datagram) in &waiting {
            self.feed(Input::Packet(Packet {
                source: datagram.source,
                destination: datagram.destination,
                hop_limit: datagram.hop_limit,
                multihop: *multihop,
                bytes: &datagram.bytes,
            }));
        }
    }

    pub(super) fn tick(&mut self, time: Mono) {
        let due = self.speaker.deadline();
        if due.is_some_and(|deadline| deadline <= time) {
            self.feed(Input::Tick);
        }
        self.edge.grow_up(time);
    }

    /// Lets epoll know of sockets that were opened since the last turn.
    pub(super) fn register(&mut self, epoll: &Epoll, token: u64) -> io::Result<()> {
        for listener in self.edge.listeners.values_mut() {
            if let (Some(socket), false) = (&listener.socket, listener.registered) {
                for descriptor in socket.descriptors() {
                    epoll.add(descriptor, EpollEvent::new(EpollFlags::EPOLLIN, token))?;
                }
                listener.registered = true;
            }
        }
        Ok(())
    }

    /// The sessions that changed since the last call, whether they are up, and who hears of it:
    /// what `track_bfd` and BFD_CHECK hang on.
    pub(super) fn take_levels(&mut self) -> Vec<(BfdKey, bool, BfdListeners)> {
        let mut levels = Vec::new();
        for session in self.edge.news() {
            let up = self.edge.levels.get(&session).copied();
            let (Some(up), Some(listeners)) = (up, self.listeners.get(&session)) else {
                continue;
            };
            if self.edge.detail {
                let state = if up { BfdState::Up } else { BfdState::Down };
                tracing::info!("Received BFD event: instance {session} is in state {state}");
            }
            levels.push((session, up, *listeners));
        }
        levels
    }

    /// The sessions that checks may watch, and whether they are up.
    pub(super) fn for_checks(&self) -> impl Iterator<Item = (&BfdKey, bool)> {
        let edge = &self.edge;
        let known = edge.levels.iter().filter(|(session, _)| {
            let listeners = self.listeners.get(*session);
            listeners.is_some_and(|who| who.checkers) && !edge.young.contains_key(*session)
        });
        known.map(|(session, up)| (session, *up))
    }

    fn feed(&mut self, input: Input<'_>) {
        let edge = &mut self.edge;
        drive(&mut self.speaker, now(), input, |action| edge.run(action));
    }
}

impl Edge {
    /// Whose level changed, without those that may still be down unheard.
    fn news(&mut self) -> Vec<BfdKey> {
        let changed = std::mem::take(&mut self.changed);
        let levels = &self.levels;
        self.young
            .retain(|session, _| levels.get(session) == Some(&false));
        let young = |session: &BfdKey| self.young.contains_key(session);
        changed
            .into_iter()
            .filter(|session| !young(session))
            .collect()
    }

    /// Those that were down all that time are heard of.
    fn grow_up(&mut self, time: Mono) {
        let changed = &mut self.changed;
        self.young.retain(|session, until| {
            let young = *until > time;
            if !young {
                changed.push(session.clone());
            }
            young
        });
    }

    fn run(&mut self, action: Action) {
        match action {
            Action::Open {
                session,
                route,
                discriminator,
            } => {
                let sender = Sender {
                    route,
                    discriminator,
                    socket: None,
                    said: false,
                };
                self.senders.insert(session, sender);
                self.listen(kind(&route));
                self.admit(kind(&route));
            }
            Action::Close { session } => {
                let closed = self.senders.remove(&session);
                self.levels.remove(&session);
                let senders = &self.senders;
                let used = |of: &(bool, bool)| senders.values().any(|s| kind(&s.route) == *of);
                self.listeners.retain(|of, _| used(of));
                if let Some(closed) = closed {
                    self.admit(kind(&closed.route));
                }
            }
            Action::Send { session, packet } => self.send(&session, &packet),
            Action::Level { session, up } => {
                if !self.changed.contains(&session) {
                    self.changed.push(session.clone());
                }
                self.levels.insert(session, up);
            }
            Action::Report(event) => render::say(&event, self.detail),
        }
    }

    fn listen(&mut self, kind: (bool, bool)) {
        let listener = self.listeners.entry(kind).or_insert(Listener {
            socket: None,
            registered: false,
            said: false,
        });
        if listener.socket.is_some() {
            return;
        }
        match BfdListener::open(kind.0, kind.1) {
            Ok(socket) => {
                listener.socket = Some(socket);
                self.admit(kind);
            }
            Err(error) => {
                if !std::mem::replace(&mut listener.said, true) {
                    let port = if kind.1 { 4784 } else { 3784 };
                    tracing::error!(
                        "cannot listen for BFD on UDP port {port}: {error}: no session comes up \
                         before it can (does another BFD daemon run here?)"
                    );
                }
            }
        }
    }

    /// Tells a listener the names of its sessions.
    fn admit(&self, of: (bool, bool)) {
        let Some(socket) = self.listeners.get(&of).and_then(|l| l.socket.as_ref()) else {
            return;
        };
        let theirs = self.senders.values().filter(|s| kind(&s.route) == of);
        let names: Vec<u32> = theirs.map(|sender| sender.discriminator).collect();
        if let Err(error) = socket.admit(&names) {
            tracing::warn!("BFD packets share one queue with any others: {error}");
        }
    }

    fn send(&mut self, session: &BfdKey, packet: &[u8]) {
        let Some(sender) = self.senders.get_mut(session) else {
            return;
        };
        let route = sender.route;
        let result = sender.send(packet);
        let failed = result.as_ref().err().map(ToString::to_string);
        // once, until it has worked again
        match failed {
            None => sender.said = false,
            Some(error) if !sender.said => {
                sender.said = true;
                tracing::warn!(
                    "({session}) Error sending packet to {}: {error}",
                    route.neighbor
                );
            }
            Some(_) => {}
        }
        self.listen(kind(&route));
    }
}

impl Sender {
    fn send(&mut self, packet: &[u8]) -> io::Result<()> {
        let socket = match &self.socket {
            Some(socket) => socket,
            None => {
                let Route {
                    source,
                    neighbor,
                    multihop,
                    hop_limit,
                } = self.route;
                let port = u16::try_from(random() & 0xffff).unwrap_or_default();
                let socket = BfdSender::open(source, neighbor, multihop, hop_limit, port)?;
                self.socket.insert(socket)
            }
        };
        socket.send(packet)
    }
}

fn listeners(sessions: &[BfdSession]) -> BTreeMap<BfdKey, BfdListeners> {
    let each = sessions.iter();
    each.map(|session| (session.key.clone(), session.listeners))
        .collect()
}

const fn kind(route: &Route) -> (bool, bool) {
    (route.neighbor.is_ipv6(), route.multihop)
}

/// Nobody can foretell it: discriminators and ports are hard to guess (RFC 5880 s9).
fn random() -> u64 {
    RandomState::new().hash_one(0)
}

#[cfg(test)]
mod tests {
    use super::*;
    use holdfast_model::{Micros, Name};
    use std::num::NonZeroU8;

    fn session(name: &str, last: u8, vrrp: bool) -> BfdSession {
        BfdSession {
            key: BfdKey(Name::from(name)),
            neighbor: [127, 1, 0, last].into(),
            source: None,
            multihop: false,
            passive: true,
            min_tx: Micros::from_millis(10),
            min_rx: Micros::from_millis(10),
            idle_tx: Micros::from_secs(1),
            multiplier: NonZeroU8::MIN,
            hop_limit: 255,
            least_hop_limit: 255,
            listeners: BfdListeners {
                vrrp,
                checkers: true,
            },
        }
    }

    #[test]
    fn listeners_hear_once_of_what_is_for_them() {
        let (near, servers) = (session("near", 2, true), session("servers", 3, false));
        let mut bfd = Bfd::new(&[near.clone(), servers.clone()], false, false);
        bfd.start();
        let key = near.key.clone();
        let (all, checks) = (near.listeners, servers.listeners);
        assert_eq!(
            bfd.take_levels(),
            [
                (key.clone(), false, all),
                (servers.key.clone(), false, checks)
            ]
        );
        assert_eq!(bfd.take_levels(), []);
        let known: Vec<_> = bfd
            .for_checks()
            .map(|(session, up)| (session.clone(), up))
            .collect();
        assert_eq!(known, [(key.clone(), false), (servers.key.clone(), false)]);
        // the same sessions: nothing is news
        bfd.reconfigure(&[near.clone(), servers.clone()]);
        assert_eq!(bfd.take_levels(), []);
        // another neighbour is another session; one that is gone says nothing
        let other = session("near", 4, true);
        bfd.reconfigure(std::slice::from_ref(&other));
        assert_eq!(
            bfd.take_levels(),
            [],
            "what begins at a reload takes nothing down"
        );
        assert_eq!(
            bfd.for_checks().next(),
            None,
            "nor does it for checks that ask"
        );
        assert!(bfd.deadline().is_some());
        bfd.tick(now() + YOUTH);
        assert_eq!(bfd.take_levels(), [(key, false, all)]);
        assert_eq!(bfd.take_levels(), []);
        bfd.reconfigure(&[]);
        assert_eq!(bfd.take_levels(), []);
    }

    #[test]
    fn without_bfd_nothing_is_told() {
        let mut bfd = Bfd::new(&[session("near", 2, true)], false, true);
        bfd.start();
        assert_eq!((bfd.take_levels(), bfd.deadline()), (Vec::new(), None));
    }
}
