//! Several ports as one service: by a firewall mark, and by port 0.

use super::nat::tables;
use super::world::{REAL, VIP, World, director};
use crate::director::{Director, Program};
use crate::error::{Doing as _, Result};
use crate::scenario::Ctx;
use crate::shell::wait;
use crate::table::{saved, wait_serving};
use crate::traffic::{Kind, Server, request};
use std::collections::BTreeSet;
use std::net::{Ipv4Addr, SocketAddrV4};
use std::time::Duration;

/// Until a start or a takeover has done its work.
const PATIENCE: Duration = Duration::from_secs(5);

/// Ports 80 and 23 of a client reach the same server: mark 1.
pub(super) fn mark(ctx: &mut Ctx) -> Result<()> {
    same_server(ctx, "cases/fwmark.conf", "FWM 1", &[80, 23], Some(1))
}

/// The same by a group whose addresses are one service: a rule of keepalived's gives the mark, then one of ours.
pub(super) fn group(ctx: &mut Ctx) -> Result<()> {
    let ports = [80, 23];
    let (world, _servers) = stage(ctx, &ports)?;
    let file = "cases/group-mark.conf";
    let mut one = director(ctx, &world.one, &Program::Keepalived, file, &[])?;
    started(ctx, &world, &mut one, "FWM 500")?;
    served(ctx, &world, &ports)?;
    let ours = ctx.a.clone();
    ctx.step("take over");
    one.take_over(&ours)?;
    let mut last = String::new();
    let only = wait("its table in place of keepalived's", PATIENCE, || {
        last = tables(&world.one).unwrap_or_default();
        last.contains("holdfast_ipvs") && !last.contains("keepalived")
    });
    ctx.check(only.is_ok(), format!("the tables: {last}"));
    served(ctx, &world, &ports)
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
    let (world, _servers) = stage(ctx, ports)?;
    if let Some(mark) = mark {
        world.one.mark_tcp(VIP, ports, mark)?;
    }
    let program = ctx.a.clone();
    let mut one = director(ctx, &world.one, &program, file, &[])?;
    started(ctx, &world, &mut one, service)?;
    served(ctx, &world, ports)
}

/// Real servers that say their name at these ports.
fn stage(ctx: &Ctx, ports: &[u16]) -> Result<(World, Vec<Server>)> {
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
    Ok((world, servers))
}

fn started(ctx: &Ctx, world: &World, one: &mut Director, service: &str) -> Result<()> {
    one.start()?;
    world.one_has.wait(VIP, true, Duration::from_secs(9))?;
    wait_serving(&world.one, service, &REAL, PATIENCE)?;
    ctx.step(format!("{:#?}", saved(&world.one)?));
    Ok(())
}

/// Each client has one server, whatever the port, and both servers have clients.
fn served(ctx: &mut Ctx, world: &World, ports: &[u16]) -> Result<()> {
    let mut used = BTreeSet::new();
    for &source in &world.sources {
        let answers = ask(world, source, ports)?;
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
