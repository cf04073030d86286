//! One virtual router: what all its states share.

use crate::action::Action;
use crate::advert::{self, advertised};
use crate::fault::Faults;
use crate::hmac::Signatures;
use crate::input::{Ear, Link};
use crate::interval::Timing;
use crate::receive::{self, Arrived, Heard, Receiver};
use crate::said::{Once, Said};
use crate::state::{self, Happening, State};
use crate::stats::{self, Stats};
use crate::timer;
use crate::tracking::Levels;
use core::net::IpAddr;
use core::time::Duration;
use holdfast_model::event::{FaultCause, Kind, RejectReason, VrrpEvent};
use holdfast_model::{
    Cast, Centis, Event, IfName, Mono, Objects, Priority, State as Name, TrackKey, VirtualAddress,
};
use holdfast_packet::vrrp::hmac::Stamp;
use serde::{Deserialize, Serialize};
use std::collections::{BTreeMap, BTreeSet, VecDeque};

/// A VIP that is not in the kernel after this long is a fault (the fast lane retries meanwhile).
pub(crate) const APPLY_LIMIT: Duration = Duration::from_secs(1);

/// How long a passing fault lasts before the instance tries again.
const RETRY: Duration = Duration::from_secs(5);

/// What an instance reaches of its surroundings during one input.
#[derive(Debug)]
pub(crate) struct Context<'a> {
    pub(crate) now: Mono,
    pub(crate) links: &'a BTreeMap<IfName, Link>,
    pub(crate) ipvs: bool,
    pub(crate) levels: &'a Levels,
    /// The wall clock, once it is known: signatures carry it, and nothing else looks at it.
    pub(crate) wall: Option<Stamp>,
    /// The epoch of the last `Want`.
    pub(crate) epoch: &'a mut u64,
    pub(crate) actions: &'a mut VecDeque<Action>,
}

/// A `Want` that was not answered.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Pending {
    pub(crate) epoch: u64,
    pub(crate) since: Mono,
    /// How long a master waits for its answer.
    pub(crate) limit: Duration,
}

impl Pending {
    fn end(self) -> Mono {
        self.since + self.limit
    }
}

/// One virtual router.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Instance {
    pub(crate) config: holdfast_model::Instance,
    /// Its own, and what comes of what it watches.
    pub(crate) priority: Priority,
    /// Watched with weight 0, and not as it should be.
    pub(crate) failed: BTreeSet<TrackKey>,
    /// It is in a sync group.
    pub(crate) grouped: bool,
    pub(crate) timing: Timing,
    /// The master's interval, when it is not ours: version 3 counts in it.
    pub(crate) learned: Option<Centis>,
    /// The addresses in our adverts: at most 255, of their family.
    pub(crate) advertised: Vec<IpAddr>,
    /// A unicast peer sums the group though it sends to us: so do we from then on.
    pub(crate) old_form: bool,
    pub(crate) state: State,
    /// When it entered that state.
    pub(crate) since: Mono,
    pub(crate) faults: Faults,
    /// When passing faults end.
    pub(crate) retry: Option<Mono>,
    pub(crate) pending: Option<Pending>,
    /// Of the last `Want`.
    pub(crate) epoch: u64,
    /// Where the last packet came from.
    pub(crate) spoke_from: Option<IpAddr>,
    /// Of the last packet (RFC 791 identification).
    pub(crate) packet_id: u16,
    pub(crate) signatures: Signatures,
    /// What was said in this state and is not said again.
    pub(crate) said: Said,
    pub(crate) stats: Stats,
}

impl Instance {
    /// In INIT.
    pub(crate) fn new(config: &holdfast_model::Instance, now: Mono) -> Self {
        Self {
            config: config.clone(),
            priority: config.priority,
            failed: BTreeSet::new(),
            grouped: false,
            timing: Timing::of(config, config.priority, config.advert_interval),
            learned: None,
            advertised: advertised(config),
            old_form: false,
            state: State::Init,
            since: now,
            faults: Faults::default(),
            retry: None,
            pending: None,
            epoch: 0,
            spoke_from: None,
            packet_id: 0,
            signatures: Signatures::default(),
            said: Said::default(),
            stats: Stats::default(),
        }
    }

