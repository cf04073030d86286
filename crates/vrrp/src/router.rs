//! All instances of this host, and who of them is meant.

use crate::action::Action;
use crate::drops::Drops;
use crate::due::Due;
use crate::group::Group;
use crate::hmac;
use crate::input::{Datagram, Ear, Input, Link};
use crate::instance::{Context, Instance};
use crate::receive::Arrived;
use crate::state::{self, Happening};
use crate::stats::RouterStats;
use crate::tracking::Levels;
use crate::watch::Watched;
use core::cmp::Reverse;
use core::time::Duration;
use holdfast_model::event::{RejectReason, VrrpEvent};
use holdfast_model::{Event, IfName, InstanceKey, Machine, Mono, VrrpModel};
use holdfast_packet::vrrp;
use serde::{Deserialize, Serialize};
use std::collections::{BTreeMap, VecDeque};

/// The end of a stop, whatever the kernel says.
const STOP_LIMIT: Duration = Duration::from_secs(2);

/// The VRRP machine of a host.
///
/// `handle` one input, drain [`poll_action`](Self::poll_action), sleep until
/// [`deadline`](Self::deadline) or the next input.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Router {
    pub(crate) phase: Phase,
    /// In the order of the file: instances due together are served in this order.
    pub(crate) instances: Vec<Instance>,
    pub(crate) groups: Vec<Group>,
    /// Of everything that is watched but interfaces.
    #[serde(with = "crate::tape::pairs")]
    pub(crate) levels: Levels,
    pub(crate) links: BTreeMap<IfName, Link>,
    #[serde(with = "crate::tape::pairs")]
    pub(crate) watched: Watched,
    ipvs: bool,
    /// How far the wall clock is ahead of ours.
    clock: Option<Duration>,
    /// `log_unknown_vrids`.
    pub(crate) tells_unknown: bool,
    pub(crate) epoch: u64,
    /// Instances that are gone from the configuration, until their addresses are released.
    pub(crate) leaving: BTreeMap<InstanceKey, u64>,
    pub(crate) stats: RouterStats,
    pub(crate) drops: Drops,
    #[serde(skip)]
    pub(crate) due: Due,
    #[serde(skip)]
    pub(crate) actions: VecDeque<Action>,
}

/// Where the router as a whole is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) enum Phase {
    New,
    /// Goes on where another ended, and reads what came in meanwhile before it speaks.
    Resumed,
    Running,
    Stopping {
        until: Mono,
    },
    Stopped,
}

impl Router {
    /// A router that knows no link and waits for `Start`.
    pub fn new(model: &VrrpModel) -> Self {
        let instance = |config| Instance::new(config, Mono::ZERO);
        let mut router = Self {
            phase: Phase::New,
            instances: model.instances.iter().map(instance).collect(),
            groups: Group::all(&model.groups, &[]),
            levels: Levels::new(),
            links: BTreeMap::new(),
            watched: Watched::new(),
            ipvs: true,
            clock: None,
            tells_unknown: model.listening.tells_unknown,
            epoch: 0,
            leaving: BTreeMap::new(),
            stats: RouterStats::default(),
            drops: Drops::default(),
            due: Due::default(),
            actions: VecDeque::new(),
        };
        router.sync_groups();
        router
    }

