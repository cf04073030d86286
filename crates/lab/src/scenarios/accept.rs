//! Accept_Mode: a master that does not own the addresses, and may not accept, is there for ARP and
//! for nobody else; a reload with `accept` opens it, a stop and a crash leave no rule behind.

use super::world::{GRACE, VIP, VIP2, World, down, six};
use crate::director::Director;
use crate::error::Result;
use crate::net::Host;
use crate::scenario::Ctx;
use crate::shell::wait_some;
use std::io::ErrorKind;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr, TcpStream};
use std::time::Duration;

const FILE: &str = "cases/no-accept.conf";
/// The third VIP: whom neighbour discovery has to find all the same.
const VIP6: Ipv6Addr = Ipv6Addr::new(0xfd00, 0, 0, 0, 0, 0, 0, 0x20);
const VIPS: [IpAddr; 3] = [IpAddr::V4(VIP), IpAddr::V4(VIP2), IpAddr::V6(VIP6)];
/// Nobody listens there: a host that may be reached refuses.
const PORT: u16 = 81;
const PATIENCE: Duration = Duration::from_millis(300);
const BOUND: Duration = Duration::from_secs(2);

pub(super) fn run(ctx: &mut Ctx) -> Result<()> {
    let world = World::new(ctx)?;
    for (host, last) in [(&world.one, 1), (&world.two, 2), (&world.client, 3)] {
        six(host, &format!("fd00::{last}"))?;
    }
    let (mut one, mut two) = world.directors(ctx, [FILE, FILE], &["-P"])?;
    configure(ctx, &one, 150, "no_accept")?;
    configure(ctx, &two, 100, "no_accept")?;
    world.start_pair(ctx, &mut one, &mut two)?;
    closed(ctx, &world, "d1 is master")?;
    let router = Ipv4Addr::new(172, 168, 2, 18).into();
    let other = refuses(&world.client, router)?;
    ctx.check(other, "d1's own address may be reached");
    let silent = rules(&world.two)?.is_empty();
    ctx.check(silent, "a backup has no rules");

    ctx.step("d1 is stopped: d2 takes over, as closed as d1 was");
    one.stop(Duration::from_secs(6))?;
    world.only("d2", VIP, down(100) + GRACE * 20)?;
    closed(ctx, &world, "d2 is master")?;
    let clean = rules(&world.one)?.is_empty();
    ctx.check(clean, "a stop leaves no rules");

    one.start()?;
    world.only("d1", VIP, Duration::from_secs(9))?;
    if one.program().is_holdfast() {
        ctx.step("a reload of d1 with `accept`");
        configure(ctx, &one, 150, "accept")?;
        one.reload()?;
        opened(ctx, &world, "after the reload");
        ctx.step("and back");
        configure(ctx, &one, 150, "no_accept")?;
        one.reload()?;
        let shut = wait_some("the VIP is closed", BOUND, || {
            matches!(refuses(&world.client, VIP.into()), Ok(false)).then_some(())
        });
        ctx.note("the VIP is closed again", shut);
        leftover(ctx, &world, &mut one)?;
        ctx.step("kill -9 of every process of d1, then ExecStopPost");
        one.kill_all()?;
        let released = one.exec_stop_post();
        ctx.note("release", released);
        let left = rules(&world.one)?;
        ctx.check(left.is_empty(), "`release` leaves no rules");
    }
    Ok(())
}

/// A daemon that died left addresses of an instance that the next one does not know: they go, and are
/// not reached while they do.
fn leftover(ctx: &mut Ctx, world: &World, one: &mut Director) -> Result<()> {
    ctx.step("kill -9 of every process of d1; VI_1 and two of its VIPs leave the file; start");
    one.kill_all()?;
    let text = ctx.file(FILE)?.replace("PRIORITY", "150");
    let (head, _) = text
        .split_once("virtual_ipaddress_excluded")
        .unwrap_or_default();
    one.configure(format!("{head}}}\n").replace("VI_1", "VI_9"))?;
    one.start()?;
    let mut reached = false;
    let gone = wait_some(
        "the addresses that nobody configured are gone",
        BOUND,
        || {
            reached |= VIPS
                .iter()
                .any(|vip| matches!(refuses(&world.client, *vip), Ok(true)));
            let left = world.one.ip("addr show dev eth0").ok()?;
            let mut others = VIPS[1..].iter();
            (!others.any(|vip| left.contains(&format!("{vip}/")))).then_some(())
        },
    );
    ctx.note("they are gone", gone);
    ctx.check(!reached, "none of them was reached meanwhile");
    let master = wait_some("d1 serves", Duration::from_secs(9), || {
        let has = world.one.ip("addr show dev eth0").ok()?;
        has.contains(&format!("{VIP}/")).then_some(())
    });
    ctx.note("d1 serves the VIP that is in its file", master);
    Ok(())
}

fn configure(ctx: &Ctx, director: &Director, priority: u8, word: &str) -> Result<()> {
    let text = ctx.file(FILE)?.replace("no_accept", word);
    director.configure(text.replace("PRIORITY", &priority.to_string()))
}

/// What nftables has to say there.
fn rules(host: &Host) -> Result<String> {
    host.exec("nft list ruleset")
}

/// A connection meets a refusal, not silence.
fn refuses(client: &Host, address: IpAddr) -> Result<bool> {
    let target = SocketAddr::from((address, PORT));
    client.within(|| {
        let met = TcpStream::connect_timeout(&target, PATIENCE);
        met.is_err_and(|error| error.kind() == ErrorKind::ConnectionRefused)
    })
}

/// The VIPs are not reached, and ARP tells where they are all the same.
fn closed(ctx: &mut Ctx, world: &World, when: &str) -> Result<()> {
    for vip in VIPS {
        let open = refuses(&world.client, vip)?;
        ctx.check(!open, format!("{when}: {vip} is silent"));
        let neighbours = world.client.ip(&format!("neigh show {vip}"))?;
        let resolved = neighbours.contains("lladdr");
        ctx.check(resolved, format!("{when}: {vip} has a link-layer address"));
    }
    Ok(())
}

fn opened(ctx: &mut Ctx, world: &World, when: &str) {
    for vip in VIPS {
        let open = wait_some("an answer", BOUND, || {
            matches!(refuses(&world.client, vip), Ok(true)).then_some(())
        });
        ctx.note(&format!("{when}: {vip} answers"), open);
    }
}
