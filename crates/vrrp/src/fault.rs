//! Why an instance may not serve: a set of causes.

use crate::input::Link;
use holdfast_model::event::FaultCause;
use holdfast_model::{IfName, Instance};
use serde::{Deserialize, Serialize};

/// Every cause, in the order they are reported.
const ALL: [FaultCause; 11] = [
    FaultCause::InterfaceMissing,
    FaultCause::InterfaceDown,
    FaultCause::NoSource,
    FaultCause::NotApplied,
    FaultCause::VipTaken,
    FaultCause::NoIpvs,
    FaultCause::Tracked,
    FaultCause::Unjudged,
    FaultCause::Group,
    FaultCause::NoPeers,
    FaultCause::GroupUnjudged,
];

/// What others of its sync group have against it.
const GROUP: u16 = bit(FaultCause::Group) | bit(FaultCause::GroupUnjudged);

/// A set of causes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
pub(crate) struct Faults(u16);

impl Faults {
    /// True when nothing is wrong.
    pub(crate) const fn is_empty(self) -> bool {
        self.0 == 0
    }

    /// Adds a cause.
    pub(crate) const fn insert(&mut self, cause: FaultCause) {
        self.0 |= bit(cause);
    }

    /// The causes that are in `self` and not in `other`.
    pub(crate) fn without(self, other: Self) -> impl Iterator<Item = FaultCause> {
        ALL.into_iter()
            .filter(move |cause| self.0 & !other.0 & bit(*cause) != 0)
    }

    /// All causes.
    pub(crate) fn iter(self) -> impl Iterator<Item = FaultCause> {
        self.without(Self::default())
    }

    /// Only what ends by itself, after a while.
    pub(crate) const fn passing(self) -> Self {
        Self(self.0 & (bit(FaultCause::NotApplied) | bit(FaultCause::VipTaken)))
    }

    /// What others of its sync group have against it.
    pub(crate) const fn of_group(self) -> Self {
        Self(self.0 & GROUP)
    }

    /// All but that.
    pub(crate) const fn own(self) -> Self {
        Self(self.0 & !GROUP)
    }

    /// Nothing is known to be wrong; at most it is not known yet how something is.
    pub(crate) const fn is_waiting(self) -> bool {
        let waits = bit(FaultCause::Unjudged) | bit(FaultCause::GroupUnjudged);
        self.0 & !waits == 0
    }

    /// Both sets in one.
    pub(crate) const fn union(self, other: Self) -> Self {
        Self(self.0 | other.0)
    }

    /// What the world holds against an instance: its interface, those of its VIPs, IPVS.
    pub(crate) fn of_world<'a>(
        instance: &Instance,
        ipvs: bool,
        link: impl Fn(&IfName) -> Option<&'a Link>,
    ) -> Self {
        let mut faults = Self::default();
        let own = link(instance.speaker());
        let wire = &instance.wire;
        let sourceless = own.is_some_and(|own| own.source_of(wire.family).is_none());
        // RFC 9568 s5.1.1.1 asks for an address of the interface; one that the file names may come later
        let lost = |own: &Link| {
            wire.source
                .is_some_and(|source| !own.addresses.contains(&source))
        };
        let missing = wire.tracks_source && own.is_some_and(lost);
        if missing || (sourceless && wire.source.is_none()) {
            faults.insert(FaultCause::NoSource);
        }
        let devices = instance.addresses.iter().map(|vip| &vip.interface);
        let made = &instance.links.list;
        for name in devices
            .chain([&instance.interface])
            .chain(made.iter().map(|m| &m.name))
        {
            let heeded = *name != instance.interface || !instance.tracks.not_own_interface;
            match link(name) {
                None => faults.insert(FaultCause::InterfaceMissing),
                // another link that has the name of ours
                Some(device)
                    if made
                        .iter()
                        .any(|m| m.name == *name && !m.may_have(device.mac.0)) =>
                {
                    faults.insert(FaultCause::InterfaceMissing);
                }
                Some(device) if !device.up && heeded => faults.insert(FaultCause::InterfaceDown),
                Some(_) => {}
            }
        }
        if wire.cast.peers().is_some_and(|peers| peers.list.is_empty()) {
            faults.insert(FaultCause::NoPeers);
        }
        if instance.serves_ipvs && !ipvs {
            faults.insert(FaultCause::NoIpvs);
        }
        faults
    }
}

const fn bit(cause: FaultCause) -> u16 {
    1 << match cause {
        FaultCause::InterfaceMissing => 0,
        FaultCause::InterfaceDown => 1,
        FaultCause::NoSource => 2,
        FaultCause::NotApplied => 3,
        FaultCause::VipTaken => 4,
        FaultCause::NoIpvs => 5,
        FaultCause::Tracked => 6,
        FaultCause::Unjudged => 7,
        FaultCause::Group => 8,
        FaultCause::NoPeers => 9,
        FaultCause::GroupUnjudged => 10,
    }
}
