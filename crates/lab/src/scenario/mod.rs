//! Scenarios: what they are, and how they are run.

mod ctx;
mod job;
mod outcome;
mod pulse;
mod runner;

pub use ctx::Ctx;
pub use job::{Job, Pairing, Tools, run_here};
pub(crate) use pulse::Pulse;
pub use runner::{Plan, inside, run_all};

use crate::error::Result;
use crate::guest::Kernel;
use std::time::Duration;

/// What a scenario needs of the kernel.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Needs {
    /// Namespaces, addresses, raw sockets: any kernel.
    Net,
    /// IPVS too, or ipvlan and VRFs: User Mode Linux where the kernel has no IPVS.
    Ipvs,
    /// IPVS, and nf_tables for IPv4 and IPv6 in the same kernel: Debian's, emulated, where the kernel has no IPVS.
    IpvsAndNft,
}

impl Needs {
    /// What has to be booted where the running kernel has no IPVS.
    const fn guest(self) -> Option<Kernel> {
        match self {
            Self::Net => None,
            Self::Ipvs => Some(Kernel::Uml),
            Self::IpvsAndNft => Some(Kernel::Debian),
        }
    }
}

/// Which programs it is run with.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Shape {
    /// Two directors: Holdfast with itself, and with keepalived both ways round.
    Pair,
    /// Holdfast alone; the second program only compares.
    Single,
}

/// A scenario.
#[derive(Debug)]
pub struct Scenario {
    /// Its name on the command line.
    pub name: &'static str,
    /// What it shows.
    pub about: &'static str,
    /// Which kernel it needs.
    pub needs: Needs,
    /// Which programs it is run with.
    pub shape: Shape,
    /// About how many seconds it takes; the runner balances with it and gives up after three
    /// times as long and a minute.
    pub seconds: u64,
    /// The story.
    pub run: fn(&mut Ctx) -> Result<()>,
}

impl Scenario {
    /// After this it is killed. What is done as often as was promised may take ten times as long.
    #[must_use]
    pub fn limit(&self, full: bool) -> Duration {
        let times = if full { 30 } else { 3 };
        Duration::from_secs(self.seconds * times + 60)
    }
}