    /// A packet for this instance. A rejected one is counted, told once, and changes nothing.
    pub(crate) fn receive(&mut self, ctx: &mut Context<'_>, arrived: &Arrived<'_>) {
        let receiver = Receiver {
            config: &self.config,
            addresses: &self.advertised,
            source: self.source(ctx),
            master: self.state.master(),
            signatures: &self.signatures,
            wall: ctx.wall,
        };
        let source = arrived.ends.source;
        match receive::check(&receiver, arrived) {
            Err(reason) => self.reject(ctx, source, reason),
            Ok(heard) => {
                self.old_form |= heard.old_form;
                self.believe(ctx, &heard);
                self.interval_differs(ctx, heard.interval);
                self.stats.adverts_received += 1;
                if !heard.same_addresses {
                    self.stats.address_mismatches += 1;
                    if self.said.first(Once::AddressMismatch) {
                        self.report(ctx, VrrpEvent::AddressMismatch { source });
                    }
                }
                self.judge_lateness(ctx);
                state::step(self, ctx, Happening::Advert(heard));
            }
        }
    }

    /// A master that was silent for so long that another may serve by now is none any more.
    pub(crate) fn judge_lateness(&mut self, ctx: &mut Context<'_>) {
        if state::master::is_late(self, ctx.now) {
            state::step(self, ctx, Happening::RanLate);
        }
    }

    /// An advert is not to be believed twice.
    fn believe(&mut self, ctx: &mut Context<'_>, heard: &Heard) {
        let Some(signature) = heard.signature else {
            return;
        };
        let peers = self.config.wire.cast.peers().map_or(0, |p| p.list.len());
        self.signatures.note(heard.source, signature.stamp, peers);
        if let Some(seconds) = signature.apart
            && self.said.first(Once::ClockApart)
        {
            let source = heard.source;
            self.report(ctx, VrrpEvent::ClockApart { source, seconds });
        }
    }

    fn reject(&mut self, ctx: &mut Context<'_>, source: IpAddr, reason: RejectReason) {
        stats::count(&mut self.stats.rejected, reason);
        if self.said.first(Once::Rejected(reason)) {
            let interface = self.config.interface.clone();
            self.report(
                ctx,
                VrrpEvent::Rejected {
                    interface,
                    source,
                    reason,
                },
            );
        }
    }

    /// The next deadline of any kind.
    pub(crate) fn deadline(&self) -> Option<Mono> {
        let pending = self.pending.filter(|_| self.is_master());
        let apply = pending.map(Pending::end);
        timer::earliest(timer::earliest(self.retry, apply), self.state.deadline())
    }

    /// Serves what is due, each kind once.
    pub(crate) fn tick(&mut self, ctx: &mut Context<'_>) {
        if timer::is_due(self.retry, ctx.now) {
            self.retry = None;
            self.observe_without(ctx, Faults::default());
        }
        let late = |pending: Pending| pending.end() <= ctx.now;
        if self.is_master() && self.pending.is_some_and(late) {
            state::step(self, ctx, Happening::NotApplied);
        }
        for happening in self.state.due(ctx.now) {
            state::step(self, ctx, happening);
        }
    }

    /// Raises a fault that ends by itself.
    pub(crate) fn raise_passing(&mut self, ctx: &mut Context<'_>, cause: FaultCause) {
        let mut faults = self.faults;
        faults.insert(cause);
        self.retry = Some(ctx.now + RETRY);
        self.set_faults(ctx, faults);
    }

    pub(crate) fn set_faults(&mut self, ctx: &mut Context<'_>, faults: Faults) {
        let before = core::mem::replace(&mut self.faults, faults);
        if matches!(self.state, State::Init) {
            return;
        }
        for cause in before.without(faults) {
            self.report(ctx, VrrpEvent::FaultCleared(cause));
        }
        for cause in faults.without(before) {
            self.report(ctx, VrrpEvent::FaultRaised(cause));
        }
        match (before.is_empty(), faults.is_empty()) {
            (true, false) => state::step(self, ctx, Happening::Faulted),
            (false, true) => state::step(self, ctx, Happening::Cleared),
            (false, false) if !faults.is_waiting() => state::fault::tell(self, ctx),
            (true, true) | (false, false) => {}
        }
    }

    /// Enters a state; what was said in the last one may be said again.
    pub(crate) fn enter(&mut self, ctx: &Context<'_>, state: State) {
        self.state = state;
        self.since = ctx.now;
        self.said = Said::default();
    }

    /// Sends an advert with our priority.
    pub(crate) fn send_advert(&mut self, ctx: &mut Context<'_>) {
        self.send(ctx, self.priority.get());
    }

