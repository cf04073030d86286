//! Two directors of one program on a switch, and a host that listens.

use crate::director::{Director, Program};
use crate::error::Result;
use crate::net::{Host, Lab};
use crate::shell::wait;
use crate::wire::{Arrival, Arrivals, What};
use std::fs;
use std::net::{IpAddr, Ipv4Addr};
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

/// The directors, with their priorities.
const DIRECTORS: [(&str, Ipv4Addr, u8); 2] = [
    ("d1", Ipv4Addr::new(10, 77, 0, 1), 150),
    ("d2", Ipv4Addr::new(10, 77, 0, 2), 100),
];
const WATCHER: Ipv4Addr = Ipv4Addr::new(10, 77, 0, 3);
/// Where it is set. keepalived's own limit, 10 ms without a pause, would be the end of its VRRP
/// process as soon as 200 instances become master.
const REALTIME: &str = "    vrrp_rt_priority 50\n    vrrp_rlimit_rttime 1000000\n";

/// What both directors are to run.
#[derive(Debug, Clone, Copy)]
pub(super) struct Plan {
    /// VRIDs from 1 on.
    pub(super) instances: u8,
    /// `advert_int`, which must be whole centiseconds.
    pub(super) interval: Duration,
    /// `vrrp_rt_priority` is set.
    pub(super) realtime: bool,
    /// Whoever is master stays master.
    pub(super) nopreempt: bool,
}

impl Plan {
    /// Master_Down_Interval of one of the directors (RFC 9568 s6.1).
    pub(super) fn down(&self, director: usize) -> Duration {
        let priority = DIRECTORS
            .get(director)
            .map_or(100, |(.., priority)| *priority);
        self.interval * 3 + self.interval * (256 - u32::from(priority)) / 256
    }

    fn text(&self, priority: u8) -> String {
        let mut text = "global_defs {\n    vrrp_garp_master_delay 1\n".to_owned();
        if self.realtime {
            text.push_str(REALTIME);
        }
        text.push_str("}\n");
        let nopreempt = if self.nopreempt {
            "    nopreempt\n"
        } else {
            ""
        };
        for vrid in 1..=self.instances {
            text.push_str(&format!(
                "vrrp_instance V{vrid} {{\n    interface eth0\n    version 3\n    \
                 virtual_router_id {vrid}\n    priority {priority}\n    advert_int {}\n{nopreempt}    \
                 virtual_ipaddress {{\n        {}\n    }}\n}}\n",
                self.interval.as_secs_f64(),
                vip(vrid)
            ));
        }
        text
    }
}

/// The address of a virtual router.
pub(super) const fn vip(vrid: u8) -> Ipv4Addr {
    Ipv4Addr::new(10, 77, 1, vrid)
}

/// The pair. Its daemons are killed when it is dropped.
#[derive(Debug)]
pub(super) struct Pair {
    // before the lab: daemons go first
    directors: Vec<Director>,
    pub(super) arrivals: Arrivals,
    pub(super) plan: Plan,
    directory: PathBuf,
    watcher: Host,
    _lab: Lab,
}

impl Pair {
    /// Starts both, and waits until the first is master of everything.
    pub(super) fn start(program: &Program, plan: Plan) -> Result<Self> {
        let lab = Lab::new();
        let switch = lab.switch("sw")?;
        let directory = Path::new("/run/holdfast-lab").join(lab.prefix());
        let host = |name: &str, address: Ipv4Addr| -> Result<Host> {
            let host = lab.host(name)?;
            switch.plug(&host, "eth0")?;
            host.address(&format!("{address}/16"), "eth0")?;
            Ok(host)
        };
        let watcher = host("w", WATCHER)?;
        let arrivals = Arrivals::start(&watcher)?;
        let mut directors = Vec::new();
        for (name, address, priority) in DIRECTORS {
            let place = directory.join(name);
            let host = host(name, address)?;
            let director = Director::new(&host, program, &place, &[])?.terse();
            director.configure(plan.text(priority))?;
            directors.push(director);
        }
        let mut pair = Self {
            directors,
            arrivals,
            plan,
            directory,
            watcher,
            _lab: lab,
        };
        for at in 0..pair.directors.len() {
            pair.run(at)?;
            // with `nopreempt` the first master stays it
            pair.await_master(0)?;
        }
        Ok(pair)
    }

    /// Nobody listens from now on: who sends pays for each copy that the kernel makes.
    pub(super) fn unwatched(&self) -> Result<()> {
        self.watcher.ip("link set dev eth0 down").map(drop)
    }

    /// Starts the daemon of a director.
    pub(super) fn run(&mut self, at: usize) -> Result<()> {
        self.directors.get_mut(at).map_or(Ok(()), Director::start)
    }

    pub(super) fn director(&mut self, at: usize) -> Option<&mut Director> {
        self.directors.get_mut(at)
    }

    /// Waits until a director alone speaks for all virtual routers.
    fn await_master(&self, at: usize) -> Result<()> {
        let calm = self.plan.interval * 2;
        let bound = self.plan.down(1) * 3 + Duration::from_secs(10);
        let what = format!("{:?} is the only master", source(at));
        wait(&what, bound, || {
            // the watcher reads what arrived only now and then
            let until = Instant::now().checked_sub(Duration::from_millis(100));
            let from = until.and_then(|until| until.checked_sub(calm));
            let seen = from.map_or_else(Vec::new, |from| self.arrivals.since(from));
            let mut heard = [false; 256];
            let only = seen.iter().all(|each| match each.what {
                What::Advert {
                    source: by, vrid, ..
                } => {
                    if let Some(heard) = heard.get_mut(usize::from(vrid)) {
                        *heard = true;
                    }
                    by == source(at)
                }
                What::Garp(_) => true,
            });
            let heard = heard.iter().filter(|heard| **heard).count();
            only && heard == usize::from(self.plan.instances)
        })
        .map(drop)
    }
}

impl Drop for Pair {
    fn drop(&mut self) {
        self.directors.clear();
        let _gone = fs::remove_dir_all(&self.directory);
    }
}

/// Where a director's adverts come from.
pub(super) fn source(at: usize) -> IpAddr {
    let director = DIRECTORS.get(at);
    director
        .map_or(Ipv4Addr::UNSPECIFIED, |(_, address, _)| *address)
        .into()
}

/// The times of a director's adverts, by virtual router.
pub(super) fn adverts(arrivals: &[Arrival], at: usize, instances: u8) -> Vec<Vec<Instant>> {
    let mut times = vec![Vec::new(); usize::from(instances) + 1];
    for arrival in arrivals {
        if let What::Advert {
            source: by, vrid, ..
        } = arrival.what
            && by == source(at)
            && let Some(times) = times.get_mut(usize::from(vrid))
        {
            times.push(arrival.at);
        }
    }
    times.remove(0);
    times
}
