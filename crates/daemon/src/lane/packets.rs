//! Packet sockets outlive the worker: who closes the last copy of one waits until each processor has passed
//! through the kernel's scheduler (net/packet/af_packet.c, packet_release), for seconds on a host that is
//! short of processors, and a worker's death is over only when all its sockets are closed. So the
//! supervisor holds copies, and the next worker goes on with them.

use holdfast_model::AddressFamily;
use holdfast_supervise::{Channel, FromWorker};
use std::collections::BTreeMap;
use std::io;
use std::os::fd::{AsFd, BorrowedFd, OwnedFd};

/// What one is for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Purpose {
    /// Gratuitous ARP and probes leave by it.
    Announce,
    /// It hears who claims our addresses.
    Claims(AddressFamily),
}

impl Purpose {
    const ALL: [Self; 3] = [
        Self::Announce,
        Self::Claims(AddressFamily::V4),
        Self::Claims(AddressFamily::V6),
    ];

    /// Beyond the numbers of sockets for adverts.
    const fn number(self) -> u64 {
        let place = match self {
            Self::Announce => 0,
            Self::Claims(AddressFamily::V4) => 1,
            Self::Claims(AddressFamily::V6) => 2,
        };
        1 << 63 | place
    }
}

/// Those that the worker before this one left, and the way to the supervisor.
#[derive(Debug, Default)]
pub(crate) struct Packets {
    /// None: nobody keeps them.
    channel: Option<Channel>,
    found: BTreeMap<u64, OwnedFd>,
}

impl Packets {
    /// Takes them out of what was left.
    pub(crate) fn of(channel: Channel, left: &mut BTreeMap<u64, OwnedFd>) -> Self {
        let numbers = Purpose::ALL.map(Purpose::number);
        let found = numbers.into_iter();
        let found = found.filter_map(|number| Some((number, left.remove(&number)?)));
        Self {
            found: found.collect(),
            channel: Some(channel),
        }
    }

    /// The one that was left for this; or a new one, which is kept from now on.
    ///
    /// # Errors
    /// What either way of coming to one says.
    pub(crate) fn open<S: AsFd>(
        &mut self,
        purpose: Purpose,
        adopt: impl FnOnce(OwnedFd) -> io::Result<S>,
        open: impl FnOnce() -> io::Result<S>,
    ) -> io::Result<S> {
        if let Some(left) = self.take(purpose) {
            return adopt(left);
        }
        let socket = open()?;
        self.keep(purpose, socket.as_fd());
        Ok(socket)
    }

    fn take(&mut self, purpose: Purpose) -> Option<OwnedFd> {
        self.found.remove(&purpose.number())
    }

    /// If the supervisor hangs it dies with this worker.
    fn keep(&self, purpose: Purpose, socket: BorrowedFd<'_>) {
        let id = purpose.number();
        if let Some(channel) = &self.channel {
            let _full_or_gone = channel.send(&FromWorker::Keep { id }.encode(), Some(socket));
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use holdfast_supervise::Received;

    #[test]
    fn what_is_kept_is_what_the_next_one_finds() {
        let (ours, theirs) = Channel::pair().expect("channel");
        let packets = Packets::of(ours.try_clone().expect("clone"), &mut BTreeMap::new());
        let file = std::fs::File::open("/dev/null").expect("open");
        let mut left: BTreeMap<u64, OwnedFd> = BTreeMap::new();
        for purpose in Purpose::ALL {
            packets.keep(purpose, file.as_fd());
            let Ok(Received::Message(bytes, Some(socket))) = theirs.receive() else {
                panic!("nothing came");
            };
            let Some(FromWorker::Keep { id }) = FromWorker::decode(&bytes) else {
                panic!("something else came");
            };
            left.insert(id, socket);
        }
        // one for adverts is none of ours
        left.insert(7 << 1, file.into());
        let mut next = Packets::of(ours, &mut left);
        assert_eq!(left.keys().collect::<Vec<_>>(), [&14]);
        for purpose in Purpose::ALL {
            assert!(next.take(purpose).is_some(), "{purpose:?}");
            assert!(next.take(purpose).is_none(), "{purpose:?}");
        }
    }
}
