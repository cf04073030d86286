//! What the observer remembers of one instance from turn to turn: what it heard, what it said.

use super::turn::master;
use super::{Bounds, Cause, Turn, View};
use crate::spec::Spec;
use core::time::Duration;
use holdfast_model::{Mono, State};

/// Answers in an interval are counted from its first; two such intervals can touch, and each has a
/// regular advert.
pub const STORM: usize = 22;

/// What is remembered of an instance from turn to turn.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Default)]
pub struct Track {
    /// S4: an accepted advert that keeps it from being master.
    pub held: Option<Hold>,
    /// S5: the same for one that may not preempt.
    pub patient: Option<Hold>,
    /// The interval of the master that it follows, in version 3.
    pub learned: Option<u16>,
    /// Until when a weaker master is followed, once it was heard.
    pub delay: Option<Mono>,
    /// S8: when the last advert was sent, or when it could speak again.
    pub sent: Option<Mono>,
    /// S19: when the last advert was sent.
    pub spoke: Option<Mono>,
    /// S8: when the last advert left because its time had come, since it is master.
    pub regular: Option<Mono>,
    /// S8: the last adverts, the oldest first, since it followed nobody who is faster.
    pub recent: Vec<Mono>,
}

/// An advert that was accepted.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Hold {
    /// When.
    pub at: Mono,
    /// The interval that counts since.
    pub interval: u16,
    /// Its priority was 0.
    pub resigned: bool,
}

impl Hold {
    /// Until when it keeps a router of that effective priority from being master.
    pub fn until(&self, spec: &Spec, priority: u8) -> Mono {
        self.at
            + if self.resigned {
                spec.skew(priority, self.interval)
            } else {
                spec.down(priority, self.interval)
            }
    }
}

/// S19: which of these were master and silent for so long that another may serve, a bit each.
pub fn late(now: Mono, before: &[View], specs: &[Spec], tracks: &[Track]) -> u32 {
    let late = before.iter().filter(|was| {
        let track = tracks.get(usize::from(was.slot));
        let spec = specs.iter().find(|spec| spec.slot == was.slot);
        let spoke = track
            .and_then(|track| track.spoke)
            .filter(|_| master(Some(was)));
        let silent = spoke.map(|spoke| now.since(spoke)).zip(spec);
        silent.is_some_and(|(silent, spec)| silent > spec.silence())
    });
    late.fold(0, |bits, was| {
        bits | 1u32.checked_shl(u32::from(was.slot)).unwrap_or(0)
    })
}

impl Track {
    /// Learns from a turn that was judged.
    pub fn learn(&mut self, turn: &Turn<'_>, is: &View) {
        let Some(spec) = turn.spec(is.slot) else {
            return;
        };
        if turn.is_late(is.slot) && is.state == State::Backup {
            // It listens like one that begins.
            self.held = Some(Hold {
                at: turn.now,
                interval: spec.interval,
                resigned: false,
            });
        }
        match turn.cause {
            // A new process knows nothing, and waits for a whole down interval.
            Cause::Start { resumed: false } => *self = Self::default(),
            // What the time until the takeover is made of is another now.
            Cause::Reload => {
                let old = turn.old.iter().find(|old| old.slot == is.slot);
                // In version 3 the interval of the master that it heard counts, which no reload here can
                // change; one that heard nobody waits by its own, and so does one whose master went, or is
                // about to be replaced, and had nothing to teach it.
                let resigned = self.held.is_some_and(|hold| hold.resigned);
                let gone = resigned || self.delay.is_some_and(|until| turn.now >= until);
                let taught = |old: &Spec| self.learned.is_some_and(|theirs| theirs != old.interval);
                if gone && !old.is_some_and(taught) {
                    self.learned = None;
                }
                let heard = self.learned.is_some();
                let follows = |old: &Spec| {
                    let alone = old.group.is_none() && spec.group.is_none();
                    let interval = heard || old.interval == spec.interval;
                    alone && interval && !old.is_v2() && !spec.is_v2() && old.is_same_router(spec)
                };
                if !old.is_some_and(follows) {
                    (self.held, self.patient) = (None, None);
                }
                if spec.preempts() {
                    self.patient = None;
                }
                if old.is_none_or(|old| old.is_v2() != spec.is_v2() || !old.is_same_router(spec)) {
                    self.learned = None;
                }
                if old.is_none_or(|old| !old.is_same_router(spec)) {
                    self.delay = None;
                }
                if old.is_none_or(|old| old.interval != spec.interval) {
                    self.recent.clear();
                }
            }
            Cause::Packet(Some(heard)) if heard.slot == is.slot => self.hear(turn, is, spec, heard),
            _ => {}
        }
        if is.state != State::Master {
            self.regular = None;
        }
        if is.state != State::Backup {
            // FAULT ends with a whole down interval, by its own interval.
            (self.learned, self.delay) = (None, None);
            (self.held, self.patient) = (None, None);
        }
        if turn.sent(is.slot).next().is_some() {
            self.sent = Some(turn.now);
            self.spoke = self.sent;
            if turn.cause == Cause::Tick && is.state == State::Master {
                self.regular = Some(turn.now);
            }
            if self.recent.len() >= STORM {
                self.recent.remove(0);
            }
            self.recent.push(turn.now);
        }
    }

    /// The table's rows for an advert in BACKUP, and for the one that led there.
    fn hear(&mut self, turn: &Turn<'_>, is: &View, spec: &Spec, heard: super::Heard) {
        if is.state != State::Backup {
            return;
        }
        let v2 = spec.is_v2();
        let follow = Hold {
            at: turn.now,
            interval: if v2 { spec.interval } else { heard.interval },
            resigned: false,
        };
        let delay = Duration::from_secs(u64::from(spec.preempt_delay));
        let gave_way = master(turn.was(is.slot)) && !turn.is_late(is.slot);
        if heard.priority == 0 {
            // Whoever was heard is gone: the shorter time counts. In a sync group one whose time
            // is over waits for the others only.
            let over = |hold: Option<Hold>| {
                hold.is_none_or(|hold| hold.until(spec, is.priority) <= turn.now)
            };
            if spec.group.is_some() && over(self.held) && over(self.patient) {
                return;
            }
            let resigned = Hold {
                interval: self.learned.unwrap_or(spec.interval),
                resigned: true,
                ..follow
            };
            (self.held, self.patient) = (Some(resigned), Some(resigned));
            return;
        }
        if heard.priority >= is.priority || gave_way {
            (self.held, self.patient, self.delay) = (Some(follow), None, None);
        } else if !spec.preempts() {
            (self.held, self.patient) = (None, Some(follow));
        } else if !delay.is_zero() && self.delay.is_none_or(|until| turn.now < until) {
            self.delay = self.delay.or(Some(turn.now + delay));
            self.held = Some(follow);
        } else {
            return;
        }
        self.learned = Some(follow.interval).filter(|_| !v2);
        if self.learned.is_some_and(|theirs| theirs < spec.interval) {
            // It takes over as often as that one falls silent, by that one's pace.
            self.recent.clear();
        }
    }

    /// S8: how long a master was silent, when that is too long.
    pub fn silence(&self, now: Mono, spec: &Spec, bounds: &Bounds) -> Option<Duration> {
        let silent = now.since(self.sent?);
        (silent > spec.advert() + bounds.late).then_some(silent)
    }
}
