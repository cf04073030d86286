//! What is said once and not again.

use holdfast_model::event::RejectReason;
use serde::{Deserialize, Serialize};

/// Things that are said once a state, so that nobody outside can fill the log. Nothing but a change
/// of our own state makes them news again.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
pub(crate) struct Said(u32);

/// One of those things.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Once {
    AddressMismatch,
    Discarding,
    Interval,
    PriorityZero,
    ClockApart,
    Fault,
    Rejected(RejectReason),
}

impl Said {
    /// True the first time.
    pub(crate) const fn first(&mut self, what: Once) -> bool {
        let bit = 1 << what.bit();
        let first = self.0 & bit == 0;
        self.0 |= bit;
        first
    }

    /// What was said is news again, because of an advert that was accepted.
    pub(crate) const fn forget(&mut self, what: Once) {
        self.0 &= !(1 << what.bit());
    }
}

impl Once {
    const fn bit(self) -> u32 {
        match self {
            Self::AddressMismatch => 0,
            Self::Discarding => 1,
            Self::Interval => 2,
            Self::PriorityZero => 3,
            Self::ClockApart => 26,
            Self::Fault => 27,
            Self::Rejected(reason) => match reason {
                RejectReason::Header => 4,
                RejectReason::Destination => 5,
                RejectReason::Ttl => 6,
                RejectReason::Version => 7,
                RejectReason::Type => 8,
                RejectReason::Length => 9,
                RejectReason::Checksum => 10,
                RejectReason::UnknownVrid => 11,
                RejectReason::AuthType => 12,
                RejectReason::Password => 13,
                RejectReason::Interval => 14,
                RejectReason::Addresses => 15,
                RejectReason::Owner => 16,
                RejectReason::Own => 17,
                RejectReason::Stranger => 18,
                RejectReason::Empty => 19,
                RejectReason::Unsigned => 20,
                RejectReason::Trailer => 21,
                RejectReason::Stale => 22,
                RejectReason::UnknownKey => 23,
                RejectReason::Signature => 24,
                RejectReason::Replay => 25,
            },
        }
    }
}
