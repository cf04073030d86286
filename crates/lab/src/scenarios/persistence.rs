//! Persistence of the three kinds, with traffic: of a port (PPC), of a client with all its ports (PCC), of packets with
//! a firewall mark (PNMPP).

use super::world::{REAL, VIP, VIP2, World, director, lend};
use crate::director::{Director, Reload, Role};
use crate::error::{Doing as _, Result};
use crate::net::Host;
use crate::scenario::{Ctx, Needs, Scenario, Shape};
use crate::shell::wait;
use crate::table::{saved, wait_serving};
use crate::traffic::{Kind, Server, request};
use nix::sys::signal::Signal;
use std::collections::{BTreeMap, BTreeSet};
use std::net::{Ipv4Addr, SocketAddrV4};
use std::time::Duration;

pub(super) const SCENARIO: Scenario = Scenario {
    name: "persistence",
    about: "persistence of a port, a client, a mark: clients stay, over reload, death of a worker and of a server",
    needs: Needs::Ipvs,
    shape: Shape::Single,
    seconds: 30,
    run,
};

const FILE: &str = "cases/persistence.conf";
/// Whose marked packets are one service.
const VIP3: Ipv4Addr = Ipv4Addr::new(172, 168, 2, 23);
const MARK: u32 = 8;
const WEB: u16 = 80;
const TELNET: u16 = 23;
const BOUND: Duration = Duration::from_secs(8);

/// What a client asks of a kind, and the service that answers.
struct Sticky {
    name: &'static str,
    service: &'static str,
    address: Ipv4Addr,
    ports: &'static [u16],
}

const KINDS: [Sticky; 3] = [
    Sticky {
        name: "PPC",
        service: "TCP 172.168.2.20:80",
        address: VIP,
        ports: &[WEB],
    },
    Sticky {
        name: "PCC",
        service: "TCP 172.168.2.21:0",
        address: VIP2,
        ports: &[WEB, TELNET],
    },
    Sticky {
        name: "PNMPP",
        service: "FWM 8",
        address: VIP3,
        ports: &[WEB, TELNET],
    },
];

/// The servers that each client has met.
type Met = BTreeMap<Ipv4Addr, BTreeSet<String>>;

fn run(ctx: &mut Ctx) -> Result<()> {
    let world = World::new(ctx)?;
    let real = world.real_servers(ctx)?;
    let mut servers = Vec::new();
    for host in &real {
        lend(host, &[VIP3])?;
        servers.push(Some(both(host)?));
    }
    world.one.mark_tcp(VIP3, &[WEB, TELNET], MARK)?;
    let program = ctx.a.clone();
    let mut one = director(ctx, &world.one, &program, FILE, &[])?;
    one.start()?;
    world.one_has.wait(VIP3, true, Duration::from_secs(9))?;
    for kind in &KINDS {
        wait_serving(&world.one, kind.service, &REAL, BOUND)?;
    }
    ctx.step(format!("{:#?}", saved(&world.one)?));
    spread(ctx, &world)?;
    let first = stays(ctx, &world, "at first", None)?;

    disturbed(ctx, &world, &one)?;
    stays(ctx, &world, "after that", Some(&first))?;

    ctx.step("rs15 dies");
    servers[0] = None;
    for kind in &KINDS {
        wait_serving(&world.one, kind.service, &REAL[1..], BOUND)?;
    }
    let moved = stays(ctx, &world, "without rs15", None)?;
    let only = moved.values().flat_map(BTreeMap::values).flatten();
    let only: BTreeSet<&String> = only.collect();
    ctx.check(
        only.iter().eq(&["rs17"]),
        format!("without rs15 all are with {only:?}"),
    );

    ctx.step("rs15 is back");
    servers[0] = Some(both(&real[0])?);
    for kind in &KINDS {
        wait_serving(&world.one, kind.service, &REAL, BOUND)?;
    }
    stays(ctx, &world, "with rs15 again", Some(&moved)).map(drop)
}