    /// Takes one input. Only `Tick` serves timers.
    pub fn handle(&mut self, now: Mono, input: Input<'_>) {
        self.due.learn(&self.instances);
        let due = matches!(input, Input::Tick);
        // What waited in the sockets is heard first, and judged with the instance that it is for.
        let heard = matches!(input, Input::Datagram(_) | Input::Clock { .. });
        if !heard && !matches!(input, Input::Stop { .. }) {
            self.judge_lateness(now);
        }
        match input {
            Input::Tick => self.tick(now),
            Input::Datagram(datagram) => self.datagram(now, datagram),
            Input::Link(link) => self.link(now, link),
            Input::LinkGone(index) => self.link_gone(now, index),
            Input::Applied { instance, epoch } => {
                self.answered(now, instance, epoch, Happening::Applied);
            }
            Input::ApplyFailed { instance, epoch } => {
                self.answered(now, instance, epoch, Happening::NotApplied);
            }
            Input::Lost { instance, address } => {
                let address = address.clone();
                if let Some(at) = self.position(instance) {
                    self.one(now, at, |instance, ctx| {
                        state::step(instance, ctx, Happening::Lost(address));
                    });
                }
            }
            Input::Ipvs(present) => {
                self.ipvs = present;
                self.observe(now);
            }
            Input::Clock { ahead } => self.clock = Some(ahead),
            Input::Signed(signed) => self.signed_before(now, signed),
            Input::Level { key, level } => {
                if self.levels.insert(key.clone(), level) != Some(level) {
                    self.observe(now);
                }
            }
            Input::Reconfigure(model) => self.reconfigure(now, model),
            Input::Unheard(ear) => self.unheard(now, ear),
            Input::Offer => self.each(now, |instance, ctx| {
                state::step(instance, ctx, Happening::Offer);
            }),
            Input::Claimed(instance) => {
                if let Some(at) = self.position(instance) {
                    self.one(now, at, |instance, ctx| {
                        state::step(instance, ctx, Happening::Claimed);
                    });
                }
            }
            Input::Start => self.start(now),
            Input::Stop { release } => self.stop(now, release),
        }
        if self.listens() {
            self.settle_groups(now);
        }
        self.finish_stop(now, due);
        self.due.learn(&self.instances);
    }

    /// The next action; `None` when all are taken.
    pub fn poll_action(&mut self) -> Option<Action> {
        self.actions.pop_front()
    }

    /// When `Tick` is due.
    pub fn deadline(&self) -> Option<Mono> {
        match self.phase {
            Phase::New | Phase::Resumed | Phase::Stopped => None,
            Phase::Stopping { until } => Some(until),
            Phase::Running => self.due.first(&self.instances),
        }
    }

    fn start(&mut self, now: Mono) {
        if !matches!(self.phase, Phase::New | Phase::Resumed) {
            return;
        }
        self.phase = Phase::Running;
        self.sync_watches();
        self.each(now, |instance, ctx| instance.observe(ctx));
        self.share_faults(now);
        self.each(now, |instance, ctx| {
            state::step(instance, ctx, Happening::Start);
        });
    }

    fn stop(&mut self, now: Mono, release: bool) {
        if matches!(self.phase, Phase::Stopping { .. } | Phase::Stopped) {
            return;
        }
        self.phase = Phase::Stopping {
            until: now + STOP_LIMIT,
        };
        self.each(now, |instance, ctx| {
            state::step(instance, ctx, Happening::Stop { release });
        });
    }

    fn finish_stop(&mut self, now: Mono, due: bool) {
        let Phase::Stopping { until } = self.phase else {
            return;
        };
        let released = self.leaving.is_empty()
            && self
                .instances
                .iter()
                .all(|instance| instance.pending.is_none());
        if released || due && now >= until {
            self.phase = Phase::Stopped;
            self.sync_watches();
            self.actions.push_back(Action::Stopped);
        }
    }

    /// A master that was silent for too long gives up, whatever it was woken for.
    fn judge_lateness(&mut self, now: Mono) {
        if self.phase == Phase::Running && self.due.is_one_late(now) {
            self.each(now, Instance::judge_lateness);
            // all of a sync group at once, before anybody of it speaks
            self.settle_groups(now);
        }
    }

    fn tick(&mut self, now: Mono) {
        if self.phase != Phase::Running {
            return;
        }
        let mut from = 0;
        while let Some(at) = self.due.served_next(from, now) {
            self.one(now, at, Instance::tick);
            from = at + 1;
        }
    }

