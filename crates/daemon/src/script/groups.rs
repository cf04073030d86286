//! What is told of sync groups: after all members have been told, and with priority 0.

use super::notice::Notice;
use super::told::GroupTold;
use super::what::What;
use crate::mail::letter::Letter;
use holdfast_model::{GroupKey, InstanceKey, Notify, State, SyncGroup};
use std::collections::{BTreeMap, BTreeSet};

/// How far a member is.
#[derive(Debug, Clone, Copy)]
pub(super) struct Member {
    /// What was told of it.
    pub(super) told: State,
    /// Where it is.
    pub(super) entered: State,
}

/// What was told of every group so far.
#[derive(Debug, Default)]
pub(super) struct Groups {
    groups: BTreeMap<GroupKey, Group>,
    /// Those that were brought elsewhere than was told.
    pending: BTreeSet<GroupKey>,
}

#[derive(Debug)]
struct Group {
    members: Vec<InstanceKey>,
    notify: Notify,
    told: State,
    brought: State,
    /// What was written about last.
    written: Option<What>,
}

impl Groups {
    /// Takes over a configuration.
    pub(super) fn configure(&mut self, groups: &[SyncGroup]) {
        let mut old = std::mem::take(&mut self.groups);
        for group in groups {
            let known = old.remove(&group.key);
            let known = known.map_or((State::Init, State::Init, None), |known| {
                (known.told, known.brought, known.written)
            });
            let (told, brought, written) = known;
            let (members, notify) = (group.members.clone(), group.notify.clone());
            self.groups.insert(
                group.key.clone(),
                Group {
                    members,
                    notify,
                    told,
                    brought,
                    written,
                },
            );
        }
        let groups = &self.groups;
        self.pending.retain(|key| groups.contains_key(key));
    }

    /// What a process before this one told.
    pub(super) fn resume(&mut self, told: &[(GroupKey, GroupTold)]) {
        for (key, known) in told {
            let Some(group) = self.groups.get_mut(key) else {
                continue;
            };
            (group.told, group.brought) = (known.told, known.brought);
            group.written = known.written;
            if known.pending {
                self.pending.insert(key.clone());
            }
        }
    }

    /// The same, for a process after this one.
    pub(super) fn told(&self) -> Vec<(GroupKey, GroupTold)> {
        let told = |(key, group): (&GroupKey, &Group)| {
            let told = GroupTold {
                told: group.told,
                brought: group.brought,
                written: group.written,
                pending: self.pending.contains(key),
            };
            (key.clone(), told)
        };
        self.groups.iter().map(told).collect()
    }

    /// The states that were told, once more.
    pub(super) fn states(&self) -> Vec<Notice> {
        let line = |(key, group): (&GroupKey, &Group)| {
            let what = What::of_state(group.told)?;
            Some(notice(key, what, Vec::new()))
        };
        self.groups.iter().filter_map(line).collect()
    }

    /// A group is brought to a state.
    pub(super) fn brought(&mut self, key: &GroupKey, state: State) {
        if let Some(group) = self.groups.get_mut(key) {
            group.brought = state;
            self.pending.insert(key.clone());
        }
    }

    /// Groups whose members have all been told.
    pub(super) fn settled(
        &mut self,
        member: impl Fn(&InstanceKey) -> Option<Member>,
    ) -> Vec<Notice> {
        let mut notices = Vec::new();
        let groups = &mut self.groups;
        self.pending.retain(|key| {
            let Some(group) = groups.get_mut(key) else {
                return false;
            };
            let state = group.brought;
            // what has not begun has nothing to be told of its fault
            let there = |member: Member| {
                member.told == state || state == State::Fault && member.entered == State::Init
            };
            if !group.members.iter().filter_map(&member).all(there) {
                return true;
            }
            if group.told != state
                && let Some(what) = What::of_state(state)
            {
                group.told = state;
                notices.push(group.notice(key, what));
            }
            false
        });
        notices
    }

    /// A member has stopped with the daemon: the group's end, if it was the last one.
    pub(super) fn stopped(
        &mut self,
        last: &InstanceKey,
        runs: impl Fn(&InstanceKey) -> bool,
    ) -> Option<Notice> {
        let mut groups = self.groups.iter();
        let (key, _) = groups.find(|(_, group)| group.members.contains(last))?;
        let key = key.clone();
        let group = self.groups.get(&key)?;
        if group.members.iter().any(runs) {
            return None;
        }
        let mut group = self.groups.remove(&key)?;
        Some(group.notice(&key, What::Stop))
    }
}