fn both(host: &Host) -> Result<[Server; 2]> {
    let name = Kind::Banner(host.name().to_owned());
    Ok([
        Server::named(host, WEB)?,
        Server::start(host, TELNET, name)?,
    ])
}

/// Without persistence a client meets both servers: what follows is not so by itself.
fn spread(ctx: &mut Ctx, world: &World) -> Result<()> {
    let met = meet(world, VIP, &[TELNET])?;
    let both = met.values().filter(|servers| servers.len() == 2).count();
    ctx.check(
        both == met.len(),
        format!(
            "no persistence: {both} of {} clients meet both servers",
            met.len()
        ),
    );
    Ok(())
}

/// Each client meets one server, that of `before`; the servers, kind by kind.
fn stays(
    ctx: &mut Ctx,
    world: &World,
    when: &str,
    before: Option<&BTreeMap<&'static str, Met>>,
) -> Result<BTreeMap<&'static str, Met>> {
    let mut all = BTreeMap::new();
    for kind in &KINDS {
        let met = meet(world, kind.address, kind.ports)?;
        let strays: Vec<_> = met
            .iter()
            .filter(|(_, servers)| servers.len() != 1)
            .collect();
        let same = before.is_none_or(|before| before.get(kind.name) == Some(&met));
        let mut shares: BTreeMap<&String, usize> = BTreeMap::new();
        for server in met.values().flatten() {
            *shares.entry(server).or_default() += 1;
        }
        ctx.check(
            strays.is_empty() && same,
            format!(
                "{when}, {}: {} clients, ports {:?}, each with one server: {shares:?}; strays: {strays:?}; the same: {same}",
                kind.name,
                met.len(),
                kind.ports,
            ),
        );
        if before.is_none() && when == "at first" {
            ctx.check(
                shares.len() == 2,
                format!("{}: both servers have clients", kind.name),
            );
        }
        all.insert(kind.name, met);
    }
    Ok(all)
}

/// Every client asks each port three times, in turn.
fn meet(world: &World, address: Ipv4Addr, ports: &[u16]) -> Result<Met> {
    let patience = Duration::from_secs(2);
    let turns = ports.iter().cycle().take(ports.len() * 3);
    let ask = |source: Ipv4Addr| {
        let answers = turns
            .clone()
            .map(|&port| request(source, SocketAddrV4::new(address, port), patience));
        let answers = answers.collect::<std::io::Result<BTreeSet<String>>>()?;
        Ok((source, answers))
    };
    let met = world.client.within(|| {
        world
            .sources
            .iter()
            .copied()
            .map(ask)
            .collect::<std::io::Result<Met>>()
    })?;
    met.doing(format!("ask {address}"))
}

/// Other weights, and another process.
fn disturbed(ctx: &mut Ctx, world: &World, one: &Director) -> Result<()> {
    ctx.step("the weights the other way round, then kill -9 of the checking process");
    let text = ctx.file(FILE)?;
    let text = text
        .replace("weight 2", "weight 3")
        .replace("weight 1", "weight 4");
    one.configure(&text)?;
    let outcome = one.reload()?;
    let weights = wait("the new weights", BOUND, || {
        let rows = saved(&world.one).unwrap_or_default();
        let new = |weight: &str| rows.iter().filter(|row| row.ends_with(weight)).count();
        new("-w 4") == 4 && new("-w 3") == 4
    });
    ctx.check(
        outcome == Reload::Complete && weights.is_ok(),
        format!("{outcome:?}: {weights:?}"),
    );
    let before = one.pid(Role::Lvs);
    one.signal(Role::Lvs, Signal::SIGKILL)?;
    let back = wait("another process", BOUND, || {
        one.pid(Role::Lvs).is_some_and(|pid| Some(pid) != before)
    });
    ctx.note("after kill -9", back);
    Ok(())
}
