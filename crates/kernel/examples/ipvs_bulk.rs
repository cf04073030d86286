//! Writes IPVS services through the reconciler and the kernel client, reads them back, changes
//! and deletes them, and prints how long each step took. For a lab kernel: it needs CAP_NET_ADMIN
//! and leaves nothing behind but what it did not make.
//!
//! ```text
//!  ipvs_bulk bulk SERVICES DESTINATIONS   time a table of that size
//!  ipvs_bulk variety [WITHOUT...]         every scheduler, method, protocol; stays in the table
//!  ipvs_bulk clear [WITHOUT...]           removes what `variety` made
//! ```
#![allow(clippy::print_stdout, reason = "a command-line program")]

use core::time::Duration;
use holdfast_kernel::ipvs::IpvsClient;
use holdfast_model::{
    AddressFamily, Forwarding, Machine, Mono, Persistence, Protocol, Scheduler, ServiceKey, Tunnel,
};
use holdfast_plan::service::{Row, RowId, Settings, Target};
use holdfast_plan::{Action, Desired, Input, Outcome, Reconciler, Report, ServiceDomain, Want};
use std::collections::VecDeque;
use std::error::Error;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};
use std::time::Instant;

type Rows = Want<ServiceDomain>;
/// The addresses of a documentation network, by their last number.
type Addresses = fn(u8) -> IpAddr;

fn main() -> Result<(), Box<dyn Error>> {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let words: Vec<&str> = arguments.iter().map(String::as_str).collect();
    let mut lane = Lane::open()?;
    match words.as_slice() {
        ["bulk", services, destinations] => bulk(&mut lane, services.parse()?, destinations.parse()?),
        ["variety", without @ ..] => variety(&mut lane, without),
        ["clear", without @ ..] => clear(&mut lane, without),
        _ => Err("usage: ipvs_bulk bulk SERVICES DESTINATIONS | variety [WITHOUT...] | clear [WITHOUT...]".into()),
    }
}

/// The ipvs lane in small: the machine, the client, a clock.
struct Lane {
    client: IpvsClient,
    machine: Reconciler<ServiceDomain>,
    start: Instant,
    epoch: u64,
    reports: Vec<Report<ServiceDomain>>,
    batches: usize,
    operations: usize,
    in_kernel: Duration,
}

impl Lane {
    fn open() -> Result<Self, Box<dyn Error>> {
        let mut client = IpvsClient::open()?;
        let info = client.info()?;
        let (major, minor, patch) = info.version;
        println!(
            "IPVS {major}.{minor}.{patch}, connection table {}, timeouts {:?}",
            info.connection_table_size,
            client.timeouts()?
        );
        Ok(Self {
            client,
            machine: Reconciler::new(),
            start: Instant::now(),
            epoch: 0,
            reports: Vec::new(),
            batches: 0,
            operations: 0,
            in_kernel: Duration::ZERO,
        })
    }

    fn now(&self) -> Mono {
        Mono::ZERO + self.start.elapsed()
    }

    /// Gives the wants to the machine and serves it until nothing is left to do.
    fn want(&mut self, wants: Vec<(ServiceKey, Option<Rows>)>) {
        self.epoch += 1;
        let epoch = self.epoch;
        let inputs = wants
            .into_iter()
            .map(|(key, want)| Input::Want { key, epoch, want });
        self.serve(inputs.collect());
    }

    fn serve(&mut self, mut inputs: VecDeque<Input<ServiceDomain>>) {
        loop {
            let input = match inputs.pop_front() {
                Some(input) => input,
                None if self.machine.is_quiet() || self.gave_up() => return,
                None => {
                    if let Some(at) = self.machine.deadline() {
                        std::thread::sleep(at.since(self.now()));
                    }
                    Input::Tick
                }
            };
            self.machine.handle(self.now(), input);
            while let Some(action) = self.machine.poll_action() {
                self.perform(action, &mut inputs);
            }
        }
    }

    fn gave_up(&self) -> bool {
        let given_up = |report: &Report<_>| matches!(report, Report::GaveUp { .. });
        self.reports.iter().any(given_up)
    }

