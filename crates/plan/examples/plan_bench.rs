//! How long planning takes: project and diff of whole tables, and one server's flip through the
//! reconciler. Run with `--release`.
#![allow(clippy::print_stdout, reason = "a command-line program")]

use holdfast_model::{
    Forwarding, Machine, Mono, Protocol, RealServer, RealServerKey, Scheduler, ServiceKey,
    ServiceOptions, Thresholds, VirtualServer, VirtualServerKey, Weight,
};
use holdfast_plan::service::want;
use holdfast_plan::{
    Action, Input, Observed, Ours, Outcome, Reconciler, ServiceDomain, Want, diff,
};
use std::net::Ipv4Addr;
use std::time::Instant;

fn main() {
    for (services, reals) in [(2_000, 10), (20, 1_000), (10_000, 10), (100, 1_000)] {
        println!("{services} services x {reals} real servers");
        bench(services, reals);
    }
}

fn server(number: u32, reals: u32) -> VirtualServer {
    let service = ServiceKey::Address {
        protocol: Protocol::Tcp,
        address: Ipv4Addr::from(0x0A80_0000 + number).into(),
        port: 80,
    };
    let key = VirtualServerKey::Service(service);
    let real_servers = (0..reals)
        .map(|real| RealServer {
            key: RealServerKey {
                virtual_server: key.clone(),
                address: Ipv4Addr::from(0x0A00_0001 + real).into(),
                port: 80,
            },
            weight: Weight::ONE,
            forwarding: Forwarding::Dr,
            inhibit_on_failure: false,
            checkers: Vec::new(),
            thresholds: Thresholds::default(),
            slow_start: holdfast_model::SlowStart::NONE,
        })
        .collect();
    VirtualServer {
        key,
        scheduler: Scheduler::Wrr,
        forwarding: Forwarding::Dr,
        persistence: None,
        quorum: 1,
        hysteresis: 0,
        sorry_server: None,
        real_servers,
        options: ServiceOptions::default(),
        group: None,
    }
}

fn bench(services: u32, reals: u32) {
    let model: Vec<VirtualServer> = (0..services).map(|n| server(n, reals)).collect();
    let all = |model: &[VirtualServer]| -> Vec<Want<ServiceDomain>> {
        model
            .iter()
            .map(|server| want(server, server.services()[0], |real| Some(real.weight), None))
            .collect()
    };
    let wants = timed("project all", || all(&model));
    let (empty, none) = (
        Observed::<ServiceDomain>::new(),
        Ours::<ServiceDomain>::new(),
    );
    let ops: usize = timed("diff all, empty kernel", || {
        wants
            .iter()
            .map(|want| diff::<ServiceDomain>(Some(want), &empty, &none).len())
            .sum()
    });
    let mut machine = Reconciler::<ServiceDomain>::new();
    timed("write all through the machine", || {
        for (server, want) in model.iter().zip(wants) {
            let want = Some(want);
            step(
                &mut machine,
                Input::Want {
                    key: server.services()[0],
                    epoch: 1,
                    want,
                },
            );
        }
    });
    let again = all(&model);
    timed("diff all, nothing to do", || {
        for want in &again {
            assert!(diff::<ServiceDomain>(Some(want), machine.observed(), &none).is_empty());
        }
    });
    timed("one server out: project, plan, batch", || {
        if let Some(server) = model.get(model.len() / 2) {
            let mut first = true;
            let want = want(
                server,
                server.services()[0],
                |real| (!core::mem::take(&mut first)).then_some(real.weight),
                None,
            );
            let want = Some(want);
            step(
                &mut machine,
                Input::Want {
                    key: server.services()[0],
                    epoch: 2,
                    want,
                },
            );
        }
    });
    println!(
        "  {ops} operations; {} rows at the end",
        machine.observed().len()
    );
}

/// A kernel in which everything succeeds at once.
fn step(machine: &mut Reconciler<ServiceDomain>, input: Input<ServiceDomain>) {
    machine.handle(Mono::ZERO, input);
    while let Some(action) = machine.poll_action() {
        let answer = match action {
            Action::Submit(batch) => Input::Done {
                batch: batch.id,
                outcome: Outcome::Known(Vec::new()),
            },
            Action::Dump(_) => Input::DumpEnd { interrupted: false },
            Action::Report(_) => continue,
        };
        machine.handle(Mono::ZERO, answer);
    }
}

fn timed<T>(name: &str, run: impl FnOnce() -> T) -> T {
    let start = Instant::now();
    let result = run();
    println!("  {name}: {:.3} ms", start.elapsed().as_secs_f64() * 1000.0);
    result
}
