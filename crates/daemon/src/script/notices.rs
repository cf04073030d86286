//! Events → notices: what is told of an instance, when it is true, and once.
//!
//! A transition is told after the kernel has followed it: MASTER when the addresses are in, BACKUP
//! and FAULT when they are out. A state that is left before that is not told.

use super::groups::{Groups, Member};
use super::what::What;
use holdfast_model::event::VrrpEvent;
use holdfast_model::{Event, InstanceKey, Notify, Script, State, VrrpModel};
use std::collections::BTreeMap;

/// One thing to tell: a line for the FIFOs, and scripts to run one after the other.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Notice {
    /// `INSTANCE` or `GROUP`, and its name: what it is about is told in order.
    pub(crate) subject: String,
    pub(crate) line: String,
    pub(crate) scripts: Vec<(Script, Vec<String>)>,
}

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
    /// Effective.
    priority: u8,
    told: State,
    entered: State,
    /// Entered, and not true in the kernel yet.
    awaited: Option<State>,
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
                priority: instance.priority.get(),
                told: State::Init,
                entered: State::Init,
                awaited: None,
            });
            subject.notify = instance.notify.clone();
            if model.notices.states_on_reload
                && let Some(what) = What::of_state(subject.told)
            {
                notices.push(subject.notice(key, what, Vec::new()));
            }
        }
        if model.notices.states_on_reload {
            notices.extend(self.groups.states());
        }
        notices
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
            let Subject { told, entered, .. } = *subjects.get(key)?;
            Some(Member { told, entered })
        }));
        notices
    }

    fn instance(&mut self, key: &InstanceKey, event: &VrrpEvent) -> Option<Notice> {
        let subject = self.subjects.get_mut(key)?;
        match event {
            VrrpEvent::Started => {
                subject.entered = State::Backup;
                subject.tell(key, State::Backup)
            }
            VrrpEvent::Entered(state) => {
                let held = subject.entered == State::Master;
                subject.entered = *state;
                if held || *state == State::Master {
                    // the kernel is about to follow
                    subject.awaited = Some(*state);
                    None
                } else {
                    subject.awaited = None;
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
                subject.priority = *to;
                let what = match subject.entered {
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
            | VrrpEvent::Discarding { .. }
            | VrrpEvent::PriorityZero { .. }
            | VrrpEvent::SentPriorityZero
            | VrrpEvent::Rejected { .. }
            | VrrpEvent::AddressMismatch { .. }
            | VrrpEvent::AddressLost { .. }
            | VrrpEvent::FaultRaised(_)
            | VrrpEvent::FaultCleared(_)
            | VrrpEvent::PreemptDelay => None,
        }
    }
}

impl Subject {
    /// The kernel has followed: what was waited for is told, if it is that.
    fn arrived(&mut self, key: &InstanceKey, fits: impl Fn(State) -> bool) -> Option<Notice> {
        let state = self.awaited.take_if(|state| fits(*state))?;
        self.tell(key, state)
    }

    fn tell(&mut self, key: &InstanceKey, state: State) -> Option<Notice> {
        // MASTER that never was true, and back: nothing has changed
        if self.told == state {
            return None;
        }
        self.told = state;
        let own = match state {
            State::Master => &self.notify.master,
            State::Backup => &self.notify.backup,
            State::Fault => &self.notify.fault,
            State::Init => &None,
        };
        let what = What::of_state(state)?;
        let scripts = self.scripts(key, own.clone(), what);
        Some(self.notice(key, what, scripts))
    }

    fn ended(&self, key: &InstanceKey, stopping: bool) -> Notice {
        let (what, own) = match (stopping, self.notify.says_deleted) {
            (true, _) => (What::Stop, &self.notify.stop),
            (false, true) => (What::Deleted, &self.notify.deleted),
            (false, false) => (What::Fault, &self.notify.fault),
        };
        let scripts = self.scripts(key, own.clone(), what);
        self.notice(key, what, scripts)
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
            self.priority.to_string(),
        ];
        let own = own.map(|script| (script, Vec::new()));
        let any = self.notify.any.clone();
        let any = any.map(|script| (script, words.to_vec()));
        own.into_iter().chain(any).collect()
    }

    fn notice(&self, key: &InstanceKey, what: What, scripts: Vec<(Script, Vec<String>)>) -> Notice {
        let (word, priority) = (what.word(), self.priority);
        Notice {
            subject: format!("INSTANCE {key}"),
            line: format!("INSTANCE \"{key}\" {word} {priority}\n"),
            scripts,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use holdfast_config::compile;
    use holdfast_model::{HostFacts, Name};
    use holdfast_syntax::{Environment, SourceMap, Surroundings, parse};

    struct Nothing;

    impl Surroundings for Nothing {
        fn include(&mut self, _: &str, _: &[u8]) -> Vec<holdfast_syntax::Found> {
            Vec::new()
        }
        fn variable(&mut self, _: &str) -> Option<String> {
            None
        }
    }

    /// An instance V1 of priority 100 with all scripts, and what the file says besides.
    fn model(global: &str, instance: &str) -> VrrpModel {
        let text = format!(
            "global_defs {{\n{global}\n}}\nvrrp_instance V1 {{\ninterface eth0\nvirtual_router_id 1\n\
             priority 100\nvirtual_ipaddress {{\n10.0.0.1\n}}\nnotify_master /m\nnotify_backup /b\n\
             notify_fault /f\nnotify_stop /s\nnotify /any\nnotify_master_rx_lower_pri /l\n{instance}\n}}\n"
        );
        let mut sources = SourceMap::single("f", text);
        let (tree, read) = parse(&mut sources, &mut Nothing, &Environment::default());
        compile(&tree, read, &HostFacts::default()).model.vrrp
    }

    fn key() -> InstanceKey {
        InstanceKey(Name::from("V1"))
    }

    /// The line without its end, then each script with its arguments.
    fn told(notice: &Notice) -> String {
        let mut text = notice.line.trim_end().to_owned();
        for (script, arguments) in &notice.scripts {
            text += &format!(" | {} {}", script.program(), arguments.join(" "));
        }
        text
    }

    fn hear(notifier: &mut Notifier, event: VrrpEvent) -> Option<String> {
        let instance = key();
        let notice = notifier.hear(&Event::Vrrp { instance, event });
        notice.first().map(told)
    }

    fn started(global: &str, instance: &str) -> Notifier {
        let mut notifier = Notifier::default();
        assert_eq!(notifier.configure(&model(global, instance)), []);
        let first = hear(&mut notifier, VrrpEvent::Started).expect("told");
        assert_eq!(
            first,
            "INSTANCE \"V1\" BACKUP 100 | /b  | /any INSTANCE V1 BACKUP 100"
        );
        notifier
    }

    fn master(notifier: &mut Notifier) {
        let entered = VrrpEvent::Entered(State::Master);
        assert_eq!(hear(notifier, entered), None, "not before the addresses");
        let notice = hear(notifier, VrrpEvent::AddressesSet).expect("told");
        assert!(notice.ends_with(" MASTER 100 | /m  | /any INSTANCE V1 MASTER 100"));
    }

    #[test]
    fn scripts_follow_the_addresses() {
        let mut notifier = started("", "");
        master(&mut notifier);
        for (state, word) in [(State::Backup, "BACKUP"), (State::Fault, "FAULT")] {
            let mut notifier = started("", "");
            master(&mut notifier);
            assert_eq!(hear(&mut notifier, VrrpEvent::Entered(state)), None);
            let notice = hear(&mut notifier, VrrpEvent::AddressesRemoved).expect("told");
            assert!(notice.starts_with(&format!("INSTANCE \"V1\" {word} 100 | /")));
            // a late answer to an older question tells nothing twice
            assert_eq!(hear(&mut notifier, VrrpEvent::AddressesRemoved), None);
        }
    }

    #[test]
    fn a_master_that_never_had_its_addresses_was_none() {
        let mut notifier = started("", "");
        hear(&mut notifier, VrrpEvent::Entered(State::Master));
        hear(&mut notifier, VrrpEvent::Entered(State::Backup));
        assert_eq!(hear(&mut notifier, VrrpEvent::AddressesRemoved), None);
        hear(&mut notifier, VrrpEvent::Entered(State::Master));
        hear(&mut notifier, VrrpEvent::Entered(State::Fault));
        let notice = hear(&mut notifier, VrrpEvent::AddressesRemoved).expect("told");
        assert!(notice.contains(" FAULT 100 | /f"), "{notice}");
    }

    #[test]
    fn a_backup_is_in_fault_at_once() {
        let mut notifier = started("", "");
        let notice = hear(&mut notifier, VrrpEvent::Entered(State::Fault)).expect("told");
        assert!(notice.contains(" FAULT 100 | /f"), "{notice}");
    }

    #[test]
    fn an_end_is_a_stop_a_deletion_or_a_fault() {
        let stopped = |global, instance, stop: bool| {
            let mut notifier = started(global, instance);
            if stop {
                notifier.stop();
            }
            hear(&mut notifier, VrrpEvent::Stopped).expect("told")
        };
        let (any, line) = ("/any INSTANCE V1", "INSTANCE \"V1\"");
        assert_eq!(
            stopped("", "notify_deleted", true),
            format!("{line} STOP 100 | /s  | {any} STOP 100")
        );
        assert_eq!(
            stopped("", "", false),
            format!("{line} FAULT 100 | /f  | {any} FAULT 100")
        );
        assert_eq!(
            stopped("", "notify_deleted", false),
            format!("{line} DELETED 100 | {any} DELETED 100")
        );
        assert_eq!(
            stopped("", "notify_deleted /d", false),
            format!("{line} DELETED 100 | /d  | {any} DELETED 100")
        );
    }

    #[test]
    fn priorities_and_weaker_adverts() {
        let change = VrrpEvent::PriorityChanged { from: 100, to: 120 };
        let mut notifier = started("", "");
        assert_eq!(hear(&mut notifier, change.clone()), None, "not asked for");
        let mut notifier = started("vrrp_notify_priority_changes", "");
        let line = hear(&mut notifier, change.clone()).expect("told");
        assert_eq!(line, "INSTANCE \"V1\" BACKUP_PRIORITY 120");
        // what follows says the new one
        hear(&mut notifier, VrrpEvent::Entered(State::Master));
        let notice = hear(&mut notifier, VrrpEvent::AddressesSet).expect("told");
        assert!(notice.ends_with("/any INSTANCE V1 MASTER 120"));
        let line = hear(&mut notifier, change).expect("told");
        assert_eq!(line, "INSTANCE \"V1\" MASTER_PRIORITY 120");
        let weaker = VrrpEvent::LowerPriority {
            source: core::net::Ipv4Addr::LOCALHOST.into(),
            theirs: 1,
            ours: 120,
        };
        let notice = hear(&mut notifier, weaker).expect("told");
        assert_eq!(notice, "INSTANCE \"V1\" MASTER_RX_LOWER_PRI 120 | /l ");
        let mut own = started(
            "vrrp_notify_priority_changes",
            "notify_priority_changes off",
        );
        let change = VrrpEvent::PriorityChanged { from: 100, to: 1 };
        assert_eq!(hear(&mut own, change), None);
    }

    #[test]
    fn a_reload_says_every_state_when_asked_to() {
        let global = "fifo_write_vrrp_states_on_reload";
        let mut notifier = started(global, "");
        let again = notifier.configure(&model(global, ""));
        let lines: Vec<String> = again.iter().map(told).collect();
        assert_eq!(lines, ["INSTANCE \"V1\" BACKUP 100"]);
        assert_eq!(notifier.configure(&model("", "")), []);
    }
}
