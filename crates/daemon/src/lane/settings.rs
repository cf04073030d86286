//! Settings of links that the configuration asks for, and what they were before.

use crate::state::HeldSetting;
use holdfast_kernel::rt::sysctl;
use holdfast_model::IfName;
use std::collections::BTreeMap;
use std::io;

/// `disable_local_igmp`: of the network namespace, and not of a link.
pub(crate) const IGMP: &str = "igmp_link_local_mcast_reports";

/// Links, and what is at least to be set there.
pub(crate) type Switches = BTreeMap<(IfName, &'static str), i32>;

/// One change, of what switch on which link.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Step {
    Set((IfName, String), i32),
    Restore((IfName, String), i32),
}

/// `promote_secondaries` and its kin: switches of IPv4, by link.
#[derive(Debug, Default)]
pub(crate) struct LinkSettings {
    wanted: Switches,
    /// Index of the link that has it, and what it had before.
    done: BTreeMap<(IfName, String), (u32, i32)>,
}

impl LinkSettings {
    /// `before` was written down by a worker that did not live to restore it.
    pub(crate) fn resume(before: &[HeldSetting]) -> Self {
        let done = before
            .iter()
            .map(|held| ((held.interface.clone(), held.name.clone()), (0, held.value)));
        Self {
            wanted: Switches::new(),
            done: done.collect(),
        }
    }

    pub(crate) fn configure(&mut self, wanted: Switches) {
        self.wanted = wanted;
    }

    /// What is to be switched on, and what nobody asks for any more. From here on `held` has all of
    /// it: it is to be written down before it is done.
    pub(crate) fn plan(
        &mut self,
        index: impl Fn(&IfName) -> Option<u32>,
        read: impl Fn(&IfName, &str) -> io::Result<i32>,
    ) -> Vec<Step> {
        let mut steps = Vec::new();
        for ((link, name), value) in &self.wanted {
            let Some(index) = index(link) else {
                continue;
            };
            let key = (link.clone(), (*name).to_owned());
            let done = self.done.get(&key);
            if done.is_some_and(|(known, _)| *known == index) {
                continue;
            }
            // a worker before us knew; a link that came anew has its own
            let known = done.filter(|(known, _)| *known == 0).map(|done| done.1);
            match known.map_or_else(|| read(link, name), Ok) {
                Ok(before) => {
                    self.done.insert(key.clone(), (index, before));
                    let due = if *name == IGMP {
                        before != *value
                    } else {
                        before < *value
                    };
                    if due {
                        steps.push(Step::Set(key, *value));
                    }
                }
                Err(error) => tracing::warn!("cannot read {name} of {link}: {error}"),
            }
        }
        let wants = |(link, name): &(IfName, String)| {
            let mut wanted = self.wanted.keys();
            wanted.any(|(its, switch)| its == link && switch == name)
        };
        let left = self.done.iter().filter(|(key, _)| !wants(key));
        steps.extend(left.map(|(key, (_, before))| Step::Restore(key.clone(), *before)));
        steps
    }

    /// Does it. What could not be set is tried again with the next plan.
    pub(crate) fn carry_out(
        &mut self,
        steps: Vec<Step>,
        write: impl Fn(&IfName, &str, i32) -> io::Result<()>,
    ) {
        for step in steps {
            match step {
                Step::Set(key, value) => {
                    let (link, name) = &key;
                    if let Err(error) = write(link, name, value) {
                        tracing::warn!("cannot set {name} on {link}: {error}");
                        self.done.remove(&key);
                    }
                }
                Step::Restore(key, value) => {
                    let _link_is_gone = write(&key.0, &key.1, value);
                    self.done.remove(&key);
                }
            }
        }
    }

    /// What has to be restored.
    pub(crate) fn held(&self) -> Vec<HeldSetting> {
        let done = self
            .done
            .iter()
            .map(|((link, name), (_, value))| HeldSetting {
                interface: link.clone(),
                name: name.clone(),
                value: *value,
            });
        done.collect()
    }
}

/// Gives a link its setting back; one that is gone needs nothing.
pub(crate) fn restore(held: &HeldSetting) {
    let _link_is_gone = write(&held.interface, &held.name, held.value);
}

