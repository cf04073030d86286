//! Long connections while the file is edited.

use super::dr::comment_out;
use super::world::{REAL, VIP, World, director, host, lend};
use crate::director::Reload;
use crate::error::Result;
use crate::scenario::Ctx;
use crate::table::{read, wait_serving};
use crate::traffic::{EchoClients, Kind, Server};
use std::net::{Ipv4Addr, SocketAddrV4};
use std::time::{Duration, Instant};

const SERVICE: &str = "TCP 172.168.2.20:7";
const THIRD: Ipv4Addr = Ipv4Addr::new(172, 168, 2, 22);
const CONNECTIONS: usize = 100;

pub(super) fn echo(ctx: &mut Ctx) -> Result<()> {
    let world = World::new(ctx)?;
    let (third, _) = host(ctx, &world.switch, "rs22", THIRD)?;
    lend(&third, &[VIP])?;
    let mut servers = vec![Server::start(&third, 7, Kind::Echo)?];
    for host in world.real_servers(ctx)? {
        servers.push(Server::start(&host, 7, Kind::Echo)?);
    }
    let text = ctx.file("cases/echo.conf")?;
    let two = comment_out(&text, "172.168.2.22");
    let program = ctx.a.clone();
    let mut one = director(ctx, &world.one, &program, "cases/echo.conf", &[])?;
    one.configure(&two)?;
    one.start()?;
    world.one_has.wait(VIP, true, Duration::from_secs(9))?;
    wait_serving(&world.one, SERVICE, &REAL, Duration::from_secs(2))?;
    let target = SocketAddrV4::new(VIP, 7);
    let period = Duration::from_millis(20);
    let patience = Duration::from_secs(3);
    let clients = EchoClients::open(
        &world.client,
        &world.sources,
        target,
        CONNECTIONS,
        period,
        patience,
    )?;
    ctx.step(format!("{CONNECTIONS} connections are open"));
    let from = Instant::now();
    let edits = [
        ("a third server", text.clone(), 3),
        (
            "another delay_loop and weight",
            text.replace("delay_loop 2", "delay_loop 3")
                .replace("weight 3", "weight 9"),
            3,
        ),
        ("two servers again", two.clone(), 2),
        ("nothing", two.clone(), 2),
        (
            "a second service",
            format!("{two}\n{}", text_of_second()),
            2,
        ),
        ("without it", two.clone(), 2),
    ];
    for (what, text, servers) in edits.iter().cycle().take(18) {
        one.configure(text)?;
        let outcome = one.reload()?;
        let right = outcome == Reload::Complete;
        let mut now = 0;
        let seen = crate::shell::wait(what, Duration::from_secs(2), || {
            let table = read(&world.one).unwrap_or_default();
            let service = table.iter().find(|service| service.name == SERVICE);
            now = service.map_or(0, |service| service.rows.len());
            now == *servers
        });
        if !right || seen.is_err() {
            ctx.fail(format!("{what}: {outcome:?}, {now} servers of {servers}"));
        }
    }
    let health = clients.health();
    ctx.check(
        health.lost.is_empty(),
        format!("18 reloads, lost: {:?}", health.lost),
    );
    ctx.step(format!("{} round trips", health.ticks));
    ctx.bound(
        "the slowest round trip",
        health.slowest,
        Duration::from_secs(1),
    );
    let moved = world.one_has.changes(VIP, from);
    ctx.check(moved == 0, format!("the VIP moved {moved} times"));
    Ok(())
}

fn text_of_second() -> &'static str {
    "virtual_server 172.168.2.20 9999 {
    delay_loop 2
    lb_algo wlc
    lb_kind DR
    protocol TCP
    real_server 172.168.2.15 9999 {
        weight 1
        TCP_CHECK {
            connect_port 7
        }
    }
}"
}
