//! Each does one fault to the first director, which is master, waits for what follows of it, and gives the
//! values of its figures in the order in which the list has them.

pub(super) mod drift;
pub(super) mod link;
pub(super) mod process;
pub(super) mod reload;
pub(super) mod want;

use super::bed::{Bed, PERIOD, count};
use crate::error::Result;
use crate::traffic::Pings;
use std::time::{Duration, Instant};

use super::super::world::VIP;

/// An answer that is not there by then does not come.
const ANSWERED: Duration = Duration::from_millis(100);

/// Pings of the client, from a moment on.
#[derive(Debug)]
struct Pinged {
    pings: Pings,
    from: Instant,
}

impl Pinged {
    fn start(bed: &Bed) -> Result<Self> {
        let pings = Pings::start(&bed.world.client, VIP, PERIOD)?;
        let from = Instant::now();
        Ok(Self { pings, from })
    }

    /// How many had no answer.
    fn lost(&self) -> f64 {
        let (_, lost) = self.pings.lost(self.from, ANSWERED);
        count(lost.len())
    }
}
