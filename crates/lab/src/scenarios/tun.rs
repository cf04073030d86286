//! TUN: what comes for the VIP is packed into IP and unpacked by the real servers.

use super::prepare;
use super::world::{REAL, VIP, World, director, host};
use crate::error::Result;
use crate::net::Host;
use crate::scenario::Ctx;
use crate::table::{saved, wait_serving};
use crate::traffic::Server;
use std::time::{Duration, Instant};

pub(super) fn run(ctx: &mut Ctx) -> Result<()> {
    let world = World::new(ctx)?;
    let mut servers = Vec::new();
    for (name, address) in ["rs15", "rs17"].into_iter().zip(REAL) {
        let (host, _) = host(ctx, &world.switch, name, address)?;
        // the second one is prepared by our own command
        if name == "rs15" || !prepare::tunnel(ctx, &host)? {
            by_hand(&host)?;
        }
        servers.push(Server::named(&host, 80)?);
    }
    let program = ctx.a.clone();
    let mut one = director(ctx, &world.one, &program, "cases/tun.conf", &[])?;
    one.start()?;
    world.one_has.wait(VIP, true, Duration::from_secs(9))?;
    wait_serving(
        &world.one,
        "TCP 172.168.2.20:80",
        &REAL,
        Duration::from_secs(2),
    )?;
    ctx.step(format!("{:#?}", saved(&world.one)?));
    let from = Instant::now();
    let load = world.load(Duration::from_millis(50), Duration::from_secs(1));
    load.wait_answer("rs15", from, Duration::from_secs(5))?;
    load.wait_answer("rs17", from, Duration::from_secs(5))?;
    let (all, failed) = load.failures(from);
    ctx.check(
        failed.is_empty(),
        format!("{all} requests, failed: {failed:?}"),
    );
    Ok(())
}

fn by_hand(host: &Host) -> Result<()> {
    host.sysctl("net.ipv4.conf.all.arp_ignore", "1")?;
    host.sysctl("net.ipv4.conf.all.arp_announce", "2")?;
    // a namespace has the tunnel that takes from anybody as soon as the module is loaded
    host.ip("link set tunl0 up")?;
    host.address(&format!("{VIP}/32"), "tunl0")?;
    for interface in ["all", "tunl0"] {
        host.sysctl(&format!("net.ipv4.conf.{interface}.rp_filter"), "0")?;
    }
    Ok(())
}
