//! Events → notices: what is told of an instance, when it is true, and once.
//!
//! A transition is told after the kernel has followed it: MASTER when the addresses are in, BACKUP
//! and FAULT when they are out. A state that is left before that is not told.

use super::groups::{Groups, Member};
use super::notice::Notice;
use super::told::{InstanceTold, Told};
use super::what::What;
use crate::mail::letter::Letter;
use holdfast_model::event::VrrpEvent;
use holdfast_model::{Event, InstanceKey, Notify, Script, State, VrrpModel};
use std::collections::BTreeMap;

/// What was told of every instance so far.
#[derive(Debug, Default)]
pub(crate) struct Notifier {
    subjects: BTreeMap<InstanceKey, Subject>,
    groups: Groups,
    stopping: bool,
}

#[derive(Debug)]
struct Subject {
    notify: Notify,
    is: InstanceTold,
}

impl Notifier {
    /// Takes over a configuration; what is gone from it is told of once more, when it has ended.
    pub(crate) fn configure(&mut self, model: &VrrpModel) -> Vec<Notice> {
        let mut notices = Vec::new();
        self.groups.configure(&model.groups);
        for instance in &model.instances {
            let key = &instance.key;
            let subject = self.subjects.entry(key.clone()).or_insert_with(|| Subject {
                notify: Notify::default(),
                is: InstanceTold {
                    priority: instance.priority.get(),
                    told: State::Init,
                    written: None,
                    entered: State::Init,
                    awaited: None,
                },
            });
            subject.notify = instance.notify.clone();
            if model.notices.states_on_reload
                && let Some(what) = What::of_state(subject.is.told)
            {
                notices.push(subject.notice(key, what, Vec::new()));
            }
        }
        if model.notices.states_on_reload {
            notices.extend(self.groups.states());
        }
        notices
    }

    /// What a process before this one told.
    pub(crate) fn resume(&mut self, told: &Told) {
        for (key, is) in &told.instances {
            if let Some(subject) = self.subjects.get_mut(key) {
                subject.is.clone_from(is);
            }
        }
        self.groups.resume(&told.groups);
    }

    /// The same, for a process after this one.
    pub(crate) fn told(&self) -> Told {
        let subjects = self.subjects.iter();
        Told {
            instances: subjects.map(|(k, s)| (k.clone(), s.is.clone())).collect(),
            groups: self.groups.told(),
        }
    }

    /// From now on what ends has been stopped, not deleted.
    pub(crate) fn stop(&mut self) {
        self.stopping = true;
    }

    /// Takes an event; what is to be told because of it.
    pub(crate) fn hear(&mut self, event: &Event) -> Vec<Notice> {
        let mut notices = Vec::new();
        match event {
            Event::Vrrp { instance, event } => {
                notices.extend(self.instance(instance, event));
                if self.stopping && *event == VrrpEvent::Stopped {
                    let subjects = &self.subjects;
                    let runs = |key: &InstanceKey| subjects.contains_key(key);
                    notices.extend(self.groups.stopped(instance, runs));
                }
            }
            Event::Group { group, state } => self.groups.brought(group, *state),
            _other => return notices,
        }
        let subjects = &self.subjects;
        notices.extend(self.groups.settled(|key| {
            let InstanceTold { told, entered, .. } = subjects.get(key)?.is;
            Some(Member { told, entered })
        }));
        notices
    }