/// What a switch is.
pub(crate) fn read(link: &IfName, name: &str) -> io::Result<i32> {
    match name {
        IGMP => sysctl::read_host(name),
        _ => sysctl::read("ipv4", link, name),
    }
}

/// Turns a switch.
pub(crate) fn write(link: &IfName, name: &str, value: i32) -> io::Result<()> {
    match name {
        IGMP => sysctl::write_host(name, value),
        _ => sysctl::write("ipv4", link, name, value),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::cell::RefCell;

    const NAME: &str = "promote_secondaries";

    fn link(name: &str) -> IfName {
        IfName::new(name).expect("name")
    }

    fn wanted(names: &[&str]) -> Switches {
        let one = |name: &&str| ((link(name), NAME), 1);
        names.iter().map(one).collect()
    }

    fn held(name: &str, value: i32) -> HeldSetting {
        HeldSetting {
            interface: link(name),
            name: NAME.into(),
            value,
        }
    }

    /// What is to be restored is known before it is changed, and until it is restored.
    #[test]
    fn it_is_written_down_before_it_is_done() {
        let is = RefCell::new(BTreeMap::from([(link("e0"), 0), (link("e1"), 1)]));
        let index = |name: &IfName| (*name != link("e2")).then_some(7);
        let read = |name: &IfName, _: &str| Ok(is.borrow()[name]);
        let write = |name: &IfName, _: &str, value| {
            is.borrow_mut().insert(name.clone(), value);
            Ok(())
        };
        let mut settings = LinkSettings::default();
        settings.configure(wanted(&["e0", "e1", "e2"]));
        let steps = settings.plan(index, read);
        assert_eq!(steps, [Step::Set((link("e0"), NAME.into()), 1)]);
        assert_eq!(settings.held(), [held("e0", 0), held("e1", 1)]);
        assert_eq!(is.borrow()[&link("e0")], 0);
        settings.carry_out(steps, write);
        assert_eq!(is.borrow()[&link("e0")], 1);
        assert_eq!(settings.plan(index, read), []);

        settings.configure(wanted(&["e1"]));
        let steps = settings.plan(index, read);
        assert_eq!(steps, [Step::Restore((link("e0"), NAME.into()), 0)]);
        assert_eq!(settings.held(), [held("e0", 0), held("e1", 1)]);
        settings.carry_out(steps, write);
        assert_eq!(is.borrow()[&link("e0")], 0);
        assert_eq!(settings.held(), [held("e1", 1)]);
    }

    #[test]
    fn reports_are_switched_off_and_on_again() {
        let all = (link("all"), IGMP);
        let key = (link("all"), IGMP.to_owned());
        let mut settings = LinkSettings::default();
        settings.configure([(all, 0)].into());
        let steps = settings.plan(|_| Some(1), |_, _| Ok(1));
        assert_eq!(steps, [Step::Set(key.clone(), 0)]);
        settings.carry_out(steps, |_, _, _| Ok(()));
        settings.configure(Switches::new());
        let steps = settings.plan(|_| Some(1), |_, _| Ok(0));
        assert_eq!(steps, [Step::Restore(key, 1)]);
    }

    #[test]
    fn what_a_worker_before_knew_is_what_it_was() {
        let mut settings = LinkSettings::resume(&[held("e0", 0)]);
        settings.configure(wanted(&["e0"]));
        let steps = settings.plan(|_| Some(7), |_, _| Ok(1));
        assert_eq!(steps, [Step::Set((link("e0"), NAME.into()), 1)]);
        assert_eq!(settings.held(), [held("e0", 0)]);
    }

    #[test]
    fn what_cannot_be_set_is_tried_again() {
        let mut settings = LinkSettings::default();
        settings.configure(wanted(&["e0"]));
        let steps = settings.plan(|_| Some(7), |_, _| Ok(0));
        settings.carry_out(steps.clone(), |_, _, _| Err(io::ErrorKind::Other.into()));
        assert_eq!(settings.held(), []);
        assert_eq!(settings.plan(|_| Some(7), |_, _| Ok(0)), steps);
    }
}
