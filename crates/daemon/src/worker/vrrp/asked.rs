//! What the control process asks of this worker. It comes last in a turn: adverts never wait for it.

use super::Worker;
use crate::render;
use crate::worker::history::Remark;
use holdfast_control::report::{Group, Happening, Instance, Master, Vrrp, Watched, Why};
use holdfast_control::{Answer, Question};
use holdfast_kernel::time::wall_ahead;
use holdfast_model::{InstanceKey, Mono, State, VirtualAddress};
use holdfast_vrrp::Status;

impl Worker {
    /// Says what is asked.
    pub(super) fn answer(&self, time: Mono) {
        for (number, question) in self.questions.next() {
            let answer = match question {
                Question::Status => Answer::Vrrp(self.standing(time)),
                Question::Order(_) | Question::Connections { .. } => {
                    Answer::Refused("real servers are another process's".to_owned())
                }
                Question::Why { instance } => self.why(&instance, time),
            };
            if let Err(error) = self.questions.answer(number, &answer) {
                tracing::warn!("control socket: cannot answer: {error}");
            }
        }
    }

    fn standing(&self, time: Mono) -> Vrrp {
        let states = self.router.status();
        let instances = states.filter_map(|status| self.instance(&status, time));
        let groups = self.router.groups().map(|(group, state)| Group {
            name: group.key.to_string(),
            state: state.to_string(),
            instances: group.members.iter().map(ToString::to_string).collect(),
        });
        Vrrp {
            instances: instances.collect(),
            sync_groups: groups.collect(),
        }
    }

    fn instance(&self, status: &Status, time: Mono) -> Option<Instance> {
        let mut all = self.model.instances.iter();
        // a reload is on its way: the router still has one that the new configuration has not
        let config = all.find(|instance| instance.key == status.key)?;
        let addresses = |list: &[VirtualAddress]| {
            let dev = |a: &VirtualAddress| format!("{a} dev {}", a.interface);
            list.iter().map(dev).collect()
        };
        let faults = status.faults.iter();
        Some(Instance {
            name: status.key.to_string(),
            state: status.state.to_string(),
            in_state_ms: millis(time.since(status.since)),
            priority: config.priority.get(),
            effective_priority: status.priority,
            interface: config.interface.as_str().to_owned(),
            vrid: config.vrid.get(),
            version: config.wire.version.number(),
            addresses: addresses(&config.addresses),
            excluded: addresses(&config.objects.excluded),
            serving: status.serving,
            master: self.master(status, config),
            faults: faults
                .map(|cause| render::fault_words(*cause).to_owned())
                .collect(),
            sync_group: self.group_of(&status.key),
        })
    }

    /// Why an instance is in its state; its name may be written in other letters if it is one
    /// only.
    fn why(&self, name: &str, time: Mono) -> Answer {
        let all: Vec<Status> = self.router.status().collect();
        let names: Vec<String> = all.iter().map(|status| status.key.to_string()).collect();
        let Some(at) = named(&names, name) else {
            let names = names.join(", ");
            return Answer::Refused(format!(
                "no VRRP instance is called '{name}': there are {names}"
            ));
        };
        let Some(status) = all.get(at) else {
            return Answer::Refused("no such instance".to_owned());
        };
        let mut configured = self.model.instances.iter();
        let config = configured.find(|config| config.key == status.key);
        let parts = config
            .zip(self.router.account(&status.key))
            .zip(self.instance(status, time));
        let Some(((config, account), instance)) = parts else {
            return Answer::Refused(format!("'{name}' is being removed by a reload"));
        };
        let (because, would_change) = render::why(config, status, &account, time);
        let watched = account
            .watched
            .iter()
            .map(|(track, level, effect)| Watched {
                name: track.key.to_string(),
                level: render::level_words(*level),
                weight: track.weight,
                reverse: track.reverse,
                effect: render::effect_words(*effect),
            });
        let history = &self.effects.history;
        let remarks = history.of(&status.key);
        Answer::Why(Box::new(Why {
            instance,
            because,
            would_change,
            watched: watched.collect(),
            history: remarks
                .filter_map(|remark| happening(remark, time))
                .collect(),
            remembers_ms: millis(time.since(history.since)),
        }))
    }

    fn master(&self, status: &Status, config: &holdfast_model::Instance) -> Option<Master> {
        if status.state == State::Master {
            let wire = &config.wire;
            let mut links = self.effects.links();
            let link = links.find(|link| link.name == config.interface);
            let own = wire.source.or_else(|| link?.source_of(wire.family));
            return Some(Master {
                address: own.map(|address| address.to_string()),
                priority: status.priority,
                here: true,
            });
        }
        let (address, priority) = status.master?;
        Some(Master {
            address: Some(address.to_string()),
            priority,
            here: false,
        })
    }

    fn group_of(&self, key: &InstanceKey) -> Option<String> {
        let mut groups = self.router.groups();
        let (group, _) = groups.find(|(group, _)| group.members.contains(key))?;
        Some(group.key.to_string())
    }
}

/// Which of the names is meant.
fn named(names: &[String], name: &str) -> Option<usize> {
    let exact = names.iter().position(|each| each == name);
    let mut alike = names.iter().enumerate();
    let mut alike = alike
        .by_ref()
        .filter(|(_, each)| each.eq_ignore_ascii_case(name))
        .map(|(at, _)| at);
    exact.or_else(|| alike.next().filter(|_| alike.next().is_none()))
}

/// What has no words is not worth a line.
fn happening(remark: &Remark, now: Mono) -> Option<Happening> {
    let what = remark.what.words()?;
    let at = wall_ahead() + remark.at.since(Mono::ZERO);
    Some(Happening {
        at_ms: millis(at),
        ago_ms: millis(now.since(remark.at)),
        times: remark.times,
        what,
    })
}

fn millis(time: std::time::Duration) -> u64 {
    u64::try_from(time.as_millis()).unwrap_or(u64::MAX)
}

#[cfg(test)]
mod tests {
    use super::named;

    #[test]
    fn a_name_is_found_in_other_letters_if_it_is_one_only() {
        let names = ["VI_1", "VI_2", "vi_2"].map(str::to_owned);
        for (name, expected) in [
            ("VI_1", Some(0)),
            ("vi_1", Some(0)),
            ("vi_2", Some(2)),
            ("Vi_2", None),
            ("VI_3", None),
            ("", None),
        ] {
            assert_eq!(named(&names, name), expected, "{name}");
        }
    }
}
