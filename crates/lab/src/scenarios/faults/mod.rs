//! Faults, done to a pair of directors again and again, each time at another moment of the advert interval,
//! and what is promised of each measured, beside keepalived.
//!
//! ```text
//!  list     the faults as data: how each is done, what is measured, what is promised
//!  bed      a pair, and hosts that ask for its address every 10 ms
//!  act      does a fault and reads its figures off the bed
//!  ipvs     the same three for one director with a table of virtual servers
//!  guest    where the kernel has no IPVS, those in User Mode Linux
//!  figure, answers, table     pure: bounds, outages, the page
//! ```

mod act;
mod answers;
mod bed;
mod figure;
mod guest;
mod ipvs;
mod list;
mod run;
mod short;
mod table;

pub use guest::here as inside;
pub use run::{Request, any_seed, run};
pub(super) use short::LIST;

use crate::error::Result;
use bed::{Bed, Setup};
use figure::Figure;
use ipvs::{Table, TableBed};
use std::time::Duration;

/// When a fault is done.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Runs {
    /// Whatever else is done meanwhile; in every test run.
    Always,
    /// It lasts too long for the short interval of the test run.
    Long,
    /// Nothing else is measured meanwhile.
    Alone,
    /// Only by name, or where all is done that was promised.
    Full,
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
    act: Act,
}

/// How a fault is done, and to what.
#[derive(Debug, Clone, Copy)]
enum Act {
    /// To the first of a pair.
    Pair(fn(&mut Bed) -> Result<Vec<f64>>),
    /// To a director with virtual servers.
    Table(Table, fn(&mut TableBed) -> Result<Vec<f64>>),
}

/// All of them, by their numbers.
fn all() -> Vec<&'static Fault> {
    let mut all: Vec<&Fault> = list::PAIR.iter().chain(ipvs::LIST).collect();
    all.sort_by_key(|fault| fault.number);
    all
}

/// Where a fault is done again and again.
trait Place {
    /// All is as it has to be before a fault.
    fn ready(&mut self) -> Result<()>;

    /// Waits for a moment between two adverts of the first director that nobody could foretell; how long it
    /// is after the advert.
    fn random_phase(&mut self) -> Result<Duration>;
}
