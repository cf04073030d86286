//! `holdfast realserver --nat`: a real server with a link of its own to the clients answers through
//! the director, as NAT wants it.

use super::prepare::expect;
use super::world::host;
use crate::error::{Doing as _, Result};
use crate::net::{Host, Switch};
use crate::scenario::Ctx;
use crate::traffic::{Server, request};
use std::net::{Ipv4Addr, SocketAddrV4};
use std::time::Duration;

const DIRECTOR: Ipv4Addr = Ipv4Addr::new(172, 168, 2, 24);
const CLIENT: Ipv4Addr = Ipv4Addr::new(172, 168, 2, 100);
const INNER: Ipv4Addr = Ipv4Addr::new(10, 1, 0, 7);
const GATEWAY: Ipv4Addr = Ipv4Addr::new(10, 1, 0, 8);
const PATIENCE: Duration = Duration::from_secs(1);

pub(super) fn run(ctx: &mut Ctx, outside: &Switch, inside: &Switch, client: &Host) -> Result<()> {
    let (director, _) = host(ctx, outside, "d2", DIRECTOR)?;
    let _port = inside.plug(&director, "eth1")?;
    director.address(&format!("{GATEWAY}/16"), "eth1")?;
    director.sysctl("net.ipv4.ip_forward", "1")?;
    let (real, _) = host(ctx, outside, "rs2", Ipv4Addr::new(172, 168, 2, 25))?;
    let _port = inside.plug(&real, "eth1")?;
    real.address(&format!("{INNER}/16"), "eth1")?;
    real.sysctl("net.ipv6.conf.eth1.disable_ipv6", "0")?;
    real.address("fd01::7/64 nodad", "eth1")?;
    real.sysctl("net.ipv4.conf.all.rp_filter", "1")?;
    client.route(&format!("10.1.0.0/16 via {DIRECTOR}"))?;
    let _server = Server::named(&real, 80)?;
    let before = ways(&real)?;

    let target = SocketAddrV4::new(INNER, 80);
    let ask = || client.within(|| request(CLIENT, target, PATIENCE));
    let past = ask()?;
    ctx.check(
        past.is_err(),
        "a strict path filter drops what comes by another link",
    );
    let line = format!("realserver start --nat --gateway {GATEWAY},fd01::8");
    expect(ctx, &real, &line, 0)?;
    let again = expect(ctx, &real, &line, 0)?;
    ctx.check(again.out.is_empty(), "a second start changes nothing");
    expect(ctx, &real, "realserver status", 0)?;
    let through = ask()?;
    ctx.check(
        through.is_ok(),
        format!("through the director: {through:?}"),
    );
    for (to, from, gateway) in [
        (CLIENT.to_string(), INNER.to_string(), GATEWAY.to_string()),
        ("fd02::1".into(), "fd01::7".into(), "fd01::8".into()),
    ] {
        let way = real.ip(&format!("route get {to} from {from}"))?;
        let way = way.lines().next().unwrap_or_default().to_owned();
        ctx.check(way.contains(&format!("via {gateway} dev eth1")), way);
    }
    let others = real.ip(&format!("route get {CLIENT}"))?;
    ctx.check(!others.contains("via"), "its own calls go as before");

    real.ip(&format!("rule del from {INNER}"))?;
    let missing = expect(ctx, &real, "realserver status", 1)?;
    ctx.check(
        missing.out.contains("MISSING packets from"),
        "status says what is missing",
    );
    expect(ctx, &real, &line, 0)?;
    expect(ctx, &real, "realserver stop", 0)?;
    let after = ways(&real)?;
    ctx.check(before == after, "no rule and no route is left");
    if before != after {
        ctx.step(after);
    }
    expect(ctx, &real, "realserver start --nat --gateway 192.0.2.1", 1).map(drop)
}

/// Rules, and the default routes of all tables; addresses come with routes of their own, in their time.
fn ways(host: &Host) -> Result<String> {
    let output = host.command("sh").args([
        "-c",
        "ip rule; ip -6 rule; { ip route show table all; ip -6 route show table all; } | grep default",
    ]).output();
    let output = output.doing("list rules and routes")?;
    Ok(String::from_utf8_lossy(&output.stdout).into_owned())
}
