//! What the control process asks of this worker. It comes last in a turn: adverts never wait for it.

use super::Worker;
use holdfast_control::report::{Group, Instance, Master, Vrrp};
use holdfast_control::{Answer, Question};
use holdfast_model::{InstanceKey, Mono, State, VirtualAddress};
use holdfast_vrrp::Status;

impl Worker {
    /// Says what is asked.
    pub(super) fn answer(&self, time: Mono) {
        for (number, question) in self.questions.next() {
            let answer = match question {
                Question::Status => Answer::Vrrp(self.standing(time)),
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
                .map(|cause| crate::render::fault_words(*cause).to_owned())
                .collect(),
            sync_group: self.group_of(&status.key),
        })
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

fn millis(time: std::time::Duration) -> u64 {
    u64::try_from(time.as_millis()).unwrap_or(u64::MAX)
}
