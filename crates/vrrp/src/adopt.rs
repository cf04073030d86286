//! Going on for masters of which nothing is known but that they were it a moment ago: another build
//! whose snapshot cannot be read, another program.

use crate::router::Router;
use crate::snapshot::{InstanceState, RouterState, VERSION, place};
use holdfast_model::{Instance, InstanceKey, Mono, State, VrrpModel};
use std::collections::BTreeSet;

impl Router {
    /// A router whose `masters` were master until now; all others begin anew. What comes in before
    /// `Start` is heard, as after [`Router::resume`].
    pub fn adopt(model: &VrrpModel, masters: &BTreeSet<InstanceKey>, now: Mono) -> Self {
        let known = model.instances.iter();
        let known = known.filter(|instance| masters.contains(&instance.key));
        let groups = model.groups.iter();
        let whole = groups.filter(|group| group.members.iter().all(|key| masters.contains(key)));
        let from = RouterState {
            version: VERSION,
            epoch: 0,
            instances: known.map(|instance| master(instance, now)).collect(),
            levels: Vec::new(),
            groups: whole
                .map(|group| (group.key.clone(), State::Master))
                .collect(),
        };
        Self::resume(model, &from, now)
    }
}

/// One that has just spoken, and owes nobody anything.
fn master(instance: &Instance, now: Mono) -> InstanceState {
    let refresh = instance.garp.refresh;
    InstanceState {
        key: instance.key.clone(),
        vrid: instance.vrid.get(),
        place: place(instance),
        state: State::Master,
        since: now,
        want: (0, None),
        packet_id: 0,
        faults: (Vec::new(), None),
        down: None,
        learned: None,
        preempt_from: None,
        master: None,
        adverts: Some((now, now)),
        answers: Some((now, 0)),
        second_arp: None,
        refresh_arp: (!refresh.is_zero()).then(|| now + refresh),
        placed: true,
        owed: Vec::new(),
        priority: instance.priority.get(),
        wants: false,
        signatures: (None, Vec::new()),
    }
}
