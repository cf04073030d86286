//! What happened to each instance last, for whoever asks why it is in its state.

use holdfast_model::event::VrrpEvent;
use holdfast_model::{Event, GroupKey, InstanceKey, Mono, State, VrrpModel};
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
}

/// Of all instances.
#[derive(Debug)]
pub(super) struct History {
    pub(super) since: Mono,
    members: BTreeMap<GroupKey, Vec<InstanceKey>>,
    remarks: BTreeMap<InstanceKey, VecDeque<Remark>>,
}

impl History {
    pub(super) const fn new(since: Mono) -> Self {
        Self {
            since,
            members: BTreeMap::new(),
            remarks: BTreeMap::new(),
        }
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
}