    fn perform(
        &mut self,
        action: Action<ServiceDomain>,
        inputs: &mut VecDeque<Input<ServiceDomain>>,
    ) {
        match action {
            Action::Submit(batch) => {
                let before = Instant::now();
                let outcome = self.client.apply(&batch.ops);
                self.in_kernel += before.elapsed();
                self.batches += 1;
                self.operations += batch.ops.len();
                match &outcome {
                    Outcome::Known(failed) if failed.is_empty() => {}
                    Outcome::Known(failed) => println!(
                        "  batch {}: {} failed, the first: {:?}",
                        batch.id,
                        failed.len(),
                        failed.first()
                    ),
                    Outcome::Unknown(errno) => println!("  batch {}: unknown, {errno}", batch.id),
                }
                inputs.push_back(Input::Done {
                    batch: batch.id,
                    outcome,
                });
            }
            Action::Dump(scope) => {
                let rows = self.client.dump(&scope);
                let interrupted = rows.is_err();
                let items = rows.unwrap_or_default().into_iter();
                inputs.extend(items.map(|(id, attr)| Input::DumpItem { id, attr }));
                inputs.push_back(Input::DumpEnd { interrupted });
            }
            Action::Report(report) => self.reports.push(report),
        }
    }

    /// Runs `step`, prints what it took, and checks that every key of it was applied.
    fn timed(
        &mut self,
        name: &str,
        wants: Vec<(ServiceKey, Option<Rows>)>,
    ) -> Result<(), Box<dyn Error>> {
        let keys = wants.len();
        (self.batches, self.operations, self.in_kernel) = (0, 0, Duration::ZERO);
        self.reports.clear();
        let before = Instant::now();
        self.want(wants);
        println!(
            "{name}: {:.1} ms, of it {:.1} ms in the client; {} operations in {} batches",
            millis(before.elapsed()),
            millis(self.in_kernel),
            self.operations,
            self.batches
        );
        let applied = |report: &&Report<_>| matches!(report, Report::Applied { .. });
        let others: Vec<_> = self.reports.iter().filter(|r| !applied(r)).collect();
        if self.reports.iter().filter(applied).count() == keys && others.is_empty() {
            return Ok(());
        }
        Err(format!("{name}: not all applied: {:?}", others.first()).into())
    }

    /// Reads the table from the kernel and compares it with what the machine believes.
    fn verify(&mut self, rows: usize) -> Result<(), Box<dyn Error>> {
        let before = Instant::now();
        let dumped: Vec<_> = self.client.dump(&holdfast_plan::Scope::All)?;
        println!(
            "dump: {} rows in {:.1} ms",
            dumped.len(),
            millis(before.elapsed())
        );
        let equal = dumped
            .iter()
            .all(|(id, row)| self.machine.observed().get(id) == Some(row));
        if equal && dumped.len() == rows && self.machine.observed().len() == rows {
            return Ok(());
        }
        Err(format!(
            "{} rows in the kernel, {rows} expected, equal: {equal}",
            dumped.len()
        )
        .into())
    }
}

fn millis(duration: Duration) -> f64 {
    duration.as_secs_f64() * 1000.0
}

fn bulk(lane: &mut Lane, services: u32, destinations: u32) -> Result<(), Box<dyn Error>> {
    let table = |weight: u32| -> Vec<(ServiceKey, Option<Rows>)> {
        (0..services)
            .map(|index| {
                let key = tcp(Ipv4Addr::from(0x0A80_0000 + index).into(), 80);
                let targets = (0..destinations).map(|real| {
                    let address = Ipv4Addr::from(0x0A00_0001 + real);
                    (IpAddr::from(address), target(Forwarding::Nat, weight))
                });
                (
                    key,
                    Some(rows(key, settings(Scheduler::Wrr, None), targets)),
                )
            })
            .collect()
    };
    let total = services as usize * (destinations as usize + 1);
    let (first, second) = (table(1), table(2));
    let keys: Vec<ServiceKey> = first.iter().map(|(key, _)| *key).collect();
    lane.timed("write", first.clone())?;
    lane.verify(total)?;
    lane.timed("write again", first)?;
    lane.timed("weights", second.clone())?;
    lane.verify(total)?;
    if let Some((key, Some(rows))) = second.into_iter().next_back() {
        let mut fewer = rows;
        fewer.pop();
        lane.timed("one server out", vec![(key, Some(fewer))])?;
        lane.verify(total - 1)?;
    }
    lane.timed("delete", keys.into_iter().map(|key| (key, None)).collect())?;
    lane.verify(0)
}

fn variety(lane: &mut Lane, without: &[&str]) -> Result<(), Box<dyn Error>> {
    let wants = varied(without);
    let count = wants
        .iter()
        .filter_map(|(_, want)| want.as_ref())
        .map(Vec::len)
        .sum();
    lane.timed("variety", wants)?;
    lane.verify(count)
}

