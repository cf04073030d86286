//! Small configurations and a driver for the tests.

use crate::{Action, CheckId, Input, Pool};
use core::net::{IpAddr, Ipv4Addr, SocketAddr};
use core::time::Duration;
use holdfast_model::event::{CheckFailure, RealServerEvent, ServiceEvent};
use holdfast_model::{
    Checker, Connect, Event, Forwarding, LvsModel, Machine as _, Manner, Micros, Mono, Probe,
    Protocol, RealServer, RealServerKey, Scheduler, ServiceKey, ServiceOptions, SlowStart,
    SorryServer, Thresholds, Timing, VirtualServer, VirtualServerKey, Weight, drive,
};
use std::collections::BTreeMap;

/// The sorry server's port.
const SORRY: u16 = 999;

pub(crate) fn service_key(service: u8) -> VirtualServerKey {
    VirtualServerKey::Service(ServiceKey::Address {
        protocol: Protocol::Tcp,
        address: IpAddr::V4(Ipv4Addr::new(10, 0, service, 1)),
        port: 80,
    })
}

pub(crate) fn real_key(service: u8, real: u8) -> RealServerKey {
    RealServerKey {
        virtual_server: service_key(service),
        address: IpAddr::V4(Ipv4Addr::new(10, 1, 0, real)),
        port: 80,
    }
}

/// Port `8000 + check` of a real server.
pub(crate) fn tcp(real: u8, check: u8) -> Probe {
    let address = IpAddr::V4(Ipv4Addr::new(10, 1, 0, real));
    let target = SocketAddr::new(address, 8000 + u16::from(check));
    Probe::Tcp(Connect::to(target))
}

/// Every 10 s, retries every second, no warm-up.
pub(crate) fn timing(retry: u32) -> Timing {
    Timing {
        delay_loop: Micros::from_secs(10),
        warmup: Micros::default(),
        retry,
        delay_before_retry: Micros::from_secs(1),
        connect_timeout: Micros::from_secs(1),
    }
}

/// Such a check.
pub(crate) fn checker(retry: u32) -> Checker {
    Checker {
        probe: tcp(1, 1),
        timing: timing(retry),
        manner: Manner::default(),
    }
}

/// A real server with one check that forgives nothing.
pub(crate) fn real(service: u8, number: u8, weight: u32) -> RealServer {
    RealServer {
        key: real_key(service, number),
        weight: Weight::new(weight).unwrap(),
        forwarding: Forwarding::Dr,
        inhibit_on_failure: false,
        checkers: vec![Checker {
            probe: tcp(number, 0),
            timing: timing(0),
            manner: Manner::default(),
        }],
        thresholds: Thresholds::default(),
        slow_start: SlowStart::NONE,
    }
}

/// Real servers 1, 2, ... with these weights.
pub(crate) fn server(service: u8, weights: &[u32], quorum: u32) -> VirtualServer {
    VirtualServer {
        key: service_key(service),
        scheduler: Scheduler::Rr,
        forwarding: Forwarding::Dr,
        persistence: None,
        quorum,
        hysteresis: 0,
        sorry_server: None,
        real_servers: (1_u8..)
            .zip(weights)
            .map(|(number, weight)| real(service, number, *weight))
            .collect(),
        options: ServiceOptions::default(),
        group: None,
    }
}

pub(crate) fn with_sorry(mut server: VirtualServer) -> VirtualServer {
    server.sorry_server = Some(SorryServer {
        address: IpAddr::V4(Ipv4Addr::new(10, 9, 9, 9)),
        port: SORRY,
        forwarding: Forwarding::Dr,
        inhibit: false,
    });
    server
}

pub(crate) fn model(servers: &[VirtualServer]) -> LvsModel {
    LvsModel {
        virtual_servers: servers.to_vec(),
        ..LvsModel::default()
    }
}

/// A pool with its clock and what it asked for.
#[derive(Debug, Clone)]
pub(crate) struct Bench {
    pub(crate) pool: Pool,
    pub(crate) now: Mono,
    pub(crate) flying: BTreeMap<CheckId, Probe>,
    pub(crate) dirty: Vec<VirtualServerKey>,
    /// Those of which one row alone is dirty.
    pub(crate) turned: Vec<RealServerKey>,
    pub(crate) cancelled: Vec<CheckId>,
    pub(crate) said: Vec<String>,
}

impl Bench {
    pub(crate) fn new(pool: Pool) -> Self {
        Self {
            pool,
            now: Mono::from_secs(1000),
            flying: BTreeMap::new(),
            dirty: Vec::new(),
            turned: Vec::new(),
            cancelled: Vec::new(),
            said: Vec::new(),
        }
    }

    pub(crate) fn started(servers: &[VirtualServer]) -> Self {
        let mut bench = Self::new(Pool::new());
        bench.start(&model(servers));
        bench
    }

    pub(crate) fn start(&mut self, model: &LvsModel) {
        self.feed(Input::Start { model, seed: 7 });
    }

    pub(crate) fn reload(&mut self, servers: &[VirtualServer]) {
        let (dirty, said) = (&mut self.dirty, &mut self.said);
        dirty.clear();
        said.clear();
        self.turned.clear();
        self.feed(Input::Reconfigure(&model(servers)));
    }

