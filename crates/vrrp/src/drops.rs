//! Packets that belong to no instance: counted, and told now and then.

use crate::action::Action;
use crate::input::Ear;
use crate::router::Router;
use crate::stats;
use core::net::{IpAddr, Ipv4Addr};
use core::time::Duration;
use holdfast_model::event::RejectReason;
use holdfast_model::{Event, IfName, Mono};
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// A drop of one kind on one link is told once in this time.
const SAID_FOR: Duration = Duration::from_secs(60);

/// When what was told.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub(crate) struct Drops {
    /// At most one entry a socket and reason.
    #[serde(with = "crate::tape::pairs")]
    reasons: BTreeMap<(Ear, RejectReason), Mono>,
    /// At most 256 entries a socket.
    #[serde(with = "crate::tape::pairs")]
    vrids: BTreeMap<(Ear, u8), Mono>,
}

impl Drops {
    /// That link is gone.
    pub(crate) fn forget(&mut self, link: u32) {
        let gone = |ear: &Ear| matches!(ear, Ear::Link(index, _) if *index == link);
        self.reasons.retain(|(ear, _), _| !gone(ear));
        self.vrids.retain(|(ear, _), _| !gone(ear));
    }
}

/// Is it to be told now? Then it was.
fn is_news<K: Ord>(said: &mut BTreeMap<K, Mono>, key: K, now: Mono) -> bool {
    let news = said
        .get(&key)
        .is_none_or(|last| now.since(*last) >= SAID_FOR);
    if news {
        said.insert(key, now);
    }
    news
}

impl Router {
    /// A packet that belongs to no instance; of its sender and its VRID, what could be read.
    pub(crate) fn drop_packet(
        &mut self,
        now: Mono,
        (ear, interface): (Ear, Option<IfName>),
        sender: Option<(IpAddr, u8)>,
        reason: RejectReason,
    ) {
        stats::count(&mut self.stats.rejected, reason);
        let (source, vrid) = sender.unwrap_or((IpAddr::V4(Ipv4Addr::UNSPECIFIED), 0));
        let drops = &mut self.drops;
        let event = match reason {
            // Other clusters on the same wire are nothing to talk about, unless somebody asks.
            RejectReason::UnknownVrid if !self.tells_unknown => return,
            RejectReason::UnknownVrid if !is_news(&mut drops.vrids, (ear, vrid), now) => return,
            RejectReason::UnknownVrid => Event::UnknownVrid {
                interface,
                source,
                vrid,
            },
            _ if !is_news(&mut drops.reasons, (ear, reason), now) => return,
            _ => Event::PacketDropped {
                interface,
                source,
                reason,
            },
        };
        self.actions.push_back(Action::Report(event));
    }
}
