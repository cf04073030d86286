//! Which promises a recorded run kept: those that one router alone can break, and that are judged without knowing what
//! others sent.
//!
//! | id | how far |
//! |---|---|
//! | S3, S6, S9, S10, S11, S16, S19, L7 | as in the simulator; S10 by state |
//! | all | the first 32 virtual routers; until somebody hands over to the peer, which no promise knows of |
//! | S9 | not where `on_vip_loss backup` resigns |
//! | S19 | from the first advert on the tape |

use crate::invariant::track::{Track, late};
use crate::invariant::turn::{AFTER, BEFORE};
use crate::invariant::{Act, Bounds, Cause, Turn, View};
use crate::spec::{Form, Spec, Told};
use core::net::IpAddr;
use core::time::Duration;
use holdfast_model::{AddressFamily, Event, Instance, InstanceKey, OnLoss, Version};
use holdfast_vrrp::tape::{Given, How, Turn as Recorded};
use holdfast_vrrp::{Action, Router, interval};

/// Those that need no more than one router.
const OWN: [&str; 8] = ["S3", "S6", "S9", "S10", "S11", "S16", "S19", "L7"];

/// One bit each.
const SLOTS: usize = 32;

/// What is remembered from turn to turn.
pub(super) struct Judge {
    /// Who has which number.
    slots: Vec<InstanceKey>,
    configured: Vec<Instance>,
    specs: Vec<Spec>,
    views: Vec<View>,
    tracks: Vec<Track>,
    /// Somebody served before it started.
    resumed: bool,
    over: bool,
}

impl Judge {
    pub(super) fn begin(how: &How, router: &Router) -> Self {
        let mut judge = Self {
            slots: Vec::new(),
            configured: Vec::new(),
            specs: Vec::new(),
            views: Vec::new(),
            tracks: vec![Track::default(); SLOTS],
            resumed: !matches!(how, How::Begins(_)),
            over: false,
        };
        judge.configure(router);
        judge.views = judge.look(router);
        judge
    }

    /// After a turn: the promise that it broke.
    pub(super) fn turn(&mut self, recorded: &Recorded, router: &Router) -> Option<String> {
        self.over |= recorded.input == Given::Offer;
        if self.over {
            return None;
        }
        let (old, before) = (self.specs.clone(), core::mem::take(&mut self.views));
        let had = self.configured.clone();
        if matches!(recorded.input, Given::Reconfigure(_)) {
            self.configure(router);
        }
        self.views = self.look(router);
        let turn = Turn {
            now: recorded.at,
            node: 0,
            told: &Told::default(),
            cause: self.cause(&recorded.input),
            before: &before,
            after: &self.views,
            acts: &self.acts(&recorded.actions, &had),
            old: &old,
            new: &self.specs,
            running: router.is_running(),
            serviceable: true,
            late: late(recorded.at, &before, &old, &self.tracks),
            untouched: true,
        };
        let broken = self.broken(&turn);
        for (is, track) in turn.after.iter().map(|is| (is, usize::from(is.slot))) {
            if let Some(track) = self.tracks.get_mut(track) {
                track.learn(&turn, is);
            }
        }
        broken
    }

    fn broken(&self, turn: &Turn<'_>) -> Option<String> {
        let none = Track::default();
        let bounds = Bounds {
            link: Duration::ZERO,
            late: Duration::ZERO,
            apply: Duration::ZERO,
        };
        let told = |id: &str, slot: u8, what: String| {
            let name = self.slots.get(usize::from(slot));
            let name = name.map_or(String::new(), ToString::to_string);
            format!("{id} is broken by ({name}): {what}")
        };
        let after = AFTER.iter().filter(|(id, _)| OWN.contains(id));
        for (id, check) in after {
            for is in turn.after {
                let track = self.tracks.get(usize::from(is.slot)).unwrap_or(&none);
                if let Some(what) = check(turn, is, track, &bounds) {
                    return Some(told(id, is.slot, what));
                }
            }
        }
        for (id, check) in BEFORE.iter().filter(|(id, _)| OWN.contains(id)) {
            for was in turn.before.iter().filter(|was| !self.resigns(was.slot)) {
                if let Some(what) = check(turn, was) {
                    return Some(told(id, was.slot, what));
                }
            }
        }
        None
    }

    /// It gives its place away when somebody takes its addresses.
    fn resigns(&self, slot: u8) -> bool {
        let mut all = self.configured.iter();
        let key = self.slots.get(usize::from(slot));
        all.any(|own| Some(&own.key) == key && own.wire.habits.on_loss == OnLoss::Backup)
    }