impl Group {
    fn notice(&mut self, key: &GroupKey, what: What) -> Notice {
        let words = ["GROUP", &key.to_string(), what.word(), "0"].map(str::to_owned);
        let own = match what {
            What::Master => &self.notify.master,
            What::Backup => &self.notify.backup,
            What::Fault => &self.notify.fault,
            What::Stop => &self.notify.stop,
            What::Deleted | What::LowerPriority | What::MasterPriority | What::BackupPriority => {
                &None
            }
        };
        let own = own.clone().map(|script| (script, Vec::new()));
        let any = self.notify.any.clone();
        let any = any.map(|script| (script, words.to_vec()));
        let letter = Letter::of_group(key.0.as_str(), what, self.notify.alert);
        let written = self.written;
        if letter.is_some() {
            self.written = Some(what);
        }
        Notice {
            letter: letter.filter(|_| written != Some(what)),
            ..notice(key, what, own.into_iter().chain(any).collect())
        }
    }
}

fn notice(
    key: &GroupKey,
    what: What,
    scripts: Vec<(holdfast_model::Script, Vec<String>)>,
) -> Notice {
    Notice {
        subject: format!("GROUP {key}"),
        line: format!("GROUP \"{key}\" {} 0\n", what.word()),
        scripts,
        letter: None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use holdfast_model::{Name, Script};

    fn script(path: &str) -> Option<Script> {
        Some(Script {
            words: vec![Name::from(path)],
            ..Script::default()
        })
    }

    fn groups() -> Groups {
        let mut groups = Groups::default();
        groups.configure(&[SyncGroup {
            key: GroupKey(Name::from("G")),
            members: ["V1", "V2"]
                .map(|name| InstanceKey(Name::from(name)))
                .into(),
            notify: Notify {
                master: script("/m"),
                fault: script("/f"),
                stop: script("/s"),
                any: script("/any"),
                ..Notify::default()
            },
        }]);
        groups
    }

    /// The line and the scripts, with V1 and V2 told and being so.
    fn settle(groups: &mut Groups, told: [State; 2], entered: [State; 2]) -> Option<String> {
        let member = |key: &InstanceKey| {
            let [one, two] = [0, 1].map(|at| Some((*told.get(at)?, *entered.get(at)?)));
            let (told, entered) = if key.to_string() == "V1" { one } else { two }?;
            Some(Member { told, entered })
        };
        let notices = groups.settled(member);
        notices.first().map(text)
    }

    fn text(notice: &Notice) -> String {
        let mut text = notice.line.trim_end().to_owned();
        for (script, arguments) in &notice.scripts {
            text += &format!(" | {} {}", script.program(), arguments.join(" "));
        }
        text
    }

    #[test]
    fn a_group_follows_the_last_of_its_members_and_is_told_once() {
        use State::{Backup, Fault, Init, Master};
        let (mut groups, key) = (groups(), GroupKey(Name::from("G")));
        assert_eq!(settle(&mut groups, [Backup; 2], [Backup; 2]), None);
        groups.brought(&key, Master);
        let halfway = [Master, Backup];
        assert_eq!(settle(&mut groups, halfway, [Master; 2]), None);
        let told = settle(&mut groups, [Master; 2], [Master; 2]).expect("told");
        assert_eq!(told, "GROUP \"G\" MASTER 0 | /m  | /any GROUP G MASTER 0");
        groups.brought(&key, Master);
        assert_eq!(settle(&mut groups, [Master; 2], [Master; 2]), None);
        // a member that has not begun is not waited for
        groups.brought(&key, Fault);
        let told = settle(&mut groups, [Fault, Init], [Fault, Init]).expect("told");
        assert_eq!(told, "GROUP \"G\" FAULT 0 | /f  | /any GROUP G FAULT 0");
        let lines: Vec<String> = groups.states().iter().map(text).collect();
        assert_eq!(lines, ["GROUP \"G\" FAULT 0"]);
    }

    #[test]
    fn a_group_stops_with_the_last_of_its_members() {
        let mut groups = groups();
        let (one, two) = ("V1", "V2");
        let key = |name| InstanceKey(Name::from(name));
        assert_eq!(groups.stopped(&key(one), |other| *other == key(two)), None);
        let end = groups.stopped(&key(two), |_| false).expect("told");
        assert_eq!(text(&end), "GROUP \"G\" STOP 0 | /s  | /any GROUP G STOP 0");
    }

    #[test]
    fn a_successor_knows_what_groups_were_told() {
        use State::{Backup, Master};
        let (mut before, key) = (groups(), GroupKey(Name::from("G")));
        before.brought(&key, Master);
        settle(&mut before, [Master; 2], [Master; 2]).expect("told");
        let mut next = groups();
        next.resume(&before.told());
        next.brought(&key, Master);
        assert_eq!(settle(&mut next, [Master; 2], [Master; 2]), None);
        assert_eq!(next.states().len(), 1);
        // one of its members was still to be told
        next.brought(&key, Backup);
        assert_eq!(settle(&mut next, [Backup, Master], [Backup; 2]), None);
        let mut last = groups();
        last.resume(&next.told());
        let told = settle(&mut last, [Backup; 2], [Backup; 2]).expect("told");
        assert!(told.starts_with("GROUP \"G\" BACKUP 0"), "{told}");
    }
}