fn clear(lane: &mut Lane, without: &[&str]) -> Result<(), Box<dyn Error>> {
    let keys = varied(without).into_iter().map(|(key, _)| (key, None));
    lane.timed("adopt", varied(without))?;
    lane.timed("clear", keys.collect())?;
    lane.verify(0)
}

/// Every scheduler but `without` (not every kernel has all); every method; TCP, UDP, SCTP, fwmark; both families; persistence and mask.
fn varied(without: &[&str]) -> Vec<(ServiceKey, Option<Rows>)> {
    let v4 = |last: u8| IpAddr::from(Ipv4Addr::new(192, 0, 2, last));
    let v6 = |last: u16| IpAddr::from(Ipv6Addr::new(0x2001, 0xdb8, 0, 0, 0, 0, 0, last));
    let mut wants = Vec::new();
    let mut add = |key, settings, targets: Vec<(IpAddr, Target)>| {
        wants.push((key, Some(rows(key, settings, targets.into_iter()))));
    };
    for (index, scheduler) in Scheduler::ALL.into_iter().enumerate() {
        if without.contains(&scheduler.word()) {
            continue;
        }
        let key = tcp(v4(1), 8000 + index as u16);
        let targets = vec![
            (v4(101), target(Forwarding::Nat, 1)),
            (v4(102), target(Forwarding::Dr, 5)),
            (v4(103), target(Forwarding::Tun(Tunnel::Ipip), 0)),
        ];
        add(key, settings(scheduler, None), targets);
    }
    let both = |address: Addresses| {
        vec![
            (address(101), target(Forwarding::Nat, 3)),
            (
                address(102),
                target(Forwarding::Tun(Tunnel::Ipip), i32::MAX as u32),
            ),
        ]
    };
    let dual: [(Addresses, AddressFamily); 2] = [
        (
            |last| Ipv4Addr::new(192, 0, 2, last).into(),
            AddressFamily::V4,
        ),
        (
            |last| Ipv6Addr::new(0x2001, 0xdb8, 0, 0, 0, 0, 0, last.into()).into(),
            AddressFamily::V6,
        ),
    ];
    for (address, family) in dual {
        for protocol in [Protocol::Tcp, Protocol::Udp, Protocol::Sctp] {
            let key = ServiceKey::Address {
                protocol,
                address: address(2),
                port: 53,
            };
            add(key, settings(Scheduler::Wlc, None), both(address));
        }
        let prefix = match family {
            AddressFamily::V4 => 24,
            AddressFamily::V6 => 64,
        };
        let key = ServiceKey::Fwmark { mark: 3, family };
        add(
            key,
            settings(Scheduler::Rr, Some((50, prefix))),
            both(address),
        );
        let every_port = tcp(address(3), 0);
        let host = if prefix == 24 { 32 } else { 128 };
        add(
            every_port,
            settings(Scheduler::Sh, Some((300, host))),
            both(address),
        );
    }
    add(
        tcp(v4(4), 80),
        settings(Scheduler::Rr, None),
        vec![
            (Ipv4Addr::LOCALHOST.into(), target(Forwarding::Dr, 1)),
            (v6(9), target(Forwarding::Tun(Tunnel::Ipip), 1)),
        ],
    );
    wants
}

fn tcp(address: IpAddr, port: u16) -> ServiceKey {
    ServiceKey::Address {
        protocol: Protocol::Tcp,
        address,
        port,
    }
}

fn settings(scheduler: Scheduler, persistence: Option<(u64, u8)>) -> Settings {
    Settings {
        scheduler: Some(scheduler),
        persistence: persistence.map(|(seconds, prefix)| Persistence {
            timeout: Duration::from_secs(seconds),
            prefix,
        }),
        flags: 0,
        persistence_engine: None,
    }
}

fn target(forwarding: Forwarding, weight: u32) -> Target {
    Target {
        forwarding: Some(forwarding),
        weight,
        upper_threshold: 0,
        lower_threshold: 0,
    }
}

fn rows(
    key: ServiceKey,
    settings: Settings,
    targets: impl Iterator<Item = (IpAddr, Target)>,
) -> Rows {
    let service = Desired {
        id: RowId::service(key),
        attr: Some(Row::Service(settings)),
    };
    let port = match key {
        ServiceKey::Address { port, .. } => port,
        ServiceKey::Fwmark { .. } => 0,
    };
    let targets = targets.map(|(address, target)| Desired {
        id: RowId::destination(key, address, port),
        attr: Some(Row::Destination(target)),
    });
    core::iter::once(service).chain(targets).collect()
}
