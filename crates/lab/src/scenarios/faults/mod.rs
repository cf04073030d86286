//! Faults, done to a pair of directors again and again, each time at another moment of the advert interval,
//! and what is promised of each measured, beside keepalived.
//!
//! ```text
//!  list     the faults as data: how each is done, what is measured, what is promised
//!  bed      a pair, and hosts that ask for its address every 10 ms
//!  act      does a fault and reads its figures off the bed
//!  figure, answers, table     pure: bounds, outages, the page
//! ```

mod act;
mod answers;
mod bed;
mod figure;
mod list;
mod run;
mod short;
mod table;

pub use run::{Request, any_seed, run};
pub(super) use short::LIST;

use crate::error::Result;
use bed::{Bed, Setup};
use figure::Figure;

/// When a fault is done.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Runs {
    /// Whatever else is done meanwhile; in every test run.
    Always,
    /// It lasts too long for the short interval of the test run.
    Long,
    /// Nothing else is measured meanwhile.
    Alone,
}

/// A fault.
#[derive(Debug)]
struct Fault {
    /// In docs/faults.md.
    number: u8,
    /// On the command line.
    name: &'static str,
    /// How it is done.
    what: &'static str,
    setup: Setup,
    runs: Runs,
    /// In the order in which `act` gives their values.
    figures: &'static [Figure],
    act: fn(&mut Bed) -> Result<Vec<f64>>,
}