    pub(crate) fn feed(&mut self, input: Input<'_>) {
        let (now, flying) = (self.now, &mut self.flying);
        let (dirty, turned) = (&mut self.dirty, &mut self.turned);
        let (cancelled, said) = (&mut self.cancelled, &mut self.said);
        drive(&mut self.pool, now, input, |action| match action {
            Action::Probe { check, probe, .. } => {
                let twice = flying.insert(check, probe);
                assert_eq!(twice, None, "{check:?} is in flight already");
            }
            Action::Cancel { check } => {
                flying.remove(&check);
                cancelled.push(check);
            }
            Action::Dirty(key) => dirty.push(key),
            Action::Turned(key) => {
                dirty.push(key.virtual_server.clone());
                turned.push(key);
            }
            Action::Report(event) => said.push(word(&event)),
        });
    }

    /// On to the deadline; everything due is asked.
    pub(crate) fn tick(&mut self) {
        self.now = self.now.max(self.pool.deadline().expect("nothing is due"));
        self.feed(Input::Tick);
    }

    pub(crate) fn verdict(&mut self, check: CheckId, good: bool) {
        self.flying.remove(&check);
        let result = if good {
            Ok(())
        } else {
            Err(CheckFailure::Timeout)
        };
        self.feed(Input::Verdict { check, result });
    }

    /// One round: every check asked once, answered by `alive(real server's number, check)`; what
    /// was said in it.
    pub(crate) fn round(&mut self, alive: impl Fn(u8, u16) -> bool) -> Vec<String> {
        self.said.clear();
        self.dirty.clear();
        self.turned.clear();
        let end = self.now + Duration::from_millis(9_999);
        while self.pool.deadline().is_some_and(|due| due <= end) {
            self.tick();
            let flying: Vec<(CheckId, Probe)> = self.flying.clone().into_iter().collect();
            for (check, probe) in flying {
                let target = probe.target().expect("a network check");
                let IpAddr::V4(address) = target.ip() else {
                    continue;
                };
                self.verdict(check, alive(address.octets()[3], target.port() - 8000));
            }
        }
        self.now = end;
        self.said.clone()
    }

    /// `1:5 2:0 sorry:1`: the rows of a service, port 999 being the sorry server's.
    pub(crate) fn rows(&self, service: u8) -> String {
        let view = self.pool.view(&service_key(service)).expect("a service");
        let rows = view.rows().into_iter().map(|row| {
            let IpAddr::V4(address) = row.address else {
                panic!("IPv4 only")
            };
            let name = match row.port {
                SORRY => "sorry".to_owned(),
                _ => address.octets()[3].to_string(),
            };
            format!("{name}:{}", row.weight.get())
        });
        rows.collect::<Vec<_>>().join(" ")
    }
}

/// An event in a word: `-2` real server 2 out, `lost 1`.
fn word(event: &Event) -> String {
    match event {
        Event::RealServer { real_server, event } => {
            let IpAddr::V4(address) = real_server.address else {
                panic!("IPv4 only")
            };
            let number = address.octets()[3];
            match event {
                RealServerEvent::CheckActivated { .. } => format!("check {number}"),
                RealServerEvent::CheckSucceeded { .. } => format!("good {number}"),
                RealServerEvent::CheckFailed { retries, .. } => format!("bad {number}/{retries}"),
                RealServerEvent::CheckSuspended { .. } => format!("suspended {number}"),
                RealServerEvent::CheckForgiven { .. } => format!("forgiven {number}"),
                RealServerEvent::CheckNotYetUp { .. } => format!("not yet {number}"),
                RealServerEvent::Added => format!("+{number}"),
                RealServerEvent::Removed => format!("-{number}"),
                RealServerEvent::InhibitedRemoved => format!("-({number})"),
                RealServerEvent::Unconfigured => format!("gone {number}"),
                RealServerEvent::ShutDown => format!("end {number}"),
                RealServerEvent::Enabled => format!("enable {number}"),
                RealServerEvent::Disabled => format!("disable {number}"),
                RealServerEvent::Ordered(order) => format!("{order:?} {number}"),
                RealServerEvent::OrderOver => format!("over {number}"),
                RealServerEvent::WeightChanged { from, to, .. } => {
                    format!("weight {number} {from}>{to}")
                }
            }
        }
        Event::Service { event, .. } => match event {
            ServiceEvent::QuorumGained { weight, .. } => format!("gained {weight}"),
            ServiceEvent::QuorumLost { weight, .. } => format!("lost {weight}"),
            ServiceEvent::SorryServerAdded { .. } => "sorry in".to_owned(),
            ServiceEvent::SorryServerRemoved { .. } => "sorry out".to_owned(),
            ServiceEvent::AliveRemoved => "alive out".to_owned(),
            ServiceEvent::AliveReturned => "alive in".to_owned(),
            ServiceEvent::Added => "added".to_owned(),
            ServiceEvent::Removed => "removed".to_owned(),
        },
        Event::Vrrp { .. }
        | Event::Group { .. }
        | Event::Script { .. }
        | Event::UnknownVrid { .. }
        | Event::PacketDropped { .. }
        | Event::IpvsFailed { .. }
        | Event::Bfd(_)
        | Event::Held { .. }
        | Event::Ipvs { .. } => panic!("not of this machine: {event:?}"),
    }
}
