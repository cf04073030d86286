//! Several ports as one service: by a firewall mark, and by port 0.

use super::world::{REAL, VIP, World, director};
use crate::error::{Doing as _, Result};
use crate::scenario::Ctx;
use crate::table::{saved, wait_serving};
use crate::traffic::{Kind, Server, request};
use std::collections::BTreeSet;
use std::net::{Ipv4Addr, SocketAddrV4};
use std::time::Duration;

/// Ports 80 and 23 of a client reach the same server: mark 1.
pub(super) fn mark(ctx: &mut Ctx) -> Result<()> {
    same_server(ctx, "cases/fwmark.conf", "FWM 1", &[80, 23], Some(1))
}

/// The same by a group whose addresses are one service: our own rules give the mark.
pub(super) fn group(ctx: &mut Ctx) -> Result<()> {
    same_server(ctx, "cases/group-mark.conf", "FWM 500", &[80, 23], None)
}

/// Port 0: all ports of a client reach the same server.
pub(super) fn port_zero(ctx: &mut Ctx) -> Result<()> {
    same_server(
        ctx,
        "cases/port-zero.conf",
        "TCP 172.168.2.20:0",
        &[80, 8080],
        None,
    )
}

fn same_server(
    ctx: &mut Ctx,
    file: &str,
    service: &str,
    ports: &[u16],
    mark: Option<u32>,
) -> Result<()> {
    let world = World::new(ctx)?;
    let mut servers = Vec::new();
    for host in world.real_servers(ctx)? {
        for &port in ports {
            let name = host.name().to_owned();
            let kind = match port {
                23 => Kind::Banner(name),
                _ => Kind::Http {
                    status: 200,
                    body: name,
                },
            };
            servers.push(Server::start(&host, port, kind)?);
        }
    }
    if let Some(mark) = mark {
        world.one.mark_tcp(VIP, ports, mark)?;
    }
    let program = ctx.a.clone();
    let mut one = director(ctx, &world.one, &program, file, &[])?;
    one.start()?;
    world.one_has.wait(VIP, true, Duration::from_secs(9))?;
    wait_serving(&world.one, service, &REAL, Duration::from_secs(2))?;
    ctx.step(format!("{:#?}", saved(&world.one)?));
    let mut used = BTreeSet::new();
    for &source in &world.sources {
        let answers = ask(&world, source, ports)?;
        let same = answers.len() == 1;
        if !same {
            ctx.fail(format!("{source} was served by {answers:?}"));
        }
        used.extend(answers);
    }
    let clients = world.sources.len();
    ctx.check(
        used.len() == 2,
        format!("{clients} clients, each with one of {used:?}"),
    );
    Ok(())
}

/// Each port twice, in turn.
fn ask(world: &World, source: Ipv4Addr, ports: &[u16]) -> Result<BTreeSet<String>> {
    let patience = Duration::from_secs(2);
    world.client.within(|| {
        let turns = ports.iter().chain(ports);
        turns
            .map(|&port| request(source, SocketAddrV4::new(VIP, port), patience))
            .collect::<std::io::Result<BTreeSet<String>>>()
            .doing(format!("ask from {source}"))
    })?
}