    fn instance(&mut self, key: &InstanceKey, event: &VrrpEvent) -> Option<Notice> {
        let subject = self.subjects.get_mut(key)?;
        match event {
            VrrpEvent::Started => {
                // whatever was waited for: it begins anew
                (subject.is.entered, subject.is.awaited) = (State::Backup, None);
                subject.tell(key, State::Backup)
            }
            VrrpEvent::Entered(state) => {
                let held = subject.is.entered == State::Master;
                subject.is.entered = *state;
                if held || *state == State::Master {
                    // the kernel is about to follow
                    subject.is.awaited = Some(*state);
                    None
                } else {
                    subject.is.awaited = None;
                    subject.tell(key, *state)
                }
            }
            VrrpEvent::AddressesSet => subject.arrived(key, |state| state == State::Master),
            VrrpEvent::AddressesRemoved => subject.arrived(key, |state| state != State::Master),
            VrrpEvent::LowerPriority { .. } => {
                let script = subject.notify.lower_priority.clone();
                let scripts = script.map(|script| (script, Vec::new()));
                Some(subject.notice(key, What::LowerPriority, scripts.into_iter().collect()))
            }
            VrrpEvent::PriorityChanged { to, .. } => {
                subject.is.priority = *to;
                let what = match subject.is.entered {
                    State::Master => What::MasterPriority,
                    State::Backup => What::BackupPriority,
                    State::Init | State::Fault => return None,
                };
                let told = subject.notify.priority_changes;
                told.then(|| subject.notice(key, what, Vec::new()))
            }
            VrrpEvent::Stopped => {
                let notice = subject.ended(key, self.stopping);
                self.subjects.remove(key);
                Some(notice)
            }
            VrrpEvent::AdvertTimeout
            | VrrpEvent::Setting(_)
            | VrrpEvent::Removing(_)
            | VrrpEvent::IntervalDiffers { .. }
            | VrrpEvent::TrackFailed(_)
            | VrrpEvent::TrackRecovered(_)
            | VrrpEvent::SettingAddresses
            | VrrpEvent::RemovingAddresses
            | VrrpEvent::Announcing { .. }
            | VrrpEvent::HigherPriority { .. }
            | VrrpEvent::HigherAddress { .. }
            | VrrpEvent::TwoMasters { .. }
            | VrrpEvent::Discarding { .. }
            | VrrpEvent::PriorityZero { .. }
            | VrrpEvent::SentPriorityZero
            | VrrpEvent::Rejected { .. }
            | VrrpEvent::AddressMismatch { .. }
            | VrrpEvent::ClockApart { .. }
            | VrrpEvent::AddressLost { .. }
            | VrrpEvent::AddressClaimed { .. }
            | VrrpEvent::FaultRaised(_)
            | VrrpEvent::FaultCleared(_)
            | VrrpEvent::RanLate { .. }
            | VrrpEvent::VipContested { .. }
            | VrrpEvent::PreemptDelay => None,
        }
    }
}

impl Subject {
    /// The kernel has followed: what was waited for is told, if it is that.
    fn arrived(&mut self, key: &InstanceKey, fits: impl Fn(State) -> bool) -> Option<Notice> {
        let state = self.is.awaited.take_if(|state| fits(*state))?;
        self.tell(key, state)
    }

    fn tell(&mut self, key: &InstanceKey, state: State) -> Option<Notice> {
        // MASTER that never was true, and back: nothing has changed
        if self.is.told == state {
            return None;
        }
        self.is.told = state;
        let own = match state {
            State::Master => &self.notify.master,
            State::Backup => &self.notify.backup,
            State::Fault => &self.notify.fault,
            State::Init => &None,
        };
        let what = What::of_state(state)?;
        let scripts = self.scripts(key, own.clone(), what);
        Some(Notice {
            letter: self.letter(key, what),
            ..self.notice(key, what, scripts)
        })
    }

    /// What is written of a change: nothing when the last letter said the same.
    fn letter(&mut self, key: &InstanceKey, what: What) -> Option<Letter> {
        let letter = Letter::of_instance(key.0.as_str(), what, self.notify.alert)?;
        (self.is.written.replace(what) != Some(what)).then_some(letter)
    }

    fn ended(&mut self, key: &InstanceKey, stopping: bool) -> Notice {
        let (what, own) = match (stopping, self.notify.says_deleted) {
            (true, _) => (What::Stop, &self.notify.stop),
            (false, true) => (What::Deleted, &self.notify.deleted),
            (false, false) => (What::Fault, &self.notify.fault),
        };
        let scripts = self.scripts(key, own.clone(), what);
        Notice {
            letter: self.letter(key, what),
            ..self.notice(key, what, scripts)
        }
    }

    /// The state's own script without further arguments, then the one for all.
    fn scripts(
        &self,
        key: &InstanceKey,
        own: Option<Script>,
        what: What,
    ) -> Vec<(Script, Vec<String>)> {
        let words = [
            "INSTANCE".to_owned(),
            key.to_string(),
            what.word().to_owned(),
            self.is.priority.to_string(),
        ];
        let own = own.map(|script| (script, Vec::new()));
        let any = self.notify.any.clone();
        let any = any.map(|script| (script, words.to_vec()));
        own.into_iter().chain(any).collect()
    }

    fn notice(&self, key: &InstanceKey, what: What, scripts: Vec<(Script, Vec<String>)>) -> Notice {
        let (word, priority) = (what.word(), self.is.priority);
        Notice {
            subject: format!("INSTANCE {key}"),
            line: format!("INSTANCE \"{key}\" {word} {priority}\n"),
            scripts,
            letter: None,
        }
    }
}

#[cfg(test)]
mod tests;