    /// Resigns. RFC 3768 s6.4.3: priority 0.
    pub(crate) fn send_resignation(&mut self, ctx: &mut Context<'_>) {
        if self.send(ctx, 0) {
            self.stats.priority_zero_sent += 1;
            self.report(ctx, VrrpEvent::SentPriorityZero);
        }
    }

    /// False when there is no link or no address to send from.
    fn send(&mut self, ctx: &mut Context<'_>, priority: u8) -> bool {
        // whoever loses the address that it spoke from can still say that it goes
        let left = self.spoke_from.filter(|_| priority == 0);
        let source = self.source(ctx).or(left);
        let (Some(link), Some(source)) = (ctx.links.get(self.config.place()), source) else {
            return false;
        };
        self.spoke_from = Some(source);
        let mut packets = advert::adverts(
            &self.config,
            source,
            priority,
            self.old_form,
            &mut self.packet_id,
        );
        if let Some((hmac, key)) = self.config.wire.signer() {
            let Some(wall) = ctx.wall else {
                return false;
            };
            let stamp = self.signatures.stamp(hmac, wall);
            packets.iter_mut().for_each(|out| out.sign(key, stamp));
        }
        if packets.is_empty() {
            return false;
        }
        self.stats.adverts_sent += 1;
        let (instance, ear, link) = (&self.config.key, self.ear(link.index), link.index);
        ctx.actions
            .extend(packets.into_iter().map(|outgoing| Action::Send {
                instance: instance.clone(),
                ear,
                link,
                outgoing,
            }));
        true
    }

    /// Wants all VIPs in the kernel.
    pub(crate) fn want_addresses(&mut self, ctx: &mut Context<'_>) {
        if self.config.objects.refuses {
            self.report(ctx, VrrpEvent::Setting(Kind::Firewall));
        }
        self.report(ctx, VrrpEvent::SettingAddresses);
        for kind in self.config.objects.kinds() {
            self.report(ctx, VrrpEvent::Setting(kind));
        }
        self.want(ctx, self.config.owned(), self.config.objects.clone());
    }

    /// Wants no VIP in the kernel.
    pub(crate) fn want_none(&mut self, ctx: &mut Context<'_>) {
        for event in crate::objects::removing(&self.config) {
            self.report(ctx, event);
        }
        self.want_none_again(ctx);
    }

    /// The same, without a word.
    pub(crate) fn want_none_again(&mut self, ctx: &mut Context<'_>) {
        self.want(ctx, Vec::new(), Objects::default());
    }

    fn want(&mut self, ctx: &mut Context<'_>, addresses: Vec<VirtualAddress>, objects: Objects) {
        *ctx.epoch += 1;
        self.epoch = *ctx.epoch;
        self.pending = Some(Pending {
            epoch: self.epoch,
            since: ctx.now,
            limit: APPLY_LIMIT,
        });
        ctx.actions.push_back(Action::Want {
            instance: self.config.key.clone(),
            epoch: self.epoch,
            addresses,
            objects,
        });
    }

    /// Says something about this instance.
    pub(crate) fn report(&self, ctx: &mut Context<'_>, event: VrrpEvent) {
        let instance = self.config.key.clone();
        ctx.actions
            .push_back(Action::Report(Event::Vrrp { instance, event }));
    }

    /// Our address on the link where adverts are exchanged.
    pub(crate) fn source(&self, ctx: &Context<'_>) -> Option<IpAddr> {
        self.source_among(ctx.links)
    }

    /// The same, of these links.
    pub(crate) fn source_among(&self, links: &BTreeMap<IfName, Link>) -> Option<IpAddr> {
        let wire = &self.config.wire;
        let link = links.get(self.config.speaker());
        wire.source.or_else(|| link?.source_of(wire.family))
    }

    /// Where it listens and speaks.
    pub(crate) fn ear(&self, link: u32) -> Ear {
        match &self.config.wire.cast {
            Cast::Group(_) => Ear::Link(link, self.config.wire.family),
            Cast::Peers(_) => Ear::Peers(self.config.wire.family),
        }
    }

    /// RFC 3768 s6.1: an owner preempts whatever Preempt_Mode says.
    pub(crate) const fn preempts(&self) -> bool {
        !self.config.nopreempt || self.config.priority.is_owner()
    }

    pub(crate) const fn is_master(&self) -> bool {
        matches!(self.state, State::Master(_))
    }

    pub(crate) const fn state_name(&self) -> Name {
        self.state.name()
    }
}
