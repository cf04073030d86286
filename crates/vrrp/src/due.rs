//! What of the instances is looked at for every packet and every sleep, side by side: with hundreds of
//! them it would take longer to ask each than to serve the one that is meant.

use crate::instance::Instance;
use crate::state::master;
use holdfast_model::Mono;
use std::collections::BTreeMap;

/// Follows from the instances, in their order.
#[derive(Debug, Clone, Default)]
pub(crate) struct Due {
    /// It does.
    known: bool,
    /// When each is to be served; [`Mono::MAX`] for never.
    next: Vec<Mono>,
    /// From when on each master was silent for too long; [`Mono::MAX`] for all others.
    late: Vec<Mono>,
    /// The places of those with a VRID.
    vrids: BTreeMap<u8, Vec<usize>>,
}

/// Two routers with the same instances are the same.
impl PartialEq for Due {
    fn eq(&self, _other: &Self) -> bool {
        true
    }
}

impl Eq for Due {}

impl Due {
    /// Something was done to instances, or to their list, that [`Self::note`] was not told of.
    pub(crate) fn forget(&mut self) {
        self.known = false;
    }

    /// Asks them all, if it has to.
    pub(crate) fn learn(&mut self, instances: &[Instance]) {
        if core::mem::replace(&mut self.known, true) {
            return;
        }
        self.next = instances.iter().map(next).collect();
        self.late = instances.iter().map(late).collect();
        self.vrids.clear();
        for (at, instance) in instances.iter().enumerate() {
            let vrid = instance.config.vrid.get();
            self.vrids.entry(vrid).or_default().push(at);
        }
    }

    /// Something was done to one of them.
    pub(crate) fn note(&mut self, at: usize, instance: &Instance) {
        if let (Some(known), Some(lateness)) = (self.next.get_mut(at), self.late.get_mut(at)) {
            (*known, *lateness) = (next(instance), late(instance));
        }
    }

    /// When the first of them is to be served.
    pub(crate) fn first(&self, instances: &[Instance]) -> Option<Mono> {
        let asked = || instances.iter().filter_map(Instance::deadline).min();
        if !self.known {
            return asked();
        }
        let first = self.next.iter().copied().min();
        let first = first.filter(|first| *first != Mono::MAX);
        debug_assert_eq!(first, asked(), "something was done that nobody noted");
        first
    }

    /// The place of the first one not before `from` that is to be served.
    pub(crate) fn served_next(&self, from: usize, now: Mono) -> Option<usize> {
        let mut rest = self.next.iter().skip(from);
        rest.position(|next| *next <= now).map(|at| from + at)
    }

    /// Was a master silent for too long?
    pub(crate) fn is_one_late(&self, now: Mono) -> bool {
        self.late.iter().any(|late| *late < now)
    }

    /// The places of those with this VRID.
    pub(crate) fn with_vrid(&self, vrid: u8) -> impl Iterator<Item = usize> {
        self.vrids.get(&vrid).into_iter().flatten().copied()
    }
}

fn next(instance: &Instance) -> Mono {
    instance.deadline().unwrap_or(Mono::MAX)
}

fn late(instance: &Instance) -> Mono {
    master::late_from(instance).unwrap_or(Mono::MAX)
}
