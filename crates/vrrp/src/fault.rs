//! Why an instance may not serve: a set of causes.

use crate::input::Link;
use holdfast_model::event::FaultCause;
use holdfast_model::{IfName, Instance};

/// Every cause, in the order they are reported.
const ALL: [FaultCause; 6] = [
    FaultCause::InterfaceMissing,
    FaultCause::InterfaceDown,
    FaultCause::NoSource,
    FaultCause::NotApplied,
    FaultCause::VipTaken,
    FaultCause::NoIpvs,
];

/// A set of causes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(crate) struct Faults(u8);

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
        let own = link(&instance.interface);
        let wire = &instance.wire;
        let sourceless = own.is_some_and(|own| own.source_of(wire.family).is_none());
        if sourceless && wire.source.is_none() {
            faults.insert(FaultCause::NoSource);
        }
        let devices = instance.addresses.iter().map(|vip| link(&vip.interface));
        for device in devices.chain([own]) {
            match device {
                None => faults.insert(FaultCause::InterfaceMissing),
                Some(device) if !device.up => faults.insert(FaultCause::InterfaceDown),
                Some(_) => {}
            }
        }
        if instance.serves_ipvs && !ipvs {
            faults.insert(FaultCause::NoIpvs);
        }
        faults
    }
}

const fn bit(cause: FaultCause) -> u8 {
    1 << match cause {
        FaultCause::InterfaceMissing => 0,
        FaultCause::InterfaceDown => 1,
        FaultCause::NoSource => 2,
        FaultCause::NotApplied => 3,
        FaultCause::VipTaken => 4,
        FaultCause::NoIpvs => 5,
    }
}
