//! NAT: real servers behind the director, on a switch of their own.

use super::world::{ONE, VIP, World, director};
use crate::error::Result;
use crate::scenario::Ctx;
use crate::table::{saved, wait_serving};
use crate::traffic::{Load, Server};
use std::net::{Ipv4Addr, SocketAddrV4};
use std::time::{Duration, Instant};

const REAL: [Ipv4Addr; 2] = [Ipv4Addr::new(10, 9, 0, 2), Ipv4Addr::new(10, 9, 0, 3)];

pub(super) fn run(ctx: &mut Ctx) -> Result<()> {
    let world = World::new(ctx)?;
    let inside = ctx.lab.switch("in")?;
    inside.plug(&world.one, "eth1")?;
    world.one.address("10.9.0.1/24", "eth1")?;
    world.one.sysctl("net.ipv4.ip_forward", "1")?;
    let mut servers = Vec::new();
    for (name, address) in ["rs2", "rs3"].into_iter().zip(REAL) {
        let host = ctx.lab.host(name)?;
        inside.plug(&host, "eth0")?;
        host.address(&format!("{address}/24"), "eth0")?;
        host.route("default via 10.9.0.1")?;
        servers.push(Server::named(&host, 80)?);
    }
    let program = ctx.a.clone();
    let mut one = director(ctx, &world.one, &program, "cases/nat.conf", &[])?;
    one.start()?;
    world.one_has.wait(VIP, true, Duration::from_secs(9))?;
    wait_serving(
        &world.one,
        "TCP 172.168.2.20:8088",
        &REAL,
        Duration::from_secs(2),
    )?;
    ctx.step(format!("{:#?}", saved(&world.one)?));
    let from = Instant::now();
    let target = SocketAddrV4::new(VIP, 8088);
    let (period, patience) = (Duration::from_millis(50), Duration::from_secs(1));
    let load = Load::start(&world.client, &world.sources, target, period, patience);
    load.wait_answer("rs2", from, Duration::from_secs(5))?;
    load.wait_answer("rs3", from, Duration::from_secs(5))?;
    let (all, failed) = load.failures(from);
    ctx.check(
        failed.is_empty(),
        format!("{all} requests through {ONE}, failed: {failed:?}"),
    );
    Ok(())
}
