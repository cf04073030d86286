//! The link between the workers: levels by key, never deltas; each side says everything when it
//! starts and when the other one asks.

use holdfast_model::{BfdKey, Name};
use holdfast_supervise::Channel;
use holdfast_supervise::channel::Received;
use std::os::fd::{AsFd, BorrowedFd};

/// One level.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Level {
    /// "I have just started: say what you know."
    Hello,
    /// The kernel has IPVS, or not.
    Ipvs(bool),
    /// The instance that the sync daemon follows is master, or not.
    Master(bool),
    /// The BFD session is up, or not.
    Bfd(BfdKey, bool),
}

/// One end.
#[derive(Debug)]
pub(super) struct Link {
    channel: Channel,
}

impl Link {
    pub(super) fn new(channel: Channel) -> Self {
        Self { channel }
    }

    /// Sends a level. When the queue is full the other side is not reading, and will say Hello
    /// when it is back.
    pub(super) fn send(&self, level: &Level) {
        let named;
        let bytes: &[u8] = match level {
            Level::Hello => b"H",
            Level::Ipvs(true) => b"I1",
            Level::Ipvs(false) => b"I0",
            Level::Master(true) => b"M1",
            Level::Master(false) => b"M0",
            Level::Bfd(session, up) => {
                named = format!("B{}{session}", u8::from(*up));
                named.as_bytes()
            }
        };
        let _full_or_gone = self.channel.send(bytes, None);
    }

    /// The next level that waits.
    pub(super) fn next(&self) -> Option<Level> {
        loop {
            match self.channel.receive() {
                Ok(Received::Message(bytes, _)) => match bytes.as_slice() {
                    b"H" => return Some(Level::Hello),
                    b"I1" => return Some(Level::Ipvs(true)),
                    b"I0" => return Some(Level::Ipvs(false)),
                    b"M1" => return Some(Level::Master(true)),
                    b"M0" => return Some(Level::Master(false)),
                    [b'B', up, name @ ..] => {
                        let name = Name::from(String::from_utf8_lossy(name).as_ref());
                        return Some(Level::Bfd(BfdKey(name), *up == b'1'));
                    }
                    _unknown => {}
                },
                Ok(Received::Empty | Received::Closed) | Err(_) => return None,
            }
        }
    }
}

impl AsFd for Link {
    fn as_fd(&self) -> BorrowedFd<'_> {
        self.channel.as_fd()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn levels_cross() {
        let (one, other) = Channel::pair().expect("pair");
        let (one, other) = (Link::new(one), Link::new(other));
        for level in [
            Level::Hello,
            Level::Ipvs(true),
            Level::Ipvs(false),
            Level::Master(true),
            Level::Master(false),
            Level::Bfd(BfdKey(Name::from("a b")), true),
            Level::Bfd(BfdKey(Name::from("")), false),
        ] {
            one.send(&level);
            assert_eq!(other.next(), Some(level));
        }
        assert_eq!(other.next(), None);
    }
}