    fn datagram(&mut self, now: Mono, datagram: Datagram<'_>) {
        if !self.listens() {
            return;
        }
        let interface = match datagram.ear {
            Ear::Peers(_) => None,
            Ear::Link(index, _) => {
                let mut links = self.links.values();
                let Some(link) = links.find(|link| link.index == index) else {
                    self.stats.unknown_link += 1;
                    return;
                };
                Some(link.name.clone())
            }
        };
        let arrived = match Arrived::read(&datagram) {
            Ok(arrived) => arrived,
            Err(reason) => return self.drop_packet(now, (datagram.ear, interface), None, reason),
        };
        let vrid = vrrp::vrid(arrived.message);
        let meant = |instance: &Instance| {
            let config = &instance.config;
            let here = || match &interface {
                Some(name) => config.place() == name,
                None => config.wire.cast.peers().is_some(),
            };
            config.wire.family == datagram.ear.family() && here()
        };
        // unicast comes in anywhere: of several with that VRID it is for the one that has the address
        let suits = |(_, instance): &(usize, &Instance)| {
            let own = instance.source_among(&self.links) == Some(arrived.ends.destination);
            let peers = instance.config.wire.cast.peers();
            let mut peers = peers.into_iter().flat_map(|peers| &peers.list);
            Reverse((own, peers.any(|peer| peer.address == arrived.ends.source)))
        };
        let meant = |(_, instance): &(usize, &Instance)| meant(instance);
        let named = vrid.into_iter().flat_map(|vrid| self.due.with_vrid(vrid));
        let instances = named.filter_map(|at| Some((at, self.instances.get(at)?)));
        let instances = instances.filter(meant);
        match instances.min_by_key(suits).map(|(at, _)| at) {
            Some(at) => {
                self.one(now, at, |instance, ctx| instance.receive(ctx, &arrived));
                self.insist_together(now, at);
            }
            None => {
                let reason = arrived.advert().err().unwrap_or(RejectReason::UnknownVrid);
                let sender = Some((arrived.ends.source, vrid.unwrap_or_default()));
                self.drop_packet(now, (datagram.ear, interface), sender, reason);
            }
        }
    }

    fn link(&mut self, now: Mono, link: Link) {
        // An index is one interface: under another name it was renamed.
        self.links
            .retain(|name, known| known.index != link.index || *name == link.name);
        self.links.insert(link.name.clone(), link);
        self.sync_watches();
        self.observe(now);
    }

    fn link_gone(&mut self, now: Mono, index: u32) {
        // The resignation, if one is due, cannot leave any more.
        self.links.retain(|_, link| link.index != index);
        self.drops.forget(index);
        self.sync_watches();
        self.observe(now);
    }

    fn observe(&mut self, now: Mono) {
        if self.phase == Phase::Running {
            self.each(now, Instance::observe);
        }
    }

    fn answered(&mut self, now: Mono, key: &InstanceKey, epoch: u64, happening: Happening) {
        // A later answer includes the earlier one: the lane coalesces.
        if self.leaving.get(key).is_some_and(|left| *left <= epoch) {
            self.leaving.remove(key);
            if self.position(key).is_none() {
                self.actions.push_back(Action::Report(Event::Vrrp {
                    instance: key.clone(),
                    event: VrrpEvent::Stopped,
                }));
            }
        }
        let Some(at) = self.position(key) else {
            return;
        };
        self.one(now, at, |instance, ctx| {
            // An answer to an older question says nothing about the present one.
            if instance
                .pending
                .is_some_and(|pending| pending.epoch == epoch)
            {
                instance.pending = None;
                state::step(instance, ctx, happening);
            }
        });
    }

    pub(crate) fn position(&self, key: &InstanceKey) -> Option<usize> {
        self.instances
            .iter()
            .position(|instance| instance.config.key == *key)
    }

    fn each(&mut self, now: Mono, run: impl Fn(&mut Instance, &mut Context<'_>)) {
        for at in 0..self.instances.len() {
            self.one(now, at, &run);
        }
    }

    pub(crate) fn one(
        &mut self,
        now: Mono,
        at: usize,
        run: impl FnOnce(&mut Instance, &mut Context<'_>),
    ) {
        let mut instances = core::mem::take(&mut self.instances);
        if let Some(instance) = instances.get_mut(at) {
            self.with(now, instance, run);
            self.due.note(at, instance);
        }
        self.instances = instances;
    }

    pub(crate) fn with(
        &mut self,
        now: Mono,
        instance: &mut Instance,
        run: impl FnOnce(&mut Instance, &mut Context<'_>),
    ) {
        let mut ctx = Context {
            now,
            links: &self.links,
            ipvs: self.ipvs,
            levels: &self.levels,
            wall: self.clock.map(|ahead| hmac::wall(now, ahead)),
            epoch: &mut self.epoch,
            actions: &mut self.actions,
        };
        run(instance, &mut ctx);
    }
}

impl Machine for Router {
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
