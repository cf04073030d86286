//! What the router was told, kept.

use super::{hex, told};
use crate::hmac::Signed;
use crate::input::{Datagram, Ear, Input, Ipv6Header, Link};
use core::time::Duration;
use holdfast_model::{InstanceKey, Level, TrackKey, VirtualAddress, VrrpModel};
use serde::{Deserialize, Serialize};

/// An [`Input`] that borrows nothing, variant for variant.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[expect(missing_docs, reason = "they stand at Input")]
pub enum Given {
    Tick,
    Datagram {
        ear: Ear,
        #[serde(with = "hex")]
        bytes: Vec<u8>,
        header: Option<Ipv6Header>,
    },
    Link(Link),
    LinkGone(u32),
    Applied {
        instance: InstanceKey,
        epoch: u64,
    },
    ApplyFailed {
        instance: InstanceKey,
        epoch: u64,
    },
    Lost {
        instance: InstanceKey,
        address: VirtualAddress,
    },
    Ipvs(bool),
    Clock {
        ahead: Duration,
    },
    Signed(Signed),
    Level {
        key: TrackKey,
        level: Level,
    },
    Reconfigure(Box<VrrpModel>),
    Unheard(Ear),
    Offer,
    Claimed(InstanceKey),
    Start,
    Stop {
        release: bool,
    },
}

impl From<&Input<'_>> for Given {
    fn from(input: &Input<'_>) -> Self {
        match input {
            Input::Tick => Self::Tick,
            Input::Datagram(datagram) => Self::Datagram {
                ear: datagram.ear,
                bytes: datagram.bytes.to_vec(),
                header: datagram.header,
            },
            Input::Link(link) => Self::Link(link.clone()),
            Input::LinkGone(index) => Self::LinkGone(*index),
            Input::Applied { instance, epoch } => Self::Applied {
                instance: (*instance).clone(),
                epoch: *epoch,
            },
            Input::ApplyFailed { instance, epoch } => Self::ApplyFailed {
                instance: (*instance).clone(),
                epoch: *epoch,
            },
            Input::Lost { instance, address } => Self::Lost {
                instance: (*instance).clone(),
                address: (*address).clone(),
            },
            Input::Ipvs(present) => Self::Ipvs(*present),
            Input::Clock { ahead } => Self::Clock { ahead: *ahead },
            Input::Signed(signed) => Self::Signed((*signed).clone()),
            Input::Level { key, level } => Self::Level {
                key: (*key).clone(),
                level: *level,
            },
            Input::Reconfigure(model) => Self::Reconfigure(Box::new(told(model))),
            Input::Unheard(ear) => Self::Unheard(*ear),
            Input::Offer => Self::Offer,
            Input::Claimed(instance) => Self::Claimed((*instance).clone()),
            Input::Start => Self::Start,
            Input::Stop { release } => Self::Stop { release: *release },
        }
    }
}

impl Given {
    /// The same for a router.
    pub fn input(&self) -> Input<'_> {
        match self {
            Self::Tick => Input::Tick,
            Self::Datagram { ear, bytes, header } => Input::Datagram(Datagram {
                ear: *ear,
                bytes,
                header: *header,
            }),
            Self::Link(link) => Input::Link(link.clone()),
            Self::LinkGone(index) => Input::LinkGone(*index),
            Self::Applied { instance, epoch } => Input::Applied {
                instance,
                epoch: *epoch,
            },
            Self::ApplyFailed { instance, epoch } => Input::ApplyFailed {
                instance,
                epoch: *epoch,
            },
            Self::Lost { instance, address } => Input::Lost { instance, address },
            Self::Ipvs(present) => Input::Ipvs(*present),
            Self::Clock { ahead } => Input::Clock { ahead: *ahead },
            Self::Signed(signed) => Input::Signed(signed),
            Self::Level { key, level } => Input::Level { key, level: *level },
            Self::Reconfigure(model) => Input::Reconfigure(model),
            Self::Unheard(ear) => Input::Unheard(*ear),
            Self::Offer => Input::Offer,
            Self::Claimed(instance) => Input::Claimed(instance),
            Self::Start => Input::Start,
            Self::Stop { release } => Input::Stop { release: *release },
        }
    }
}
