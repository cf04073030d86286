//! What happened to each instance last, for whoever asks why it is in its state. It outlives the process, in words:
//! those every build understands.

use crate::render;
use holdfast_model::event::VrrpEvent;
use holdfast_model::{Event, GroupKey, InstanceKey, Mono, State, VrrpModel};
use serde::{Deserialize, Serialize};
use std::collections::{BTreeMap, VecDeque};

/// Of an instance: some ten changes of its state, with what led to them.
const REMEMBERED: usize = 32;

/// One event, perhaps several times in a row.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Remark {
    /// When it was last.
    pub(super) at: Mono,
    pub(super) times: u32,
    pub(super) what: What,
}

/// Something that bears on an instance's state.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum What {
    /// Its own.
    Own(VrrpEvent),
    /// Its sync group was brought to a state.
    Group(GroupKey, State),
    /// In words: what a process before this one knew.
    Said(String),
}

impl What {
    /// In those of the log; what has none is not worth a line.
    pub(super) fn words(&self) -> Option<String> {
        match self {
            Self::Own(event) => render::event_words(event),
            Self::Group(group, state) => {
                Some(format!("its sync group {group} was brought to {state}"))
            }
            Self::Said(words) => Some(words.clone()),
        }
    }
}

/// For an instance that another process serves from now on.
const GOES_ON: &str = "another VRRP process went on: the one before died, or was upgraded";
/// Of [`Kept`]; it changes with it.
const FORM: u16 = 1;

/// What the next process is to know.
#[derive(Debug, Serialize, Deserialize)]
pub(super) struct Kept {
    form: u16,
    since: Mono,
    remarks: BTreeMap<InstanceKey, Vec<(Mono, u32, String)>>,
}

/// Of all instances.
#[derive(Debug)]
pub(super) struct History {
    pub(super) since: Mono,
    members: BTreeMap<GroupKey, Vec<InstanceKey>>,
    remarks: BTreeMap<InstanceKey, VecDeque<Remark>>,
    /// Since the last [`Self::news`].
    changed: bool,
}

impl History {
    pub(super) const fn new(since: Mono) -> Self {
        Self {
            since,
            members: BTreeMap::new(),
            remarks: BTreeMap::new(),
            changed: true,
        }
    }

    /// Goes on with what the process before knew; `instances` are those that go on.
    pub(super) fn resume(
        &mut self,
        now: Mono,
        kept: Option<Kept>,
        instances: impl Iterator<Item = InstanceKey>,
    ) {
        if let Some(kept) = kept.filter(|kept| kept.form == FORM) {
            self.since = kept.since;
            let remark = |(at, times, words): (Mono, u32, String)| Remark {
                at,
                times,
                what: What::Said(words),
            };
            let all = kept.remarks.into_iter();
            self.remarks = all
                .map(|(key, remarks)| (key, remarks.into_iter().map(remark).collect()))
                .collect();
        }
        for instance in instances {
            self.note(now, instance, What::Said(GOES_ON.to_owned()));
        }
    }

    /// What the next process is to know, if that is another than the last time.
    pub(super) fn news(&mut self) -> Option<Kept> {
        if !core::mem::take(&mut self.changed) {
            return None;
        }
        let said = |remark: &Remark| Some((remark.at, remark.times, remark.what.words()?));
        let all = self.remarks.iter();
        Some(Kept {
            form: FORM,
            since: self.since,
            remarks: all
                .map(|(key, remarks)| (key.clone(), remarks.iter().filter_map(said).collect()))
                .collect(),
        })
    }

    /// Forgets who is gone.
    pub(super) fn configure(&mut self, model: &VrrpModel) {
        let groups = model.groups.iter();
        self.members = groups
            .map(|group| (group.key.clone(), group.members.clone()))
            .collect();
        let stays = |key: &InstanceKey| model.instances.iter().any(|one| one.key == *key);
        self.remarks.retain(|key, _| stays(key));
    }

    pub(super) fn hear(&mut self, now: Mono, event: &Event) {
        match event {
            Event::Vrrp { instance, event } if matters(event) => {
                self.note(now, instance.clone(), What::Own(event.clone()));
            }
            Event::Group { group, state } => {
                for member in self.members.get(group).cloned().unwrap_or_default() {
                    self.note(now, member, What::Group(group.clone(), *state));
                }
            }
            _other => {}
        }
    }

    fn note(&mut self, at: Mono, instance: InstanceKey, what: What) {
        self.changed = true;
        let remarks = self.remarks.entry(instance).or_default();
        if let Some(last) = remarks.back_mut()
            && last.what == what
        {
            last.at = at;
            last.times = last.times.saturating_add(1);
            return;
        }
        if remarks.len() >= REMEMBERED {
            remarks.pop_front();
        }
        remarks.push_back(Remark { at, times: 1, what });
    }

