//! Sockets that outlive this worker: the supervisor holds a copy of each, and gives them to the next
//! one, so that it reads what came in meanwhile and leaves no group.

use holdfast_model::AddressFamily;
use holdfast_supervise::{Channel, FromWorker};
use holdfast_vrrp::Ear;
use std::collections::BTreeMap;
use std::os::fd::{BorrowedFd, OwnedFd};

/// This worker's side.
#[derive(Debug)]
pub(super) struct Keeper {
    channel: Channel,
    found: BTreeMap<u64, OwnedFd>,
}

impl Keeper {
    /// `found`: what the worker before this one left, by number.
    pub(super) const fn new(channel: Channel, found: BTreeMap<u64, OwnedFd>) -> Self {
        Self { channel, found }
    }

    /// The socket that was left for this.
    pub(super) fn take(&mut self, ear: Ear) -> Option<OwnedFd> {
        self.found.remove(&number(ear))
    }

    /// Has it kept. If the supervisor hangs the next worker opens its own.
    pub(super) fn keep(&self, ear: Ear, socket: BorrowedFd<'_>) {
        let id = number(ear);
        let message = FromWorker::Keep { id }.encode();
        let _full_or_gone = self.channel.send(&message, Some(socket));
    }

    /// It is closed.
    pub(super) fn forget(&self, ear: Ear) {
        self.say(number(ear));
    }

    /// Closes what nobody took.
    pub(super) fn close_rest(&mut self) {
        for id in core::mem::take(&mut self.found).into_keys() {
            self.say(id);
        }
    }

    fn say(&self, id: u64) {
        super::control::say(&self.channel, FromWorker::Drop { id });
    }
}

/// Interfaces count from 1: 0 is unicast.
fn number(ear: Ear) -> u64 {
    let family = match ear.family() {
        AddressFamily::V4 => 0,
        AddressFamily::V6 => 1,
    };
    let link = match ear {
        Ear::Link(link, _) => link,
        Ear::Peers(_) => 0,
    };
    u64::from(link) << 1 | family
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_ear_has_its_number() {
        let families = [AddressFamily::V4, AddressFamily::V6];
        let ears = families.map(|f| [Ear::Peers(f), Ear::Link(1, f), Ear::Link(u32::MAX, f)]);
        let numbers: std::collections::BTreeSet<u64> =
            ears.into_iter().flatten().map(number).collect();
        assert_eq!(numbers.len(), 6);
    }
}