    fn slot(&self, key: &InstanceKey) -> Option<u8> {
        let at = self.slots.iter().position(|known| known == key)?;
        u8::try_from(at).ok()
    }

    fn configure(&mut self, router: &Router) {
        self.configured = router.configurations().cloned().collect();
        for own in &self.configured {
            if !self.slots.contains(&own.key) && self.slots.len() < SLOTS {
                self.slots.push(own.key.clone());
            }
        }
        let specs = self.configured.iter();
        let specs = specs.filter_map(|own| Some(spec(self.slot(&own.key)?, own, router)));
        self.specs = specs.collect();
    }

    fn look(&self, router: &Router) -> Vec<View> {
        let all = router.configurations().zip(router.glance());
        let view = |(own, (state, priority, faulty)): (&Instance, _)| {
            Some(View {
                slot: self.slot(&own.key)?,
                state,
                priority,
                faulty,
            })
        };
        all.filter_map(view).collect()
    }

    const fn cause(&self, input: &Given) -> Cause {
        match input {
            Given::Tick => Cause::Tick,
            // the clock alone wakes nobody who was silent
            Given::Datagram { .. } | Given::Clock { .. } => Cause::Packet(None),
            Given::Link(_) | Given::LinkGone(_) => Cause::Link,
            Given::Applied { .. } | Given::ApplyFailed { .. } => Cause::Answer,
            Given::Lost { .. } => Cause::Lost,
            Given::Ipvs(_)
            | Given::Level { .. }
            | Given::Signed(_)
            | Given::Unheard(_)
            | Given::Offer
            | Given::Claimed(_) => Cause::Level,
            Given::Reconfigure(_) => Cause::Reload,
            Given::Start => Cause::Start {
                resumed: self.resumed,
            },
            Given::Stop { .. } => Cause::Stop,
        }
    }

    /// What was done; to unicast peers an advert is one for each, and those to the first count.
    fn acts<'a>(&self, actions: &'a [Action], had: &[Instance]) -> Vec<Act> {
        let mut first: Vec<(&InstanceKey, IpAddr)> = Vec::new();
        let mut act = |action: &'a Action| match action {
            Action::Send {
                instance, outgoing, ..
            } => {
                let known = first.iter().find(|(key, _)| *key == instance);
                let to = known.map(|(_, to)| *to);
                if to.is_none() {
                    first.push((instance, outgoing.destination));
                }
                let counts = to.is_none_or(|to| to == outgoing.destination);
                match self.slot(instance).filter(|_| counts) {
                    Some(slot) => Act::Sent {
                        slot,
                        priority: u8::from(!outgoing.resigns()),
                    },
                    None => Act::Other,
                }
            }
            Action::Want {
                instance,
                addresses,
                ..
            } => {
                let all = self.configured.iter().chain(had);
                let own = all.filter(|own| own.key == *instance);
                let own: Vec<_> = own.flat_map(Instance::owned).collect();
                self.slot(instance).map_or(Act::Other, |slot| Act::Want {
                    slot,
                    empty: addresses.is_empty(),
                    ours: addresses.iter().all(|address| own.contains(address)),
                })
            }
            Action::Announce { instance, .. } => {
                let announce = |slot| Act::Announce { slot, placed: true };
                self.slot(instance).map_or(Act::Other, announce)
            }
            Action::Report(Event::Vrrp { instance, .. }) => Act::Said(self.slot(instance)),
            Action::Report(_) => Act::Said(None),
            Action::Watch { .. } | Action::Unwatch { .. } | Action::Stopped => Act::Other,
        };
        actions.iter().map(&mut act).collect()
    }
}

/// The numbers of an instance that the promises above look at.
fn spec(slot: u8, own: &Instance, router: &Router) -> Spec {
    let mut groups = router.groups();
    let group = groups.position(|(group, _)| group.members.contains(&own.key));
    Spec {
        interval: interval::on_the_wire(own),
        form: match (own.wire.version, own.wire.family) {
            (Version::V2, _) => Form::V2,
            (Version::V3, AddressFamily::V4) => Form::V3,
            (Version::V3, AddressFamily::V6) => Form::V3Ip6,
        },
        unicast: own.wire.cast.peers().is_some(),
        down_adverts: own.wire.down_adverts,
        vips: u8::try_from(own.owned().len()).unwrap_or(u8::MAX),
        group: group.and_then(|group| u8::try_from(group).ok()),
        ..Spec::plain(slot, own.priority.get())
    }
}