    /// What happened to an instance, the oldest first.
    pub(super) fn of(&self, instance: &InstanceKey) -> impl Iterator<Item = &Remark> {
        self.remarks.get(instance).into_iter().flatten()
    }
}

/// What others say again and again, and what follows from a state, explains nothing.
const fn matters(event: &VrrpEvent) -> bool {
    match event {
        VrrpEvent::Started
        | VrrpEvent::Entered(_)
        | VrrpEvent::AdvertTimeout
        | VrrpEvent::HigherPriority { .. }
        | VrrpEvent::HigherAddress { .. }
        | VrrpEvent::Discarding { .. }
        | VrrpEvent::PriorityZero { .. }
        | VrrpEvent::SentPriorityZero
        | VrrpEvent::Rejected { .. }
        | VrrpEvent::AddressLost { .. }
        | VrrpEvent::AddressClaimed { .. }
        | VrrpEvent::FaultRaised(_)
        | VrrpEvent::FaultCleared(_)
        | VrrpEvent::RanLate { .. }
        | VrrpEvent::VipContested { .. }
        | VrrpEvent::PreemptDelay
        | VrrpEvent::TwoMasters { .. }
        | VrrpEvent::TrackFailed(_)
        | VrrpEvent::TrackRecovered(_)
        | VrrpEvent::PriorityChanged { .. } => true,
        VrrpEvent::LowerPriority { .. }
        | VrrpEvent::SettingAddresses
        | VrrpEvent::AddressesSet
        | VrrpEvent::RemovingAddresses
        | VrrpEvent::AddressesRemoved
        | VrrpEvent::Setting(_)
        | VrrpEvent::Removing(_)
        | VrrpEvent::Announcing { .. }
        | VrrpEvent::IntervalDiffers { .. }
        | VrrpEvent::AddressMismatch { .. }
        | VrrpEvent::ClockApart { .. }
        | VrrpEvent::Stopped => false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use holdfast_model::Name;

    #[test]
    fn the_last_ones_are_remembered_and_repetitions_are_counted() {
        let key = InstanceKey(Name::from("VI"));
        let mut history = History::new(Mono::ZERO);
        let mut hear = |second: u64, event: VrrpEvent| {
            let instance = key.clone();
            let event = Event::Vrrp { instance, event };
            history.hear(Mono::from_secs(second), &event);
        };
        hear(1, VrrpEvent::AdvertTimeout);
        hear(2, VrrpEvent::AdvertTimeout);
        hear(3, VrrpEvent::AddressesSet);
        for second in 4..40 {
            let to = u8::try_from(second).expect("small");
            hear(second, VrrpEvent::PriorityChanged { from: 1, to });
        }
        hear(50, VrrpEvent::AdvertTimeout);
        hear(51, VrrpEvent::AdvertTimeout);
        let all: Vec<&Remark> = history.of(&key).collect();
        assert_eq!(all.len(), REMEMBERED);
        let last = all.last().expect("some");
        assert_eq!((last.at, last.times), (Mono::from_secs(51), 2));
        history.configure(&VrrpModel::default());
        assert_eq!(history.of(&key).count(), 0);
    }

    #[test]
    fn the_next_process_knows_it_too() {
        let key = InstanceKey(Name::from("VI"));
        let mut first = History::new(Mono::from_secs(1));
        let event = Event::Vrrp {
            instance: key.clone(),
            event: VrrpEvent::AdvertTimeout,
        };
        first.hear(Mono::from_secs(2), &event);
        first.hear(Mono::from_secs(3), &event);
        let kept = first.news();
        assert!(kept.is_some() && first.news().is_none());
        let words = render::event_words(&VrrpEvent::AdvertTimeout).expect("words");
        let mut next = History::new(Mono::from_secs(9));
        next.resume(Mono::from_secs(9), kept, [key.clone()].into_iter());
        assert_eq!(next.since, Mono::from_secs(1));
        let said = |remark: &Remark| (remark.at, remark.times, remark.what.words());
        let expected = [
            (Mono::from_secs(3), 2, Some(words)),
            (Mono::from_secs(9), 1, Some(GOES_ON.to_owned())),
        ];
        assert_eq!(next.of(&key).map(said).collect::<Vec<_>>(), expected);
        // and the one after that
        let mut last = History::new(Mono::from_secs(10));
        last.resume(Mono::from_secs(10), next.news(), [key.clone()].into_iter());
        let all: Vec<_> = last.of(&key).map(said).collect();
        assert_eq!(all.first(), expected.first());
        assert_eq!(all.last().map(|(_, times, _)| *times), Some(2));
        // one that knows nothing of the one before
        let mut other = History::new(Mono::from_secs(11));
        other.resume(Mono::from_secs(11), None, [key.clone()].into_iter());
        assert_eq!(
            (other.since, other.of(&key).count()),
            (Mono::from_secs(11), 1)
        );
    }
}
